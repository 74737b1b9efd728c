/** Whether an adapter's interpreter leaves what the reference leaves: every byte of every memory, registers, findings and errors. */
import { expect } from 'vitest';
import type { WebGpuInterpreter } from '../../../../src/execute/webgpu/interpreter';
import type { Program } from '../../../../src/program';
import { comparePrograms, onInterpreter, onReference, type Inputs } from '../../../fuzz/agreement';

/** Runs a Program on both; all tensors must agree, written or not, and so must what was found and what registers hold. */
export async function expectAgreement(
  interpreter: WebGpuInterpreter,
  program: Program,
  inputs: Inputs,
): Promise<void> {
  const difference = await comparePrograms(onReference, onInterpreter(interpreter), program, inputs);
  expect(difference).toBeUndefined();
}
