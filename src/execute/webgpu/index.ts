/** The product: matmul plans on any WebGPU device, bit for bit what the reference says. */
import { WebGpuMatmul, type WebGpuOptions } from './matmul';

export { DeviceLostError, type BufferRole } from './gpu';
export type { DeviceComparison } from './compare';
export { fusedKernel, plainKernel, type KernelSpec, type Tuning } from './kernels';
export { WebGpuMatmul, type PrepareOptions, type ProbeReport, type WebGpuOptions } from './matmul';
export type { Peaks } from './peaks';
export type { PreparedMatmul, ProductMemory } from './prepared';

/** Probes the device, then prepares products on it. @throws UserError when it cannot keep the numerics contract. */
export function createWebGpuMatmul(device: GPUDevice, options: WebGpuOptions = {}): Promise<WebGpuMatmul> {
  return WebGpuMatmul.create(device, options);
}
