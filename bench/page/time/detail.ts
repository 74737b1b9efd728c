/** One instruction of a timeline in words: what it does, when, and what it waited for. */
import { partsPrinter, type Instruction } from '../../../src/program';
import { CAUSES, TRACKS, type Cause, type Timeline } from '../../../src/time';
import { TRACK_WORDS } from '../../../src/time/report/words';
import type { Detail } from './protocol';
import { durationText, momentText } from './quantities';

/** Dependencies that are told: the last of them. */
const MOST = 12;

/** What it waited for last, before the name of an instruction where there is one. */
const CAUSE_WORDS = {
  start: 'nothing held it',
  track: 'its track was busy with',
  data: 'it needed what was written by',
  place: 'what it writes over was in use by',
  edge: 'its author put it after',
  port: 'a port was taken by',
  dma: 'the DMA engines were busy with',
  hbm: 'HBM was busy with',
} as const satisfies Record<Cause, string>;

/** Of a timeline; instructions by their place in it. */
export function detailsOf(timeline: Timeline): (at: number) => Detail {
  const print = partsPrinter(timeline.program);
  return (at) => {
    const instruction = timeline.instructions[at];
    if (instruction === undefined) throw new Error(`Invariant violation: there is no instruction ${at}`);
    return detailOf(timeline, at, instruction, print(instruction));
  };
}

function detailOf(
  timeline: Timeline,
  at: number,
  { id, opcode, at: source }: Instruction,
  { written, sources, attributes }: ReturnType<ReturnType<typeof partsPrinter>>,
): Detail {
  const track = TRACKS[timeline.track[at] ?? 0] ?? 'tensor';
  const title = `${id}: ${opcode}, ${TRACK_WORDS[track]}`;
  const times = timesOf(timeline, at);
  const waited = waitedFor(timeline, at);
  const taken = durationText((timeline.end[at] ?? 0) - (timeline.start[at] ?? 0));
  const place = source === undefined ? '' : `, written at ${source}`;
  return {
    at,
    id,
    opcode,
    title,
    lines: [
      ...(source === undefined ? [] : [['source', source] as const]),
      ...written,
      ...sources,
      ...attributes,
      ...times,
      ['waited last', waited],
    ],
    dependencies: dependenciesOf(timeline, at),
    sentence: `${title}${place}: from ${momentText(timeline.start[at] ?? 0)}, ${taken} until its result is there; ${waited}.`,
  };
}

function timesOf(
  { start, free, end, loading, moving, instructions }: Timeline,
  at: number,
): (readonly [string, string])[] {
  const times: (readonly [string, number | undefined])[] = [
    [instructions[at]?.engine === 'tensor' ? 'weights from' : 'tables from', loading[at]],
    ['start', start[at]],
    ['first byte', moving[at]],
    ['track free', free[at]],
    ['result there', end[at]],
  ];
  return times.flatMap(([name, time]) =>
    time === undefined || Number.isNaN(time) ? [] : [[name, momentText(time)] as const],
  );
}

function waitedFor({ cause, blocker, instructions }: Timeline, at: number): string {
  const why = CAUSES[cause[at] ?? 0] ?? 'start';
  const who = instructions[blocker[at] ?? -1];
  if (why === 'start') return CAUSE_WORDS.start;
  return `${CAUSE_WORDS[why]} ${who === undefined ? 'others' : `${who.id} (${who.opcode})`}`;
}

function dependenciesOf({ dependencies: { offsets, indices } }: Timeline, at: number): number[] {
  const own = indices.subarray(offsets[at] ?? 0, offsets[at + 1] ?? 0);
  return [...new Set(own)].sort((a, b) => a - b).slice(-MOST);
}
