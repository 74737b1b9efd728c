/** A run of a Program in this process, whatever executes it: one interface for `systole run`, to step through and look into. */
import { startProgram, type MemoryView, type Position, type RunFinding } from '../execute/reference';
import type { AccumulatorEngine } from '../isa';
import type { CodeArray } from '../numerics';
import type { Pattern, Program } from '../program';

type Awaitable<T> = T | Promise<T>;

export interface SteppingOptions {
  /** Aborted: the run stops where it stands, and rejects with the reason. */
  readonly signal: AbortSignal;
  /** Called now and then with the steps taken so far. */
  readonly onProgress: (steps: number) => void;
}

/** The members of the reference's ProgramRun, to be awaited. A run on WebGPU is one as it is. */
export interface SteppedRun {
  readonly program: Program;
  readonly position: Position | undefined;
  readonly findingsSoFar: readonly RunFinding[];
  findings(): Awaitable<readonly RunFinding[]>;
  runTo(target: string | number, time: number, options: SteppingOptions): Promise<unknown>;
  runToEnd(options: SteppingOptions): Promise<unknown>;
  read(of: string | Pattern): Awaitable<MemoryView>;
  bank(bank: number): Awaitable<MemoryView>;
  register(name: string): number | undefined;
  accumulators(engine: AccumulatorEngine): Awaitable<Float32Array>;
  /** Of a core, the first when left out. */
  outputs(core?: number): Awaitable<Readonly<Record<string, CodeArray>>>;
  release(): void;
}

/** Steps between two looks at the clock, and milliseconds between two turns of the event loop, which brings signals. */
const STEPS = 256;
const TURN_MS = 100;

/** @throws UserError as `startProgram` does. */
export function startOnReference(
  program: Program,
  inputs: Readonly<Record<string, CodeArray>>,
  budget: number,
): SteppedRun {
  const run = startProgram(program, inputs, { budget });
  return {
    program,
    get position() {
      return run.position;
    },
    get findingsSoFar() {
      return run.findings;
    },
    findings: () => run.findings,
    runTo: async (target, time) => Promise.resolve(run.runTo(target, time)),
    async runToEnd({ signal, onProgress }) {
      let due = performance.now() + TURN_MS;
      signal.throwIfAborted();
      for (let steps = 1; run.step(); steps++) {
        if (steps % STEPS !== 0 && performance.now() < due) continue;
        onProgress(steps);
        await new Promise((resolve) => setImmediate(resolve));
        signal.throwIfAborted();
        due = performance.now() + TURN_MS;
      }
    },
    read: (of) => run.read(of),
    bank: (bank) => run.bank(bank),
    register: (name) => run.register(name),
    accumulators: (engine) => run.accumulators(engine),
    outputs: () => run.outputs(),
    release: () => undefined,
  };
}
