/** Names of the executors in the form: apart from the executors, which only the judge's worker loads. */
import type { ExecutorName } from './settings';

export const EXECUTOR_WORDS = {
  reference: 'CPU reference',
  webgpu: 'WebGPU, on your adapter',
} as const satisfies Record<ExecutorName, string>;
