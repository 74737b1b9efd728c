/**
 * Programs made of random instances of instructions: each operand becomes a tensor, which is loaded from HBM first.
 *
 *     const made = new Instances('trn2');
 *     made.add({ opcode: 'tensor_copy', engine: 'vector', dst: made.on(target), sources: { src: made.on(source) }, attributes: {} });
 *     await expectAgreement(interpreter, made.program, made.inputs);
 */
import { CHIPS, type ChipName } from '../../../../src/chip';
import { codeArray, type CodeArray } from '../../../../src/numerics';
import { bytesOf } from '../../../../src/program';
import type { ChipPattern, Instruction, Program, Tensor } from '../../../../src/program';
import type { TestTensor, View } from '../../../isa/machine';

/** An operand on chip: nothing is loaded where its tensor has no codes. */
export interface Given {
  readonly tensor: TestTensor;
  readonly view?: View;
}

type Unnamed<I> = I extends Instruction ? Omit<I, 'id'> : never;

export class Instances {
  readonly inputs: Record<string, CodeArray> = {};
  readonly #chip: ChipName;
  readonly #tensors: Tensor[] = [];
  readonly #loads: Instruction[] = [];
  readonly #instructions: Instruction[] = [];
  #address = 0;
  #bank = 0;

  constructor(chip: ChipName) {
    this.#chip = chip;
  }

  get program(): Program {
    return {
      chip: this.#chip,
      tensors: this.#tensors,
      instructions: [...this.#loads, ...this.#instructions],
    };
  }

  /** Whether so many bytes of each partition of PSUM are still free. */
  #fitsPsum(bytes: number): boolean {
    const { banks, bankBytes } = CHIPS[this.#chip].psum;
    return this.#bank + Math.ceil(bytes / bankBytes) <= banks;
  }

  /** A new tensor and a pattern over it. In SBUF when PSUM is full. */
  on({ tensor, view }: Given): ChipPattern {
    if (tensor.space === 'hbm') throw new Error('An operand on chip is required');
    const { dtype, partition = 0, partitions, elements, codes } = tensor;
    const size = bytesOf(dtype);
    const bytes = Math.ceil((elements * size) / 4) * 4;
    const space = tensor.space === 'psum' && this.#fitsPsum(bytes) ? 'psum' : 'sbuf';
    const name = `t${this.#tensors.length}`;
    const extent = { name, dtype, partition, partitions, elements: bytes / size };
    if (space === 'psum') {
      this.#tensors.push({ space, ...extent, bank: this.#bank });
      this.#bank += Math.ceil(bytes / CHIPS[this.#chip].psum.bankBytes);
    } else {
      this.#tensors.push({ space, ...extent, address: this.#address });
      this.#address += Math.ceil(bytes / 64) * 64;
    }
    const pattern = {
      space,
      tensor: name,
      dtype,
      partition,
      partitions,
      offset: 0,
      dims: [[1, elements]],
    } as const;
    if (codes !== undefined) this.#load(pattern, codes, bytes);
    return { ...pattern, ...view };
  }

  add(instruction: Unnamed<Instruction>): void {
    this.#instructions.push({ ...instruction, id: `i${this.#instructions.length}` });
  }

  /** By words, whatever the format is; to PSUM by way of SBUF, as DMA does not reach it. */
  #load(pattern: ChipPattern, codes: ArrayLike<number>, bytes: number): void {
    const { tensor, dtype, partition, partitions } = pattern;
    const row = bytes / bytesOf(dtype);
    const all = codeArray(dtype, partitions * row);
    const width = codes.length / partitions;
    for (let p = 0; p < partitions; p++) {
      for (let at = 0; at < width; at++) all[p * row + at] = codes[p * width + at] ?? 0;
    }
    const [from, engine] = [`h${tensor}`, 'vector'] as const;
    const words = new Uint32Array(all.buffer);
    this.inputs[from] = words;
    const shape = [partitions, bytes / 4];
    this.#tensors.push({ space: 'hbm', name: from, dtype: 'uint32', shape, role: 'input' });
    const dst: ChipPattern = { ...pattern, dtype: 'uint32', dims: [[1, bytes / 4]] };
    const staged =
      pattern.space === 'psum'
        ? this.on({ tensor: { dtype: 'uint32', partition, partitions, elements: bytes / 4 } })
        : dst;
    this.#loads.push({
      opcode: 'dma_copy',
      id: `l${tensor}`,
      engine: 'dma',
      dst: staged,
      sources: { src: { space: 'hbm', tensor: from, dtype: 'uint32', offset: 0, dims: [[1, words.length]] } },
      attributes: {},
    });
    if (staged === dst) return;
    this.#loads.push({
      opcode: 'tensor_copy',
      id: `c${tensor}`,
      engine,
      dst,
      sources: { src: staged },
      attributes: {},
    });
  }
}
