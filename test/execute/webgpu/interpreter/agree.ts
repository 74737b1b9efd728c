/** Whether an adapter's interpreter leaves what the reference leaves: outputs, findings, and every byte of every memory. */
import { expect } from 'vitest';
import { startProgram } from '../../../../src/execute/reference';
import type { WebGpuInterpreter } from '../../../../src/execute/webgpu/interpreter';
import type { CodeArray } from '../../../../src/numerics';
import type { Program } from '../../../../src/program';

type Inputs = Readonly<Record<string, CodeArray>>;

/** Runs a Program on both; all tensors must agree, written or not, and so must what was found and what registers hold. */
export async function expectAgreement(
  interpreter: WebGpuInterpreter,
  program: Program,
  inputs: Inputs,
): Promise<void> {
  const reference = startProgram(program, inputs);
  const run = await interpreter.start(program, inputs);
  try {
    const expected = outcome(() => reference.runToEnd());
    const received = await run.runToEnd().then(
      () => undefined,
      (error: unknown) => String(error),
    );
    expect(received).toBe(expected);
    expect(await run.findings()).toStrictEqual(reference.findings);
    for (const { name } of program.tensors) {
      const [left, right] = [await run.read(name), reference.read(name)];
      expect(firstDifference(left.codes, right.codes), `codes of ${name}`).toBeUndefined();
      expect(firstDifference(left.written, right.written), `what was written of ${name}`).toBeUndefined();
    }
    for (const engine of ['vector', 'scalar'] as const) {
      const [left, right] = [await run.accumulators(engine), reference.accumulators(engine)];
      expect([...left], engine).toStrictEqual([...right]);
    }
  } finally {
    run.release();
  }
}

function outcome(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** Where two arrays differ first, and what they hold there: quicker than a deep comparison of thousands of elements. */
function firstDifference(left: ArrayLike<number>, right: ArrayLike<number>): unknown {
  if (left.length !== right.length) return { lengths: [left.length, right.length] };
  for (let at = 0; at < left.length; at++) {
    if (left[at] !== right[at]) return { at, received: left[at], expected: right[at] };
  }
  return undefined;
}
