/** The pure checks of a tiling: its JSON, its passes, and whether they cover the product, fit the memories and group rightly. */
export { coverageOf, GAPS_SHOWN, type Coverage, type Gap } from './coverage';
export { expand, MAX_PASSES, refuseTooMany } from './expand';
export {
  TILING_FORMAT,
  TILING_VERSION,
  tilingFile,
  type LoopNest,
  type LoopStep,
  type TilingFile,
} from './format';
export { cellAt, cellsAround, marked, MARKS, type Grid, type Mark } from './grid';
export { groupsOf, type GroupProblem, type GroupRule, type Groups } from './groups';
export { limitProblems, type LimitProblem } from './limits';
export { holdsText, memoryOf, sbufOf, type Memory, type SbufUse } from './memory';
export { scheduleOf, sizesOf, usedBuffers, type Close, type Sizes, type Slot, type Step } from './schedule';
export { orderOf, outputTiles, sameOrder, type KPass, type OutputTile } from './tiles';
export type { Torn, TornPart } from './torn';
export {
  areaKey,
  areaText,
  AXES,
  banksOf,
  boxText,
  lengthOf,
  rangeText,
  type Area,
  type Axis,
  type Box,
  type Buffers,
  type Product,
  type Range,
  type TilePass,
  type Tiling,
} from './types';
