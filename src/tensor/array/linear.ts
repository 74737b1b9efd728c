/** Products of the Tensor engine. */
import { CHIPS, matmulPairProblem } from '../../chip';
import { UserError, type Dtype, type Rounding } from '../../numerics';
import { make, sizeOf, type Node, type OpOf, type Shape } from '../graph';
import { describe, type ArrayContext, type NDArray } from './ndarray';
import {
  broadcastShapes,
  contextOf,
  countOf,
  onceEach,
  requireArrays,
  spread,
  type ResultOptions,
} from './operands';
import { optionsOf, textOf } from './options';
import { isFloat, promote } from './promotion';

export interface MatmulOptions extends ResultOptions {
  /** Of the result; nearest-even when left out. */
  readonly rounding?: Rounding | undefined;
  /** Sums beyond the largest finite number of the result's format become it. */
  readonly saturate?: boolean | undefined;
  /** Of stochastic rounding. */
  readonly seed?: number | undefined;
}

const PRODUCT = ['dtype', 'rounding', 'saturate', 'seed'] as const;

/** float32 of integers, which the array does not multiply. */
const multiplied = (x: Node): Node => (isFloat(x.dtype) ? x : make.cast(x, 'float32'));

/** Of formats of 8 bits, sums are kept in bfloat16. */
const summed = (dtype: Dtype): Dtype => (dtype.startsWith('float8') ? 'bfloat16' : dtype);

/** Operands that the chip multiplies with each other: as they are, or in the format where they meet. */
function pair(
  op: string,
  x: NDArray,
  y: NDArray,
): { readonly a: Node; readonly b: Node; readonly dtype: Dtype } {
  requireArrays(op, [x, y]);
  const arrays = contextOf(op, [x, y]);
  const [a, b] = [multiplied(arrays.nodeOf(op, x)), multiplied(arrays.nodeOf(op, y))];
  const common = promote(op, a.dtype, b.dtype);
  const chip = CHIPS[arrays.chip];
  if (matmulPairProblem(chip, a.dtype, b.dtype) === undefined) return { a, b, dtype: summed(common) };
  const problem = matmulPairProblem(chip, common, common);
  if (problem !== undefined) throw new UserError(`${op}: ${problem}`);
  return { a: make.cast(a, common), b: make.cast(b, common), dtype: summed(common) };
}

/**
 * NumPy's: of matrices, with leading axes that broadcast; a vector is a row on the left and a column on the right. The result has the format
 * in which the operands meet (bfloat16 of fp8), each sum rounded once.
 */
export function matmul(x: NDArray, y: NDArray, options: MatmulOptions = {}): NDArray {
  optionsOf('matmul', options, PRODUCT);
  const { a, b, dtype } = pair('matmul', x, y);
  if (x.ndim === 0 || y.ndim === 0)
    throw new UserError(`matmul: needs at least one axis; received ${describe(x)} and ${describe(y)}.`);
  const left = x.ndim === 1 ? make.reshape(a, [1, ...a.shape]) : a;
  const right = y.ndim === 1 ? make.reshape(b, [...b.shape, 1]) : b;
  const [m = 0, k = 0] = left.shape.slice(-2);
  const [depth = 0, n = 0] = right.shape.slice(-2);
  if (k !== depth)
    throw new UserError(
      `matmul: ${describe(x)} and ${describe(y)} do not multiply: the first has ${k} columns, the second ${depth} rows.`,
    );
  const batch = broadcastShapes('matmul', [left.shape.slice(0, -2), right.shape.slice(0, -2)]);
  const node = product('matmul', x.arrays, [left, right], batch, dtype, options);
  const shape = [...batch, ...(x.ndim === 1 ? [] : [m]), ...(y.ndim === 1 ? [] : [n])];
  return x.arrays.adopt(make.reshape(node, shape));
}

/** [..., M, N]. A single matrix on the right makes one product of all rows on the left. */
function product(
  op: string,
  arrays: ArrayContext,
  [left, right]: readonly [Node, Node],
  batch: Shape,
  common: Dtype,
  { dtype: wanted, rounding = 'nearest-even', saturate = false, seed = 0 }: MatmulOptions,
): Node {
  const dtype = wanted === undefined ? common : arrays.checkDtype(op, wanted);
  const [m = 0, k = 0] = left.shape.slice(-2);
  const n = right.shape.at(-1) ?? 0;
  const shape = [...batch, m, n];
  if (sizeOf(shape) === 0 || k === 0) return make.fill(shape, dtype, 0);
  const how = { rounding, saturate, seed };
  const single = right.shape.length === 2;
  const a = single
    ? batch.length === 0
      ? left
      : make.reshape(left, [sizeOf(batch) * m, k])
    : spread(left, [...batch, m, k]);
  const b = single ? right : spread(right, [...batch, k, n]);
  const node = make.matmul(swapped(a) ?? a, swapped(b) ?? b, dtype, { ...how, ...layouts(a, b) });
  return make.reshape(node, shape);
}

/** A matrix whose last two axes were swapped is multiplied where it lies, in the layout that it has. */
const layouts = (a: Node, b: Node): Pick<OpOf<'matmul'>, 'aLayout' | 'bLayout'> => ({
  aLayout: swapped(a) === undefined ? 'row-major' : 'k-major',
  bLayout: swapped(b) === undefined ? 'row-major' : 'transposed',
});

function swapped({ op, inputs: [input], shape }: Node): Node | undefined {
  if (op.kind !== 'permute') return undefined;
  const last = shape.length - 1;
  const isSwap = op.axes.every((axis, i) => axis === (i === last ? last - 1 : i === last - 1 ? last : i));
  return isSwap ? input : undefined;
}

/** Of vectors the sum of products; of matrices matmul; else along the last axis of x and the last but one of y. */
export function dot(x: NDArray, y: NDArray, options: MatmulOptions = {}): NDArray {
  optionsOf('dot', options, PRODUCT);
  requireArrays('dot', [x, y]);
  if (x.ndim <= 2 && y.ndim <= 2) return matmul(x, y, options);
  return tensordot(x, y, [[x.ndim - 1], [Math.max(y.ndim - 2, 0)]], options);
}

/** Every product of an element of x with one of y. */
export function outer(x: NDArray, y: NDArray, options: MatmulOptions = {}): NDArray {
  optionsOf('outer', options, PRODUCT);
  const { a, b, dtype } = pair('outer', x, y);
  const sides = [make.reshape(a, [x.size, 1]), make.reshape(b, [1, y.size])] as const;
  return x.arrays.adopt(product('outer', x.arrays, sides, [], dtype, options));
}

/** Axes of x and those of y that they meet. @throws UserError for what is neither a number nor two lists. */
function axisPairs(x: NDArray, y: NDArray, axes: unknown): readonly [readonly number[], readonly number[]] {
  if (typeof axes === 'number') {
    countOf('tensordot', 'the number of axes', axes, 0, Math.min(x.ndim, y.ndim));
    const places = Array.from({ length: axes }, (_, i) => i);
    return [places.map((i) => x.ndim - axes + i), places];
  }
  const isPair = Array.isArray(axes) && axes.length === 2 && axes.every((each) => Array.isArray(each));
  if (isPair) return axes as unknown as [readonly number[], readonly number[]];
  throw new UserError(
    `tensordot: axes are a number, or a list of axes of each array, as [[1], [0]]; received ${textOf(axes)}.`,
  );
}

/** Sums of products along pairs of axes: those that are named, or the last ones of x and the first ones of y, so many. */
export function tensordot(
  x: NDArray,
  y: NDArray,
  axes: number | readonly [readonly number[], readonly number[]] = 2,
  options: MatmulOptions = {},
): NDArray {
  optionsOf('tensordot', options, PRODUCT);
  const { a, b, dtype } = pair('tensordot', x, y);
  const [first, second] = axisPairs(x, y, axes);
  const joined = onceEach('tensordot', x, first);
  const others = onceEach('tensordot', y, second);
  if (joined.length !== others.length || joined.some((axis, i) => x.shape[axis] !== y.shape[others[i] ?? -1]))
    throw new UserError(
      `tensordot: axes ${joined.join(', ')} of ${describe(x)} and ${others.join(', ')} of ${describe(y)} differ in extent.`,
    );
  const keptOf = ({ shape }: NDArray, gone: readonly number[]): number[] =>
    [...shape.keys()].filter((axis) => !gone.includes(axis));
  const [left, right] = [keptOf(x, joined), keptOf(y, others)];
  const extents = ({ shape }: NDArray, some: readonly number[]): number[] =>
    some.map((axis) => shape[axis] ?? 1);
  const [m, k, n] = [extents(x, left), extents(x, joined), extents(y, right)];
  const rows = make.reshape(make.permute(a, [...left, ...joined]), [sizeOf(m), sizeOf(k)]);
  const columns = make.reshape(make.permute(b, [...others, ...right]), [sizeOf(k), sizeOf(n)]);
  const node = product('tensordot', x.arrays, [rows, columns], [], dtype, options);
  return x.arrays.adopt(make.reshape(node, [...m, ...n]));
}
