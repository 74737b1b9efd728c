export { createWasmMatmul, type WasmMatmul } from './matmul';
