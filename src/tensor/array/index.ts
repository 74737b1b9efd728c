/** Arrays: NumPy's names and broadcasting, the chip's number formats. docs/arrays.md is the contract. */
export { Arrays, type ArrayOptions, type ArrayScope, type ArraysMemory } from './arrays';
export * from './cast';
export type { Compiled } from './compile';
export type { Codes, Data, TypedArray } from './create';
export * from './einsum';
export * from './elementwise';
export * from './functions';
export type { IndexPart, Range } from './index-parts';
export * from './indexing';
export * from './joining';
export * from './linear';
export { ArrayContext, describe, NDArray, type Values } from './ndarray';
export type { Nested } from './nested';
export { openArrays, openArraysOn, type OpenArraysOptions } from './open';
export type { Operand, ResultOptions } from './operands';
export { promote } from './promotion';
export * from './random';
export {
  all,
  any,
  argmax,
  argmin,
  countNonzero,
  cummax,
  cummin,
  cumprod,
  cumsum,
  max,
  min,
  prod,
  sum,
  type ArgOptions,
  type ReduceOptions,
  type ScanAxisOptions,
} from './reductions';
export * from './sorting';
export * from './statistics';
export { flatten, type Flat } from './tree';
export {
  broadcastTo,
  diagonal,
  expandDims,
  flip,
  moveaxis,
  ravel,
  repeat,
  reshape,
  roll,
  squeeze,
  swapaxes,
  tile,
  transpose,
  tril,
  triu,
} from './views';
