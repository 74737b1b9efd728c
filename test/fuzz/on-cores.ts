/** Several cores that run a Program at once, each on inputs of its own, beside as many runs of one core on the reference. */
import { startProgram } from '../../src/execute/reference';
import {
  CoresDifferError,
  type WebGpuInterpreter,
  type WebGpuRun,
} from '../../src/execute/webgpu/interpreter';
import type { Program } from '../../src/program';
import { firstDifference, left, type Executor, type Inputs, type Left } from './agreement';

/** What each core leaves; findings name it. */
async function leftBy(run: WebGpuRun, program: Program): Promise<readonly Left[]> {
  const all: Left[] = [];
  for (let core = 0; core < run.cores; core++) {
    const one = {
      runToEnd: () => run.runToEnd(),
      read: (name: string) => run.read(name, core),
      accumulators: (engine: 'vector' | 'scalar') => run.accumulators(engine, core),
      register: (name: string) => run.register(name),
    };
    const findings = async () => (await run.findings()).filter((finding) => finding.core === core);
    all.push(await left(one, program, findings));
  }
  return all;
}

async function onReference(program: Program, each: readonly Inputs[]): Promise<readonly Left[]> {
  const all: Left[] = [];
  for (const [core, inputs] of each.entries()) {
    const run = startProgram(program, inputs);
    const findings = () => Promise.resolve(run.findings.map((finding) => ({ ...finding, core })));
    all.push(await left(run, program, findings));
  }
  return all;
}

/** The first thing in which a core differs from the reference on its inputs, in words; undefined where all agree. */
export async function compareCores(
  interpreter: WebGpuInterpreter,
  program: Program,
  each: readonly Inputs[],
): Promise<string | undefined> {
  const expected = await onReference(program, each);
  const run = await interpreter.start(program, each);
  try {
    const received = await leftBy(run, program);
    for (const [core, wanted] of expected.entries()) {
      const got = received[core];
      const difference = got === undefined ? 'nothing' : firstDifference(wanted, got);
      if (difference !== undefined) return `core ${core}: ${difference}`;
    }
    return undefined;
  } finally {
    run.release();
  }
}

/** Inputs of a core: the same codes, each core's in an order of its own. */
export const turned = (inputs: Inputs, core: number): Inputs =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, codes]) => {
      const other = codes.slice();
      codes.forEach((code, at) => {
        other[(at + core * 5) % codes.length] = code;
      });
      return [name, other];
    }),
  );

/** Of executors that are compared: all that the cores left as one; of what stops a core only that it does. */
const STOPPED: Left = { error: 'a core stops', findings: [], bits: new Map() };

function joined(all: readonly Left[]): Left {
  if (all.some(({ error }) => error !== undefined)) return STOPPED;
  return {
    error: undefined,
    findings: all.flatMap(({ findings }) => findings),
    bits: new Map(
      all.flatMap(({ bits }, core) =>
        [...bits].map(([name, of]) => [`${name} of core ${core}`, of] as const),
      ),
    ),
  };
}

const inputsOf = (inputs: Inputs, cores: number): readonly Inputs[] =>
  Array.from({ length: cores }, (_, core) => turned(inputs, core));

export const coresOnReference =
  (cores: number): Executor =>
  async (program, inputs) =>
    joined(await onReference(program, inputsOf(inputs, cores)));

/** @param onApart is called where cores load different values into a register: there they are left as the reference leaves them. */
export const coresOnInterpreter =
  (cores: number, interpreter: WebGpuInterpreter, onApart: () => void): Executor =>
  async (program, inputs) => {
    const each = inputsOf(inputs, cores);
    const run = await interpreter.start(program, each);
    try {
      await run.runToEnd();
      return joined(await leftBy(run, program));
    } catch (error) {
      if (!(error instanceof CoresDifferError)) return STOPPED;
      onApart();
      return joined(await onReference(program, each));
    } finally {
      run.release();
    }
  };
