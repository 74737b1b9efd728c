/** What a Program takes on trn1, trn2 and trn3: an event simulation, and what follows from it. */
export * from './price';
export * from './report';
export { streamOf } from './stream';
export { requireConstants, timingOf } from './constants';
export { timeProgram } from './time';
export { traceChunks } from './trace';
export type { TraceOptions } from './trace';
export { trackOf } from './tracks';
export { CAUSES, TRACKS } from './types';
export type {
  AssumedTurns,
  Cause,
  Dependencies,
  LoadOrder,
  Stream,
  TimeOptions,
  TimeStage,
  Timeline,
  Track,
  Traffic,
} from './types';
