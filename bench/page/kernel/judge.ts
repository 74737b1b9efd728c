/**
 * What is made of the sandbox's answer, which a hostile kernel may have written: the Program is read as any stranger's, verified,
 * run by the executor that was chosen, and held against the library's reference where there is one.
 */
import { randomCodes, type CodedInput } from '../../../src/kernels/random';
import { decodeArray, isPacked, UserError, type CodeArray, type Dtype } from '../../../src/numerics';
import {
  fromJSON,
  hbmTensors,
  printProgram,
  tensorBytes,
  type HbmTensor,
  type Program,
} from '../../../src/program';
import { findingOf, summaryText, verifyProgram, type Finding } from '../../../src/verify';
import { compareWithLibrary, type Comparison } from './comparison';
import { EXECUTORS } from './executors';
import { memoryUse, type MemoryUse } from './memory-use';
import { lineIn, type Answer } from './sandbox/answer';
import { KERNEL_LIMITS, shapeText, type KernelSettings } from './settings';

export interface ToJudge {
  /** Of the sandbox. */
  readonly answer: string;
  readonly settings: Omit<KernelSettings, 'source'>;
}

/** What is known before the run. */
export interface TracedReport {
  readonly kernel: string;
  readonly program: string;
  readonly instructions: number;
  readonly findings: readonly Finding[];
  /** No finding is an error. */
  readonly sound: boolean;
  readonly summary: string;
  readonly memory: MemoryUse;
}

export interface OutputArray {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Row-major; the codes themselves where an element of the format is several values. */
  readonly values: Float32Array | Float64Array;
}

/** How it ended. */
export type Conclusion =
  | { readonly type: 'inputs'; readonly kernel: string; readonly names: readonly string[] }
  | { readonly type: 'failed'; readonly message: string; readonly line: number | null }
  /** The verifier found errors, and nothing was run. */
  | { readonly type: 'unsound' }
  | {
      readonly type: 'broke-off';
      readonly message: string;
      readonly line: number | null;
      readonly steps: number;
      readonly findings: readonly Finding[];
    }
  | {
      readonly type: 'ran';
      /** The first of them, in the Program's order. */
      readonly outputs: readonly OutputArray[];
      /** How many outputs there are besides. */
      readonly more: number;
      readonly steps: number;
      /** The name of the adapter that it ran on; null where that was none. */
      readonly adapter: string | null;
      readonly findings: readonly Finding[];
      /** Null where the kernel is none of the library's. */
      readonly comparison: Comparison | null;
    };

/** Any number of the first two, then the last. */
export type FromJudge =
  | { readonly type: 'traced'; readonly report: TracedReport }
  | { readonly type: 'steps'; readonly steps: number }
  | { readonly type: 'concluded'; readonly conclusion: Conclusion };

/** Bytes of HBM: the judge's worker has each a few times. */
const MOST_HBM = 2 ** 28;

/** Outputs that are shown: each is a picture and a table, and a Program may have any number of them. */
const MOST_OUTPUTS = 12;

/** Characters of a message that the sandbox gave. */
const LONGEST_MESSAGE = 2000;

/** Never rejects for what a kernel or a Program does. */
export async function judge(
  { answer, settings }: ToJudge,
  tell: (message: FromJudge) => void,
): Promise<Conclusion> {
  try {
    const read = readAnswer(answer);
    return read.type === 'traced' ? await judged(read, settings, tell) : read;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { type: 'failed', message: error.message, line: lineIn(error.message) };
  }
}

async function judged(
  { kernel, program: file, sizes }: Extract<Answer, { type: 'traced' }>,
  { inputs: given, seed, executor, budget }: ToJudge['settings'],
  tell: (message: FromJudge) => void,
): Promise<Conclusion> {
  const program = fromJSON(file);
  requireSize(program);
  const verdict = verifyProgram(program);
  const { findings, sound } = verdict;
  const memory = memoryUse(program);
  tell({
    type: 'traced',
    report: {
      kernel,
      program: printProgram(program),
      instructions: memory.instructions,
      findings,
      sound,
      summary: summaryText(verdict),
      memory,
    },
  });
  if (!sound) return { type: 'unsound' };
  requireGiven(program, given);
  const inputs = given.map((input, stream): [string, CodedInput] => {
    const { name, shape, dtype } = input;
    return [name, { shape, dtype, codes: randomCodes(input, seed, stream) }];
  });
  const codes = Object.fromEntries(inputs.map(([name, input]) => [name, input.codes]));
  const onSteps = (steps: number): void => {
    tell({ type: 'steps', steps });
  };
  const ran = await EXECUTORS[executor].run({ program, inputs: codes, budget, onSteps });
  const { steps, failure, outputs } = ran;
  const shown = ran.findings.map(findingOf);
  if (failure !== undefined || outputs === undefined) {
    const message = failure?.message ?? 'The run gave no outputs.';
    return { type: 'broke-off', message, line: lineIn(failure?.at), steps, findings: shown };
  }
  const tensors = hbmTensors(program, 'output');
  return {
    type: 'ran',
    outputs: outputsOf(tensors.slice(0, MOST_OUTPUTS), outputs),
    more: Math.max(0, tensors.length - MOST_OUTPUTS),
    steps,
    adapter: ran.adapter ?? null,
    findings: shown,
    comparison: compareWithLibrary({
      kernel,
      sizes,
      inputs: Object.fromEntries(inputs),
      tensors,
      outputs,
    }),
  };
}

/** @throws UserError for a Program whose memories would fill the page's. */
function requireSize({ tensors }: Program): void {
  const bytes = tensors.reduce((sum, tensor) => sum + (tensor.space === 'hbm' ? tensorBytes(tensor) : 0), 0);
  if (bytes <= MOST_HBM) return;
  throw new UserError(
    `HBM tensors take at most ${MOST_HBM} bytes together on the page, received ${bytes}: make the problem smaller, or use \`systole run\`.`,
  );
}

/** An honest kernel's Program has the inputs that it was traced on. */
function requireGiven(program: Program, given: ToJudge['settings']['inputs']): void {
  const wanted = hbmTensors(program, 'input').map(
    ({ name, shape, dtype }) => `${name} ${dtype} ${shapeText(shape)}`,
  );
  const had = given.map(({ name, shape, dtype }) => `${name} ${dtype} ${shapeText(shape)}`);
  if ([...wanted].sort().join() === [...had].sort().join()) return;
  throw new UserError(
    `The Program takes ${wanted.join(', ') || 'nothing'}, and was given ${had.join(', ') || 'nothing'}.`,
  );
}

function outputsOf(
  tensors: readonly HbmTensor[],
  outputs: Readonly<Record<string, CodeArray>>,
): readonly OutputArray[] {
  return tensors.flatMap(({ name, dtype, shape }) => {
    const codes = outputs[name];
    return codes === undefined ? [] : [{ name, dtype, shape, values: valuesOf(dtype, codes) }];
  });
}

function valuesOf(dtype: Dtype, codes: CodeArray): Float32Array | Float64Array {
  return isPacked(dtype) ? Float64Array.from(codes) : decodeArray(dtype, codes);
}

/** @throws UserError for what no honest sandbox says. */
export function readAnswer(text: string): Answer {
  const value = parsed(text);
  if (typeof value === 'object' && value !== null && 'type' in value) {
    const { type, kernel, program, sizes, names, message, line } = value as Readonly<Record<string, unknown>>;
    if (type === 'failed' && typeof message === 'string') {
      const known = typeof line === 'number' && Number.isSafeInteger(line) && line >= 1;
      return { type, message: message.slice(0, LONGEST_MESSAGE), line: known ? line : null };
    }
    if (typeof kernel === 'string' && kernel.length <= 200) {
      if (type === 'traced') return { type, kernel, program, sizes: numbersIn(sizes) };
      if (type === 'inputs' && isNames(names)) return { type, kernel, names };
    }
  }
  throw new UserError('The kernel answered in place of its tracer, and nothing that is a Program.');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function numbersIn(value: unknown): Record<string, number> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, size]): [string, number][] =>
      typeof size === 'number' ? [[name, size]] : [],
    ),
  );
}

function isNames(value: unknown): value is readonly string[] {
  const most = KERNEL_LIMITS.inputs;
  return (
    Array.isArray(value) &&
    value.length <= most &&
    value.every((name) => typeof name === 'string' && name.length <= 64)
  );
}
