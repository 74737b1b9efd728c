/** The verdict on a tiling: read it, judge it, say it. docs/tiling.md is its reference. */
export type { Adapter } from './adapter';
export { judgeTiling, type JudgeRequest } from './judge';
export { MOST_BYTES, ourPlan, readTiling, type Wanted } from './read';
export { checkedText, verdictText } from './text';
export {
  CHECKS,
  MEANINGS,
  STAGES,
  type JudgeProgress,
  type TilingCheck,
  type TilingVerdict,
  type WrongTile,
} from './verdict';
