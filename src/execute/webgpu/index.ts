/** The product: matmul plans on any WebGPU device, bit for bit what the reference says. */
import { WebGpuMatmul, type WebGpuOptions } from './matmul';

export { DeviceLostError, Gpu, RefusedError, USAGE, type BufferRole, type PoolCounts } from './gpu';
export type { DeviceComparison } from './compare';
export { checkDevice } from './device';
export { fusedKernel, plainKernel, type KernelSpec } from './kernels';
export { WebGpuMatmul, type PrepareOptions, type ProbeReport, type WebGpuOptions } from './matmul';
export type { Peaks } from './peaks';
export { readRows } from './panels';
export type { PreparedMatmul, ProductMemory } from './prepared';
export {
  blaming,
  checkBatch,
  isBuffer,
  isShared,
  placedOf,
  stacked,
  type MatrixSource,
  type MatrixView,
  type OperandSource,
  type OperandSources,
  type Placed,
} from './sources';

export {
  checkStore,
  keepFound,
  keptOrFound,
  MOST_TUNING_BYTES,
  readTunings,
  takeKept,
  tuningKey,
  tuningsText,
  type TuningKey,
  type TuningStore,
} from './kept-tunings';
export {
  classOf,
  forEachClass,
  TUNED_CLASSES,
  TUNING_CLASSES,
  tuningText,
  type Choice,
  type SearchOptions,
  type TrialProgress,
  type TuneOptions,
  type Tuning,
  type TuningClass,
  type Tunings,
} from './tuning';

/** Probes the device, then prepares products on it. @throws UserError when it cannot keep the numerics contract. */
export function createWebGpuMatmul(device: GPUDevice, options: WebGpuOptions = {}): Promise<WebGpuMatmul> {
  return WebGpuMatmul.create(device, options);
}
