/** What `slice` takes for each dimension, and what it means on a dimension of so many elements. */
import { UserError } from '../numerics';
import { Affine, type Index } from './register';

/** `size` elements from `start`, which may be a register, each `step` after the one before. */
export interface DynamicSlice {
  readonly start: Index;
  readonly size: number;
  readonly step: number;
}

/** `nl.ds`: `size` elements from `start`, which may be a register. */
export function ds(start: Index, size: number, step = 1): DynamicSlice {
  return { start, size, step };
}

/** All of a dimension; one position, which removes the dimension; [start, stop, step] without stop; or ds(start, size). */
export type Range = 'all' | Index | readonly [start: number, stop: number, step?: number] | DynamicSlice;

/** `count` positions of a dimension; `single` positions remove it. */
export interface Cut {
  readonly start: Index;
  readonly count: number;
  readonly step: number;
  readonly single: boolean;
}

const isTuple = (range: Range): range is readonly [start: number, stop: number, step?: number] =>
  Array.isArray(range);

function whole(what: string, value: unknown, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw new UserError(`${what} must be a whole number of at least ${least}, received ${String(value)}.`);
}

function checked(axis: number, extent: number, cut: Cut): Cut {
  const { start, count, step } = cut;
  if (start instanceof Affine) return cut; // whether it lies inside shows while the Program runs
  const last = start + (count - 1) * step;
  if (last < extent) return cut;
  throw new UserError(`dimension ${axis} has positions 0..${extent - 1}, received ${start}..${last}.`);
}

/** @throws UserError when the range does not lie in the dimension or is empty. */
export function cutOf(range: Range, axis: number, extent: number): Cut {
  const where = `dimension ${axis}`;
  if (range === 'all') return { start: 0, count: extent, step: 1, single: false };
  if (typeof range === 'number' || range instanceof Affine) {
    const start = range instanceof Affine ? range : whole(`position in ${where}`, range, 0);
    return checked(axis, extent, { start, count: 1, step: 1, single: true });
  }
  if (isTuple(range)) {
    const start = whole(`start in ${where}`, range[0], 0);
    const stop = whole(`stop in ${where}`, range[1], 0);
    const step = whole(`step in ${where}`, range[2] ?? 1, 1);
    if (stop <= start)
      throw new UserError(`${where}: stop must be above start, received [${start}, ${stop}].`);
    if (stop > extent) {
      throw new UserError(
        `${where} ends at ${extent}, received stop ${stop}: take Math.min(stop, ${extent}).`,
      );
    }
    return { start, count: Math.ceil((stop - start) / step), step, single: false };
  }
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- of untyped callers
  if (typeof range !== 'object' || range === null || !('size' in range)) {
    throw new UserError(
      `${where} takes 'all', a position, [start, stop, step] or ds(start, size), received ${String(range)}.`,
    );
  }
  const start = range.start instanceof Affine ? range.start : whole(`start in ${where}`, range.start, 0);
  const count = whole(`size in ${where}`, range.size, 1);
  return checked(axis, extent, {
    start,
    count,
    step: whole(`step in ${where}`, range.step, 1),
    single: false,
  });
}
