/** The WASM executor: the checker of large products, and what multiplies where there is no GPU. */
export { createWasmMatmul, MOST_THREADS, type WasmMatmul, type WasmOptions } from './matmul';
export { hasRelaxedSimd } from './module';
export type { WasmPeaks } from './peaks';
export type { WasmProduct } from './product';
export type { StartThread, Thread } from './threads';
