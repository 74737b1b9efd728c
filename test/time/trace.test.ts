/** Traces, read back with Perfetto's schema and held against the rules of its importer; the reader is tested with faults of its own. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arrayUse, dmaThroughput } from '../../src/time/throughput';
import { traceChunks, type TraceOptions } from '../../src/time/trace';
import { Wire } from '../../src/time/trace/wire';
import type { Timeline } from '../../src/time/types';
import { bytesOfChunks, encodedAgain, packetsOf, readTrace, type ReadSlice } from './perfetto';
import { timelineOf, type Ran } from './timelines';

const TENSORS = `program trn2
hbm x bfloat16 [128, 512] input
hbm y float32 [128, 512] output
sbuf a bfloat16 partitions 0:128 elements 512 address 0
sbuf f float32 partitions 0:128 elements 512 address 2048
psum p float32 partitions 0:128 elements 512 bank 0
`;
const matmul = (id: string) =>
  `${id} tensor nc_matmul p p0:128 [1,512] = stationary a p0:128 [1,128], moving a p0:128 [1,512], accumulate false, performance none @ kernel.ts:3:7\n`;
const PRODUCT = `${TENSORS}la dma dma_copy a p0:128 [1,512] = src x [512,128][1,512]
lb dma dma_copy a p0:128 [1,512] = src x [512,128][1,512]
${matmul('m0')}${matmul('m1')}c vector tensor_copy f p0:128 [1,512] = src p p0:128 [1,512]
s dma dma_copy y [512,128][1,512] = src f p0:128 [1,512]
`;
const RAN: Ran[] = [
  { start: 0, free: 10, moving: 820.4, end: 1820.4 },
  { start: 10, free: 20, moving: 1000, end: 2000, cause: 'dma', blocker: 0 },
  { start: 2235, free: 2448.33, end: 2555, loading: 2221.7, cause: 'data', blocker: 1, needs: [0, 1] },
  { start: 2448.33, free: 2661.66, end: 2768, loading: 2235, cause: 'track', blocker: 2, needs: [0, 1, 2] },
  { start: 3003, free: 3600, end: 3700, cause: 'data', blocker: 3, needs: [3] },
  { start: 3935, free: 3936, moving: 4755, end: 6000, cause: 'data', blocker: 4, needs: [4] },
];
const PRODUCT_TIMELINE = timelineOf(PRODUCT, RAN);

const traced = (timeline: Timeline, options?: TraceOptions) =>
  readTrace(packetsOf(bytesOfChunks(traceChunks(timeline, options))));
const on = (slices: readonly ReadSlice[], track: string) =>
  slices.filter((slice) => slice.track === track).map(({ name, from, to }) => [name, from, to]);

describe('a trace', () => {
  const trace = traced(PRODUCT_TIMELINE);

  test('breaks no rule, and is of fields that Perfetto has', () => {
    expect(trace.problems).toEqual([]);
    const bytes = bytesOfChunks(traceChunks(PRODUCT_TIMELINE));
    expect(encodedAgain(bytes).length).toBe(bytes.length);
  });

  test('has a row for each engine that works, and queues and counters below', () => {
    expect(trace.tracks).toEqual([
      'trn2, simulated',
      'Program',
      'Tensor',
      'Tensor weights',
      'Vector',
      'DMA loads',
      'DMA stores',
      'SBUF',
      'PSUM',
      'DMA throughput',
      'MFU',
    ]);
  });

  test('shows when engines work, in whole nanoseconds', () => {
    expect(on(trace.slices, 'Program')).toEqual([['Program', 0, 6000]]);
    expect(on(trace.slices, 'Tensor')).toEqual([
      ['nc_matmul', 2235, 2448],
      ['nc_matmul', 2448, 2662],
    ]);
    expect(on(trace.slices, 'Tensor weights')).toEqual([
      ['weights', 2222, 2235],
      ['weights', 2235, 2448],
    ]);
    expect(on(trace.slices, 'Vector')).toEqual([['tensor_copy', 3003, 3600]]);
    expect(on(trace.slices, 'DMA stores')).toEqual([['dma_copy', 4755, 6000]]);
  });

  test('has DMAs of one queue that overlap in rows of their own', () => {
    const loads = trace.slices.filter(({ track }) => track === 'DMA loads');
    expect(loads.map(({ from, to }) => [from, to])).toEqual([
      [820, 1820],
      [1000, 2000],
    ]);
    expect(new Set(loads.map(({ row }) => row)).size).toBe(2);
  });

  test('says of each instruction what it is, and what it waited for', () => {
    const says = trace.slices.find(({ name }) => name === 'nc_matmul')?.says;
    expect(says).toMatchObject({
      id: 'm0',
      source: 'kernel.ts:3:7',
      dst: 'p p0:128 [1,512]',
      stationary: 'a p0:128 [1,128]',
      accumulate: 'false',
      operations: 2 * 128 * 128 * 512,
      'ns from start to result': 320,
      'waited for': 'data',
      'waited for instruction': 'lb',
    });
    const load = trace.slices.find(({ says: { id } }) => id === 'la')?.says;
    expect(load).toMatchObject({ bytes: 128 * 512 * 2, 'ns of its track': 10 });
    expect(load?.['GB/s']).toBeCloseTo(131.072, 9);
    expect(load?.['ns from trigger to first byte']).toBeCloseTo(820.4, 9);
  });

  test('has an arrow for every dependency between tracks', () => {
    const ends = (slice: ReadSlice) => slice.says.id;
    expect(trace.arrows.map(({ from, to }) => [ends(from), ends(to)])).toEqual([
      ['la', 'lb'],
      ['lb', 'm0'],
      ['la', 'm0'],
      ['la', 'm1'],
      ['lb', 'm1'],
      ['m1', 'c'],
      ['c', 's'],
    ]);
  });

  test('has arrows of the last wait only where there are too many, and says so', () => {
    const { arrows, slices, problems } = traced(PRODUCT_TIMELINE, { arrows: 6 });
    expect(problems).toEqual([]);
    expect(arrows.map(({ to }) => to.says.id)).toEqual(['lb', 'm0', 'c', 's']);
    expect(slices.find(({ track }) => track === 'Program')?.says.arrows).toMatch(/^4: .*too many/);
    expect(trace.slices.find(({ track }) => track === 'Program')?.says.arrows).toMatch(/^7: every/);
  });

  test('counts memory in use, and rates that add up to what moved and multiplied', () => {
    expect(trace.counters.SBUF).toEqual([
      [0, 0],
      [820, 1024],
      [2768, 0],
      [3003, 2048],
      [6000, 0],
    ]);
    expect(trace.counters.PSUM).toEqual([
      [0, 0],
      [2235, 1],
      [3700, 0],
    ]);
    const { width, values } = dmaThroughput(PRODUCT_TIMELINE, 60);
    const sum = (of: Float64Array) => of.reduce((total, value) => total + value * width, 0);
    expect(sum(values)).toBeCloseTo(2 * 128 * 512 * 2 + 128 * 512 * 4, 6);
    // Full rows and columns of 512: 512 cycles of 2.4 GHz each at the peak of 16-bit formats.
    expect(sum(arrayUse(PRODUCT_TIMELINE, 60).values)).toBeCloseTo((2 * 512) / 2.4, 9);
    expect(trace.counters['DMA throughput']?.at(-1)).toEqual([6000, 0]);
    expect(Math.max(...(trace.counters.MFU ?? []).map(([, value]) => value))).toBeCloseTo(100, 1);
  });

  test('of a Program without instructions is whole', () => {
    const { problems, slices } = traced(timelineOf('program trn1\n', []));
    expect(problems).toEqual([]);
    expect(slices.length).toBe(1);
  });
});

test('whatever the times, no rule is broken', () => {
  // Thousandths of a nanosecond, so that rounding has something to do.
  const time = fc.nat(5_000_000).map((each) => each / 1000);
  const ran = fc.record({ start: time, length: time, part: time, free: time, needs: fc.nat(5) });
  fc.assert(
    fc.property(fc.array(ran, { minLength: 6, maxLength: 6 }), fc.nat(20), (times, most) => {
      const timeline = timelineOf(
        PRODUCT,
        times.map(({ start, length, part, free, needs }, at): Ran => {
          const each = { start, end: start + length, free: start + free, needs: [needs] };
          const waited = at > 0 ? ({ cause: 'data', blocker: at - 1 } as const) : {};
          if (at === 2 || at === 3) return { ...each, ...waited, loading: Math.max(0, start - part) };
          if (at === 4) return { ...each, ...waited };
          return { ...each, ...waited, moving: Math.min(start + part, start + length) };
        }),
      );
      expect(traced(timeline, { arrows: most }).problems).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test('chunks are of a bounded size, however long the trace', () => {
  const count = 3000;
  const text = TENSORS + Array.from({ length: count }, (_, at) => matmul(`m${at}`)).join('');
  const chunks = [
    ...traceChunks(
      timelineOf(
        text,
        Array.from({ length: count }, (_, at) => ({
          start: 213 * at,
          end: 213 * at + 213,
          loading: 213 * at,
        })),
      ),
    ),
  ];
  expect(chunks.length).toBeGreaterThan(2);
  expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThan(1 << 17);
  const { problems, slices } = readTrace(packetsOf(bytesOfChunks(chunks)));
  expect(problems).toEqual([]);
  expect(slices.filter(({ name }) => name === 'nc_matmul').length).toBe(count);
});

describe('the wire format', () => {
  test('of numbers, texts and messages of any length is what the decoder reads', () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.maxSafeNat(),
        fc.double({ noNaN: true }),
        fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.constant('x'.repeat(70_000))),
        (time, arrow, value, text) => {
          const wire = new Wire();
          wire.begin(1);
          wire.whole(8, time);
          wire.begin(11);
          wire.double(44, value);
          wire.fixed64(47, arrow);
          wire.end();
          wire.begin(60);
          wire.text(2, text);
          wire.end();
          wire.end();
          const [packet, ...others] = packetsOf(wire.take());
          expect(others).toEqual([]);
          expect(packet?.timestamp).toBe(time);
          expect(packet?.track_event?.double_counter_value).toBe(value);
          expect(packet?.track_event?.flow_ids).toEqual([arrow]);
          expect(packet?.track_descriptor?.name).toBe(text);
        },
      ),
    );
  });
});

describe('the reader finds', () => {
  const packets = packetsOf(bytesOfChunks(traceChunks(PRODUCT_TIMELINE)));
  const changed = (change: (packet: (typeof packets)[number]) => object | undefined) => {
    const others = packets.map((packet) => ({ ...packet, ...change(packet) }));
    return readTrace(others).problems.join('\n');
  };
  const ofType = (type: number, change: object) => (packet: (typeof packets)[number]) =>
    packet.track_event?.type === type ? { track_event: { ...packet.track_event, ...change } } : undefined;

  test('slices that overlap, and ends that are missing', () => {
    expect(changed(ofType(1, { track_uuid: 3 }))).toMatch(/overlaps/);
    expect(changed(ofType(2, { track_uuid: 2 }))).toMatch(/has no end/);
  });

  test('arrows that go back, or nowhere', () => {
    expect(changed(ofType(1, { flow_ids: [] }))).toMatch(/ends before it begins/);
    expect(changed(ofType(1, { terminating_flow_ids: [] }))).toMatch(/ends nowhere/);
  });

  test('names and texts that were never written, numbers that are none, tracks that are none', () => {
    expect(changed((packet) => (packet.interned_data ? { interned_data: {} } : undefined))).toMatch(
      /without a name/,
    );
    expect(changed(ofType(4, { double_counter_value: NaN }))).toMatch(/counts NaN/);
    expect(changed(ofType(1, { track_uuid: 99 }))).toMatch(/no track 99/);
    expect(changed(() => ({ sequence_flags: 0 }))).toMatch(/flags 0/);
  });
});
