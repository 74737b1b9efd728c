/**
 * Every rule of advice: silent on a report without its figure, and where it limits nothing; naming what limits, and quoting the figure
 * where it is there.
 */
import { describe, expect, it } from 'vitest';
import {
  ADVICE_RULES,
  adviceOn,
  reportOf,
  type AdviceRule,
  type DmaReport,
  type MatmulReport,
  type PathPart,
  type ReportFacts,
  type Resource,
  type TimeReport,
  type TrackPart,
} from '../../src/time/report';
import { timeProgram } from '../../src/time';
import { planMatmul, planToProgram } from '../../src/lower';
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
  fitSingle: 0,
};
/** Neither matmuls nor DMA. */
const BARE: ReportFacts = {
  chip: 'trn2',
  cores: 1,
  loads: 'written',
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
  accuracy: { measurements: 0, words: '' },
  assumed: [],
  notes: [],
};
/** Nothing to say about it: everything overlaps, and nothing limits much. */
const QUIET: ReportFacts = { ...BARE, matmuls: MATMULS, dma: DMA };

const limitedBy = (...shares: readonly (readonly [Resource, number])[]): Pick<ReportFacts, 'resources'> => ({
  resources: shares.map(([resource, share]) => ({ resource, ps: 1e6 * share, share })),
});
const onPath = (
  activity: PathPart['activity'],
  track: Track,
  share: number,
  on?: Track,
): Pick<ReportFacts, 'path'> => ({
  path: [{ words: '', activity, track, ...(on && { on }), ps: 1e6 * share, share }],
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
    { ...limitedBy(['dma', 0.3]), dma: { ...DMA, timeInSmall: 0.98, inSmall: 0.2 } },
    'DMA is 30 % of the critical path: 98 % of the time of its engines goes into descriptors below 512 B, which move 20 % of the bytes',
  ],
  reloading: [
    {
      ...limitedBy(['dma', 0.3], ['tensor', 0.15], ['hbm', 0.05]),
      tensors: [
        { name: 'b', role: 'input', bytes: 1e5, read: 4e5, written: 0, timesRead: 4, timesWritten: 0 },
        { name: 'a', role: 'input', bytes: 1e5, read: 1e5, written: 0, timesRead: 1, timesWritten: 0 },
      ],
    },
    'DMA and HBM are 35 % of the critical path: it loads b 4 times',
  ],
  'few-dma-engines': [
    { ...limitedBy(['dma', 0.3]), dma: { ...DMA, meanShare: 0.1, mostShare: 0.8 } },
    'DMA is 30 % of the critical path: the busiest of its engines works 8 times as long as they do on average',
  ],
  'dma-bound': [
    limitedBy(['dma', 0.6]),
    'DMA is 60 % of the critical path: its engines move 100 of 400 GB/s',
  ],
  'hbm-bound': [
    limitedBy(['hbm', 0.15]),
    'HBM is 15 % of the critical path: it holds back DMAs at 1000 GB/s',
  ],
  room: [
    {
      ...limitedBy(['latency', 0.2], ['dma', 0.1]),
      ...onPath('waits', 'loads', 0.2, 'tensor'),
      ...waits('loads', 'place', 'tensor', 0.3),
    },
    'latency and DMA are 30 % of the critical path: loads wait 30 % of the time for room that engines still use, Tensor most',
  ],
  'psum-room': [
    { ...limitedBy(['vector', 0.3]), ...waits('tensor', 'place', 'vector', 0.2) },
    'Vector is 30 % of the critical path: Tensor waits 20 % of the time for room in PSUM or SBUF that Vector still uses',
  ],
  'late-loads': [
    { ...limitedBy(['latency', 0.2]), ...waits('tensor', 'data', 'loads', 0.25) },
    'latency is 20 % of the critical path: Tensor waits 25 % of the time for loads, and DMA engines are busy for 50 %',
  ],
  'dma-starts': [
    { ...limitedBy(['latency', 0.2]), ...onPath('starts', 'loads', 0.2) },
    'latency is 20 % of the critical path: starts of DMAs alone 20 %',
  ],
  float32: [
    {
      ...limitedBy(['tensor', 0.3]),
      matmuls: {
        ...MATMULS,
        rates: [{ rate: 'float32', peak: 19_000, instructions: 1, hardware: 5e8, model: 5e8 }],
      },
    },
    'Tensor is 30 % of the critical path: 50 % of its operations are float32, at a quarter of the rate of bfloat16',
  ],
  'short-moving': [
    { ...limitedBy(['tensor', 0.3]), matmuls: { ...MATMULS, columns: 64 } },
    'Tensor is 30 % of the critical path: 64 moving columns for each multiplication on average',
  ],
  'few-rows': [
    { ...limitedBy(['tensor', 0.3]), matmuls: { ...MATMULS, rows: 32 } },
    'Tensor is 30 % of the critical path: 32 of 128 rows of the array in use on average',
  ],
  'double-row': [
    { ...limitedBy(['dma', 0.3], ['tensor', 0.1]), matmuls: { ...MATMULS, fitSingle: 0.5 } },
    'DMA and Tensor are 40 % of the critical path: 50 % of its multiplications take double rows of so few partitions that single ones would fit the array',
  ],
  transposes: [
    { ...limitedBy(['tensor', 0.3]), matmuls: { ...MATMULS, model: 5e8 } },
    'Tensor is 30 % of the critical path: 50 % of the array’s operations transpose',
  ],
  tables: [
    { ...limitedBy(['scalar', 0.1]), ...onPath('tables', 'scalar', 0.07) },
    'Scalar is 10 % of the critical path: loading tables of functions alone 7 %',
  ],
  ports: [
    { ...limitedBy(['gpsimd', 0.2]), ...waits('gpsimd', 'port', 'vector', 0.05) },
    'GpSimd is 20 % of the critical path: gpsimd waits 5 % of the time for a port',
  ],
  vector: [limitedBy(['vector', 0.5]), 'Vector is 50 % of the critical path'],
  scalar: [limitedBy(['scalar', 0.5]), 'Scalar is 50 % of the critical path'],
  gpsimd: [limitedBy(['gpsimd', 0.5]), 'GpSimd is 50 % of the critical path'],
  latency: [
    { ...limitedBy(['latency', 0.4]), ...onPath('waits', 'vector', 0.3) },
    'latency is 40 % of the critical path: semaphores and results on their way alone 30 %',
  ],
  tensor: [limitedBy(['tensor', 0.5]), 'Tensor is 50 % of the critical path'],
} as const satisfies Record<AdviceRule, readonly [Partial<ReportFacts>, string]>;

const RULES = Object.keys(ADVICE_RULES) as AdviceRule[];

describe('advice', () => {
  it('is none where there is nothing to say', () => {
    expect(adviceOn(QUIET)).toEqual([]);
    expect(adviceOn({ ...BARE, ...limitedBy(['sync', 1]) })).toEqual([]);
  });

  it.each(RULES)('%s names what limits and quotes the figure that gave rise to it', (rule) => {
    const [facts, figure] = FIGURES[rule];
    expect(adviceOn({ ...QUIET, ...facts })).toMatchObject([{ rule, figure }]);
  });

  it.each(RULES)('%s is silent where what it spares limits nothing', (rule) => {
    const [facts] = FIGURES[rule];
    expect(adviceOn({ ...QUIET, ...facts, ...limitedBy(['sync', 0.99]) })).toEqual([]);
  });

  it('gives what limits, and how much of the critical path that is', () => {
    expect(adviceOn({ ...QUIET, ...FIGURES.reloading[0] })).toMatchObject([
      { resources: ['dma', 'hbm'], share: expect.closeTo(0.35, 9) as number },
    ]);
  });

  it('comes in the order of what limits most', () => {
    const facts = { ...QUIET, ...FIGURES.tables[0], ...limitedBy(['vector', 0.5], ['scalar', 0.45]) };
    expect(adviceOn(facts).map(({ rule }) => rule)).toEqual(['vector', 'tables', 'scalar']);
  });

  it.each([
    [limitedBy(['tensor', 0.4])],
    [limitedBy(['vector', 0.4])],
    [limitedBy(['scalar', 0.4])],
    [limitedBy(['gpsimd', 0.4])],
    [limitedBy(['dma', 0.4])],
    [{ ...limitedBy(['dma', 0.4]), dma: { ...DMA, timeInSmall: 0.9 } }],
    [limitedBy(['hbm', 0.4])],
    [{ ...limitedBy(['latency', 0.4]), ...onPath('starts', 'loads', 0.4) }],
    [{ ...limitedBy(['latency', 0.4]), ...onPath('waits', 'vector', 0.4) }],
    [{ ...limitedBy(['latency', 0.4]), ...onPath('finishes', 'vector', 0.4) }],
  ])('names whatever limits by far: %j', (facts) => {
    const [first] = adviceOn({ ...QUIET, ...facts });
    expect(first?.resources).toEqual([facts.resources[0]?.resource]);
  });

  it('to give loads more room is none where no load on the path waited for an engine', () => {
    const [facts] = FIGURES.room;
    expect(adviceOn({ ...QUIET, ...facts, ...onPath('waits', 'stores', 0.2, 'tensor') })).toEqual([]);
    expect(adviceOn({ ...QUIET, ...facts, path: [] })).toEqual([]);
  });

  it.each(['room', 'late-loads'] as const)('%s asks to move loads only where none was moved', (rule) => {
    const words = (['written', 'moved', 'kept'] as const).map(
      (loads) => adviceOn({ ...QUIET, ...FIGURES[rule][0], loads })[0]?.try ?? '',
    );
    expect(words.map((each) => each.includes('schedule'))).toEqual([true, false, false]);
    expect(new Set(words).size).toBe(3);
  });

  it.each([
    [64, true],
    [384, true],
    [1024, false],
  ])('asks for single rows where K is %d, if those are faster', (k, slower) => {
    const timed = (doubleRow: boolean) =>
      reportOf(
        timeProgram(
          planToProgram(planMatmul({ m: 512, n: 512, k, a: 'float8_e4m3', b: 'float8_e4m3', doubleRow })),
        ),
      );
    const [double, single] = [timed(true), timed(false)];
    const asks = ({ advice }: TimeReport) => advice.some(({ rule }) => rule === 'double-row');
    expect(double.total > 1.01 * single.total).toBe(slower);
    expect([asks(double), asks(single)]).toEqual([slower, false]);
  });
});
