/** Matmul: request to plan, plan to Program, and what a plan costs. */
export { counts } from './counts';
export { describePlan } from './describe';
export { EPILOGUE_STEPS, epilogueText, stepsOf, type Epilogue, type EpilogueStep } from './epilogue';
export { footprint, type Footprint } from './layout';
export { planMatmul } from './plan';
export { planToProgram } from './program';
export type { ALayout, Extent, MatmulPlan, MatmulRequest, Pass } from './types';
