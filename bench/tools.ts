/**
 * What the harness needs of a device: the part of the WebGPU executor (src/execute/webgpu) and of the host that it uses,
 * so that tests can hand in a device that is wrong, slow or lost.
 */
import type { MatmulOperands, MatmulOptions, SubnormalMode, Window } from '../src/execute/matmul';
import type { MatmulPlan } from '../src/lower';
import type { CodeArray } from '../src/numerics';
import type { Attention } from './attention';

/** A product ready to run: operands uploaded, pipelines compiled. */
export interface PreparedProduct {
  run(signal?: AbortSignal): Promise<void>;
  /** Milliseconds that `count` runs took, one after the other. */
  runMany(count: number, signal?: AbortSignal): Promise<number>;
  /** Codes of the result, or of a window of it, row-major. */
  read(window?: Window): Promise<CodeArray>;
  /** Bytes by purpose; `limit` bounds operands + result + scratch. */
  readonly memory: Readonly<Record<string, number>>;
  readonly compileMs: number;
  /** Name of the kernel variant. */
  readonly kernel: string;
  /** Dispatches of one run. */
  readonly dispatches: number;
  release(): void;
}

export interface PrepareOptions {
  /** `plain` computes one output per invocation and shares no code with `fused`, which is meant when left out. */
  readonly kernel?: 'fused' | 'plain';
  readonly signal?: AbortSignal;
}

export interface MatmulDevice {
  readonly subnormals: SubnormalMode;
  /** Milliseconds after which finished work is noticed at the latest; next to nothing when left out. */
  readonly noticeMs?: number;
  prepare(plan: MatmulPlan, operands: MatmulOperands, options?: PrepareOptions): Promise<PreparedProduct>;
  /** Compares two results of one plan where they lie. A device without it need not have the kernel `plain` either. */
  compare?(left: PreparedProduct, right: PreparedProduct): Promise<DeviceComparison>;
}

export interface DeviceComparison {
  readonly compared: number;
  readonly mismatches: number;
  /** First row of the output that has a mismatch. */
  readonly firstRow: number | undefined;
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
  /** Undivided when left out. */
  readonly attention?: Attention;
}
