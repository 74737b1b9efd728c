/**
 * What a kernel on the page is run with, as plain data. Whatever its origin, the form or a stranger's link, it passes
 * `checkKernelSettings` before it is used.
 */
import { CHIP_NAMES, type ChipName } from '../../../src/chip';
import type { Distribution } from '../../../src/kernels/entry';
import { DTYPES, UserError, type Dtype } from '../../../src/numerics';
import { NAME_RULE, requireName } from '../../../src/program';
import { oneOf, quoted } from '../../settings';

/** Who may run a Program; executors.ts has each. */
export const EXECUTOR_NAMES = ['reference', 'webgpu'] as const;
export type ExecutorName = (typeof EXECUTOR_NAMES)[number];

export interface InputSetting {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  /** What its random values are drawn from. */
  readonly distribution: Distribution;
}

export interface KernelSettings {
  /** TypeScript. */
  readonly source: string;
  /** Which kernel of the source, by its name or its export's; empty for the only one. */
  readonly kernel: string;
  readonly chip: ChipName;
  readonly executor: ExecutorName;
  readonly inputs: readonly InputSetting[];
  /** Of the random values of the inputs. */
  readonly seed: number;
  /** What tracing, the verdict and the run may take together. */
  readonly seconds: number;
  /** Most instructions that are traced, and most steps of the run. */
  readonly budget: number;
}

/** Beyond these, a kernel could keep a stranger's machine busy, or fill its memory. */
export const KERNEL_LIMITS = {
  /** Characters. */
  source: 200_000,
  /** Of the source: an editor has work for each. */
  lines: 20_000,
  inputs: 16,
  dimensions: 8,
  /** Elements of all inputs together: 128 MiB of float32. */
  elements: 2 ** 25,
  seed: 2 ** 32 - 1,
  seconds: 600,
  budget: 1_000_000,
} as const;

/** @throws UserError for the first setting that cannot be. */
export function checkKernelSettings(value: unknown): KernelSettings {
  const given = record('The settings of a kernel', value);
  const { kernel } = given;
  const source = checkSource(given['source']);
  const inputs = list('The inputs', KERNEL_LIMITS.inputs, given['inputs']).map(checkInput);
  const twice = inputs.find(({ name }, index) => inputs.findIndex((each) => each.name === name) < index);
  if (twice !== undefined) throw new UserError(`Two inputs are called ${quoted(twice.name)}.`);
  const elements = inputs.reduce((sum, { shape }) => sum + elementsOf(shape), 0);
  if (elements > KERNEL_LIMITS.elements) {
    throw new UserError(
      `The inputs have at most ${KERNEL_LIMITS.elements} elements together; received ${elements}. Make them smaller, or use \`systole run\`.`,
    );
  }
  return {
    source,
    kernel: kernel === '' ? '' : checkName('The kernel', kernel),
    chip: oneOf('The chip', CHIP_NAMES, text('The chip', given['chip'])),
    executor: oneOf('The executor', EXECUTOR_NAMES, text('The executor', given['executor'])),
    inputs,
    seed: whole('The seed', 0, KERNEL_LIMITS.seed, given['seed']),
    seconds: whole('The time limit in seconds', 1, KERNEL_LIMITS.seconds, given['seconds']),
    budget: whole('The instruction budget', 1, KERNEL_LIMITS.budget, given['budget']),
  };
}

function checkSource(value: unknown): string {
  const source = text('The source', value);
  if (source.length > KERNEL_LIMITS.source) {
    throw new UserError(
      `The source has at most ${KERNEL_LIMITS.source} characters; received ${source.length}.`,
    );
  }
  const lines = source.split(/\r\n?|\n/).length;
  if (lines <= KERNEL_LIMITS.lines) return source;
  throw new UserError(`The source has at most ${KERNEL_LIMITS.lines} lines; received ${lines}.`);
}

/** "128x512" as [128, 512]. @throws UserError for what is no shape. */
export function shapeOf(name: string, written: string): readonly number[] {
  const extents = written.trim().split(/\s*[x×,]\s*/);
  if (!extents.every((extent) => /^\d{1,9}$/.test(extent))) {
    throw new UserError(`The shape of ${quoted(name)} is written 128x512; received ${quoted(written)}.`);
  }
  return extents.map(Number);
}

/** Words for the form: a kind and its two numbers. */
const KINDS = {
  normal: { numbers: ['mean', 'deviation'], first: [0, 1] },
  uniform: { numbers: ['low', 'high'], first: [0, 1] },
  integers: { numbers: ['low', 'high'], first: [0, 9] },
} as const satisfies Record<Distribution['kind'], { numbers: readonly string[]; first: readonly number[] }>;

export const NORMAL: Distribution = { kind: 'normal', mean: 0, deviation: 1 };

/** "normal 0 1", "uniform -1 1", "integers 0 9"; the numbers may be left out. @throws UserError for what is none. */
export function distributionOf(name: string, written: string): Distribution {
  const [kind = '', ...rest] = written.trim().split(/[\s,]+/);
  const [low, high, ...more] = rest.map(Number);
  const known = Object.hasOwn(KINDS, kind) && more.length === 0 && rest.every((each) => each !== '');
  if (!known) {
    throw new UserError(
      `The values of ${quoted(name)} are written normal 0 1 (mean, deviation), uniform -1 1 or integers 0 9; received ${quoted(written)}.`,
    );
  }
  const { numbers, first } = KINDS[kind as Distribution['kind']];
  return checkDistribution(name, {
    kind,
    [numbers[0]]: low ?? first[0],
    [numbers[1]]: high ?? first[1],
  });
}

export function distributionText(distribution: Distribution): string {
  const { kind } = distribution;
  return kind === 'normal'
    ? `normal ${distribution.mean} ${distribution.deviation}`
    : `${kind} ${distribution.low} ${distribution.high}`;
}

function checkDistribution(name: string, value: unknown): Distribution {
  const what = `The values of ${quoted(name)}`;
  const given = record(what, value);
  const kind = oneOf(what, Object.keys(KINDS) as Distribution['kind'][], text(what, given['kind']));
  const [first, second] = KINDS[kind].numbers.map((number) => finite(`${what}: ${number}`, given[number]));
  if (first === undefined || second === undefined) throw new Error('Invariant violation: two numbers');
  if (kind === 'normal') return { kind, mean: first, deviation: second };
  if (first > second) throw new UserError(`${what} go from low to high; received ${first} to ${second}.`);
  if (kind === 'uniform') return { kind, low: first, high: second };
  return {
    kind,
    low: whole(what, -(2 ** 31), 2 ** 32, first),
    high: whole(what, -(2 ** 31), 2 ** 32, second),
  };
}

function finite(what: string, value: unknown): number {
  if (typeof value === 'number' && Math.abs(value) <= 1e30) return value;
  throw new UserError(`${what} must be a number; received ${shown(value)}.`);
}

export const shapeText = (shape: readonly number[]): string => shape.join('x');

export const elementsOf = (shape: readonly number[]): number =>
  shape.reduce((product, extent) => product * extent, 1);

function checkInput(value: unknown): InputSetting {
  const given = record('An input', value);
  const name = checkName('An input', given['name']);
  const shape = list(`The shape of ${quoted(name)}`, KERNEL_LIMITS.dimensions, given['shape']);
  if (shape.length === 0) throw new UserError(`The shape of ${quoted(name)} has no dimension.`);
  return {
    name,
    shape: shape.map((extent) => whole(`An extent of ${quoted(name)}`, 1, KERNEL_LIMITS.elements, extent)),
    dtype: oneOf(`The format of ${quoted(name)}`, DTYPES, text('A format', given['dtype'])),
    distribution: checkDistribution(name, given['distribution']),
  };
}

function checkName(what: string, value: unknown): string {
  const name = text(what, value);
  if (name.length > 64) throw new UserError(`${what} has a name of ${NAME_RULE}; received ${quoted(name)}.`);
  requireName(what, name);
  return name;
}

function record(what: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new UserError(`${what} must be an object; received ${shown(value)}.`);
}

function list(what: string, most: number, value: unknown): readonly unknown[] {
  if (Array.isArray(value) && value.length <= most) return value as readonly unknown[];
  throw new UserError(`${what} must be a list of at most ${most}.`);
}

function text(what: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new UserError(`${what} must be a text; received ${shown(value)}.`);
}

function whole(what: string, least: number, most: number, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UserError(`${what} must be a whole number from ${least} to ${most}; received ${shown(value)}.`);
}

/** A stranger's value in a few words. An object or a list is not looked into: it may nest deeper than a stack is. */
function shown(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return `${value}`;
  if (value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : 'an object';
}
