/** Every rule of advice: silent on a report without its figure, and quoting it where it is there. */
import { describe, expect, it } from 'vitest';
import {
  ADVICE_RULES,
  adviceOn,
  type AdviceRule,
  type DmaReport,
  type MatmulReport,
  type PathPart,
  type ReportFacts,
  type Resource,
  type TrackPart,
} from '../../src/time/report';
import type { Track } from '../../src/time/types';

const DMA: DmaReport = {
  transfers: 10,
  bytes: 1e6,
  descriptors: 100,
  bytesPerDescriptor: 1e4,
  inSmall: 0,
  timeInSmall: 0,
  rate: 100,
  rateWhileBusy: 200,
  peak: 400,
  busy: [],
  meanShare: 0.5,
  mostShare: 0.5,
};
const MATMULS: MatmulReport = {
  instructions: 10,
  model: 1e9,
  hardware: 1e9,
  mfu: 0.5,
  hfu: 0.5,
  whileBusy: 1,
  peak: 78_000,
  rates: [{ rate: 'bits16', peak: 78_000, instructions: 10, hardware: 1e9, model: 1e9 }],
  columns: 512,
  rows: 128,
};
/** Neither matmuls nor DMA. */
const BARE: ReportFacts = {
  chip: 'trn2',
  cores: 1,
  total: 1000,
  totalPs: 1_000_000,
  instructions: 10,
  resources: [],
  path: [],
  lines: [],
  tracks: [],
  traffic: {
    hbmRead: 500_000,
    hbmWritten: 500_000,
    sbufRead: 0,
    sbufWritten: 0,
    psumRead: 0,
    psumWritten: 0,
  },
  tensors: [],
  notes: [],
};
/** Nothing to say about it: everything overlaps, and nothing limits much. */
const QUIET: ReportFacts = { ...BARE, matmuls: MATMULS, dma: DMA };

const limitedBy = (resource: Resource, share: number): Pick<ReportFacts, 'resources'> => ({
  resources: [{ resource, ps: 1e6 * share, share }],
});
const onPath = (activity: PathPart['activity'], track: Track, share: number): Pick<ReportFacts, 'path'> => ({
  path: [{ words: '', activity, track, ps: 1e6 * share, share }],
});
const waits = (
  track: Track,
  why: TrackPart['waits'],
  on: Track,
  share: number,
): Pick<ReportFacts, 'tracks'> => ({
  tracks: [
    {
      track,
      name: track,
      instructions: 1,
      busy: 0,
      share: 0,
      parts: [{ words: '', ...(why !== undefined && { waits: why }), on, ps: 1e6 * share, share }],
    },
  ],
});

const FIGURES = {
  'small-descriptors': [
    { ...limitedBy('dma', 0.4), dma: { ...DMA, timeInSmall: 0.98, inSmall: 0.2 } },
    '98 % of the time of DMA engines goes into descriptors below 512 B, which move 20 % of the bytes',
  ],
  reloading: [
    {
      ...limitedBy('hbm', 0.05),
      resources: [
        { resource: 'dma', ps: 0, share: 0.3 },
        { resource: 'hbm', ps: 0, share: 0.05 },
      ],
      tensors: [
        { name: 'b', role: 'input', bytes: 1e5, read: 4e5, written: 0, timesRead: 4, timesWritten: 0 },
        { name: 'a', role: 'input', bytes: 1e5, read: 1e5, written: 0, timesRead: 1, timesWritten: 0 },
      ],
    },
    'DMA is 35 % of the critical path, and loads b 4 times',
  ],
  'few-dma-engines': [
    { ...limitedBy('dma', 0.4), dma: { ...DMA, meanShare: 0.1, mostShare: 0.8 } },
    'the busiest DMA engine works 8 times as long as they do on average',
  ],
  'dma-bound': [
    limitedBy('dma', 0.6),
    'bytes on their way are 60 % of the critical path; DMA moves 100 of 400 GB/s',
  ],
  'hbm-bound': [limitedBy('hbm', 0.15), 'HBM holds back DMAs for 15 % of the critical path'],
  room: [
    waits('loads', 'place', 'tensor', 0.3),
    'loads wait 30 % of the time for room that engines still use',
  ],
  'psum-room': [
    waits('tensor', 'place', 'vector', 0.2),
    'Tensor waits 20 % of the time for room in PSUM or SBUF',
  ],
  'late-loads': [
    waits('tensor', 'data', 'loads', 0.25),
    'Tensor waits 25 % of the time for loads, and DMA engines are busy for 50 %',
  ],
  'dma-starts': [onPath('starts', 'loads', 0.2), 'starts of DMAs are 20 % of the critical path'],
  float32: [
    {
      ...limitedBy('tensor', 0.6),
      matmuls: {
        ...MATMULS,
        rates: [{ rate: 'float32', peak: 19_000, instructions: 1, hardware: 5e8, model: 5e8 }],
      },
    },
    '50 % of the operations are float32, at a quarter of the rate of bfloat16',
  ],
  'short-moving': [
    { ...limitedBy('tensor', 0.3), matmuls: { ...MATMULS, columns: 64 } },
    '64 moving columns for each multiplication on average',
  ],
  'few-rows': [
    { ...limitedBy('tensor', 0.3), matmuls: { ...MATMULS, rows: 32 } },
    '32 of 128 rows of the array in use on average',
  ],
  transposes: [
    { ...limitedBy('tensor', 0.3), matmuls: { ...MATMULS, model: 5e8 } },
    '50 % of the array’s operations transpose',
  ],
  tables: [onPath('tables', 'scalar', 0.07), 'loading tables of functions is 7 % of the critical path'],
  ports: [waits('gpsimd', 'port', 'vector', 0.05), 'gpsimd waits 5 % of the time for a port'],
  vector: [limitedBy('vector', 0.5), 'Vector is 50 % of the critical path'],
  scalar: [limitedBy('scalar', 0.5), 'Scalar is 50 % of the critical path'],
  gpsimd: [limitedBy('gpsimd', 0.5), 'GpSimd is 50 % of the critical path'],
  latency: [
    onPath('waits', 'vector', 0.3),
    'semaphores and results on their way are 30 % of the critical path',
  ],
  tensor: [limitedBy('tensor', 0.95), 'Tensor is 95 % of the critical path'],
} as const satisfies Record<AdviceRule, readonly [Partial<ReportFacts>, string]>;

describe('advice', () => {
  it('is none where there is nothing to say', () => {
    expect(adviceOn(QUIET)).toEqual([]);
    expect(adviceOn({ ...BARE, ...limitedBy('sync', 1) })).toEqual([]);
  });

  it.each(Object.keys(ADVICE_RULES) as AdviceRule[])('%s quotes the figure that gave rise to it', (rule) => {
    const [facts, figure] = FIGURES[rule];
    expect(adviceOn({ ...QUIET, ...facts })).toEqual([{ rule, figure, try: ADVICE_RULES[rule].try }]);
  });
});
