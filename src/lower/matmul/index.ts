/** Matmul: request to plan, plan to Program, and what a plan costs. */
export { planMatmul } from './plan';
export type { ALayout, Extent, MatmulPlan, MatmulRequest, Pass } from './types';
