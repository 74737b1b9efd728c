/**
 * Reductions along the last axes, in blocks as the definition has them: Vector joins the elements of a row in their order, block by
 * block, then the totals. Of 32-bit integers GpSimd joins halves, which is exact in any order.
 */
import type { ChipView } from '../../kernel';
import { UserError, type Dtype } from '../../numerics';
import { REDUCE_BLOCK, type Scan } from '../graph';
import { isWide } from '../reference/values';
import { axesOf, boxesOf, countOf, placed } from './boxes';
import { patternOf, recut, shapeOf, whole, type Strided } from './strided';
import type { Writer } from './writer';

/** Elements of a row that are joined in SBUF; of longer ones, and of long ones of few rows, blocks are rows first. */
const MOST = 4096;
const FEW_ROWS = 64;
const LONG = 1024;

const sizeOf = (shape: readonly number[]): number => shape.reduce((all, count) => all * count, 1);

/** dst = the last `axes` axes of x, joined. */
export function reduce(writer: Writer, op: Scan, x: Strided, axes: number, dst: Strided): void {
  const shape = shapeOf(x);
  const rows = shape.slice(0, shape.length - axes);
  const count = sizeOf(shape.slice(rows.length));
  const isShort = count <= REDUCE_BLOCK || (count <= MOST && (count <= LONG || sizeOf(rows) >= FEW_ROWS));
  if (isShort) reduceRows(writer, op, x, rows.length, dst);
  else reduceBlocks(writer, op, dense(writer, x, rows, count), count, dst);
}

/** [rows, count], moved together where strides do not say so. */
function dense(writer: Writer, x: Strided, rows: readonly number[], count: number): Strided {
  const seen = recut(x, [...rows, count]);
  if (seen !== undefined) return seen;
  const moved = writer.between(x.dtype, [...rows, count]);
  writer.nc.dma_copy(patternOf(moved), { src: patternOf(x) });
  return moved;
}

/** A total of each block first: blocks are rows of their own. */
function reduceBlocks(writer: Writer, op: Scan, x: Strided, count: number, dst: Strided): void {
  const rows = shapeOf(x).slice(0, -1);
  const full = Math.floor(count / REDUCE_BLOCK);
  const rest = count - full * REDUCE_BLOCK;
  const dtype = isExact(x, dst) ? dst.dtype : 'float32';
  const totals = writer.between(dtype, [...rows, full + (rest > 0 ? 1 : 0)]);
  const cut = (from: number, shape: readonly number[]): Strided => {
    const [stride] = x.dims.at(-1) ?? [1, 1];
    const dims = [
      ...x.dims.slice(0, -1),
      ...whole(x.tensor, x.dtype, shape).dims.map(([step, extent]) => [step * stride, extent] as const),
    ];
    return { ...x, offset: x.offset + from * stride, dims };
  };
  const totalsOf = (from: number, extent: number): Strided => ({
    ...totals,
    offset: totals.offset + from,
    dims: [...totals.dims.slice(0, -1), [1, extent]],
  });
  reduceRows(writer, op, cut(0, [full, REDUCE_BLOCK]), rows.length + 1, totalsOf(0, full));
  if (rest > 0)
    reduceRows(writer, op, cut(full * REDUCE_BLOCK, [1, rest]), rows.length + 1, totalsOf(full, 1));
  reduce(writer, op, totals, 1, dst);
}

const isExact = (x: { readonly dtype: Dtype }, dst: { readonly dtype: Dtype }): boolean =>
  isWide(x.dtype) && x.dtype === dst.dtype;

/** Whole rows in tiles: the axes from `lead` on. */
function reduceRows(writer: Writer, op: Scan, x: Strided, lead: number, dst: Strided): void {
  const [free] = boxesOf(axesOf([x], lead), 1, Infinity);
  if (free === undefined) return;
  for (const rows of boxesOf(axesOf([x, dst], 0, lead), 2, 128)) {
    const tile = writer.load(placed(x, 0, rows, free), rows.count, free.count);
    const total = reduceTile(writer, op, tile, dst.dtype);
    writer.store({ ...dst, offset: dst.offset + (rows.offsets[1] ?? 0), dims: rows.dims[1] ?? [] }, total);
  }
}

/** The total of each row of a tile, which is of no use afterwards. */
export function reduceTile(writer: Writer, op: Scan, tile: ChipView, dtype: Dtype): ChipView {
  const [partitions = 1, count = 1] = tile.shape;
  const total = writer.tile(partitions, 1, dtype);
  if (isExact(tile, { dtype })) {
    halve(writer, op, tile, count);
    writer.nc.tensor_copy(total, { src: tile.slice('all', [0, 1]) });
  } else joinBlocks(writer, op, tile, count, total);
  return total;
}

/** By Vector, in order; blocks of blocks where a row has more than one. */
function joinBlocks({ nc }: Writer, op: Scan, row: ChipView, count: number, total: ChipView): void {
  let [level, left] = [row, count];
  while (left > REDUCE_BLOCK) {
    const full = Math.floor(left / REDUCE_BLOCK);
    const over = left - full * REDUCE_BLOCK;
    const blocks = full + (over > 0 ? 1 : 0);
    const totals = nc.sbuf([row.shape[0] ?? 1, blocks], 'float32', { name: 'tile' });
    const data = level.slice('all', [0, full * REDUCE_BLOCK]).split(1, full, REDUCE_BLOCK);
    nc.tensor_reduce(totals.slice('all', [0, full]), { data, op, axes: 1 });
    if (over > 0)
      nc.tensor_reduce(totals.slice('all', [full, blocks]), {
        data: level.slice('all', [full * REDUCE_BLOCK, left]),
        ...{ op, axes: 1 },
      });
    [level, left] = [totals, blocks];
  }
  nc.tensor_reduce(total, { data: level, op, axes: 1 });
}

/** By GpSimd, in place: the upper half joins the lower one until one element is left. */
function halve({ nc }: Writer, op: Scan, tile: ChipView, count: number): void {
  for (let left = count; left > 1;) {
    const kept = Math.ceil(left / 2);
    const lower = tile.slice('all', [0, left - kept]);
    nc.tensor_tensor(lower, { data1: lower, data2: tile.slice('all', [kept, left]), op, engine: 'gpsimd' });
    left = kept;
  }
}

/** Places of a row that float32 holds exactly. */
const MOST_PLACES = 2 ** 24;

/** dst = the first place of the largest (or smallest) element; NaN is before all. */
export function place(
  writer: Writer,
  kind: 'maximum' | 'minimum',
  x: Strided,
  axes: number,
  dst: Strided,
): void {
  const { nc } = writer;
  const shape = shapeOf(x);
  const lead = shape.length - axes;
  const free = axesOf([x, whole(x.tensor, x.dtype, shape)], lead);
  if (countOf(free) > MOST_PLACES)
    throw new UserError(`places are told in float32, which holds ${MOST_PLACES}, received ${countOf(free)}.`);
  const best = writer.between(x.dtype, shape.slice(0, lead));
  reduce(writer, kind, x, axes, best);
  for (const rows of boxesOf(axesOf([x, best, dst], 0, lead), 3, 128)) {
    const column = (of: Strided, i: number): Strided => ({
      ...of,
      offset: of.offset + (rows.offsets[i] ?? 0),
      dims: rows.dims[i] ?? [],
    });
    const value = writer.load(column(best, 1), rows.count, 1);
    const found = writer.tile(rows.count, 1, 'float32');
    nc.memset(found, { value: MOST_PLACES });
    for (const cut of boxesOf(free, 2, 2048)) {
      const tile = writer.load(placed(x, 0, rows, cut), rows.count, cut.count);
      const hits = hitsOf(writer, tile, value.broadcast(1, cut.count));
      const far = writer.tile(rows.count, cut.count, 'float32');
      nc.tensor_scalar(far, {
        data: hits,
        ...{ op0: 'multiply', operand0: -MOST_PLACES, op1: 'add', operand1: MOST_PLACES },
      });
      const places = writer.tile(rows.count, cut.count, 'float32');
      nc.iota(places, { pattern: [[1, cut.count]], offset: cut.offsets[1] ?? 0 });
      nc.tensor_tensor(places, { data1: places, data2: far, op: 'add', engine: 'vector' });
      const nearest = writer.tile(rows.count, 1, 'float32');
      nc.tensor_reduce(nearest, { data: places, op: 'minimum', axes: 1 });
      nc.tensor_tensor(found, { data1: found, data2: nearest, op: 'minimum', engine: 'vector' });
    }
    const result = writer.tile(rows.count, 1, 'int32');
    nc.tensor_copy(result, { src: found });
    writer.store(column(dst, 2), result);
  }
}

/** 1 where an element is the best of its row or NaN. Where any is NaN, so is the best, which nothing equals. */
function hitsOf(writer: Writer, tile: ChipView, best: ChipView): ChipView {
  const { nc } = writer;
  const [partitions = 1, elements = 1] = tile.shape;
  if (isWide(tile.dtype)) {
    const hits = writer.tile(partitions, elements, tile.dtype);
    nc.tensor_tensor(hits, { data1: tile, data2: best, op: 'equal', engine: 'gpsimd' });
    return hits;
  }
  const [hits, strange] = [0, 1].map(() => writer.tile(partitions, elements, 'float32')) as [
    ChipView,
    ChipView,
  ];
  nc.tensor_tensor(hits, { data1: tile, data2: best, op: 'equal', engine: 'vector' });
  nc.tensor_tensor(strange, { data1: tile, data2: tile, op: 'not_equal', engine: 'vector' });
  nc.tensor_tensor(hits, { data1: hits, data2: strange, op: 'maximum', engine: 'vector' });
  return hits;
}
