/** What a timed Program costs, beside the same work on a GPU: prices are the user's, or dated examples. */
export { comparedLines, compareCosts, costLines, costTableLines } from './compare';
export type { ComparedCost } from './compare';
export { costOf, sizesUpTo, UNITS } from './cost';
export type { Cost, CostRequest, Size, Unit } from './cost';
export { EXAMPLE_PRICES, exampleOf, GPU_INSTANCES } from './examples';
export type { ExamplePrice, GpuInstanceName } from './examples';
export { gpuCostOf, parseGpu } from './gpu';
export type { Gpu, GpuCost, Work } from './gpu';
export { INSTANCE_NAMES, INSTANCES } from './instances';
export type { Instance, InstanceName } from './instances';
export { runOf, workOfRun } from './run';
export { parsePrice, PRICED } from './price';
export type { Price, Priced } from './price';
