/** Matmul: request to plan, plan to Program, and what a plan costs. */
export { counts } from './counts';
export { describePlan } from './describe';
export { footprint, type Footprint } from './layout';
export { planMatmul } from './plan';
export { planToProgram } from './program';
export type { ALayout, Extent, MatmulPlan, MatmulRequest, Pass } from './types';
