/**
 * Where the values of a node lie: elements of a tensor in HBM at an offset and strides. Views change offset and strides alone, and become
 * access patterns of the DMAs that load them.
 */
import type { HbmView } from '../../kernel';
import { dense, reshaped } from '../../kernel/dims';
import type { Dtype } from '../../numerics';
import type { Dim } from '../../program';
import type { OpOf, Shape } from '../graph';

export interface Strided {
  readonly tensor: HbmView;
  readonly dtype: Dtype;
  readonly offset: number;
  /** [stride, count] of each axis. */
  readonly dims: readonly Dim[];
}

/** All of a tensor in HBM, row-major in a shape. */
export const whole = (tensor: HbmView, dtype: Dtype, shape: Shape): Strided => ({
  tensor,
  dtype,
  offset: 0,
  dims: dense(shape),
});

export const shapeOf = ({ dims }: Strided): number[] => dims.map(([, count]) => count);

/** As an operand of a DMA. */
export const patternOf = ({ tensor, dtype, offset, dims }: Strided): HbmView =>
  tensor.ap(dims.length === 0 ? [[1, 1]] : dims, { offset, dtype });

const at = ({ dims }: Strided, axis: number): Dim => dims[axis] ?? [0, 1];

export const permuted = (x: Strided, { axes }: OpOf<'permute'>): Strided => ({
  ...x,
  dims: axes.map((axis) => at(x, axis)),
});

export const broadcasted = (x: Strided, shape: Shape): Strided => ({
  ...x,
  dims: shape.map((count, axis): Dim => (at(x, axis)[1] === count ? at(x, axis) : [0, count])),
});

export function sliced(
  x: Strided,
  { start, step }: Pick<OpOf<'slice'>, 'start' | 'step'>,
  shape: Shape,
): Strided {
  const offset = x.dims.reduce((sum, [stride], axis) => sum + stride * (start[axis] ?? 0), x.offset);
  return { ...x, offset, dims: shape.map((count, axis): Dim => [at(x, axis)[0] * (step[axis] ?? 1), count]) };
}

export function windowed(x: Strided, { axis, step, dilation }: OpOf<'window'>, shape: Shape): Strided {
  const [stride] = at(x, axis);
  const [positions = 1, taps = 1] = shape.slice(axis);
  return {
    ...x,
    dims: x.dims.toSpliced(axis, 1, [stride * step, positions], [stride * dilation, taps]),
  };
}

/** Undefined where no strides do that: then the elements are to be moved. */
export function recut(x: Strided, shape: Shape): Strided | undefined {
  const dims = reshaped(x.dims, shape);
  return dims === undefined ? undefined : { ...x, dims };
}

/** The other way round along the last axis. */
export function reversed(x: Strided): Strided {
  const shape = shapeOf(x);
  const last = shape.length - 1;
  const start = shape.map((count, axis) => (axis === last ? count - 1 : 0));
  const step = shape.map((_, axis) => (axis === last ? -1 : 1));
  return sliced(x, { start, step }, shape);
}

/** Elements `from` to `to` of the last axis. */
export function lastAxis(x: Strided, from: number, to: number): Strided {
  const shape = shapeOf(x);
  const start = shape.map((_, axis) => (axis === shape.length - 1 ? from : 0));
  return sliced(x, { start, step: [] }, shape.with(-1, to - from));
}

/** A tile of a matrix of a batch: which product, the first row and column, and how many of each. */
export interface TilePlace {
  readonly batch: number;
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
}

/** That tile of a value of the shape of the products. */
export function tileOf<X extends Pick<Strided, 'offset' | 'dims'>>(
  x: X,
  { batch, row, column, rows, columns }: TilePlace,
): X {
  const [[rowStride] = [0], [columnStride] = [0]] = x.dims.slice(-2);
  let offset = x.offset + row * rowStride + column * columnStride;
  let rest = batch;
  for (const [stride, count] of x.dims.slice(0, -2).toReversed()) {
    offset += (rest % count) * stride;
    rest = Math.floor(rest / count);
  }
  return {
    ...x,
    offset,
    dims: [
      [rowStride, rows],
      [columnStride, columns],
    ],
  };
}
