/** Checks of a matmul executor, as pure functions around any: operands, oracles, coverage, comparison. */
export {
  compareCodes,
  tileAt,
  written,
  type Comparison,
  type Tile,
  type WrittenCode,
  type WrongElement,
} from './compare';
export { checkedFlops, checkPlanFor, DEFAULT_BUDGETS, sampleTiles } from './coverage';
export type { CheckBudgets, CheckPlan, Coverage, Scope } from './coverage';
export { exactIntegerProduct, freivalds, type FreivaldsVerdict } from './integer';
export { normalCodes, randomOperands, smallIntegerOperands } from './operands';
export { runChecks } from './run';
export type { CheckProgress, CheckRequest } from './run';
export type { CheckKind, CheckReport, WrongTile } from './report';
export type { Testimony, Witness } from './witness';
