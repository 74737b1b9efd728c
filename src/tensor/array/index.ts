/** Arrays: NumPy's names and broadcasting, the chip's number formats. docs/arrays.md is the contract. */
export { Arrays, type ArrayOptions, type ArrayScope, type ArraysMemory } from './arrays';
export type { Compiled } from './compile';
export type { Codes, Data, TypedArray } from './create';
export { ArrayContext, describe, NDArray, type Values } from './ndarray';
export type { Nested } from './nested';
export { openArrays, type OpenArraysOptions } from './open';
export { flatten, type Flat } from './tree';
