/**
 * What the harness needs of a device: the part of the WebGPU executor (src/execute/webgpu) and of the host that it uses,
 * so that tests can hand in a device that is wrong, slow or lost.
 */
import type { MatmulOperands, MatmulOptions, SubnormalMode, Window } from '../src/execute/matmul';
import type { MatmulPlan } from '../src/lower';
import type { CodeArray } from '../src/numerics';

/** A product ready to run: operands uploaded, pipelines compiled. */
export interface PreparedProduct {
  run(signal?: AbortSignal): Promise<void>;
  /** Milliseconds that `count` runs took, one after the other. */
  runMany(count: number, signal?: AbortSignal): Promise<number>;
  /** Codes of the result, or of a window of it, row-major. */
  read(window?: Window): Promise<CodeArray>;
  /** Bytes by purpose. */
  readonly memory: Readonly<Record<string, number>>;
  readonly compileMs: number;
  /** Name of the kernel variant. */
  readonly kernel: string;
  /** Dispatches of one run. */
  readonly dispatches: number;
  release(): void;
}

export interface MatmulDevice {
  readonly subnormals: SubnormalMode;
  prepare(
    plan: MatmulPlan,
    operands: MatmulOperands,
    options?: { signal?: AbortSignal },
  ): Promise<PreparedProduct>;
}

/** The CPU checker: bit-identical to the reference loop. */
export type MatmulReference = (
  plan: MatmulPlan,
  operands: MatmulOperands,
  options?: MatmulOptions,
) => CodeArray;

export interface BenchTools {
  readonly device: MatmulDevice;
  /** Settles when the device is lost. */
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  readonly reference: MatmulReference;
  /** Milliseconds. */
  readonly now: () => number;
}
