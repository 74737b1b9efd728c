/**
 * A timeline as a trace for Perfetto (ui.perfetto.dev): a row for each engine, one more for the weights of Tensor, rows for the
 * queues of DMA, arrows from what instructions waited for, and counters. It comes in chunks, so that a trace of any size takes
 * little memory; concatenated they are the file.
 */
import { CHIPS } from '../../chip';
import { workOf } from '../../isa';
import { requireFields } from '../../numerics';
import { partsPrinter } from '../../program';
import type { Instruction } from '../../program';
import { requireTimeline, requireWhole } from '../given';
import { occupancyOf } from '../occupancy';
import { arrayUse, dmaBytes, dmaThroughput, type Binned } from '../throughput';
import { CAUSES, TRACKS, type Timeline, type Track } from '../types';
import { arrowsOf, type Arrows } from './arrows';
import { Packets, type Annotation, type TrackDescription } from './packets';
import { rowsOf, type Rows } from './rows';

const ENGINE = 'Each slice is an instruction, from its start until the engine could take the next.';
const QUEUE =
  'Each slice is a DMA, from its first byte to its completion; those that overlap are below each other.';

const ROWS = {
  tensor: { name: 'Tensor', description: ENGINE },
  vector: { name: 'Vector', description: ENGINE },
  scalar: { name: 'Scalar', description: ENGINE },
  gpsimd: { name: 'GpSimd', description: ENGINE },
  sync: { name: 'Sync', description: ENGINE },
  loads: { name: 'DMA loads', description: QUEUE },
  stores: { name: 'DMA stores', description: QUEUE },
} as const satisfies Record<Track, TrackDescription>;

const WEIGHTS: TrackDescription = {
  name: 'Tensor weights',
  description: 'From when the stationary operand began to load until its multiplication began.',
};

const COUNTERS = {
  sbuf: { name: 'SBUF', description: 'Bytes in use of the fullest partition.', unit: 'B' },
  psum: { name: 'PSUM', description: 'Banks in use.', unit: 'banks' },
  dma: {
    name: 'DMA throughput',
    description: 'Bytes that DMAs move, in equal parts of the time.',
    unit: 'GB/s',
  },
  mfu: {
    name: 'MFU',
    description:
      'Operations of matmuls without transposes, as a share of the peak, in equal parts of the time.',
    unit: '%',
  },
} as const satisfies Record<string, TrackDescription>;

/** Of a rate over time: a part of at least so many ns, and so many parts at most. */
const PART = 100;
const MOST_PARTS = 4000;

/** More than that no viewer opens. */
const MOST_ARROWS = 100_000_000;

export interface TraceOptions {
  /**
   * Arrows at most that show every dependency between tracks; with more dependencies, only what each instruction waited for last has
   * one. 500,000 when left out.
   */
  readonly arrows?: number;
}

/**
 * The bytes of a Perfetto trace (.pftrace), a chunk after the other.
 *
 * @throws UserError for what is no Timeline, and options that are none.
 */
export function traceChunks(timeline: Timeline, options: TraceOptions = {}): Generator<Uint8Array> {
  requireTimeline('traceChunks', timeline);
  requireFields('traceChunks', options, ['arrows']);
  const { arrows = 500_000 } = options;
  requireWhole('arrows', arrows, 0, MOST_ARROWS);
  return chunksOf(timeline, arrows);
}

function* chunksOf(timeline: Timeline, most: number): Generator<Uint8Array> {
  const packets = new Packets();
  const slices = slicesOf(timeline);
  const arrows = arrowsOf(timeline, slices.from, most);
  const root = packets.track({
    name: `${timeline.chip}, simulated`,
    description: 'When every instruction of a Program runs, as systole simulates it.',
  });
  const whole = packets.track({ name: 'Program', description: 'All of it, and what was assumed.' }, root);
  packets.slice({
    track: whole,
    name: 'Program',
    from: 0,
    to: Math.round(timeline.total),
    annotations: aboutProgram(timeline, arrows),
  });
  const describe = annotator(timeline);
  for (const [index, track] of TRACKS.entries()) {
    const rows = slices.tracks[index];
    if (rows === undefined || rows.order.length === 0) continue;
    const numbers = rowNumbers(packets, ROWS[track], rows, root);
    for (const [slot, at] of rows.order.entries()) {
      const instruction = timeline.instructions[at];
      if (instruction === undefined) continue;
      packets.slice({
        track: numbers[rows.row[slot] ?? 0] ?? root,
        name: instruction.opcode,
        from: slices.from[at] ?? 0,
        to: slices.to[at] ?? 0,
        annotations: describe(instruction, at),
        arrowsOut: arrows.from(at),
        arrowsIn: arrows.into(at),
      });
      yield* packets.chunk();
    }
    if (track === 'tensor') yield* weights(packets, timeline, root);
  }
  yield* counters(packets, timeline, root);
  yield* packets.rest();
}

/** The slice of each instruction, in whole ns, and which are on which rows of each track. */
interface Slices {
  readonly from: Float64Array;
  readonly to: Float64Array;
  readonly tracks: readonly Rows[];
}

function slicesOf({ instructions, track, start, free, moving, end }: Timeline): Slices {
  const from = new Float64Array(instructions.length);
  const to = new Float64Array(instructions.length);
  const members: number[][] = TRACKS.map(() => []);
  instructions.forEach((_, at) => {
    const moved = moving[at] ?? NaN;
    const isDma = !Number.isNaN(moved);
    from[at] = Math.round(isDma ? moved : (start[at] ?? 0));
    to[at] = Math.max(from[at] ?? 0, Math.round((isDma ? end[at] : free[at]) ?? 0));
    members[track[at] ?? 0]?.push(at);
  });
  return { from, to, tracks: members.map((list) => rowsOf(list, from, to)) };
}

/** A track for each row; rows of one name are drawn as one. */
function rowNumbers(packets: Packets, described: TrackDescription, { rows }: Rows, root: number): number[] {
  return Array.from({ length: rows }, () => packets.track(described, root));
}

function aboutProgram(
  { program, chip, cores, instructions, total, flops, traffic, notes }: Timeline,
  arrows: Arrows,
): Annotation[] {
  const shown = arrows.all
    ? 'every dependency between tracks, and what each instruction waited for last'
    : 'what each instruction waited for last: there are too many dependencies to show all';
  return [
    ['chip', chip],
    ['core', CHIPS[chip].core],
    ['cores that share HBM', cores],
    ['ns', total],
    ['instructions', instructions.length],
    ['tensors', program.tensors.length],
    ['operations of matmuls, without transposes', flops.model],
    ['operations of matmuls, with transposes', flops.hardware],
    ['HBM bytes read', traffic.hbmRead],
    ['HBM bytes written', traffic.hbmWritten],
    ['arrows', `${arrows.count}: ${shown}`],
    ...notes.map((note, index): Annotation => [`note ${index + 1}`, note]),
  ];
}

/** What a slice says of its instruction. */
function annotator(timeline: Timeline): (instruction: Instruction, at: number) => Generator<Annotation> {
  const { chip: name, start, free, end, moving, cause, blocker, instructions } = timeline;
  const chip = CHIPS[name];
  const print = partsPrinter(timeline.program);
  return function* (instruction, at) {
    const begun = start[at] ?? 0;
    yield ['id', instruction.id];
    if (instruction.at !== undefined) yield ['source', instruction.at];
    const { written, sources, attributes } = print(instruction);
    yield* written;
    yield* sources;
    yield* attributes;
    const work = workOf(instruction, chip);
    const moved = moving[at] ?? NaN;
    if (work.unit === 'dma') {
      const bytes = dmaBytes(instruction, name);
      const taken = (end[at] ?? 0) - moved;
      yield ['bytes', bytes];
      if (taken > 0) yield ['GB/s', bytes / taken];
    } else if (work.unit === 'array') {
      yield ['operations', work.flops];
    } else if (work.unit === 'datapath') {
      if (work.mode !== undefined) yield ['elements of a cycle', work.mode];
      if (work.table !== undefined) yield ['table', work.table];
    }
    if (!Number.isNaN(moved)) yield ['ns from trigger to first byte', moved - begun];
    else yield ['ns from start to result', (end[at] ?? 0) - begun];
    yield ['ns of its track', (free[at] ?? 0) - begun];
    const why = CAUSES[cause[at] ?? 0];
    if (why !== undefined) yield ['waited for', why];
    const last = instructions[blocker[at] ?? -1];
    if (last !== undefined) yield ['waited for instruction', last.id];
  };
}

/** Weights that load while the array still multiplies with the ones before. */
function* weights(packets: Packets, timeline: Timeline, root: number): Generator<Uint8Array> {
  const { instructions, loading, start, track } = timeline;
  const from = loading.map(Math.round);
  const to = start.map(Math.round);
  const loads = [...from.keys()].filter(
    (at) => TRACKS[track[at] ?? 0] === 'tensor' && (to[at] ?? 0) > (from[at] ?? NaN),
  );
  const rows = rowsOf(loads, from, to);
  const numbers = rowNumbers(packets, WEIGHTS, rows, root);
  for (const [slot, at] of rows.order.entries()) {
    packets.slice({
      track: numbers[rows.row[slot] ?? 0] ?? root,
      name: 'weights',
      from: from[at] ?? 0,
      to: to[at] ?? 0,
      annotations: [['id', instructions[at]?.id ?? '']],
    });
    yield* packets.chunk();
  }
}

function* counters(packets: Packets, timeline: Timeline, root: number): Generator<Uint8Array> {
  const { sbuf, psum } = occupancyOf(timeline);
  for (const [described, { times, values }] of [
    [COUNTERS.sbuf, sbuf],
    [COUNTERS.psum, psum],
  ] as const) {
    const number = packets.track(described, root);
    packets.count(number, 0, 0);
    for (const [step, time] of times.entries()) {
      packets.count(number, Math.round(time), values[step] ?? 0);
      yield* packets.chunk();
    }
  }
  const parts = Math.max(1, Math.min(MOST_PARTS, Math.ceil(timeline.total / PART)));
  rates(packets, packets.track(COUNTERS.dma, root), dmaThroughput(timeline, parts), 1);
  rates(packets, packets.track(COUNTERS.mfu, root), arrayUse(timeline, parts), 100);
}

/** A point where the rate changes, and nothing at the end. */
function rates(packets: Packets, track: number, { width, values }: Binned, scale: number): void {
  let before = NaN;
  for (const [bin, value] of values.entries()) {
    if (value !== before) packets.count(track, Math.round(bin * width), value * scale);
    before = value;
  }
  packets.count(track, Math.round(values.length * width), 0);
}
