/** Arrays one after the other, taken apart, and with borders. */
import { UserError, type Dtype } from '../../numerics';
import { make, type Node } from '../graph';
import { requireInteger } from './create';
import { describe, type NDArray } from './ndarray';
import { axisOf, contextOf, countOf, nodeOf, requireArrays } from './operands';
import { oneOf, optionsOf } from './options';
import { isInteger, promote } from './promotion';
import { part } from './views';

/** Nodes of one format, that in which they meet. @throws UserError where there are none. */
function together(
  op: string,
  list: readonly NDArray[],
): { readonly nodes: readonly Node[]; readonly first: NDArray } {
  requireArrays(op, list);
  const [first] = list;
  if (first === undefined) throw new UserError(`${op}: needs at least one array.`);
  const arrays = contextOf(op, list);
  const dtype = list.map((each) => each.dtype).reduce((a: Dtype, b) => promote(op, a, b));
  return { first, nodes: list.map((each) => make.cast(arrays.nodeOf(op, each), dtype)) };
}

/** One after the other along an axis that they have. */
export function concatenate(list: readonly NDArray[], axis = 0): NDArray {
  const { nodes, first } = together('concatenate', list);
  const along = axisOf('concatenate', first, axis);
  for (const each of list)
    if (each.ndim !== first.ndim || each.shape.some((extent, i) => i !== along && extent !== first.shape[i]))
      throw new UserError(
        `concatenate: ${describe(first)} and ${describe(each)} must have equal extents but for axis ${along}.`,
      );
  return first.arrays.adopt(make.concat(nodes, along));
}

/** One after the other along a new axis. */
export function stack(list: readonly NDArray[], axis = 0): NDArray {
  const { nodes, first } = together('stack', list);
  const other = list.find((each) => !make.sameShape(each.shape, first.shape));
  if (other !== undefined)
    throw new UserError(`stack: ${describe(first)} and ${describe(other)} must have one shape.`);
  const along = axisOf('stack', { dtype: first.dtype, shape: [1, ...first.shape] }, axis, first);
  const apart = first.shape.toSpliced(along, 0, 1);
  return first.arrays.adopt(
    make.concat(
      nodes.map((node) => make.reshape(node, apart)),
      along,
    ),
  );
}

/** Along the second axis, or the only one. */
export const hstack = (list: readonly NDArray[]): NDArray =>
  concatenate(list, (list[0]?.ndim ?? 1) > 1 ? 1 : 0);
export const vstack = (list: readonly NDArray[]): NDArray =>
  (list[0]?.ndim ?? 1) > 1 ? concatenate(list, 0) : stack(list, 0);

/** As many equal parts, or parts that end before each of the places. */
export function split(x: NDArray, parts: number | readonly number[], axis = 0): readonly NDArray[] {
  const node = nodeOf('split', x);
  const along = axisOf('split', x, axis);
  const extent = x.shape[along] ?? 0;
  const ends = typeof parts === 'number' ? equalParts(x, parts, along, extent) : [...parts, extent];
  let start = 0;
  return ends.map((end) => {
    countOf('split', 'a place', end, 0, extent);
    const count = Math.max(end - start, 0);
    const piece = x.arrays.adopt(part(node, along, count === 0 ? 0 : start, count));
    start = end;
    return piece;
  });
}

function equalParts(x: NDArray, parts: number, axis: number, extent: number): readonly number[] {
  countOf('split', 'the number of parts', parts, 1);
  if (extent % parts !== 0)
    throw new UserError(`split: axis ${axis} of ${describe(x)} does not divide into ${parts} equal parts.`);
  return Array.from({ length: parts }, (_, i) => ((i + 1) * extent) / parts);
}

const PAD_MODES = ['constant', 'edge', 'reflect', 'symmetric'] as const;

export interface PadOptions {
  /** What borders hold: `value`, the nearest element, or elements mirrored at the border, without or with the outermost one. */
  readonly mode?: (typeof PAD_MODES)[number];
  readonly value?: number;
}

/** How many elements before and after: of every axis, or of each. */
export type PadWidth = number | readonly (readonly [number, number])[];

export function pad(x: NDArray, width: PadWidth, options: PadOptions = {}): NDArray {
  const { mode = 'constant', value = 0 } = optionsOf('pad', options, ['mode', 'value']);
  oneOf('pad', 'mode', mode, PAD_MODES);
  const widths = typeof width === 'number' ? x.shape.map(() => [width, width] as const) : width;
  if (widths.length !== x.ndim)
    throw new UserError(`pad: ${describe(x)} needs ${x.ndim} widths; received ${widths.length}.`);
  for (const pair of widths) for (const each of pair) countOf('pad', 'a width', each);
  const node = nodeOf('pad', x);
  if (mode === 'constant') {
    if (isInteger(x.dtype)) requireInteger('pad', x.dtype, value);
    const [low, high] = [widths.map(([before]) => before), widths.map(([, after]) => after)];
    return x.arrays.adopt(make.pad(node, { low, high }, value));
  }
  const bordered = widths.reduce((inner, [before, after], axis) => {
    if (before === 0 && after === 0) return inner;
    const extent = make.extentOf(inner, axis);
    const most = mode === 'reflect' ? extent - 1 : extent;
    if (extent === 0 || (mode !== 'edge' && Math.max(before, after) > most))
      throw new UserError(
        `pad: axis ${axis} of ${describe(x)} has too few elements for ${before} before and ${after} after by ${mode}.`,
      );
    return make.concat(
      [border(inner, axis, before, mode, false), inner, border(inner, axis, after, mode, true)].filter(
        (each) => each.shape[axis] !== 0,
      ),
      axis,
    );
  }, node);
  return x.arrays.adopt(bordered);
}

function border(
  x: Node,
  axis: number,
  count: number,
  mode: 'edge' | 'reflect' | 'symmetric',
  after: boolean,
): Node {
  const extent = make.extentOf(x, axis);
  if (count === 0) return part(x, axis, 0, 0);
  if (mode === 'edge')
    return make.broadcast(part(x, axis, after ? extent - 1 : 0, 1), x.shape.with(axis, count));
  const skipped = mode === 'reflect' ? 1 : 0;
  const first = after ? extent - 1 - skipped : count - 1 + skipped;
  return make.slice(
    x,
    x.shape.map((_, each) => (each === axis ? first : 0)),
    x.shape.map((_, each) => (each === axis ? -1 : 1)),
    x.shape.with(axis, count),
  );
}
