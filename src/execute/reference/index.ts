/** The reference executor: the loop of a matmul plan, and Programs instruction by instruction. */
export { referenceMatmul } from './matmul';
export type { RunFinding } from '../program/findings';
export type { RunOptions } from '../program/admission';
export { runProgram, startProgram } from './program';
export type { LoopPosition, Position } from '../program/control';
export type { ProgramRun } from './run';
export type { MemoryView } from '../program/view';
