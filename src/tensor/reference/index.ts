/** What graphs compute, by definition, on the CPU. */
export { evaluate, evaluateAll, outsideError, type EvaluateOptions, type Evaluated } from './evaluate';
export { ReferenceExecutor } from './executor';
export { planOfProduct, type Multiply } from './matmul';
