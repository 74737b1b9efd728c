/**
 * What an index of several parts chooses of an array, by NumPy's rules: whole numbers drop an axis, ranges keep it, `null` adds one of
 * extent 1, `'...'` stands for the axes that are not named, and index arrays, which broadcast together, choose element by element. Axes of
 * index arrays that stand side by side take their place in the result; else they come first.
 */
import { codeArray, UserError, type CodeArray, type Dtype } from '../../numerics';
import { make, sizeOf, type Node, type Shape } from '../graph';
import { describe, NDArray, type ArrayContext } from './ndarray';
import { flattened, type Nested } from './nested';
import { broadcastShapes, spread } from './operands';
import { textOf } from './options';
import { isInteger } from './promotion';

export interface Range {
  readonly start?: number | undefined;
  readonly stop?: number | undefined;
  readonly step?: number | undefined;
}

/** `'1:10:2'` and `':'` are ranges; lists are index arrays, of truth values for a mask along one axis. */
export type IndexPart = number | Range | string | null | NDArray | readonly (Nested | boolean)[];

/** What is indexed. */
export interface Indexed {
  readonly arrays: ArrayContext;
  readonly shape: Shape;
  readonly dtype: Dtype;
}

/** Of one axis: `count` elements from `start` on, `step` apart. */
interface Chosen {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** Where index arrays choose rows of what the ranges leave. */
export interface Rows {
  /** Axes that index arrays choose from, of what is left when whole numbers have dropped theirs; and in which order axes stand. */
  readonly order: readonly number[];
  /** The array as rows: what comes before, the axes that are chosen from, and what comes after. */
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  /** Axes that index arrays choose from, in words. */
  readonly where: string;
  /** Of each row that is chosen, its place, [1, count]. */
  readonly index: Node;
}

export interface Choice {
  readonly slice: {
    readonly start: readonly number[];
    readonly step: readonly number[];
    readonly shape: Shape;
  };
  /** The shape without the axes that whole numbers drop. */
  readonly kept: Shape;
  readonly rows: Rows | undefined;
  /** The shape of the result. */
  readonly shape: Shape;
}

type Entry =
  | { readonly kind: 'new' }
  | { readonly kind: 'whole'; readonly axis: number }
  | { readonly kind: 'range'; readonly axis: number; readonly extent: number }
  | { readonly kind: 'array'; readonly axis: number; readonly extent: number; readonly index: Given };

/** An index array: values where the host knows them. */
interface Given {
  readonly shape: Shape;
  readonly values: ArrayLike<number> | undefined;
  readonly node: Node | undefined;
}

/** @throws UserError for what is no index, and for whole numbers and known index arrays that lie outside. */
export function choose(op: string, x: Indexed, parts: readonly IndexPart[]): Choice {
  const chosen: Chosen[] = [];
  const entries: Entry[] = [];
  for (const part of expanded(op, x, parts)) {
    const axis = chosen.length;
    const extent = x.shape[axis] ?? 0;
    if (part === null) entries.push({ kind: 'new' });
    else if (typeof part === 'number') {
      chosen.push({ start: inside(op, x, axis, part), step: 1, count: 1 });
      entries.push({ kind: 'whole', axis });
    } else if (typeof part === 'string' || isRange(part)) {
      const range = rangeOf(op, typeof part === 'string' ? parsed(op, part) : part, extent);
      chosen.push(range);
      entries.push({ kind: 'range', axis, extent: range.count });
    } else {
      if (!(part instanceof NDArray || Array.isArray(part)))
        throw new UserError(
          `${op}: an index is a whole number, a range ('1:3' or { start, stop, step }), null, '...', or an array or list of whole numbers; received ${textOf(part)}.`,
        );
      chosen.push({ start: 0, step: 1, count: extent });
      entries.push({ kind: 'array', axis, extent, index: indexArray(op, x, axis, part) });
    }
  }
  const slice = {
    start: chosen.map(({ start }) => start),
    step: chosen.map(({ step }) => step),
    shape: chosen.map(({ count }) => count),
  };
  const left = entries.filter((entry) => entry.kind === 'range' || entry.kind === 'array');
  const kept = left.map(({ extent }) => extent);
  const arrays = entries.filter((entry) => entry.kind === 'array');
  if (arrays.length === 0) return { slice, kept, rows: undefined, shape: entries.flatMap(extentOf) };

  const joined = broadcastShapes(
    op,
    arrays.map(({ index }) => index.shape),
  );
  // Whole numbers count as index arrays where there are some.
  const places = [...entries.keys()].filter((i) => ['array', 'whole'].includes(entries[i]?.kind ?? ''));
  const [first = 0, last = 0] = [places[0], places.at(-1)];
  const adjacent = last - first === places.length - 1;
  const before = adjacent ? entries.slice(0, first) : [];
  const after = entries.filter((_, i) => !places.includes(i) && !(adjacent && i < first));
  const axesOfKept = (some: readonly Entry[]): number[] =>
    left.flatMap((entry, i) => (some.includes(entry) ? [i] : []));
  const sizes = (some: readonly Entry[]): number => sizeOf(some.flatMap(extentOf));
  return {
    slice,
    kept,
    rows: {
      order: [...axesOfKept(before), ...axesOfKept(arrays), ...axesOfKept(after)],
      outer: sizes(before),
      size: sizeOf(arrays.map(({ extent }) => extent)),
      inner: sizes(after),
      where: placesText(arrays),
      index: joinedIndex(x, arrays, joined),
    },
    shape: [...before.flatMap(extentOf), ...joined, ...after.flatMap(extentOf)],
  };
}

const placesText = (arrays: readonly ArrayEntry[]): string =>
  arrays.map(({ axis, extent }) => `axis ${axis} of ${extent} elements`).join(' and ');

/** What an entry adds to the shape, index arrays apart. */
const extentOf = (entry: Entry): readonly number[] =>
  entry.kind === 'new' ? [1] : entry.kind === 'range' ? [entry.extent] : [];

const isRange = (part: unknown): part is Range =>
  typeof part === 'object' && part !== null && !Array.isArray(part) && !(part instanceof NDArray);

/** A part for every axis. */
function expanded(op: string, x: Indexed, parts: readonly IndexPart[]): readonly IndexPart[] {
  const named = parts.filter((part) => part !== null && part !== '...').length;
  const dots = parts.indexOf('...');
  if (named > x.shape.length || dots !== parts.lastIndexOf('...'))
    throw new UserError(
      `${op}: ${describe(x)} has ${x.shape.length} axes; received ${named} indices${dots === parts.lastIndexOf('...') ? '' : ' and more than one "..."'}.`,
    );
  const rest = Array<IndexPart>(x.shape.length - named).fill(':');
  return dots < 0 ? [...parts, ...rest] : parts.toSpliced(dots, 1, ...rest);
}

/** A whole number, counted from the first element on. */
function inside(op: string, x: Indexed, axis: number, index: number): number {
  const extent = x.shape[axis] ?? 0;
  if (Number.isInteger(index) && index >= -extent && index < extent)
    return index < 0 ? index + extent : index;
  throw new UserError(
    Number.isInteger(index)
      ? `${op}: index ${index} lies outside of axis ${axis} of ${describe(x)}, which has ${extent} elements.`
      : `${op}: an index is a whole number; received ${index} for axis ${axis} of ${describe(x)}.`,
  );
}

function parsed(op: string, text: string): Range {
  const fields = text.split(':').map((field) => field.trim());
  const numbers = fields.map((field) => (field === '' ? undefined : Number(field)));
  if (fields.length < 2 || fields.length > 3 || numbers.some(Number.isNaN))
    throw new UserError(`${op}: "${text}" is no index: write "start:stop:step", ":" or "...".`);
  const [start, stop, step] = numbers;
  return { start, stop, step };
}

/** Python's rules: limits beyond the ends are moved to them. */
function rangeOf(op: string, { start, stop, step = 1 }: Range, extent: number): Chosen {
  for (const each of [start, stop, step])
    if (each !== undefined && !Number.isInteger(each))
      throw new UserError(`${op}: a range is of whole numbers; received ${each}.`);
  if (step === 0) throw new UserError(`${op}: a range's step is not 0.`);
  const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
  const limited = (value: number): number =>
    Math.min(Math.max(value < 0 ? value + extent : value, low), high);
  const from = start === undefined ? (step > 0 ? 0 : extent - 1) : limited(start);
  const to = stop === undefined ? (step > 0 ? extent : -1) : limited(stop);
  const count = Math.max(0, Math.ceil((to - from) / step));
  return { start: count === 0 ? 0 : from, step, count };
}

/** The values of int32 that the host has, and is sure of. */
export function valuesOnHost({ dtype, stored }: Node): Int32Array | undefined {
  const codes = dtype === 'int32' && stored?.fault === undefined ? stored?.codes : undefined;
  return codes === undefined ? undefined : new Int32Array(codes.slice().buffer);
}

function indexArray(op: string, x: Indexed, axis: number, part: NDArray | readonly unknown[]): Given {
  if (part instanceof NDArray) {
    const node = x.arrays.nodeOf(op, part);
    if (!isInteger(part.dtype) || part.dtype === 'uint8')
      throw new UserError(
        `${op}: indices are integers; received ${describe(part)} for axis ${axis}. ${part.dtype === 'uint8' ? 'A mask, which comparisons give as uint8, has no fixed number of elements: use where(), or astype() to int32 for indices' : 'Use astype() to int32'}.`,
      );
    const values = valuesOnHost(node);
    if (values !== undefined) return known(op, x, axis, part.shape, values);
    return { shape: part.shape, values: undefined, node: make.cast(node, 'int32') };
  }
  if (part.length > 0 && part.every((each) => typeof each === 'boolean')) {
    if (part.length !== x.shape[axis])
      throw new UserError(
        `${op}: a mask of axis ${axis} of ${describe(x)} has ${x.shape[axis] ?? 0} elements; received ${part.length}.`,
      );
    const places = part.flatMap((holds, i) => (holds ? [i] : []));
    return { shape: [places.length], values: places, node: undefined };
  }
  const { shape, values } = flattened(op, part);
  return known(op, x, axis, shape, values);
}

const known = (op: string, x: Indexed, axis: number, shape: Shape, values: ArrayLike<number>): Given => ({
  shape,
  values: Array.from(values, (value) => inside(op, x, axis, value)),
  node: undefined,
});

type ArrayEntry = Extract<Entry, { readonly kind: 'array' }>;

/** One place for each element: of several index arrays the row-major one, -1 where one of them lies outside. */
function joinedIndex(x: Indexed, arrays: readonly ArrayEntry[], shape: Shape): Node {
  const count = sizeOf(shape);
  const values = arrays.flatMap(({ index }) => (index.values === undefined ? [] : [index.values]));
  if (values.length === arrays.length && arrays.every(({ index }) => sizeOf(index.shape) === count)) {
    const joined = new Int32Array(count);
    for (const { extent, index } of arrays)
      for (let i = 0; i < count; i++) joined[i] = (joined[i] ?? 0) * extent + (index.values?.[i] ?? 0);
    return leaf(x, [1, count], new Uint32Array(joined.buffer));
  }
  const nodes = arrays.map(({ index, extent }) => {
    const node =
      index.node === undefined
        ? leaf(x, index.shape, new Uint32Array(Int32Array.from(index.values ?? []).buffer))
        : fromFirst(index.node, extent);
    return spread(node, shape);
  });
  const integers = (fn: 'add' | 'multiply', a: Node, b: Node): Node => make.map(fn, [a, b], 'int32');
  const same = (value: number): Node => make.fill(shape, 'int32', value);
  const [joined = same(0), ...others] = nodes;
  if (others.length === 0) return make.reshape(joined, [1, count]);
  const flat = others.reduce(
    (sum, node, i) => integers('add', integers('multiply', sum, same(arrays[i + 1]?.extent ?? 1)), node),
    joined,
  );
  const outside = nodes.map((node, i) => {
    const extent = same(arrays[i]?.extent ?? 0);
    const limits = [
      make.map('less', [node, same(0)], 'uint8'),
      make.map('greater_equal', [node, extent], 'uint8'),
    ];
    return make.map('logical_or', limits, 'uint8');
  });
  const any = outside.reduce((a, b) => make.map('logical_or', [a, b], 'uint8'));
  return make.reshape(make.map('select', [any, same(-1), flat], 'int32'), [1, count]);
}

/** Negative indices are counted from the end. */
export function fromFirst(index: Node, extent: number): Node {
  const same = (value: number): Node => make.fill(index.shape, 'int32', value);
  const isNegative = make.map('less', [index, same(0)], 'uint8');
  return make.map('select', [isNegative, make.map('add', [index, same(extent)], 'int32'), index], 'int32');
}

/** Codes of int32 that the host holds. */
export function leaf(
  { arrays }: Indexed,
  shape: Shape,
  codes: CodeArray = codeArray('int32', sizeOf(shape)),
): Node {
  return make.leaf(shape, 'int32', arrays.executor.place(codes, 'int32', shape));
}
