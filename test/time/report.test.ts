/** Reports on timelines made by hand and at random: what each picosecond is attributed to, and figures by hand. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TIMINGS } from '../../src/chip';
import type { Instruction, Program } from '../../src/program';
import {
  adviceOn,
  compareTimes,
  criticalPath,
  dmaOf,
  limitingResources,
  linesOnPath,
  matmulsOf,
  pathParts,
  reportOf,
  rooflineOf,
  tensorTraffic,
  trackTimes,
  ACTIVITIES,
} from '../../src/time/report';
import type { TrackPart } from '../../src/time/report';
import { CAUSES, TRACKS, type Cause, type Timeline, type Track } from '../../src/time/types';

interface Step {
  readonly track: Track;
  readonly start: number;
  readonly free: number;
  readonly end: number;
  readonly loading?: number;
  readonly moving?: number;
  readonly cause?: Cause;
  readonly blocker?: number;
  readonly at?: string;
}

const PROGRAM: Program = {
  chip: 'trn2',
  tensors: [
    { space: 'hbm', name: 'x', dtype: 'float32', shape: [128, 256], role: 'input' },
    { space: 'hbm', name: 'y', dtype: 'float32', shape: [128, 256], role: 'output' },
    { space: 'sbuf', name: 't', dtype: 'float32', partition: 0, partitions: 128, elements: 256, address: 0 },
    { space: 'psum', name: 's', dtype: 'float32', partition: 0, partitions: 128, elements: 256, bank: 0 },
  ],
  instructions: [],
};
const hbm = (tensor: string) =>
  ({
    space: 'hbm',
    tensor,
    dtype: 'float32',
    offset: 0,
    dims: [
      [256, 128],
      [1, 256],
    ],
  }) as const;
const tile = (tensor: string, space: 'sbuf' | 'psum', columns = 256) =>
  ({
    space,
    tensor,
    dtype: 'float32',
    partition: 0,
    partitions: 128,
    offset: 0,
    dims: [[1, columns]],
  }) as const;

/** An instruction that can be on the track. */
function instructionOn(track: Track, id: string, at: string | undefined): Instruction {
  const own = { id, ...(at !== undefined && { at }) };
  const copy = { opcode: 'tensor_copy', attributes: {} } as const;
  switch (track) {
    case 'loads':
      return {
        ...own,
        opcode: 'dma_copy',
        engine: 'dma',
        dst: tile('t', 'sbuf'),
        sources: { src: hbm('x') },
        attributes: {},
      };
    case 'stores':
      return {
        ...own,
        opcode: 'dma_copy',
        engine: 'dma',
        dst: hbm('y'),
        sources: { src: tile('t', 'sbuf') },
        attributes: {},
      };
    case 'tensor':
      return {
        ...own,
        opcode: 'nc_matmul',
        engine: 'tensor',
        dst: tile('s', 'psum'),
        sources: { stationary: tile('t', 'sbuf', 128), moving: tile('t', 'sbuf') },
        attributes: { accumulate: false, performance: 'none' },
      };
    case 'sync':
    case 'vector':
    case 'scalar':
    case 'gpsimd':
      return { ...own, ...copy, engine: track, dst: tile('t', 'sbuf'), sources: { src: tile('t', 'sbuf') } };
  }
}

function timelineOf(steps: readonly Step[]): Timeline {
  const numbers = (of: (step: Step) => number | undefined) =>
    Float64Array.from(steps, (step) => of(step) ?? NaN);
  const busy = new Float64Array(TRACKS.length);
  for (const { track, start, free } of steps) {
    const index = TRACKS.indexOf(track);
    busy[index] = (busy[index] ?? 0) + free - start;
  }
  return {
    program: PROGRAM,
    chip: 'trn2',
    timing: TIMINGS.trn2,
    cores: 1,
    loads: 'written',
    total: steps.reduce((latest, { end }) => Math.max(latest, end), 0),
    instructions: steps.map(({ track, at }, index) => instructionOn(track, `i${index}`, at)),
    track: Uint8Array.from(steps, ({ track }) => TRACKS.indexOf(track)),
    start: numbers(({ start }) => start),
    free: numbers(({ free }) => free),
    end: numbers(({ end }) => end),
    loading: numbers(({ loading }) => loading),
    moving: numbers(({ moving }) => moving),
    cause: Uint8Array.from(steps, ({ cause }) => CAUSES.indexOf(cause ?? 'start')),
    blocker: Int32Array.from(steps, ({ blocker }) => blocker ?? -1),
    dependencies: {
      offsets: new Int32Array(steps.length + 1),
      indices: new Int32Array(),
      kinds: new Uint8Array(),
    },
    busy,
    dmaBusy: new Float64Array(16),
    traffic: {
      hbmRead: 131072,
      hbmWritten: 131072,
      sbufRead: 0,
      sbufWritten: 0,
      psumRead: 0,
      psumWritten: 0,
    },
    flops: { hardware: 0, model: 0 },
    assumed: [],
    notes: [],
  };
}

/** x is loaded, multiplied, copied and stored, one after the other. */
const CHAIN = timelineOf([
  { track: 'loads', start: 0, free: 0, moving: 800, end: 2000, at: 'k.ts:3:5' },
  {
    track: 'tensor',
    loading: 2200,
    start: 2250,
    free: 2300,
    end: 2400,
    cause: 'data',
    blocker: 0,
    at: 'k.ts:4:1',
  },
  { track: 'vector', start: 2600, free: 2900, end: 3000, cause: 'data', blocker: 1, at: 'k.ts:5:1' },
  {
    track: 'stores',
    start: 3200,
    free: 3200,
    moving: 4000,
    end: 5000,
    cause: 'data',
    blocker: 2,
    at: 'k.ts:5:9',
  },
]);

describe('the critical path', () => {
  it('goes from start to end, each stretch by what is done', () => {
    const path = criticalPath(CHAIN);
    expect(
      Array.from(path.instruction, (at, step) => [
        at,
        ACTIVITIES[path.activity[step] ?? -1],
        path.from[step],
        path.to[step],
      ]),
    ).toEqual([
      [0, 'starts', 0, 800_000],
      [0, 'moves', 800_000, 2_000_000],
      [1, 'waits', 2_000_000, 2_200_000],
      [1, 'weights', 2_200_000, 2_250_000],
      [1, 'runs', 2_250_000, 2_300_000],
      [1, 'finishes', 2_300_000, 2_400_000],
      [2, 'waits', 2_400_000, 2_600_000],
      [2, 'runs', 2_600_000, 2_900_000],
      [2, 'finishes', 2_900_000, 3_000_000],
      [3, 'waits', 3_000_000, 3_200_000],
      [3, 'starts', 3_200_000, 4_000_000],
      [3, 'moves', 4_000_000, 5_000_000],
    ]);
  });

  it('is told in words, the largest part first, and by resource', () => {
    const path = criticalPath(CHAIN);
    expect(pathParts(CHAIN, path).map(({ words, ps }) => [words, ps / 1000])).toEqual([
      ['loads move bytes', 1200],
      ['stores move bytes', 1000],
      ['loads start, no byte moves yet', 800],
      ['stores start, no byte moves yet', 800],
      ['Vector runs', 300],
      ['Tensor waits for the semaphore of loads', 200],
      ['Vector waits for the semaphore of Tensor', 200],
      ['stores wait for the semaphore of Vector', 200],
      ['Tensor has issued, its result is not there yet', 100],
      ['Vector has issued, its result is not there yet', 100],
      ['Tensor loads weights', 50],
      ['Tensor runs', 50],
    ]);
    expect(limitingResources(CHAIN, path).map(({ resource, share }) => [resource, share])).toEqual([
      ['latency', 0.48],
      ['dma', 0.44],
      ['vector', 0.06],
      ['tensor', 0.02],
    ]);
  });

  it('is grouped by line, without columns, and by opcode where no line is known', () => {
    expect(
      linesOnPath(CHAIN, criticalPath(CHAIN)).map(({ line, instructions, ps }) => [
        line,
        instructions,
        ps / 1000,
      ]),
    ).toEqual([
      ['k.ts:5', 2, 2600],
      ['k.ts:3', 1, 2000],
      ['k.ts:4', 1, 400],
    ]);
    const unknown = timelineOf([{ track: 'vector', start: 0, free: 10, end: 10 }]);
    expect(linesOnPath(unknown, criticalPath(unknown))).toEqual([
      { line: 'tensor_copy', instructions: 1, ps: 10_000, share: 1 },
    ]);
  });

  it('passes from one DMA to the one that had the engines, and tells HBM from the engines', () => {
    const queue = timelineOf([
      { track: 'loads', start: 0, free: 0, moving: 800, end: 2000 },
      { track: 'loads', start: 0, free: 0, moving: 1900, end: 3000, cause: 'dma', blocker: 0 },
      { track: 'loads', start: 0, free: 0, moving: 2500, end: 4500, cause: 'hbm', blocker: 1 },
    ]);
    const path = criticalPath(queue);
    expect(limitingResources(queue, path).map(({ resource, ps }) => [resource, ps / 1000])).toEqual([
      ['dma', 2200],
      ['hbm', 1500],
      ['latency', 800],
    ]);
  });

  it('calls what stands before a function of Scalar its tables', () => {
    const scalar = timelineOf([
      { track: 'scalar', start: 1280, free: 1380, end: 1600, loading: 0 },
      { track: 'scalar', start: 2660, loading: 1380, free: 2700, end: 2900, cause: 'track', blocker: 0 },
    ]);
    const words = pathParts(scalar, criticalPath(scalar)).map((part) => [part.words, part.ps / 1000]);
    expect(words).toContainEqual(['Scalar loads tables of functions', 2560]);
  });

  it('refuses a circle', () => {
    const circle = timelineOf([
      { track: 'vector', start: 0, free: 1, end: 2, cause: 'data', blocker: 1 },
      { track: 'scalar', start: 0, free: 1, end: 2, cause: 'data', blocker: 0 },
    ]);
    expect(() => criticalPath(circle)).toThrow(/Invariant violation/);
  });

  it('of nothing is nothing', () => {
    const nothing = timelineOf([]);
    expect(criticalPath(nothing).instruction).toHaveLength(0);
    expect(reportOf(nothing)).toMatchObject({ total: 0, resources: [], tracks: [], advice: [] });
  });
});

describe('what tracks do', () => {
  const parts = (track: Track): readonly (readonly [TrackPart['waits'], Track | undefined, number])[] =>
    trackTimes(CHAIN)
      .find((each) => each.track === track)
      ?.parts.map(({ waits, on, ps }) => [waits, on, ps / 1000] as const) ?? [];

  it('is working, or waiting for somebody', () => {
    expect(parts('tensor')).toEqual([
      ['done', undefined, 2700],
      ['data', 'loads', 2200],
      [undefined, undefined, 100],
    ]);
    expect(parts('stores')).toEqual([
      ['data', 'vector', 3200],
      [undefined, undefined, 1000],
      ['starts', undefined, 800],
    ]);
  });

  it('is told in words', () => {
    expect(
      trackTimes(CHAIN)
        .find(({ track }) => track === 'vector')
        ?.parts.map(({ words }) => words),
    ).toEqual(['waits for Tensor', 'has no more to do', 'runs']);
  });
});

/** Any times at all, blockers among those before: what a simulation gives is among them. */
const anySteps = fc
  .array(
    fc.record({
      track: fc.constantFrom(...TRACKS),
      cause: fc.constantFrom(...CAUSES),
      blocker: fc.nat(),
      times: fc.array(fc.double({ min: 0, max: 1e7, noNaN: true }), { minLength: 4, maxLength: 4 }),
    }),
    { maxLength: 40 },
  )
  .map((drawn) =>
    drawn.map(({ track, cause, blocker, times }, index): Step => {
      const [a = 0, b = 0, c = 0, d = 0] = times.sort((left, right) => left - right);
      const before = (blocker % (index + 1)) - 1;
      const common = { track, cause, blocker: before };
      if (track === 'loads' || track === 'stores') return { ...common, start: a, free: b, moving: c, end: d };
      return { ...common, ...(track === 'tensor' && { loading: a }), start: b, free: c, end: d };
    }),
  );

describe('of any timeline', () => {
  it('the path has no gap, no overlap, and its parts are the total to the picosecond', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const timeline = timelineOf(steps);
        const total = Math.round(timeline.total * 1000);
        const path = criticalPath(timeline);
        let until = 0;
        path.from.forEach((from, step) => {
          expect(from).toBe(until);
          until = path.to[step] ?? NaN;
          expect(until).toBeGreaterThan(from);
        });
        expect(until).toBe(total);
        const sum = (all: readonly { readonly ps: number }[]) => all.reduce((ps, part) => ps + part.ps, 0);
        expect(sum(pathParts(timeline, path))).toBe(total);
        expect(sum(limitingResources(timeline, path))).toBe(total);
        expect(sum(linesOnPath(timeline, path))).toBe(total);
        for (const { parts } of trackTimes(timeline)) expect(sum(parts)).toBe(total);
      }),
      { numRuns: 500 },
    );
  });
});

describe('figures', () => {
  it('of the array are against the peak of what it multiplies', () => {
    // 128 x 128 x 256 multiply-adds of float32: 4 cycles of 2.4 GHz for each of 256 columns.
    const flops = 2 * 128 * 128 * 256;
    const share = (4 * 256) / 2.4 / 5000;
    expect(matmulsOf(CHAIN)).toMatchObject({
      instructions: 1,
      model: flops,
      hardware: flops,
      mfu: expect.closeTo(share, 12) as number,
      hfu: expect.closeTo(share, 12) as number,
      columns: 256,
      rows: 128,
      rates: [{ rate: 'float32', instructions: 1 }],
    });
  });

  it('of DMA count descriptors of contiguous bytes, and how often a tensor is loaded', () => {
    // A load and a store of 128 rows of 1 KiB each.
    expect(dmaOf(CHAIN)).toMatchObject({
      transfers: 2,
      bytes: 2 * 128 * 1024,
      descriptors: 256,
      bytesPerDescriptor: 1024,
      inSmall: 0,
      timeInSmall: 0,
      rate: (2 * 128 * 1024) / 5000,
    });
    const again = timelineOf([
      { track: 'loads', start: 0, free: 0, moving: 800, end: 2000 },
      { track: 'loads', start: 0, free: 0, moving: 900, end: 3000 },
    ]);
    expect(tensorTraffic(again)).toMatchObject([
      { name: 'x', read: 262_144, timesRead: 2, written: 0 },
      { name: 'y', read: 0, timesWritten: 0 },
    ]);
  });

  it('of the roofline are the narrower of HBM and the DMA engines, and the array', () => {
    const roofline = (changed: Partial<Timeline>) => {
      const timeline = { ...CHAIN, ...changed };
      return rooflineOf(timeline, matmulsOf(timeline), dmaOf(timeline));
    };
    // trn2: 750 B/ns of a stack, 16 engines of 27.2; 19,660.8 flop/ns of float32; 32 flop/byte.
    expect(roofline({})).toMatchObject({
      intensity: 32,
      hbm: 750,
      dma: expect.closeTo(435.2, 9) as number,
      peak: expect.closeTo(19_660.8, 6) as number,
      attainable: expect.closeTo(32 * 435.2, 6) as number,
      knee: expect.closeTo(19_660.8 / 435.2, 6) as number,
      roof: 'dma',
    });
    expect(roofline({ cores: 8 })).toMatchObject({ hbm: 375, roof: 'hbm' });
    expect(roofline({ timing: { ...TIMINGS.trn2, hbmStackRate: 100 } })).toMatchObject({
      attainable: expect.closeTo(3200, 6) as number,
      knee: expect.closeTo(196.608, 9) as number,
      roof: 'hbm',
    });
    // 8,388,608 operations take 427 ns; 1000 times as fast, the 256 KiB take less.
    expect(roofline({ timing: { ...TIMINGS.trn2, dmaPeak: 27_200, hbmStackRate: 1e6 } })).toMatchObject({
      roof: 'array',
      attainable: expect.closeTo(19_660.8, 6) as number,
    });
    expect(rooflineOf(CHAIN, undefined, dmaOf(CHAIN))).toBeUndefined();
  });

  it('of a comparison are against the first', () => {
    const report = reportOf(timelineOf([{ track: 'vector', start: 0, free: 100, end: 100 }]));
    const slower = reportOf(timelineOf([{ track: 'scalar', start: 0, free: 400, end: 400 }]));
    expect(
      compareTimes([
        { name: 'a', report },
        { name: 'b', report: slower },
      ]),
    ).toMatchObject([
      { name: 'a', total: 100, speedup: 1, limits: { resource: 'vector', share: 1 } },
      { name: 'b', total: 400, speedup: 0.25, limits: { resource: 'scalar', share: 1 } },
    ]);
  });

  it('advise on what they show, and on nothing else', () => {
    const report = reportOf(timelineOf([{ track: 'gpsimd', start: 0, free: 100, end: 100 }]));
    expect(report.advice).toMatchObject([{ rule: 'gpsimd', figure: 'GpSimd is 100 % of the critical path' }]);
    expect(adviceOn({ ...report, resources: [] })).toEqual([]);
  });
});
