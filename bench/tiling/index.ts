/** The verdict on a tiling: read it, judge it, say it. docs/tiling.md is its reference. */
export type { Adapter } from './adapter';
export { judgeTiling, STAGES, type JudgeProgress, type JudgeRequest } from './judge';
export { ourPlan, readTiling, type Wanted } from './read';
export { verdictText } from './text';
export { CHECKS, type TilingCheck, type TilingVerdict, type WrongTile } from './verdict';
