/**
 * A machine for tests of single instructions: named tensors with what they hold, in the memories of the reference executor.
 *
 *     const m = testMachine({ x: { partitions: 2, elements: 3, dtype: 'bfloat16', values: [1, 2, 3, 4, 5, 6] },
 *                             y: { partitions: 2, elements: 3, dtype: 'float32' } });
 *     m.run({ opcode: 'tensor_copy', id: 'i', engine: 'vector', dst: m.on('y'), sources: { src: m.on('x') }, attributes: {} });
 *     expect(m.values('y')).toEqual([1, 2, 3, 4, 5, 6]);
 */
import { CHIPS } from '../../src/chip';
import type { ChipName } from '../../src/chip';
import type { RunFinding } from '../../src/execute/program/findings';
import { isDynamic } from '../../src/execute/program/tape';
import { ReferenceMachine } from '../../src/execute/reference/machine';
import { placeTensors } from '../../src/execute/reference/places';
import { stripsOf } from '../../src/execute/program/strips';
import { instructionProblem, runInstruction } from '../../src/isa';
import type { Machine } from '../../src/isa';
import { codeArray, decode, encodeArray } from '../../src/numerics';
import type { CodeArray, Dtype } from '../../src/numerics';
import { bytesOf, elementsOf, readsOf, tensorBytes, writesOf } from '../../src/program';
import type {
  ChipPattern,
  Dim,
  HbmPattern,
  Instruction,
  Pattern,
  RegisterTerm,
  Tensor,
} from '../../src/program';

/** What a tensor holds: exact values (to nearest even), or codes; nothing was written where neither is given. */
interface Content {
  readonly dtype: Dtype;
  readonly values?: ArrayLike<number>;
  readonly codes?: ArrayLike<number>;
}

/** On chip, SBUF from partition 0 unless said otherwise; with a shape, in HBM. */
export type TestTensor = Content &
  (
    | {
        readonly space?: 'sbuf' | 'psum';
        readonly partition?: number;
        readonly partitions: number;
        readonly elements: number;
      }
    | { readonly space: 'hbm'; readonly shape: readonly number[] }
  );

/** What a view changes; strides and offset count elements of `dtype`. */
export interface View {
  readonly dtype?: Dtype;
  readonly partition?: number;
  readonly partitions?: number;
  readonly offset?: number;
  readonly dims?: readonly Dim[];
  readonly registers?: readonly RegisterTerm[];
  /** Of on-chip operands. */
  readonly index?: ChipPattern;
}

export interface TestMachine extends Machine {
  /** All of an on-chip tensor, or the view that is told. */
  on(tensor: string, view?: View): ChipPattern;
  /** All of an HBM tensor, or the view that is told. */
  hbm(tensor: string, view?: Omit<View, 'index'>): HbmPattern;
  /** Runs an instruction, registers of its patterns resolved. Throws when it is illegal on the chip (trn2 unless told). */
  run(instruction: Instruction, chip?: ChipName): void;
  /** Why an instruction is illegal on the chip, or nothing. */
  problem(instruction: Instruction, chip?: ChipName): string | undefined;
  /** What is in a tensor or a view: codes, undefined where nothing was written. */
  codes(of: string | Pattern): (number | undefined)[];
  /** The same, as exact values. */
  values(of: string | Pattern): (number | undefined)[];
  readonly reports: readonly RunFinding[];
}

export function testMachine(
  given: Readonly<Record<string, TestTensor>>,
  registers: Readonly<Record<string, number>> = {},
): TestMachine {
  return new MachineOfTensors(given, registers);
}

class MachineOfTensors extends ReferenceMachine implements TestMachine {
  readonly #tensors: ReadonlyMap<string, Tensor>;
  #chip: ChipName = 'trn2';

  constructor(given: Readonly<Record<string, TestTensor>>, registers: Readonly<Record<string, number>>) {
    const tensors = layOut(given);
    super(placeTensors({ chip: 'trn3', tensors, instructions: [] }));
    this.#tensors = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    this.reader = 'The test';
    for (const [name, value] of Object.entries(registers)) this.setRegister(name, value);
    for (const [name, content] of Object.entries(given)) {
      const codes = codesOf(content);
      if (codes !== undefined) this.write(this.#whole(name), codes);
    }
  }

  override get chip(): ChipName {
    return this.#chip;
  }

  get reports(): readonly RunFinding[] {
    return this.findings;
  }

  on(name: string, view: View = {}): ChipPattern {
    const pattern = this.#whole(name, view.dtype);
    if (pattern.space === 'hbm') throw new Error(`"${name}" is in HBM: use hbm()`);
    return { ...pattern, ...view };
  }

  hbm(name: string, view: Omit<View, 'index'> = {}): HbmPattern {
    const pattern = this.#whole(name, view.dtype);
    if (pattern.space !== 'hbm') throw new Error(`"${name}" is on chip: use on()`);
    return { ...pattern, ...view };
  }

  run(instruction: Instruction, chip: ChipName = 'trn2'): void {
    const problem = this.problem(instruction, chip);
    if (problem !== undefined) throw new Error(`Illegal instruction: ${problem}`);
    this.reader = instruction;
    this.#chip = chip;
    const resolved = isDynamic(instruction) ? this.resolve(instruction) : instruction;
    for (const { name, pattern } of [...writesOf(resolved), ...readsOf(resolved)])
      this.placeOf(`, operand ${name}`, pattern);
    runInstruction(resolved, this);
  }

  problem(instruction: Instruction, chip: ChipName = 'trn2'): string | undefined {
    return instructionProblem(instruction, CHIPS[chip]);
  }

  codes(of: string | Pattern): (number | undefined)[] {
    const pattern = typeof of === 'string' ? this.#whole(of) : of;
    const { bytes, address, pitch } = this.placeOf(`, ${pattern.tensor}`, pattern);
    const strips = stripsOf(pattern, address, pitch);
    const codes = codeArray(pattern.dtype, elementsOf(pattern));
    bytes.gather(strips, codes);
    const written = bytes.written(strips, bytesOf(pattern.dtype), codes.length);
    return Array.from(codes, (code, index) => (written[index] === 1 ? code : undefined));
  }

  values(of: string | Pattern): (number | undefined)[] {
    const { dtype } = typeof of === 'string' ? this.#whole(of) : of;
    return this.codes(of).map((code) => (code === undefined ? undefined : decode(dtype, code)));
  }

  /** All of a tensor, its bytes seen in the tensor's format or in another. */
  #whole(name: string, seen?: Dtype): Pattern {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw new Error(`The test has no tensor "${name}"`);
    const dtype = seen ?? tensor.dtype;
    const elements = tensorBytes(tensor) / bytesOf(dtype);
    const access = { tensor: name, dtype, offset: 0 };
    if (tensor.space === 'hbm') {
      const rows = tensor.shape.map((extent, axis): Dim => [product(tensor.shape.slice(axis + 1)), extent]);
      return { space: 'hbm', ...access, dims: dtype === tensor.dtype ? rows : [[1, elements]] };
    }
    const { space, partition, partitions } = tensor;
    return { space, ...access, partition, partitions, dims: [[1, elements]] };
  }
}

const product = (values: readonly number[]) => values.reduce((total, value) => total * value, 1);

/** Tensors one after another: in SBUF at multiples of 64 bytes, in PSUM from banks of their own. */
function layOut(given: Readonly<Record<string, TestTensor>>): Tensor[] {
  const { bankBytes } = CHIPS.trn3.psum;
  let [address, bank] = [0, 0];
  return Object.entries(given).map(([name, tensor]): Tensor => {
    const { dtype } = tensor;
    if (tensor.space === 'hbm') return { space: 'hbm', name, dtype, shape: tensor.shape, role: 'scratch' };
    const { space = 'sbuf', partition = 0, partitions, elements } = tensor;
    const size = elements * bytesOf(dtype);
    const extent = { name, dtype, partition, partitions, elements };
    if (space === 'psum') {
      const first = bank;
      bank += Math.ceil(size / bankBytes);
      return { space, ...extent, bank: first };
    }
    const first = address;
    address += Math.ceil(size / 64) * 64;
    return { space, ...extent, address: first };
  });
}

function codesOf({ dtype, values, codes }: Content): CodeArray | undefined {
  if (values !== undefined) return encodeArray(dtype, Float32Array.from(values));
  if (codes === undefined) return undefined;
  const array = codeArray(dtype, codes.length);
  array.set(Array.from(codes));
  return array;
}
