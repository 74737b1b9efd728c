/**
 * How elements are shared out over tiles of SBUF: axes of several operands are joined where all of them allow it, and cut into boxes,
 * the outer axes over partitions, the inner ones over the elements of each. A box of an operand is an access pattern.
 */
import type { Dim } from '../../program';
import type { Strided } from './strided';

/** One axis of an iteration, with the stride that each operand takes along it. */
export interface Axis {
  readonly count: number;
  readonly strides: readonly number[];
}

/** A part of some axes: for each operand where it begins, and the steps through it. */
export interface Box {
  readonly count: number;
  readonly offsets: readonly number[];
  readonly dims: readonly (readonly Dim[])[];
}

/** Axes `from` to `to` of operands of one shape, joined. */
export function axesOf(operands: readonly Pick<Strided, 'dims'>[], from = 0, to?: number): Axis[] {
  const joined: Axis[] = [];
  const [model] = operands;
  for (const axis of (model?.dims ?? []).keys()) {
    if (axis < from || axis >= (to ?? Infinity)) continue;
    const count = model?.dims[axis]?.[1] ?? 1;
    if (count === 1) continue;
    const strides = operands.map(({ dims }) => dims[axis]?.[0] ?? 0);
    const outer = joined.at(-1);
    if (outer?.strides.every((stride, i) => stride === (strides[i] ?? 0) * count) === true)
      joined[joined.length - 1] = { count: outer.count * count, strides };
    else joined.push({ count, strides });
  }
  return joined;
}

export const countOf = (axes: readonly Axis[]): number => axes.reduce((all, { count }) => all * count, 1);

/** Boxes of at most `most` elements, in row-major order: inner axes whole, one axis in parts, the outer ones step by step. */
export function boxesOf(axes: readonly Axis[], operands: number, most: number): Box[] {
  let cut = axes.length;
  let inner = 1;
  while (cut > 0 && inner * (axes[cut - 1]?.count ?? 1) <= most) inner *= axes[--cut]?.count ?? 1;
  const parted = axes[cut - 1];
  const whole = axes.slice(cut);
  const dimsOf = (part: Axis | undefined, count: number): readonly (readonly Dim[])[] =>
    Array.from({ length: operands }, (_, i) => [
      ...(part === undefined ? [] : [[part.strides[i] ?? 0, count] as const]),
      ...whole.map(({ strides, count: extent }): Dim => [strides[i] ?? 0, extent]),
    ]);
  const none = Array.from({ length: operands }, () => 0);
  if (parted === undefined) return [{ count: inner, offsets: none, dims: dimsOf(undefined, 1) }];
  const step = Math.max(Math.floor(most / inner), 1);
  let starts: (readonly number[])[] = [none];
  for (const { count, strides } of axes.slice(0, cut - 1))
    starts = starts.flatMap((start) =>
      Array.from({ length: count }, (_, i) => start.map((offset, k) => offset + i * (strides[k] ?? 0))),
    );
  return starts.flatMap((start) =>
    Array.from({ length: Math.ceil(parted.count / step) }, (_, i) => {
      const count = Math.min(step, parted.count - i * step);
      return {
        count: count * inner,
        offsets: start.map((offset, k) => offset + i * step * (parted.strides[k] ?? 0)),
        dims: dimsOf(parted, count),
      };
    }),
  );
}

/** Axes for partitions and for the elements of each, and where they begin: most often one such pair, or one and a rest. */
export interface Split {
  readonly lead: readonly Axis[];
  readonly free: readonly Axis[];
  readonly start: readonly number[];
}

const PARTITIONS = 128;

/** Shares elements out that depend on no order, with at most `most` in a row of a partition. */
export function splitsOf(axes: readonly Axis[], operands: number, most: number): readonly Split[] {
  const none = Array.from({ length: operands }, () => 0);
  const [only] = axes;
  if (only === undefined || axes.length === 1)
    return splitRow(only ?? { count: 1, strides: none }, none, most);
  let from = axes.length - 1;
  while (from > 1 && countOf(axes.slice(from - 1)) <= most && countOf(axes.slice(0, from - 1)) >= PARTITIONS)
    from--;
  return [{ lead: axes.slice(0, from), free: axes.slice(from), start: none }];
}

/** One axis as rows: as many as fill the partitions, of as many elements as divide it, or with a rest. */
function splitRow({ count, strides }: Axis, none: readonly number[], most: number): readonly Split[] {
  const least = Math.min(Math.max(Math.ceil(count / PARTITIONS), Math.min(count, PARTITIONS)), most);
  let width = least;
  while (width < 2 * least && width <= most && count % width !== 0) width++;
  if (width > most || count % width !== 0) width = least;
  const rows = Math.floor(count / width);
  const rest = count - rows * width;
  const free = (extent: number): readonly Axis[] => [{ count: extent, strides }];
  const lead = [{ count: rows, strides: strides.map((stride) => stride * width) }];
  const splits: Split[] = [{ lead, free: free(width), start: none }];
  if (rest > 0)
    splits.push({ lead: [], free: free(rest), start: strides.map((stride) => stride * rows * width) });
  return splits;
}

/** The patterns of a box of partitions and one of elements, for one operand. */
export function placed(x: Strided, i: number, lead: Box, free: Box, start = 0): Strided {
  return {
    ...x,
    offset: x.offset + start + (lead.offsets[i] ?? 0) + (free.offsets[i] ?? 0),
    dims: [...(lead.dims[i] ?? []), ...(free.dims[i] ?? [])],
  };
}

/** The tiles that write all of a value, with what each writes. */
export function* tilesOf(
  x: Strided,
  most = 2048,
): Generator<{ readonly partitions: number; readonly elements: number; readonly part: Strided }> {
  for (const { lead, free, start } of splitsOf(axesOf([x]), 1, most))
    for (const rows of boxesOf(lead, 1, PARTITIONS))
      for (const row of boxesOf(free, 1, most))
        yield { partitions: rows.count, elements: row.count, part: placed(x, 0, rows, row, start[0]) };
}
