/** Optimisers, schedules of their rates, and clipping. */
export { clipByGlobalNorm, globalNorm } from './clip';
export type { OptimiserState } from './fitting';
export {
  adam,
  adamw,
  sgd,
  type AdamOptions,
  type AdamwOptions,
  type Optimiser,
  type OptimiserOptions,
  type SgdOptions,
} from './optimiser';
export { constant, cosine, exponential, linear, warmup, type Schedule } from './schedule';
