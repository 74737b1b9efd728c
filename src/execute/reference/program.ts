/**
 * The reference executor of a Program: one instruction after another, over emulated memories of bytes. What was never
 * written cannot be read. Each instruction does what its entry in src/isa says, and nothing is reordered.
 */
import { CHIPS } from '../../chip';
import { programProblem, runInstruction } from '../../isa';
import type { Memory } from '../../isa';
import { codeArray, UserError } from '../../numerics';
import type { CodeArray } from '../../numerics';
import { bytesOf, elementsOf, offsetsOf, tensorBytes } from '../../program';
import type { HbmTensor, Pattern, Program, Tensor } from '../../program';

/** The bytes of one tensor in HBM, or of SBUF or PSUM, partition after partition, and which of them were written. */
class Bytes {
  readonly #data: DataView;
  readonly #written: Uint8Array;

  constructor(size: number) {
    this.#data = new DataView(new ArrayBuffer(size));
    this.#written = new Uint8Array(size);
  }

  /** The code of `width` bytes at `address`, or nothing where any of them was never written. Little-endian, as the chip. */
  read(address: number, width: number): number | undefined {
    for (let byte = 0; byte < width; byte++) if (this.#written[address + byte] !== 1) return undefined;
    if (width === 1) return this.#data.getUint8(address);
    return width === 2 ? this.#data.getUint16(address, true) : this.#data.getUint32(address, true);
  }

  write(address: number, width: number, code: number): void {
    this.#written.fill(1, address, address + width);
    if (width === 1) this.#data.setUint8(address, code);
    else if (width === 2) this.#data.setUint16(address, code, true);
    else this.#data.setUint32(address, code, true);
  }
}

/** A tensor's place: which bytes, the address of its first element, and how far apart partitions are. */
interface Place {
  readonly tensor: Tensor;
  readonly bytes: Bytes;
  readonly address: number;
  readonly pitch: number;
}

/** Byte addresses of a pattern's elements, in order. */
function* addressesOf(pattern: Pattern, { address, pitch }: Place): Generator<number> {
  const width = bytesOf(pattern.dtype);
  const offsets = offsetsOf(pattern);
  const [first, count] = pattern.space === 'hbm' ? [0, 1] : [pattern.partition, pattern.partitions];
  for (let partition = first; partition < first + count; partition++) {
    for (const offset of offsets) yield partition * pitch + address + offset * width;
  }
}

/** Gives every tensor its bytes. On-chip memories are as long as the Program's tensors reach. */
function placeTensors({ chip, tensors }: Program): ReadonlyMap<string, Place> {
  const { sbuf, psum } = CHIPS[chip];
  const start = (tensor: Tensor) =>
    tensor.space === 'hbm' ? 0 : tensor.space === 'sbuf' ? tensor.address : tensor.bank * psum.bankBytes;
  const limits = { sbuf: sbuf.bytes, psum: psum.banks * psum.bankBytes };
  const pitches = { sbuf: 0, psum: 0 };
  for (const tensor of tensors) {
    if (tensor.space === 'hbm') continue;
    const end = start(tensor) + tensorBytes(tensor);
    if (end > limits[tensor.space] || tensor.partition + tensor.partitions > 128) {
      throw new UserError(
        `Tensor "${tensor.name}" ends at byte ${end} of partition ${tensor.partition + tensor.partitions - 1}; ${tensor.space.toUpperCase()} of ${chip} has ${limits[tensor.space]} bytes of partitions 0..127.`,
      );
    }
    pitches[tensor.space] = Math.max(pitches[tensor.space], end);
  }
  const chipBytes = { sbuf: new Bytes(128 * pitches.sbuf), psum: new Bytes(128 * pitches.psum) };
  const place = (tensor: Tensor): Place =>
    tensor.space === 'hbm'
      ? { tensor, bytes: new Bytes(tensorBytes(tensor)), address: 0, pitch: 0 }
      : { tensor, bytes: chipBytes[tensor.space], address: start(tensor), pitch: pitches[tensor.space] };
  return new Map(tensors.map((tensor) => [tensor.name, place(tensor)]));
}

/** All elements of an HBM tensor. */
function whole({ name, dtype, shape }: HbmTensor): Pattern {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return { space: 'hbm', tensor: name, dtype, offset: 0, dims: [[1, count]] };
}

/** The emulated memories; `reader` is who is named when something unwritten is read. */
class Memories implements Memory {
  reader = '';
  readonly #places: ReadonlyMap<string, Place>;

  constructor(places: ReadonlyMap<string, Place>) {
    this.#places = places;
  }

  read(operand: string, pattern: Pattern): CodeArray {
    const place = this.#placeOf(pattern);
    const width = bytesOf(pattern.dtype);
    const codes = codeArray(pattern.dtype, elementsOf(pattern));
    let index = 0;
    for (const address of addressesOf(pattern, place)) {
      const code = place.bytes.read(address, width);
      if (code === undefined) {
        throw new UserError(
          `${this.reader}, operand ${operand}: element ${index} of ${codes.length} of tensor "${pattern.tensor}" was never written. Write it first, by a copy, a memset or a matmul that does not accumulate.`,
        );
      }
      codes[index++] = code;
    }
    return codes;
  }

  write(pattern: Pattern, codes: CodeArray): void {
    const place = this.#placeOf(pattern);
    const width = bytesOf(pattern.dtype);
    let index = 0;
    for (const address of addressesOf(pattern, place)) place.bytes.write(address, width, codes[index++] ?? 0);
  }

  #placeOf(pattern: Pattern): Place {
    const place = this.#places.get(pattern.tensor);
    if (place === undefined) throw new Error(`Invariant violation: no tensor "${pattern.tensor}"`);
    return place;
  }
}

function loadInputs(
  inputs: readonly HbmTensor[],
  given: Readonly<Record<string, CodeArray>>,
  memory: Memory,
): void {
  const unknown = Object.keys(given).find((name) => !inputs.some((tensor) => tensor.name === name));
  if (unknown !== undefined) {
    const names = inputs.map((tensor) => tensor.name).join(', ');
    throw new UserError(`The Program has no input "${unknown}": it takes ${names}.`);
  }
  for (const tensor of inputs) {
    const pattern = whole(tensor);
    const codes = given[tensor.name];
    const bytes = codeArray(tensor.dtype, 0).BYTES_PER_ELEMENT;
    if (codes?.length !== elementsOf(pattern) || codes.BYTES_PER_ELEMENT !== bytes) {
      const received = codes ? `${codes.length} of ${codes.BYTES_PER_ELEMENT} bytes` : 'nothing';
      throw new UserError(
        `Input "${tensor.name}" is ${elementsOf(pattern)} ${tensor.dtype} codes of ${bytes} bytes ([${tensor.shape.join(', ')}]), received ${received}.`,
      );
    }
    memory.write(pattern, codes);
  }
}

/**
 * Executes a Program. `inputs` are the codes of its HBM inputs, by name, dense and row-major; the result has those of its
 * outputs.
 *
 * @throws UserError for an illegal instruction, a wrong input, or a read of what was never written, naming instruction
 * and operand.
 */
export function runProgram(
  program: Program,
  inputs: Readonly<Record<string, CodeArray>>,
): Record<string, CodeArray> {
  const problem = programProblem(program);
  if (problem !== undefined) throw new UserError(problem);
  const memory = new Memories(placeTensors(program));
  const tensors = program.tensors.filter((tensor) => tensor.space === 'hbm');
  loadInputs(
    tensors.filter((tensor) => tensor.role === 'input'),
    inputs,
    memory,
  );
  for (const instruction of program.instructions) {
    memory.reader = `${instruction.opcode} ${instruction.id}`;
    runInstruction(instruction, memory);
  }
  memory.reader = 'After the last instruction';
  const outputs = tensors.filter((tensor) => tensor.role === 'output');
  return Object.fromEntries(outputs.map((tensor) => [tensor.name, memory.read(tensor.name, whole(tensor))]));
}
