/** Graphs on WebGPU. */
export { WebGpuExecutor, type WebGpuExecutorOptions } from './executor';
