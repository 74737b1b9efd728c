/** Graphs on WebGPU. */
export { WebGpuExecutor, type Fusion, type WebGpuExecutorOptions } from './executor';
