/**
 * Products of matrices by passes of the Tensor engine. A transposed operand is taken as it lies (`aLayout`, `bLayout`), and formats that the
 * engine does not take go through float32, which holds every integer of up to 2^24.
 */
import type { Dtype } from '../../numerics';
import { make, sameShape, sizeOf, type Node, type Shape } from '../graph';
import { broadcastTo, commonShape, moveAxis } from './shapes';
import { isInteger } from './steps';

/** What the engine takes; the rest goes to it as float32, and what meets float32 does too: that changes no value. */
function operandsOf(a: Node, b: Node): readonly [Node, Node] {
  const foreign = ({ dtype }: Node): boolean =>
    isInteger(dtype) || dtype === 'float32' || dtype === 'float4_e2m1fn' || dtype === 'float8_e8m0fnu';
  return foreign(a) || foreign(b) ? [make.cast(a, 'float32'), make.cast(b, 'float32')] : [a, b];
}

/** What a permutation that swaps the last two axes was made of. */
function untransposed(x: Node): Node | undefined {
  const [source] = x.inputs;
  if (x.op.kind !== 'permute' || source === undefined) return undefined;
  const rank = x.shape.length;
  const swapped = [...Array(rank - 2).keys(), rank - 1, rank - 2];
  return sameShape(x.op.axes, swapped) ? source : undefined;
}

/** Matrices whose leading axes are equal: what is transposed is told the engine, and not done. */
export function product(x: Node, y: Node, dtype: Dtype, how: make.MatmulHow = {}): Node {
  const [a, b] = [untransposed(x), untransposed(y)];
  const layouts: make.MatmulHow = {
    aLayout: (a === undefined) === (how.aLayout !== 'k-major') ? 'row-major' : 'k-major',
    bLayout: (b === undefined) === (how.bLayout !== 'transposed') ? 'row-major' : 'transposed',
  };
  const out = isInteger(dtype) ? 'float32' : dtype;
  return make.cast(make.matmul(...operandsOf(a ?? x, b ?? y), out, { ...how, ...layouts }), dtype);
}

/** Of batches: leading axes are broadcast, and what has none multiplies the rows of all at once. */
function batched(a: Node, b: Node, dtype: Dtype, how: make.MatmulHow): Node {
  const [lead, follow] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [m = 0, k = 0] = a.shape.slice(-2);
  if (sizeOf(follow) === 1 && how.aLayout !== 'k-major' && lead.length > 0 && untransposed(a) === undefined) {
    const matrix = make.reshape(b, b.shape.slice(-2));
    const flat = product(make.reshape(a, [sizeOf(lead) * m, k]), matrix, dtype, how);
    const longer = [...Array<number>(Math.max(follow.length - lead.length, 0)).fill(1), ...lead];
    return make.reshape(flat, [...longer, m, ...flat.shape.slice(-1)]);
  }
  const common = commonShape(lead, follow);
  if (common === undefined) throw new Error('Invariant violation: batches of a product do not meet');
  const spread = (x: Node): Node =>
    sameShape(x.shape.slice(0, -2), common) ? x : broadcastTo(x, [...common, ...x.shape.slice(-2)]);
  return product(spread(a), spread(b), dtype, how);
}

/** NumPy's matmul: an operand of one axis is a row on the left, a column on the right, and its axis is left out of the result. */
export function matmul(x: Node, y: Node, dtype: Dtype = x.dtype, how: make.MatmulHow = {}): Node {
  const [row, column] = [x.shape.length === 1, y.shape.length === 1];
  const a = row ? make.reshape(x, how.aLayout === 'k-major' ? [x.size, 1] : [1, x.size]) : x;
  const b = column ? make.reshape(y, how.bLayout === 'transposed' ? [1, y.size] : [y.size, 1]) : y;
  const result = batched(a, b, dtype, how);
  const shape = [
    ...result.shape.slice(0, -2),
    ...(row ? [] : result.shape.slice(-2, -1)),
    ...(column ? [] : result.shape.slice(-1)),
  ];
  return make.reshape(result, shape);
}

/** NumPy's dot: the last axis of x and the last but one of y; a number multiplies. */
export function dot(x: Node, y: Node, dtype: Dtype = x.dtype): Node {
  if (x.shape.length === 0 || y.shape.length === 0) {
    const shape = [...x.shape, ...y.shape];
    return make.map('multiply', [broadcastTo(x, shape), broadcastTo(y, shape)], dtype);
  }
  if (y.shape.length <= 2) return matmul(x, y, dtype);
  return tensordot(x, y, [[x.shape.length - 1], [y.shape.length - 2]], dtype);
}

/** Every element of x times every one of y. */
export function outer(x: Node, y: Node, dtype: Dtype = x.dtype): Node {
  const shape = [x.size, y.size];
  return make.map(
    'multiply',
    [make.broadcast(make.reshape(x, [x.size, 1]), shape), broadcastTo(make.reshape(y, [y.size]), shape)],
    dtype,
  );
}

/** Sums over pairs of axes; a number is as many last axes of x and first of y. */
export function tensordot(
  x: Node,
  y: Node,
  axes: number | readonly [readonly number[], readonly number[]] = 2,
  dtype: Dtype = x.dtype,
): Node {
  const count = (rank: number, from: number, to: number): number[] => [...Array(rank).keys()].slice(from, to);
  const [ofX, ofY] =
    typeof axes === 'number'
      ? [count(x.shape.length, x.shape.length - axes, x.shape.length), count(y.shape.length, 0, axes)]
      : axes;
  const rest = (node: Node, taken: readonly number[]): number[] =>
    [...node.shape.keys()].filter((axis) => !taken.includes(axis));
  const [freeX, freeY] = [rest(x, ofX), rest(y, ofY)];
  const extents = (node: Node, of: readonly number[]): Shape => of.map((axis) => make.extentOf(node, axis));
  const depth = sizeOf(extents(x, ofX));
  const shapes = [extents(x, freeX), extents(y, freeY)] as const;
  const a = make.reshape(make.permute(x, [...freeX, ...ofX]), [sizeOf(shapes[0]), depth]);
  const b = make.reshape(make.permute(y, [...ofY, ...freeY]), [depth, sizeOf(shapes[1])]);
  return make.reshape(product(a, b, dtype), shapes.flat());
}

/** Elements of which the places along two axes are equal, as the last axis; `offset` further along the second. */
export function diagonal(x: Node, offset = 0, first = 0, second = 1): Node {
  const last = x.shape.length - 1;
  const moved = moveAxis(moveAxis(x, first, last), second > first ? second - 1 : second, last);
  const [rows = 0, columns = 0] = moved.shape.slice(-2);
  const lead = moved.shape.slice(0, -2);
  const [down, right] = [Math.max(-offset, 0), Math.max(offset, 0)];
  const count = Math.max(0, Math.min(rows - down, columns - right));
  const flat = make.reshape(moved, [...lead, rows * columns]);
  const start = [...lead.map(() => 0), count === 0 ? 0 : down * columns + right];
  return make.slice(flat, start, [...lead.map(() => 1), columns + 1], [...lead, count]);
}

/** 1 where column = row + offset, else 0. */
export function eye(rows: number, columns: number, dtype: Dtype, offset = 0): Node {
  const shape = [rows, columns];
  const shifted = make.map('add', [make.iota(shape, 0), make.fill(shape, 'int32', offset)], 'int32');
  return make.map('equal', [make.iota(shape, 1), shifted], dtype);
}

/** The lower triangle of matrices, up to `offset` above the diagonal, and zeros; or the upper from there on. */
export function triangle(x: Node, part: 'lower' | 'upper', offset = 0): Node {
  const rank = x.shape.length;
  const row = make.map('add', [make.iota(x.shape, rank - 2), make.fill(x.shape, 'int32', offset)], 'int32');
  const kept = make.map(
    part === 'lower' ? 'less_equal' : 'greater_equal',
    [make.iota(x.shape, rank - 1), row],
    'uint8',
  );
  return make.map('select', [kept, x, make.fill(x.shape, x.dtype, 0)], x.dtype);
}
