/**
 * The order of the elements of each row. An element's rank is how many come before it, which a loop counts, element after element, for the
 * whole row; a second loop writes each place where its rank says. All of it in float32: 32-bit integers are ranked by their lower
 * halves, then by their upper ones, equal ones by the ranks that they have.
 */
import type { ChipView, Register } from '../../kernel';
import { UserError } from '../../numerics';
import type { OpOf } from '../graph';
import { isWide } from '../reference/values';
import { axesOf, boxesOf, placed } from './boxes';
import { shapeOf, type Strided } from './strided';
import type { Writer } from './writer';

/** Tiles of a row that live at once, of float32. */
const TILES = 14;

/** A row's keys: the most important last; what comes first is less. */
interface Keys {
  readonly keys: readonly ChipView[];
  /** Tells equal ones apart: the place, and behind all places where NaN is. */
  readonly places: ChipView;
}

export function argsort(writer: Writer, { descending }: OpOf<'argsort'>, x: Strided, dst: Strided): void {
  const { nc } = writer;
  const count = shapeOf(x).at(-1) ?? 1;
  const most = Math.floor(nc.chip.sbuf.usableBytes / (4 * TILES));
  if (count > most)
    throw new UserError(`rows of at most ${most} elements are ordered in SBUF, received ${count}.`);
  const lead = x.dims.length - 1;
  const [free] = boxesOf(axesOf([x, dst], lead), 2, Infinity);
  if (free === undefined) return;
  for (const rows of boxesOf(axesOf([x, dst], 0, lead), 2, 128)) {
    const tile = writer.load(placed(x, 0, rows, free), rows.count, count);
    const places = writer.tile(rows.count, count, 'float32');
    nc.iota(places, { pattern: [[1, count]] });
    const { keys, places: told } = isWide(x.dtype)
      ? halves(writer, tile, places, descending)
      : numbers(writer, tile, places, descending);
    const ranks = keys.reduce((order, key) => rank(writer, key, order), told);
    writer.store(placed(dst, 1, rows, free), inverse(writer, ranks, places));
  }
}

/** float32 values, turned round where the largest comes first; NaN as infinity behind all infinities. */
function numbers(writer: Writer, tile: ChipView, places: ChipView, descending: boolean): Keys {
  const { nc } = writer;
  const [partitions = 1, count = 1] = tile.shape;
  const key = writer.tile(partitions, count, 'float32');
  nc.tensor_scalar(key, { data: tile, op0: 'multiply', operand0: descending ? -1 : 1 });
  const strange = writer.tile(partitions, count, 'uint8');
  nc.tensor_tensor(strange, { data1: tile, data2: tile, op: 'not_equal', engine: 'vector' });
  nc.tensor_copy_predicated(key, { src: Infinity, predicate: strange });
  const told = writer.tile(partitions, count, 'float32');
  nc.scalar_tensor_tensor(told, {
    data: strange,
    ...{ op0: 'multiply', operand0: count, op1: 'add', operand1: places },
  });
  return { keys: [key], places: told };
}

/** Words whose order is that of the numbers, in two halves. */
function halves(writer: Writer, tile: ChipView, places: ChipView, descending: boolean): Keys {
  const { nc } = writer;
  const [partitions = 1, count = 1] = tile.shape;
  let words = tile;
  if (tile.dtype === 'int32') {
    words = writer.tile(partitions, count, 'uint32');
    nc.tensor_scalar(words, { data: tile.view('uint32'), op0: 'bitwise_xor', operand0: 2 ** 31 });
  }
  const half = (op0: 'bitwise_and' | 'right_shift', operand0: number): ChipView => {
    const bits = writer.tile(partitions, count, 'uint32');
    nc.tensor_scalar(bits, { data: words, op0, operand0 });
    const key = writer.tile(partitions, count, 'float32');
    nc.tensor_scalar(key, { data: bits, op0: 'multiply', operand0: descending ? -1 : 1 });
    return key;
  };
  return { keys: [half('bitwise_and', 0xffff), half('right_shift', 16)], places };
}

/** How many of a row come before each element: those of smaller keys, and of equal ones those told before. */
function rank(writer: Writer, key: ChipView, told: ChipView): ChipView {
  const { nc } = writer;
  const [partitions = 1, count = 1] = key.shape;
  const ranks = writer.tile(partitions, count, 'float32');
  nc.memset(ranks, { value: 0 });
  nc.fori_loop(0, count, (j: Register) => {
    const [one, place] = [key.select(1, j), told.select(1, j)];
    nc.scalar_tensor_tensor(ranks, {
      data: key,
      ...{ op0: 'greater', operand0: one, op1: 'add', operand1: ranks },
    });
    const equal = writer.tile(partitions, count, 'float32');
    nc.tensor_scalar(equal, { data: key, op0: 'equal', operand0: one });
    nc.scalar_tensor_tensor(equal, {
      data: told,
      ...{ op0: 'greater', operand0: place, op1: 'multiply', operand1: equal },
    });
    nc.tensor_tensor(ranks, { data1: ranks, data2: equal, op: 'add', engine: 'vector' });
  });
  return ranks;
}

/** For each rank the place that has it. */
function inverse(writer: Writer, ranks: ChipView, places: ChipView): ChipView {
  const { nc } = writer;
  const [partitions = 1, count = 1] = ranks.shape;
  const order = writer.tile(partitions, count, 'float32');
  nc.memset(order, { value: 0 });
  nc.fori_loop(0, count, (j: Register) => {
    const here = writer.tile(partitions, count, 'float32');
    nc.tensor_scalar(here, {
      data: places,
      ...{ op0: 'equal', operand0: ranks.select(1, j), op1: 'multiply', operand1: places.select(1, j) },
    });
    nc.tensor_tensor(order, { data1: order, data2: here, op: 'add', engine: 'vector' });
  });
  const result = writer.tile(partitions, count, 'int32');
  nc.tensor_copy(result, { src: order });
  return result;
}
