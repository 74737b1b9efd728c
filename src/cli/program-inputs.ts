/**
 * What a Program or a kernel is given at the command line: `name=FILE.npy`, `name=FILE.npy:bf16`,
 * `name=random:128x512:bf16`, the names left out where the order says them.
 */
import { normalCodes } from '../../bench/check';
import { openSource } from '../../bench/node/source';
import { readArray, type CodedArray } from '../../bench/weights';
import { parseDtype, UserError, type Dtype } from '../numerics';
import { hbmTensors, type Program } from '../program';
import type { InputShape } from './kernel-protocol';

/** An input as it was asked for. */
export interface InputArgument {
  /** Undefined where the order says it. */
  readonly name: string | undefined;
  readonly file?: string;
  /** Of random values; a Program's own shape when left out. */
  readonly shape?: readonly number[];
  readonly dtype?: Dtype;
}

/** @throws UserError for a text that is no input. */
export function parseInput(text: string): InputArgument {
  const [, name, value = ''] = /^(?:([\w.-]+)=)?(.*)$/s.exec(text) ?? [];
  const [, random, shape, randomDtype] = /^(random)(?::(\d+(?:x\d+)*))?(?::(\w+))?$/.exec(value) ?? [];
  if (random !== undefined) {
    return {
      name,
      ...(shape !== undefined && { shape: shape.split('x').map(Number) }),
      ...(randomDtype !== undefined && { dtype: parseDtype(randomDtype) }),
    };
  }
  const [, file, dtype] = /^(.*\.npy)(?::(\w+))?$/i.exec(value) ?? [];
  if (file !== undefined) return { name, file, ...(dtype !== undefined && { dtype: parseDtype(dtype) }) };
  throw new UserError(
    `An input is name=FILE.npy, name=FILE.npy:bf16 or name=random:128x512:bf16; received "${text}".`,
  );
}

/**
 * Which input each argument is for: by its name, the rest in order.
 *
 * @throws UserError for a name that does not exist or is given twice, and for an input that is not given.
 */
export function assignInputs(
  what: string,
  names: readonly string[],
  given: readonly InputArgument[],
): ReadonlyMap<string, InputArgument> {
  const assigned = assignGiven(what, names, given);
  const missing = names.find((name) => !assigned.has(name));
  if (missing === undefined) return assigned;
  throw new UserError(
    `${what} takes ${names.join(', ')}, and "${missing}" is not given: add ${missing}=FILE.npy, or ${missing}=random:128x512:bf16.`,
  );
}

/** The same where inputs may be left out. */
export function assignGiven(
  what: string,
  names: readonly string[],
  given: readonly InputArgument[],
): ReadonlyMap<string, InputArgument> {
  const assigned = new Map<string, InputArgument>();
  for (const each of given) {
    if (each.name === undefined) continue;
    if (!names.includes(each.name))
      throw new UserError(`${what} has no input "${each.name}": it takes ${names.join(', ') || 'none'}.`);
    if (assigned.has(each.name)) throw new UserError(`Input "${each.name}" is given twice.`);
    assigned.set(each.name, each);
  }
  const open = names.filter((name) => !assigned.has(name));
  for (const each of given) {
    if (each.name !== undefined) continue;
    const name = open.shift();
    if (name === undefined) {
      throw new UserError(
        `${what} takes ${names.length} inputs (${names.join(', ')}), received ${given.length}.`,
      );
    }
    assigned.set(name, each);
  }
  return assigned;
}

/** Values of the inputs of a kernel, which takes the shapes that come. Random ones are left out where there is no seed. */
export async function readKernelInputs(
  inputs: ReadonlyMap<string, InputArgument>,
  seed: number | undefined,
): Promise<ReadonlyMap<string, CodedArray>> {
  const read = new Map<string, CodedArray>();
  for (const [name, each] of inputs) read.set(name, await readInput(name, each, seed, read.size));
  return read;
}

/** Values of the inputs of a Program, which says what they must be. */
export async function readProgramInputs(
  program: Program,
  inputs: ReadonlyMap<string, InputArgument>,
  seed: number,
): Promise<ReadonlyMap<string, CodedArray>> {
  const read = new Map<string, CodedArray>();
  for (const { name, shape, dtype } of hbmTensors(program, 'input')) {
    const each = inputs.get(name);
    if (each === undefined) throw new Error(`Invariant violation: input ${name} was not assigned`);
    const array = await readInput(
      name,
      { ...(each.file === undefined && { shape }), ...each, dtype },
      seed,
      read.size,
    );
    if (array.shape.join() !== shape.join()) {
      throw new UserError(`Input "${name}" is [${shape.join(', ')}], received [${array.shape.join(', ')}].`);
    }
    read.set(name, array);
  }
  return read;
}

async function readInput(
  name: string,
  { file, shape, dtype }: InputArgument,
  seed: number | undefined,
  stream: number,
): Promise<CodedArray> {
  if (file !== undefined) return readArrayFile(file, dtype);
  if (shape === undefined) {
    throw new UserError(`Input "${name}" needs a shape: ${name}=random:128x512:bf16.`);
  }
  const count = shape.reduce((product, extent) => product * extent, 1);
  if (count < 1 || count > MOST_ELEMENTS) {
    throw new UserError(
      `Input "${name}" has 1 to ${MOST_ELEMENTS} elements, received ${shape.join('x')} (${count}).`,
    );
  }
  const own = dtype ?? 'float32';
  const codes = seed === undefined ? new Uint8Array(0) : normalCodes(own, count, seed, stream);
  return { shape, dtype: own, codes };
}

/** An array of a .npy file, as a format where one is named. */
export async function readArrayFile(file: string, dtype: Dtype | undefined): Promise<CodedArray> {
  const source = await openSource(file);
  try {
    return await readArray(source, dtype);
  } finally {
    await source.close();
  }
}

/** 1 GiB of float32. */
const MOST_ELEMENTS = 2 ** 28;

export function shapesOf(inputs: ReadonlyMap<string, CodedArray>): Record<string, InputShape> {
  return Object.fromEntries([...inputs].map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
}
