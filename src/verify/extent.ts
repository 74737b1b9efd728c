/**
 * Which bytes an access pattern covers, as few rectangles: rows times columns. On chip a row is a partition. An HBM tensor
 * has a row for each index but the last, so that a tile of a matrix is one rectangle. The order of the dims does not matter
 * here, nor do repeated elements.
 */
import type { Dim } from '../program';

/** Half-open intervals, ascending and flat: start, end, start, end, ... */
export type Intervals = readonly number[];

/** Bytes of each of some rows: every row interval times every column interval. */
export interface Box {
  readonly rows: Intervals;
  readonly columns: Intervals;
}

/** More pieces than this are not followed. */
const MAX_PIECES = 1 << 16;

/** `run` bytes (or rows) from `start`, and again after each of the steps; strides ascending, nothing contiguous left apart. */
interface Runs {
  readonly start: number;
  readonly run: number;
  readonly steps: readonly Dim[];
}

function runsOf(first: number, unit: number, dims: readonly Dim[]): Runs | undefined {
  let start = first;
  const steps: Dim[] = [];
  for (const [stride, count] of dims) {
    if (count < 1) return undefined;
    if (count === 1 || stride === 0) continue;
    if (stride < 0) start += stride * (count - 1) * unit;
    steps.push([Math.abs(stride) * unit, count]);
  }
  if (steps.length > 1) steps.sort(([a], [b]) => a - b);
  return join(start, unit, steps);
}

/** Takes steps that touch or overlap into the run, and joins steps that continue each other. */
function join(start: number, unit: number, steps: readonly Dim[]): Runs {
  let run = unit;
  const rest: Dim[] = [];
  for (const [stride, count] of steps) {
    const last = rest.at(-1);
    if (last === undefined && stride <= run) run += stride * (count - 1);
    else if (last !== undefined && stride === last[0] * last[1]) {
      rest[rest.length - 1] = [last[0], last[1] * count];
    } else rest.push([stride, count]);
  }
  return { start, run, steps: rest };
}

function startsOf({ start, steps }: Runs): readonly number[] | undefined {
  let starts = [start];
  // The largest stride first keeps the starts ascending, unless strides interleave.
  for (const [stride, count] of steps.toReversed()) {
    if (starts.length * count > MAX_PIECES) return undefined;
    starts = starts.flatMap((each) => Array.from({ length: count }, (_, index) => each + index * stride));
  }
  return starts;
}

function intervalsOf(runs: Runs): Intervals | undefined {
  if (runs.steps.length === 0) return [runs.start, runs.start + runs.run];
  const starts = startsOf(runs);
  if (starts === undefined) return undefined;
  // Steps that interleave, as of 2 and 3, come back to where others are.
  const interleaved = starts.some((start, index) => index > 0 && start < (starts[index - 1] ?? 0) + runs.run);
  if (!interleaved) return starts.flatMap((start) => [start, start + runs.run]);
  const merged: number[] = [];
  for (const start of starts.toSorted((a, b) => a - b)) {
    const end = start + runs.run;
    if (merged.length > 0 && start <= (merged.at(-1) ?? 0))
      merged[merged.length - 1] = Math.max(merged.at(-1) ?? 0, end);
    else merged.push(start, end);
  }
  return merged;
}

/** The bytes of one row that a pattern covers, of elements of `width` bytes; undefined when they are too many pieces. */
export function bytesCovered(offset: number, dims: readonly Dim[], width: number): Intervals | undefined {
  const [dim] = dims;
  if (dims.length === 1 && dim?.[0] === 1) return [offset * width, (offset + dim[1]) * width];
  const runs = runsOf(offset * width, width, dims);
  return runs === undefined ? [] : intervalsOf(runs);
}

/** The same of a tensor whose rows are `pitch` bytes apart. */
export function boxesCovered(
  offset: number,
  dims: readonly Dim[],
  width: number,
  pitch: number,
): readonly Box[] | undefined {
  const runs = runsOf(offset * width, width, dims);
  if (runs === undefined) return [];
  const box = rectangle(runs, pitch);
  if (box !== undefined) return [box];
  return startsOf(runs)?.flatMap((start) => boxesBetween(start, start + runs.run, pitch));
}

/** The runs as one product of rows and columns, where they are one of few enough pieces. */
function rectangle({ start, run, steps }: Runs, pitch: number): Box | undefined {
  const column = start % pitch;
  const wholeRows = column === 0 && run % pitch === 0;
  const across = steps.filter(([stride]) => stride % pitch !== 0);
  const reach = across.reduce((end, [stride, count]) => end + stride * (count - 1), column + run);
  if (wholeRows ? across.length > 0 : reach > pitch) return undefined;
  const down = steps
    .filter(([stride]) => stride % pitch === 0)
    .map(([stride, count]): Dim => [stride / pitch, count]);
  const rows = intervalsOf(join(Math.floor(start / pitch), wholeRows ? run / pitch : 1, down));
  const columns = intervalsOf(join(column, wholeRows ? pitch : run, across));
  return rows === undefined || columns === undefined ? undefined : { rows, columns };
}

/** Bytes `start` to `end` of a tensor, read along its rows. */
export function boxesBetween(start: number, end: number, pitch: number): readonly Box[] {
  if (start >= end) return [];
  const [first, last] = [Math.floor(start / pitch), Math.floor((end - 1) / pitch)];
  if (first === last) {
    return [{ rows: [first, first + 1], columns: [start - first * pitch, end - first * pitch] }];
  }
  const headless = start % pitch === 0 ? first : first + 1;
  const tailless = end % pitch === 0 ? last + 1 : last;
  return [
    ...(headless > first ? [{ rows: [first, first + 1], columns: [start - first * pitch, pitch] }] : []),
    ...(tailless > headless ? [{ rows: [headless, tailless], columns: [0, pitch] }] : []),
    ...(tailless <= last ? [{ rows: [last, last + 1], columns: [0, end - last * pitch] }] : []),
  ];
}
