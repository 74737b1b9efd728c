/** Primitives that only move codes: each element of the result is one of the input's, or a value between them. */
import { codeArray, type CodeArray } from '../../numerics';
import { sizeOf, type OpOf, type Shape } from '../graph';
import { codeOf, type Values } from './values';

/** The distance in elements between neighbours along each axis, of what lies row-major. */
export function stridesOf(shape: Shape): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--)
    strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  return strides;
}

/** Calls back with the place in the result and the offset that strides give it, in row-major order of the shape. */
function walk(
  shape: Shape,
  offset: number,
  strides: readonly number[],
  visit: (i: number, at: number) => void,
): void {
  const size = sizeOf(shape);
  const place = shape.map(() => 0);
  let at = offset;
  for (let i = 0; i < size; i++) {
    visit(i, at);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] ?? 0;
      const next = (place[axis] ?? 0) + 1;
      if (next < (shape[axis] ?? 0)) {
        place[axis] = next;
        at += stride;
        break;
      }
      place[axis] = 0;
      at -= (next - 1) * stride;
    }
  }
}

/** Elements of the input at an offset and strides. */
function strided(
  { dtype, codes }: Values,
  shape: Shape,
  offset: number,
  strides: readonly number[],
): CodeArray {
  const result = codeArray(dtype, sizeOf(shape));
  walk(shape, offset, strides, (i, at) => (result[i] = codes[at] ?? 0));
  return result;
}

export const permuted = (x: Values, { axes }: OpOf<'permute'>, shape: Shape): CodeArray => {
  const strides = stridesOf(x.shape);
  return strided(
    x,
    shape,
    0,
    axes.map((axis) => strides[axis] ?? 0),
  );
};

export const broadcasted = (x: Values, shape: Shape): CodeArray =>
  strided(
    x,
    shape,
    0,
    stridesOf(x.shape).map((stride, axis) => (x.shape[axis] === 1 ? 0 : stride)),
  );

export const sliced = (x: Values, { start, step }: OpOf<'slice'>, shape: Shape): CodeArray => {
  const strides = stridesOf(x.shape);
  const offset = strides.reduce((sum, stride, axis) => sum + stride * (start[axis] ?? 0), 0);
  return strided(
    x,
    shape,
    offset,
    strides.map((stride, axis) => stride * (step[axis] ?? 1)),
  );
};

export const windowed = (x: Values, { axis, step, dilation }: OpOf<'window'>, shape: Shape): CodeArray => {
  const strides = stridesOf(x.shape);
  const stride = strides[axis] ?? 1;
  return strided(x, shape, 0, strides.toSpliced(axis, 1, stride * step, stride * dilation));
};

export function padded(x: Values, { low, interior, value }: OpOf<'pad'>, shape: Shape): CodeArray {
  const result = codeArray(x.dtype, sizeOf(shape)).fill(codeOf(x.dtype, value));
  const strides = stridesOf(shape);
  const offset = strides.reduce((sum, stride, axis) => sum + stride * (low[axis] ?? 0), 0);
  const apart = strides.map((stride, axis) => stride * (1 + (interior[axis] ?? 0)));
  walk(x.shape, offset, apart, (i, at) => (result[at] = x.codes[i] ?? 0));
  return result;
}

export function concatenated(inputs: readonly Values[], { axis }: OpOf<'concat'>, shape: Shape): CodeArray {
  const result = codeArray(inputs[0]?.dtype ?? 'float32', sizeOf(shape));
  const run = sizeOf(shape.slice(axis + 1));
  const row = run * (shape[axis] ?? 0);
  let offset = 0;
  for (const { codes, shape: part } of inputs) {
    const length = run * (part[axis] ?? 0);
    for (let at = 0, to = offset; at < codes.length; at += length, to += row)
      result.set(codes.subarray(at, at + length), to);
    offset += length;
  }
  return result;
}

export function places(shape: Shape, { axis }: OpOf<'iota'>): CodeArray {
  const result = codeArray('int32', sizeOf(shape));
  const run = sizeOf(shape.slice(axis + 1));
  const extent = shape[axis] ?? 1;
  for (let i = 0; i < result.length; i++) result[i] = Math.floor(i / run) % extent;
  return result;
}
