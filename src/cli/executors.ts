/** Who runs a Program for `systole run`: one interface, whatever it runs on and wherever. */
import { EXECUTOR_NAMES, type ExecutorName } from '../../bench/page/kernel/settings';
import type { Position, RunFinding } from '../execute/reference';
import { DeviceLostError } from '../execute/webgpu';
import { WebGpuInterpreter, type Shader } from '../execute/webgpu/interpreter';
import { UserError, type CodeArray } from '../numerics';
import { isLoop, type Program, type ProgramNode } from '../program';
import { passingLine } from './progress';
import { runUntil } from './run-stepping';
import { startOnReference, type SteppedRun } from './stepped-run';

export type { ExecutorName } from '../../bench/page/kernel/settings';

export interface RunProgress {
  /** Instructions executed and tests of loops. */
  readonly steps: number;
  /** How many there are; undefined where only the run shows it. */
  readonly total: number | undefined;
}

export interface ExecutorOptions {
  /** Most steps. */
  readonly budget: number;
  /** Aborted: the run ends as soon as it can, without outputs. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RunProgress) => void;
  /** Where to stop, as --until has it; not in a browser. */
  readonly until?: string | undefined;
  /** Inputs of further cores that run the Program at once; on WebGPU in this process alone. */
  readonly others?: readonly Readonly<Record<string, CodeArray>>[];
  /** Called where the run has stopped, to look into it; not in a browser. */
  readonly look?: ((run: SteppedRun) => Promise<void>) | undefined;
}

export interface Executed {
  /** Codes of the HBM outputs, by name; undefined where the run did not come to its end. */
  readonly outputs: Readonly<Record<string, CodeArray>> | undefined;
  /** The same of further cores. */
  readonly further?: readonly Readonly<Record<string, CodeArray>>[];
  /** Where it stands, if it was stopped. */
  readonly position: Position | undefined;
  /** What the values of the run have shown. */
  readonly findings: readonly RunFinding[];
  /** What went wrong in it, naming the instruction. */
  readonly failure: string | undefined;
  /** Milliseconds that it took, without what it took to get there. */
  readonly ms: number;
  /** The name of the adapter that it ran on. */
  readonly adapter?: string | undefined;
  /** The kernels that ran there, where they are at hand. */
  readonly shaders?: readonly Shader[];
}

export interface Executor {
  readonly name: ExecutorName;
  /** In words, as in "on the reference executor". */
  readonly title: string;
  /**
   * `inputs` are the codes of the Program's HBM inputs, by name, dense and row-major.
   *
   * @throws UserError for what is refused before anything runs: a Program too large, an input that does not fit; and for a place
   * to stop that there is not.
   */
  run(
    program: Program,
    inputs: Readonly<Record<string, CodeArray>>,
    options: ExecutorOptions,
  ): Promise<Executed>;
}

/** Takes the steps that are asked for, unless the signal is aborted before, and lets go of the run. */
async function execute(run: SteppedRun, options: ExecutorOptions): Promise<Executed> {
  const { signal, onProgress, until, look, others = [] } = options;
  const total = stepsOf(run.program.instructions);
  const start = performance.now();
  const how = {
    signal,
    onProgress: (steps: number) => {
      onProgress({ steps, total });
    },
  };
  try {
    // Of --until, a place that there is not is the user's mistake.
    if (until !== undefined) await unlessAborted(signal, runUntil(run, until, how));
    const ended = await reached(
      run,
      others.length,
      signal,
      until === undefined ? run.runToEnd(how) : undefined,
    );
    const executed = { ...ended, ms: performance.now() - start };
    await look?.(run);
    return executed;
  } finally {
    run.release();
  }
}

/** What a run has come to once `stepping` ends, on the first core and on so many others. */
async function reached(
  run: SteppedRun,
  others: number,
  signal: AbortSignal,
  stepping: Promise<unknown> | undefined,
): Promise<Omit<Executed, 'ms'>> {
  const none = { outputs: undefined, position: undefined, failure: undefined };
  try {
    if (stepping !== undefined) await unlessAborted(signal, stepping);
    const { position } = run;
    if (signal.aborted) return { ...none, position, findings: run.findingsSoFar };
    const findings = await run.findings();
    if (position !== undefined) return { ...none, position, findings };
    const outputs = await run.outputs();
    const further: Readonly<Record<string, CodeArray>>[] = [];
    for (let core = 1; core <= others; core++) further.push(await run.outputs(core));
    return { ...none, outputs, further, findings };
  } catch (error) {
    // The Program's doing or the device's, or ours.
    if (error instanceof DeviceLostError) {
      return { ...none, failure: error.message, findings: run.findingsSoFar };
    }
    if (!(error instanceof UserError)) throw error;
    return { ...none, failure: error.message, findings: await run.findings() };
  }
}

/** What it throws because it was aborted is no error. */
async function unlessAborted(signal: AbortSignal, stepping: Promise<unknown>): Promise<void> {
  await stepping.catch((error: unknown) => {
    if (error !== signal.reason || !signal.aborted) throw error;
  });
}

const reference: Executor = {
  name: 'reference',
  title: 'the reference executor',
  async run(program, inputs, options) {
    return execute(startOnReference(program, inputs, options.budget), options);
  },
};

/** On an adapter of this machine. */
function webgpu(wanted: string | undefined): Executor {
  return {
    name: 'webgpu',
    title: 'WebGPU',
    async run(program, inputs, options) {
      const { openDevice } = await import('../host/node');
      const opened = passingLine(process.stderr, 'opening the adapter');
      const host = await openDevice(wanted === undefined ? {} : { adapter: wanted }).finally(opened);
      try {
        const interpreter = await WebGpuInterpreter.create(host.device);
        const { budget, others = [] } = options;
        const run = await interpreter.start(program, [inputs, ...others], { budget });
        const executed = await execute(run, options);
        return { ...executed, adapter: host.facts.name, shaders: interpreter.shaders };
      } finally {
        host.close();
      }
    },
  };
}

/** In a page of a headless Chromium. */
function inBrowser(executor: ExecutorName, title: string, adapter: string | undefined): Executor {
  return {
    name: executor,
    title: `${title} in Chromium`,
    async run(program, inputs, { budget, signal, onProgress }) {
      const { runProgramInBrowser } = await import('../../bench/browser/program');
      const total = stepsOf(program.instructions);
      const opened = passingLine(process.stderr, 'opening the browser');
      const onSteps = (steps: number): void => {
        opened();
        onProgress({ steps, total });
      };
      const request = { program, inputs, executor, budget, adapter, signal, onSteps };
      const ran = await runProgramInBrowser(request).finally(opened);
      const { outputs, findings = [], failure, ms = 0 } = ran ?? {};
      return {
        ...{ outputs, position: undefined, findings, failure: failure?.message, ms },
        adapter: ran?.adapter,
      };
    },
  };
}

export interface ExecutorChoice {
  readonly executor?: ExecutorName | undefined;
  readonly browser?: boolean | undefined;
  /** Of a browser, or in Node of WebGPU. */
  readonly adapter?: string | undefined;
}

/** The executor that the options choose. @throws UserError for options that do not go with each other. */
export function chosenExecutor({
  executor = 'reference',
  browser = false,
  adapter,
}: ExecutorChoice): Executor {
  const chosen = executor === 'webgpu' ? webgpu(adapter) : reference;
  if (browser) return inBrowser(executor, chosen.title, adapter);
  if (adapter !== undefined && executor !== 'webgpu') {
    throw new UserError('--adapter chooses for --executor webgpu or --browser: give it with one of them.');
  }
  return chosen;
}

/** @throws UserError for a name that there is not. */
export function parseExecutor(text: string): ExecutorName {
  const found = EXECUTOR_NAMES.find((name) => name === text);
  if (found !== undefined) return found;
  throw new UserError(`--executor is ${EXECUTOR_NAMES.join(' or ')}, received "${text}".`);
}

/** Steps that a run takes; undefined where a register decides. */
export function stepsOf(nodes: readonly ProgramNode[]): number | undefined {
  let steps = 0;
  for (const node of nodes) {
    if (!isLoop(node)) {
      steps++;
      continue;
    }
    const body = stepsOf(node.body);
    if (body === undefined || node.loop !== 'fori') return undefined;
    const { lower, upper, step } = node;
    if (typeof lower !== 'number' || typeof upper !== 'number') return undefined;
    const turns = Math.max(0, Math.ceil((upper - lower) / step));
    steps += turns * (body + 1) + 1;
  }
  return steps;
}
