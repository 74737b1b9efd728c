/** Tensor operations to plans and Programs. */
export * from './matmul';
export * from './tiling';
