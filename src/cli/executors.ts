/** Who runs a Program for `systole run`: one interface, whatever it runs on and wherever. */
import { EXECUTOR_NAMES as IN_PAGE } from '../../bench/page/kernel/settings';
import { startProgram, type Position, type ProgramRun, type RunFinding } from '../execute/reference';
import { UserError, type CodeArray } from '../numerics';
import { isLoop, type Program, type ProgramNode } from '../program';
import { passingLine } from './progress';

export const EXECUTOR_NAMES = ['reference', 'webgpu'] as const;
export type ExecutorName = (typeof EXECUTOR_NAMES)[number];

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
}

export interface Executed {
  /** Codes of the HBM outputs, by name; undefined where the run did not come to its end. */
  readonly outputs: Readonly<Record<string, CodeArray>> | undefined;
  /** Where it stands, if it was stopped. */
  readonly position: Position | undefined;
  /** What the values of the run have shown. */
  readonly findings: readonly RunFinding[];
  /** What went wrong in it, naming the instruction. */
  readonly failure: string | undefined;
  /** Milliseconds that it took, without what it took to get there. */
  readonly ms: number;
}

export interface Executor {
  readonly name: ExecutorName;
  /** In words. */
  readonly title: string;
  /**
   * `inputs` are the codes of the Program's HBM inputs, by name, dense and row-major.
   *
   * @throws UserError for what is refused before anything runs: a Program too large, an input that does not fit.
   */
  run(
    program: Program,
    inputs: Readonly<Record<string, CodeArray>>,
    options: ExecutorOptions,
  ): Promise<Executed>;
}

/** Steps between two looks at the clock, and milliseconds between two turns of the event loop, which brings signals. */
const STEPS = 256;
const TURN_MS = 100;

/** Takes the steps that are left, unless the signal is aborted before. */
export async function stepToEnd(run: ProgramRun, { signal, onProgress }: ExecutorOptions): Promise<Executed> {
  const total = stepsOf(run.program.instructions);
  const start = performance.now();
  let due = start + TURN_MS;
  try {
    for (let steps = 1; run.step(); steps++) {
      if (steps % STEPS !== 0 && performance.now() < due) continue;
      onProgress({ steps, total });
      await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) break;
      due = performance.now() + TURN_MS;
    }
  } catch (error) {
    return failed(run, error, start);
  }
  return reached(run, start);
}

/** What a run of the reference executor that was started at `start` (performance.now()) has come to. */
export function reached(run: ProgramRun, start: number): Executed {
  const { position, findings } = run;
  try {
    const outputs = position === undefined ? run.outputs() : undefined;
    return { outputs, position, findings, failure: undefined, ms: performance.now() - start };
  } catch (error) {
    return failed(run, error, start);
  }
}

/** The Program's doing, or ours. */
function failed({ findings }: ProgramRun, error: unknown, start: number): Executed {
  if (!(error instanceof UserError)) throw error;
  const ms = performance.now() - start;
  return { outputs: undefined, position: undefined, findings, failure: error.message, ms };
}

const reference: Executor = {
  name: 'reference',
  title: 'reference executor',
  async run(program, inputs, options) {
    return stepToEnd(startProgram(program, inputs, { budget: options.budget }), options);
  },
};

const webgpu: Executor = {
  name: 'webgpu',
  title: 'WebGPU',
  run() {
    return Promise.reject(notYet('WebGPU'));
  },
};

const notYet = (where: string): UserError =>
  new UserError(`Programs do not run on ${where} yet: leave --executor out, or say --executor reference.`);

/** In a page of a headless Chromium. */
function inBrowser({ name, title }: Executor, adapter: string | undefined): Executor {
  return {
    name,
    title: `${title} in Chromium`,
    async run(program, inputs, { budget, signal, onProgress }) {
      const executor = IN_PAGE.find((each) => each === name);
      if (executor === undefined) throw notYet(`${title} in a browser`);
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
      return { outputs, position: undefined, findings, failure: failure?.message, ms };
    },
  };
}

const EXECUTORS: Readonly<Record<ExecutorName, Executor>> = { reference, webgpu };

export interface ExecutorChoice {
  readonly executor?: ExecutorName | undefined;
  readonly browser?: boolean | undefined;
  /** Of a browser. */
  readonly adapter?: string | undefined;
}

/** The executor that the options choose. @throws UserError for options that do not go with each other. */
export function chosenExecutor({
  executor = 'reference',
  browser = false,
  adapter,
}: ExecutorChoice): Executor {
  if (browser) return inBrowser(EXECUTORS[executor], adapter);
  if (adapter !== undefined) throw new UserError('--adapter chooses for --browser: give it with that.');
  return EXECUTORS[executor];
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
