/** The builder of kernels, `systole/kernel`: docs/kernel-authoring.md. */
export type { Bound, Nc, OnChipOptions, PsumOptions, SbufOptions } from './builder';
export { KernelError, type Call } from './errors';
export type { Issued } from './issued';
export {
  isKernel,
  kernel,
  trace,
  type InputSpec,
  type Kernel,
  type KernelFunction,
  type Traced,
  type TraceOptions,
} from './kernel';
export { ds, type DynamicSlice, type Range } from './ranges';
export { Affine, Register, type Index } from './register';
export type { CallOptions, Destination, Instructions, Options } from './signatures';
export { ChipView, HbmView, type ApOptions, type ChipApOptions, type View } from './views';
