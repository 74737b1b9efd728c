/**
 * Where the elements of an access pattern lie, in bytes: strips of equal steps, as few and as long as the pattern allows.
 * Partitions are one dimension more, the outermost; dimensions that continue each other are one.
 */
import { bytesOf } from '../../program';
import type { Pattern } from '../../program';

/** Strips of `count` elements, `stride` bytes apart; the outer dimensions lead from `base` to the first of each. */
export interface Strips {
  readonly base: number;
  readonly outer: readonly (readonly [stride: number, count: number])[];
  readonly stride: number;
  readonly count: number;
}

/** The strips of a pattern whose tensor starts at byte `address` of each partition, partitions `pitch` bytes apart. */
export function stripsOf(pattern: Pattern, address: number, pitch: number): Strips {
  const width = bytesOf(pattern.dtype);
  const dims: (readonly [stride: number, count: number])[] = [];
  const add = (stride: number, count: number): void => {
    if (count === 1) return;
    const outer = dims.at(-1);
    if (outer !== undefined && outer[0] === stride * count)
      dims[dims.length - 1] = [stride, outer[1] * count];
    else dims.push([stride, count]);
  };
  let base = address + pattern.offset * width;
  if (pattern.space !== 'hbm') {
    base += pattern.partition * pitch;
    add(pitch, pattern.partitions);
  }
  for (const [stride, count] of pattern.dims) add(stride * width, count);
  const [stride, count] = dims.pop() ?? [width, 1];
  return { base, outer: dims, stride, count };
}

/** Visits the strips in the order of the pattern: the address of each one's first element, and that element's index. */
export function eachStrip(
  { base, outer, count }: Strips,
  visit: (address: number, index: number) => void,
): void {
  if (count > 0) walk(outer, 0, base, 0, count, visit);
}

/** Visits what dimensions from `depth` on lead to, and returns the index behind. */
function walk(
  outer: Strips['outer'],
  depth: number,
  address: number,
  index: number,
  count: number,
  visit: (address: number, index: number) => void,
): number {
  const dim = outer[depth];
  if (dim === undefined) {
    visit(address, index);
    return index + count;
  }
  const [stride, steps] = dim;
  for (let step = 0; step < steps; step++) {
    index = walk(outer, depth + 1, address + step * stride, index, count, visit);
  }
  return index;
}
