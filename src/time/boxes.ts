/**
 * Which bytes the instructions of a stream read and write, as boxes of rows and columns. On chip a row is a partition and a column
 * a byte of it, at its address, so that tensors that share bytes meet. A tensor in HBM has a row for each index but the last
 * (src/verify/extent.ts), so that tiles of a matrix do not meet though their bytes interleave.
 */
import { CHIPS, type ChipName } from '../chip';
import { accessedParts } from '../isa';
import { bytesOf, readsOf, tensorBytes, writesOf } from '../program';
import type { Instruction, Pattern, Program, Tensor } from '../program';
import { boxesCovered, bytesCovered, type Box } from '../verify/extent';

/** Pieces that an access is followed in; beyond them, all between the first and the last. */
const MAX_PIECES = 16;

/** Boxes, each of six numbers: 1 where it is written, the memory, first row, row after the last, first column, column after the last. */
export interface Boxes {
  /** Of instruction i: from offsets[i] to offsets[i + 1]. */
  readonly offsets: Float64Array;
  readonly data: Int32Array;
  readonly memories: number;
}

export const BOX = 6;

export function boxesOf({ chip, tensors }: Program, instructions: readonly Instruction[]): Boxes {
  const gathering = new Gathering(chip, tensors, instructions);
  const offsets = new Float64Array(instructions.length + 1);
  instructions.forEach((instruction, at) => {
    gathering.add(instruction);
    offsets[at + 1] = gathering.length;
  });
  return { offsets, data: gathering.data, memories: gathering.memories };
}

class Gathering {
  length = 0;
  #data = new Int32Array(1 << 12);
  readonly #bankBytes: number;
  readonly #tensors: ReadonlyMap<string, Tensor>;
  /** SBUF and PSUM are 0 and 1; then the tensors of HBM that anything writes: what is only read makes nobody wait. */
  readonly #memories = new Map<string, number>();

  constructor(chip: ChipName, tensors: readonly Tensor[], instructions: readonly Instruction[]) {
    this.#bankBytes = CHIPS[chip].psum.bankBytes;
    this.#tensors = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    for (const instruction of instructions) {
      for (const { pattern } of writesOf(instruction)) {
        if (pattern.space !== 'hbm' || this.#memories.has(pattern.tensor)) continue;
        this.#memories.set(pattern.tensor, 2 + this.#memories.size);
      }
    }
  }

  get memories(): number {
    return 2 + this.#memories.size;
  }

  get data(): Int32Array {
    return this.#data.subarray(0, this.length);
  }

  add(instruction: Instruction): void {
    for (const { name, pattern } of readsOf(instruction)) this.#access(0, instruction, name, pattern);
    const { opcode, dst, attributes } = instruction;
    if ((opcode === 'nc_matmul' || opcode === 'nc_matmul_mx') && attributes.accumulate) {
      this.#access(0, instruction, 'dst', dst);
    }
    for (const { name, pattern } of writesOf(instruction)) this.#access(1, instruction, name, pattern);
  }

  #access(written: 0 | 1, instruction: Instruction, operand: string, pattern: Pattern): void {
    const tensor = this.#tensors.get(pattern.tensor);
    if (tensor === undefined) return;
    const memory = tensor.space === 'hbm' ? this.#memories.get(tensor.name) : tensor.space === 'sbuf' ? 0 : 1;
    if (memory === undefined) return;
    for (const part of accessedParts(instruction, operand) ?? [pattern]) {
      // Where indices or unknown registers choose, it may be any of the tensor.
      const known =
        part.index === undefined && part.registers === undefined && !isIndexed(instruction, operand);
      if (tensor.space === 'hbm') this.#inHbm(written, memory, part, tensor, known);
      else this.#onChip(written, memory, part, tensor, known);
    }
  }

  #inHbm(written: 0 | 1, memory: number, pattern: Pattern, tensor: Tensor, known: boolean): void {
    const last = tensor.space === 'hbm' ? (tensor.shape.at(-1) ?? 1) : 1;
    const pitch = Math.max(1, last) * bytesOf(tensor.dtype);
    const boxes = known
      ? boxesCovered(pattern.offset, pattern.dims, bytesOf(pattern.dtype), pitch)
      : undefined;
    const rows = Math.ceil(tensorBytes(tensor) / pitch);
    for (const box of boxes ?? [{ rows: [0, rows], columns: [0, pitch] }]) this.#push(written, memory, box);
  }

  #onChip(written: 0 | 1, memory: number, pattern: Pattern, tensor: Tensor, known: boolean): void {
    if (tensor.space === 'hbm' || pattern.space === 'hbm') return;
    const base = tensor.space === 'sbuf' ? tensor.address : tensor.bank * this.#bankBytes;
    const whole = [0, tensorBytes(tensor)];
    const bytes = known ? bytesCovered(pattern.offset, pattern.dims, bytesOf(pattern.dtype)) : undefined;
    const [first, end] = [pattern.partition, pattern.partition + pattern.partitions];
    const columns = bytes ?? whole;
    if (columns.length > 2 * MAX_PIECES) {
      this.#one(written, memory, first, end, base + (columns[0] ?? 0), base + (columns.at(-1) ?? 0));
      return;
    }
    for (let at = 0; at < columns.length; at += 2) {
      this.#one(written, memory, first, end, base + (columns[at] ?? 0), base + (columns[at + 1] ?? 0));
    }
  }

  #push(written: 0 | 1, memory: number, { rows, columns }: Box): void {
    const pieces = (rows.length / 2) * (columns.length / 2);
    const hull = pieces > MAX_PIECES;
    const [down, across] = hull
      ? [
          [rows[0] ?? 0, rows.at(-1) ?? 0],
          [columns[0] ?? 0, columns.at(-1) ?? 0],
        ]
      : [rows, columns];
    for (let row = 0; row < down.length; row += 2) {
      for (let column = 0; column < across.length; column += 2) {
        this.#one(
          written,
          memory,
          down[row] ?? 0,
          down[row + 1] ?? 0,
          across[column] ?? 0,
          across[column + 1] ?? 0,
        );
      }
    }
  }

  #one(written: 0 | 1, memory: number, row: number, rowEnd: number, column: number, columnEnd: number): void {
    if (this.length + BOX > this.#data.length) {
      const grown = new Int32Array(2 * this.#data.length);
      grown.set(this.#data);
      this.#data = grown;
    }
    const { length } = this;
    this.#data[length] = written;
    this.#data[length + 1] = memory;
    this.#data[length + 2] = row;
    this.#data[length + 3] = rowEnd;
    this.#data[length + 4] = column;
    this.#data[length + 5] = columnEnd;
    this.length = length + BOX;
  }
}

/** Whether indices in SBUF choose what of an operand in HBM is meant. */
function isIndexed({ sources }: Instruction, operand: string): boolean {
  if (operand === 'dst') return 'dst_index' in sources;
  return (operand === 'src' || operand === 'src0') && 'src_index' in sources;
}
