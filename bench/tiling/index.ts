/** The verdict on a tiling: read it, judge it, say it. docs/tiling.md is its reference. */
export type { Adapter } from './adapter';
export { judgeTiling, type JudgeRequest } from './judge';
export { ourPlan, readTiling, type Wanted } from './read';
export { verdictText } from './text';
export {
  CHECKS,
  MEANINGS,
  STAGES,
  type JudgeProgress,
  type TilingCheck,
  type TilingVerdict,
  type WrongTile,
} from './verdict';
