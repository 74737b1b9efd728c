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
      expect({ name, codes: [...left.codes] }).toStrictEqual({ name, codes: [...right.codes] });
      expect([...left.written], name).toStrictEqual([...right.written]);
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
