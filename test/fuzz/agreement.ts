/** What a run of a Program leaves, and whether two executors leave the same, bit for bit. */
import { startProgram } from '../../src/execute/reference';
import type { RunFinding } from '../../src/execute/program/findings';
import type { WebGpuInterpreter } from '../../src/execute/webgpu/interpreter';
import type { AccumulatorEngine } from '../../src/isa';
import type { CodeArray } from '../../src/numerics';
import { isLoop, type Program, type ProgramNode } from '../../src/program';

export type Inputs = Readonly<Record<string, CodeArray>>;

/** What is compared. NaNs of accumulator registers are one: a register holds the canonical one. */
export interface Left {
  /** The message that ended the run, if it did not reach its end. */
  readonly error: string | undefined;
  readonly findings: readonly RunFinding[];
  /** Of tensors, codes and what was written of them; of accumulator registers and registers, values. By name. */
  readonly bits: ReadonlyMap<string, ArrayLike<number>>;
}

/** Runs a Program, and says what it left. */
export type Executor = (program: Program, inputs: Inputs) => Promise<Left>;

/** A run that can be looked into, of either executor. */
interface Run {
  runToEnd(): unknown;
  read(name: string): Viewed | Promise<Viewed>;
  accumulators(engine: AccumulatorEngine): Float32Array | Promise<Float32Array>;
  register(name: string): number | undefined;
}

interface Viewed {
  readonly codes: CodeArray;
  readonly written: Uint8Array;
}

const ENGINES: readonly AccumulatorEngine[] = ['vector', 'scalar'];

function registersOf(nodes: readonly ProgramNode[]): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: ProgramNode): void => {
    if (isLoop(node)) {
      names.add(node.register);
      node.body.forEach(visit);
    } else if ('register' in node.attributes) names.add(node.attributes.register);
  };
  nodes.forEach(visit);
  return names;
}

export async function left(
  run: Run,
  { tensors, instructions }: Program,
  findings: () => Promise<readonly RunFinding[]>,
): Promise<Left> {
  const error = await Promise.resolve()
    .then(() => run.runToEnd())
    .then(() => undefined, String);
  const bits = new Map<string, ArrayLike<number>>();
  for (const { name } of tensors) {
    const { codes, written } = await run.read(name);
    bits.set(name, codes);
    bits.set(`${name} written`, written);
  }
  for (const engine of ENGINES) bits.set(`${engine} accumulators`, await run.accumulators(engine));
  for (const name of registersOf(instructions)) bits.set(`register ${name}`, [run.register(name) ?? NaN]);
  return { error, findings: await findings(), bits };
}

export const onReference: Executor = (program, inputs) => {
  const run = startProgram(program, inputs);
  return left(run, program, () => Promise.resolve(run.findings));
};

export const onInterpreter =
  (interpreter: WebGpuInterpreter): Executor =>
  async (program, inputs) => {
    const run = await interpreter.start(program, inputs);
    try {
      return await left(run, program, () => run.findings());
    } finally {
      run.release();
    }
  };

/** The first thing in which two executors differ on a Program, in words; undefined where they agree. */
export async function comparePrograms(
  expected: Executor,
  received: Executor,
  program: Program,
  inputs: Inputs,
): Promise<string | undefined> {
  return firstDifference(await expected(program, inputs), await received(program, inputs));
}

export function firstDifference(expected: Left, received: Left): string | undefined {
  if (expected.error !== received.error) {
    return `error: expected ${expected.error ?? 'none'}; received ${received.error ?? 'none'}`;
  }
  for (const [name, wanted] of expected.bits) {
    const got = received.bits.get(name) ?? [];
    for (let at = 0; at < Math.max(wanted.length, got.length); at++) {
      if (Object.is(wanted[at], got[at])) continue;
      const others = Array.from(wanted).filter((bits, index) => !Object.is(bits, got[index])).length;
      return `${name}, element ${at}: expected ${hex(wanted[at])}, received ${hex(got[at])} (${others} of ${wanted.length} differ)`;
    }
  }
  const [wanted, got] = [JSON.stringify(expected.findings), JSON.stringify(received.findings)];
  return wanted === got ? undefined : `findings: expected ${wanted}; received ${got}`;
}

const hex = (bits: number | undefined): string => (bits === undefined ? 'nothing' : `0x${bits.toString(16)}`);
