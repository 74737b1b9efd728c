/**
 * Makes nodes: the shape of each primitive's result, and what the primitive demands of its inputs. A demand that is not met is a
 * fault of this library (`Invariant violation`): what users give is checked, and told in their words, by the functions of arrays.
 * A view that changes nothing is its input.
 */
import type { Dtype, Rounding } from '../../numerics';
import { arityOf, type MapFunction } from './functions';
import { Node, sizeOf, type Shape, type Stored } from './node';
import { isArg, type OpOf, type Reduction, type Scan } from './ops';

function demand(met: boolean, what: string, ...inputs: readonly Node[]): void {
  if (met) return;
  const shapes = inputs.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join(', ');
  throw new Error(`Invariant violation: ${what}${shapes === '' ? '' : ` of ${shapes}`}`);
}

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((extent, i) => extent === b[i]);

export const leaf = (shape: Shape, dtype: Dtype, stored?: Stored): Node =>
  new Node({ kind: 'leaf' }, [], shape, dtype, stored);

export const fill = (shape: Shape, dtype: Dtype, value: number): Node =>
  new Node({ kind: 'fill', value }, [], shape, dtype);

export const iota = (shape: Shape, axis: number): Node => {
  demand(axis >= 0 && axis < shape.length, `iota along ${axis} of ${shape.length} axes`);
  return new Node({ kind: 'iota', axis }, [], shape, 'int32');
};

export const random = (key: Node, shape: Shape): Node => {
  demand(isKey(key), 'random needs a key of four uint32', key);
  return new Node({ kind: 'random' }, [key], shape, 'uint32');
};

const isKey = ({ dtype, shape }: Node): boolean => dtype === 'uint32' && sameShape(shape, [4]);

export const map = (fn: MapFunction, inputs: readonly Node[], dtype: Dtype): Node => {
  const [first] = inputs;
  demand(
    first !== undefined &&
      inputs.length === arityOf(fn) &&
      inputs.every(({ shape }) => sameShape(shape, first.shape)),
    fn,
    ...inputs,
  );
  return new Node({ kind: 'map', fn }, inputs, first?.shape ?? [], dtype);
};

export interface CastOptions {
  readonly rounding?: Rounding;
  readonly saturate?: boolean;
  /** What stochastic rounding draws from. */
  readonly key?: Node;
}

export const cast = (
  x: Node,
  dtype: Dtype,
  { rounding = 'nearest-even', saturate = false, key }: CastOptions = {},
): Node => {
  if (x.dtype === dtype) return x;
  demand((rounding === 'stochastic') === (key !== undefined) && (key === undefined || isKey(key)), 'cast', x);
  const inputs = key === undefined ? [x] : [x, key];
  return new Node({ kind: 'cast', rounding, saturate }, inputs, x.shape, dtype);
};

export const bitcast = (x: Node, dtype: Dtype): Node =>
  x.dtype === dtype ? x : new Node({ kind: 'bitcast' }, [x], x.shape, dtype);

export const reshape = (x: Node, shape: Shape): Node => {
  demand(sizeOf(shape) === x.size, `reshape to [${shape.join()}]`, x);
  return sameShape(x.shape, shape) ? x : new Node({ kind: 'reshape' }, [x], shape, x.dtype);
};

export const permute = (x: Node, axes: readonly number[]): Node => {
  demand(
    sameShape(
      axes.toSorted((a, b) => a - b),
      [...x.shape.keys()],
    ),
    `permute to ${axes.join()}`,
    x,
  );
  const shape = axes.map((axis) => extentOf(x, axis));
  return axes.every((axis, i) => axis === i) ? x : new Node({ kind: 'permute', axes }, [x], shape, x.dtype);
};

/** @throws Error unless the axis is one of x's. */
export function extentOf(x: Node, axis: number): number {
  const extent = x.shape[axis];
  demand(extent !== undefined, `axis ${axis}`, x);
  return extent ?? 0;
}

export const broadcast = (x: Node, shape: Shape): Node => {
  const fits =
    shape.length === x.shape.length &&
    x.shape.every((extent, axis) => extent === 1 || extent === shape[axis]);
  demand(fits, `broadcast to [${shape.join()}]`, x);
  return sameShape(x.shape, shape) ? x : new Node({ kind: 'broadcast' }, [x], shape, x.dtype);
};

export const slice = (x: Node, start: readonly number[], step: readonly number[], shape: Shape): Node => {
  const within = (axis: number): boolean => {
    const [first = 0, stride = 0, count = 0] = [start[axis], step[axis], shape[axis]];
    const extent = extentOf(x, axis);
    const last = first + (count - 1) * stride;
    return stride !== 0 && (count === 0 || (first >= 0 && first < extent && last >= 0 && last < extent));
  };
  demand(
    shape.length === x.shape.length && shape.every((_, axis) => within(axis)),
    `slice from ${start.join()} by ${step.join()} to [${shape.join()}]`,
    x,
  );
  const whole = sameShape(shape, x.shape) && step.every((stride, axis) => stride === 1 || shape[axis] === 1);
  return whole ? x : new Node({ kind: 'slice', start, step }, [x], shape, x.dtype);
};

export interface Padding {
  readonly low?: readonly number[];
  readonly high?: readonly number[];
  readonly interior?: readonly number[];
}

export const pad = (x: Node, { low, high, interior }: Padding, value: number): Node => {
  const none = x.shape.map(() => 0);
  const op: OpOf<'pad'> = {
    kind: 'pad',
    low: low ?? none,
    high: high ?? none,
    interior: interior ?? none,
    value,
  };
  const all = [op.low, op.high, op.interior];
  demand(
    all.every((counts) => counts.length === x.shape.length && counts.every((count) => count >= 0)),
    'pad',
    x,
  );
  const shape = x.shape.map((extent, axis) => {
    const [before = 0, after = 0, between = 0] = all.map((counts) => counts[axis]);
    return before + extent + Math.max(extent - 1, 0) * between + after;
  });
  return sameShape(shape, x.shape) ? x : new Node(op, [x], shape, x.dtype);
};

/** As many windows of `taps` elements as fit. */
export const window = (x: Node, axis: number, taps: number, step = 1, dilation = 1): Node => {
  const span = (taps - 1) * dilation + 1;
  const extent = extentOf(x, axis);
  demand(taps > 0 && step > 0 && dilation > 0 && span <= extent, `windows of ${taps} along ${axis}`, x);
  const positions = Math.floor((extent - span) / step) + 1;
  const shape = x.shape.toSpliced(axis, 1, positions, taps);
  return new Node({ kind: 'window', axis, step, dilation }, [x], shape, x.dtype);
};

export const concat = (inputs: readonly Node[], axis: number): Node => {
  const [first] = inputs;
  demand(
    first !== undefined &&
      inputs.every(
        ({ dtype, shape }) =>
          dtype === first.dtype && sameShape(shape.with(axis, 0), first.shape.with(axis, 0)),
      ),
    `concat along ${axis}`,
    ...inputs,
  );
  if (first === undefined || inputs.length === 1) return first ?? fill([0], 'float32', 0);
  const extent = inputs.reduce((sum, input) => sum + extentOf(input, axis), 0);
  return new Node({ kind: 'concat', axis }, inputs, first.shape.with(axis, extent), first.dtype);
};

/** Along the last `axes` axes. */
export const reduce = (x: Node, reduction: Reduction, axes: number, dtype: Dtype): Node => {
  demand(axes >= 0 && axes <= x.shape.length, `${reduction} along ${axes} axes`, x);
  const shape = x.shape.slice(0, x.shape.length - axes);
  const joined = sizeOf(x.shape.slice(x.shape.length - axes));
  const hasNeutral = reduction === 'add' || reduction === 'multiply';
  demand(joined > 0 || hasNeutral || sizeOf(shape) === 0, `${reduction} of nothing`, x);
  demand(!isArg(reduction) || dtype === 'int32', `${reduction} gives int32, not ${dtype}`);
  return new Node({ kind: 'reduce', reduction, axes }, [x], shape, dtype);
};

export interface ScanOptions {
  readonly exclusive?: boolean;
  readonly reverse?: boolean;
}

export const scan = (
  x: Node,
  how: Scan,
  dtype: Dtype,
  { exclusive = false, reverse = false }: ScanOptions = {},
): Node => {
  demand(x.shape.length > 0, how, x);
  return new Node({ kind: 'scan', scan: how, exclusive, reverse }, [x], x.shape, dtype);
};

export type MatmulHow = Partial<Omit<OpOf<'matmul'>, 'kind'>>;

export const matmul = (a: Node, b: Node, dtype: Dtype, how: MatmulHow = {}): Node => {
  const op: OpOf<'matmul'> = {
    kind: 'matmul',
    aLayout: 'row-major',
    bLayout: 'row-major',
    rounding: 'nearest-even',
    saturate: false,
    seed: 0,
    ...how,
  };
  const last = (shape: Shape, swapped: boolean): readonly number[] =>
    swapped ? shape.slice(-2).toReversed() : shape.slice(-2);
  const [m = 0, k] = last(a.shape, op.aLayout === 'k-major');
  const [depth, n = 0] = last(b.shape, op.bLayout === 'transposed');
  const batch = a.shape.slice(0, -2);
  demand(a.shape.length >= 2 && k === depth && sameShape(batch, b.shape.slice(0, -2)), 'matmul', a, b);
  return new Node(op, [a, b], [...batch, m, n], dtype);
};

const indexed = (index: Node, outer: number, count: number): boolean =>
  index.dtype === 'int32' &&
  index.shape.length === 2 &&
  (index.shape[0] === outer || index.shape[0] === 1) &&
  index.shape[1] === count;

export const gather = (data: Node, index: Node, how: Omit<OpOf<'gather'>, 'kind'>): Node => {
  const [outer = 0, , inner = 0] = data.shape;
  const count = index.shape[1] ?? 0;
  demand(data.shape.length === 3 && indexed(index, outer, count), 'gather', data, index);
  return new Node({ kind: 'gather', ...how }, [data, index], [outer, count, inner], data.dtype);
};

export const scatter = (base: Node, index: Node, updates: Node, how: Omit<OpOf<'scatter'>, 'kind'>): Node => {
  const [outer = 0, , inner = 0] = base.shape;
  const count = index.shape[1] ?? 0;
  demand(
    base.shape.length === 3 &&
      base.dtype === updates.dtype &&
      indexed(index, outer, count) &&
      sameShape(updates.shape, [outer, count, inner]),
    'scatter',
    base,
    index,
    updates,
  );
  return new Node({ kind: 'scatter', ...how }, [base, index, updates], base.shape, base.dtype);
};

export const argsort = (x: Node, descending = false): Node => {
  demand(x.shape.length > 0, 'argsort', x);
  return new Node({ kind: 'argsort', descending }, [x], x.shape, 'int32');
};
