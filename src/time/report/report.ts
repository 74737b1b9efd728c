/** All that a timeline says, as plain data: what `systole time` prints, writes as JSON, and the page shows. */
import type { Timeline } from '../types';
import { accuracyOf } from '../accuracy';
import { requireTimeline } from '../given';
import { adviceOn, type Advice } from './advice';
import { limitingResources, linesOnPath, pathParts } from './attribution';
import type { ReportFacts } from './facts';
import { matmulsOf } from './matmuls';
import { criticalPath, picoseconds } from './path';
import { rooflineOf } from './roofline';
import { trackTimes } from './tracks';
import { dmaOf, tensorTraffic } from './transfers';

export interface TimeReport extends ReportFacts {
  readonly advice: readonly Advice[];
}

/** Takes about as long as the timing did. @throws UserError for what is no Timeline. */
export function reportOf(timeline: Timeline): TimeReport {
  requireTimeline('reportOf', timeline);
  const path = criticalPath(timeline);
  const matmuls = matmulsOf(timeline);
  const dma = dmaOf(timeline);
  const roofline = rooflineOf(timeline, matmuls, dma);
  const facts: ReportFacts = {
    chip: timeline.chip,
    cores: timeline.cores,
    loads: timeline.loads,
    total: timeline.total,
    totalPs: picoseconds(timeline.total),
    instructions: timeline.instructions.length,
    resources: limitingResources(timeline, path),
    path: pathParts(timeline, path),
    lines: linesOnPath(timeline, path),
    tracks: trackTimes(timeline),
    ...(matmuls && { matmuls }),
    ...(roofline && { roofline }),
    ...(dma && { dma }),
    traffic: timeline.traffic,
    tensors: tensorTraffic(timeline),
    accuracy: accuracyOf(timeline.chip, timeline.timing),
    assumed: timeline.assumed,
    notes: timeline.notes,
  };
  return { ...facts, advice: adviceOn(facts) };
}
