/** Timelines made by hand: a Program as text, and when each instruction runs. */
import { TIMINGS } from '../../src/chip';
import { parseProgram } from '../../src/program';
import { CAUSES, TRACKS, type Cause, type Timeline } from '../../src/time/types';
import { streamOf } from '../../src/time/stream';
import { trackIndex, trackOf } from '../../src/time/tracks';
import { trafficOf } from '../../src/time/traffic';

export interface Ran {
  readonly start: number;
  /** Of a DMA, `moving` must be there too; `free` is `end` when left out. */
  readonly end: number;
  readonly free?: number;
  readonly loading?: number;
  readonly moving?: number;
  readonly cause?: Cause;
  readonly blocker?: number;
  /** Instructions that must come first. */
  readonly needs?: readonly number[];
}

/** `ran` has an element for each instruction of the stream. */
export function timelineOf(text: string, ran: readonly Ran[]): Timeline {
  const program = parseProgram(text);
  const { instructions } = streamOf(program);
  if (instructions.length !== ran.length)
    throw new Error(`${instructions.length} instructions, ${ran.length} times`);
  const floats = (of: (each: Ran) => number) => Float64Array.from(ran, of);
  const offsets = [0];
  for (const { needs = [] } of ran) offsets.push((offsets.at(-1) ?? 0) + needs.length);
  const indices = Int32Array.from(ran.flatMap(({ needs = [] }) => needs));
  return {
    program,
    chip: program.chip,
    timing: TIMINGS[program.chip],
    cores: 1,
    loads: 'written',
    total: Math.max(0, ...ran.map(({ end }) => end)),
    instructions,
    track: Uint8Array.from(instructions, (each) => trackIndex(trackOf(each))),
    start: floats(({ start }) => start),
    free: floats(({ free, end }) => free ?? end),
    end: floats(({ end }) => end),
    loading: floats(({ loading = NaN }) => loading),
    moving: floats(({ moving = NaN }) => moving),
    cause: Uint8Array.from(ran, ({ cause = 'start' }) => CAUSES.indexOf(cause)),
    blocker: Int32Array.from(ran, ({ blocker = -1 }) => blocker),
    dependencies: { offsets: Int32Array.from(offsets), indices, kinds: new Uint8Array(indices.length) },
    busy: new Float64Array(TRACKS.length),
    dmaBusy: new Float64Array(16),
    ...trafficOf(instructions, program.chip),
    assumed: [],
    notes: [],
  };
}
