/** Who runs a Program on the page. Each is chosen in the form by its name (executor-words.ts). */
import { startProgram, type RunFinding } from '../../../src/execute/reference';
import { DeviceLostError } from '../../../src/execute/webgpu';
import { WebGpuInterpreter } from '../../../src/execute/webgpu/interpreter';
import { openBrowserDevice } from '../../../src/host';
import { UserError, type CodeArray } from '../../../src/numerics';
import type { Program } from '../../../src/program';
import type { ExecutorName } from './settings';

export interface RunRequest {
  readonly program: Program;
  /** Codes of the HBM inputs, by name, dense and row-major. */
  readonly inputs: Readonly<Record<string, CodeArray>>;
  /** Most steps. */
  readonly budget: number;
  /** Told now and then how many steps were taken. */
  readonly onSteps: (steps: number) => void;
}

export interface Ran {
  /** Codes of the HBM outputs, by name; undefined where the run did not come to its end. */
  readonly outputs: Readonly<Record<string, CodeArray>> | undefined;
  readonly steps: number;
  /** What the values of the run have shown. */
  readonly findings: readonly RunFinding[];
  /** Why it stopped before its end, and where the instruction was written. */
  readonly failure: { readonly message: string; readonly at: string | undefined } | undefined;
  /** The name of the adapter that it ran on. */
  readonly adapter?: string;
}

export interface Executor {
  readonly name: ExecutorName;
  /** Rejects only for what is no doing of the Program, with a UserError where the user can mend it. */
  readonly run: (request: RunRequest) => Promise<Ran>;
}

/** Steps between two looks at the clock, and milliseconds between two messages. */
const STEPS = 256;
const TELL_MS = 100;

/** Stays where it stands when a step fails, so that what was reached can be told. */
function runOnReference({ program, inputs, budget, onSteps }: RunRequest): Promise<Ran> {
  const run = startProgram(program, inputs, { budget });
  let steps = 0;
  let due = performance.now() + TELL_MS;
  const ended = (rest: Pick<Ran, 'outputs' | 'failure'>): Promise<Ran> =>
    Promise.resolve({ steps, findings: run.findings, ...rest });
  try {
    for (; run.step(); steps++) {
      if (steps % STEPS !== 0 || performance.now() < due) continue;
      onSteps(steps);
      due = performance.now() + TELL_MS;
    }
    return ended({ outputs: run.outputs(), failure: undefined });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const at = run.position?.node.at;
    return ended({ outputs: undefined, failure: { message: error.message, at } });
  }
}

/** On a device of its own, which ends with the run. */
async function runOnWebGpu({ program, inputs, budget, onSteps }: RunRequest): Promise<Ran> {
  const host = await openBrowserDevice();
  try {
    const interpreter = await WebGpuInterpreter.create(host.device);
    const run = await interpreter.start(program, inputs, { budget });
    let due = performance.now() + TELL_MS;
    const onProgress = (taken: number): void => {
      if (performance.now() < due) return;
      onSteps(taken);
      due = performance.now() + TELL_MS;
    };
    const adapter = host.facts.name;
    try {
      await run.runToEnd({ onProgress });
      const outputs = await run.outputs();
      const findings = await run.findings();
      return { steps: run.steps, findings, outputs, failure: undefined, adapter };
    } catch (error) {
      const lost = error instanceof DeviceLostError;
      if (!lost && !(error instanceof UserError)) throw error;
      const findings = lost ? run.findingsSoFar : await run.findings();
      const failure = { message: error.message, at: run.position?.node.at };
      return { steps: run.steps, findings, outputs: undefined, failure, adapter };
    }
  } finally {
    host.close(); // which frees what the run has
  }
}

export const EXECUTORS: Readonly<Record<ExecutorName, Executor>> = {
  reference: { name: 'reference', run: async (request) => runOnReference(request) },
  webgpu: { name: 'webgpu', run: runOnWebGpu },
};
