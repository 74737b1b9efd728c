/** trn1, trn2 and trn3 as data, with the rules that read them. */
export { CHIPS } from './chips';
export {
  codesProblem,
  doubleRowProblem,
  dtypeProblem,
  hasPacked,
  matmulPairProblem,
  parseChip,
  partitionProblem,
} from './rules';
export { CHIP_NAMES } from './types';
export type { Chip, ChipName, EngineName, PerformanceMode } from './types';
export { TIMING_CONSTANTS, TIMINGS, transferOverhead } from './timing';
export type { Timing, TimingConstant, TimingName } from './timing';
