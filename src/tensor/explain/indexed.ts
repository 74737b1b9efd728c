/**
 * Rows by index: DMAs that take, or put, the rows which indices in SBUF name, up to 128 at once. Indices that lie outside are clamped, or
 * marked, by Vector before; where that is a fault, the DMA is told so by its index, and stops the run.
 */
import type { ChipView, HbmView, Register } from '../../kernel';
import { UserError } from '../../numerics';
import type { OpOf, Outside } from '../graph';
import { isWide } from '../reference/values';
import { patternOf, shapeOf, sliced, type Strided } from './strided';
import type { Writer } from './writer';

/** Elements of a row at once: 16 KB of 32 bits. */
const MOST = 4096;
/** Rows that float32, in which indices are compared, holds exactly. */
const MOST_ROWS = 2 ** 24;
/** An index that is outside of every tensor. */
const NOWHERE = 2 ** 31 - 1;

interface Indices {
  /** [P, 1] of int32, for the DMA. */
  readonly index: ChipView;
  /** 1 where the index lies inside: of `zero`. */
  readonly inside: ChipView | undefined;
}

/** Indices of rows 0 to size - 1, as what lies outside asks for: clamped, or as they are. */
function indicesOf(writer: Writer, given: ChipView, size: number, outside: Outside): Indices {
  const { nc } = writer;
  if (outside === 'fault') return { index: given, inside: undefined };
  const [partitions = 1] = given.shape;
  const index = writer.tile(partitions, 1, 'int32');
  nc.tensor_scalar(index, {
    data: given,
    ...{ op0: 'maximum', operand0: 0, op1: 'minimum', operand1: size - 1 },
  });
  if (outside === 'clamp') return { index, inside: undefined };
  const inside = writer.tile(partitions, 1, 'uint8');
  nc.tensor_tensor(inside, { data1: index, data2: given, op: 'equal', engine: 'vector' });
  return { index, inside };
}

function requireRows(size: number): void {
  if (size < MOST_ROWS) return;
  throw new UserError(`indices are compared in float32, which holds ${MOST_ROWS} rows, received ${size}.`);
}

/** Parts of [outer, count, inner]: a block, up to 128 of its rows, and as many elements of each as fit a tile. */
function* partsOf(outer: number, count: number, inner: number) {
  for (let block = 0; block < outer; block++)
    for (let row = 0; row < count; row += 128)
      for (let from = 0; from < inner; from += MOST) {
        const [rows, elements] = [Math.min(128, count - row), Math.min(MOST, inner - from)];
        yield { block, row, rows, from, elements };
      }
}

type Part = ReturnType<typeof partsOf> extends Generator<infer T> ? T : never;

/** Rows of a block, and elements of each. */
const rowsOf = (x: Strided, { block, row, rows, from, elements }: Part): Strided => {
  const part = sliced(x, { start: [block, row, from], step: [] }, [1, rows, elements]);
  return { ...part, dims: part.dims.slice(1) };
};

const indexPart = (index: Strided, { block, row, rows }: Part): Strided => {
  const shared = index.dims[0]?.[1] === 1;
  return sliced(index, { start: [shared ? 0 : block, row], step: [] }, [1, rows]);
};

/** All rows of a block: what an index chooses from. */
const table = (x: Strided, { block, from, elements }: Part): HbmView => {
  const [, [, size] = [0, 1]] = x.dims;
  const part = sliced(x, { start: [block, 0, from], step: [] }, [1, size, elements]);
  return patternOf({ ...part, dims: part.dims.slice(1) });
};

export function gather(
  writer: Writer,
  { outside, what }: OpOf<'gather'>,
  data: Strided,
  index: Strided,
  dst: Strided,
): void {
  const { nc } = writer;
  const [outer = 1, size = 1] = shapeOf(data);
  const [, count = 1, inner = 1] = shapeOf(dst);
  requireRows(size);
  if (outside === 'fault') noteFault(writer, what, outer);
  for (const part of partsOf(outer, count, inner)) {
    const given = writer.load(indexPart(index, part), part.rows, 1);
    const { index: rows, inside } = indicesOf(writer, given, size, outside);
    const taken = writer.tile(part.rows, part.elements, data.dtype);
    nc.dma_copy(taken, { src: table(data, part).indirect(rows) });
    let result = taken;
    if (inside !== undefined) {
      result = writer.filled(part.rows, part.elements, data.dtype, 0);
      nc.tensor_copy_predicated(result, { src: taken, predicate: wide(inside, part.elements) });
    }
    writer.store(rowsOf(dst, part), result);
  }
}

const wide = (column: ChipView, elements: number): ChipView =>
  elements === 1 ? column : column.broadcast(1, elements);

function noteFault(writer: Writer, what: string, outer: number): void {
  writer.notes.add(
    `An index outside ends the run of the Program (${what})${outer === 1 ? '' : '; within the tensor, in a block of another row, it is not noticed'}.`,
  );
}

export function scatter(
  writer: Writer,
  op: OpOf<'scatter'>,
  [base, index, updates]: readonly [Strided, Strided, Strided],
  dst: Strided,
): void {
  const [outer = 1, size = 1] = shapeOf(base);
  requireRows(size);
  if (op.outside === 'fault') noteFault(writer, op.what, outer);
  writer.move(dst, base);
  if (op.combine === 'set') {
    put(writer, op, index, updates, dst);
    return;
  }
  // Totals of other floats stay float32 until the last row has joined them; rows that none joins keep their bits.
  const isApart = !isWide(base.dtype) && base.dtype !== 'float32';
  const totals = isApart ? writer.between('float32', shapeOf(base)) : dst;
  if (isApart) writer.move(totals, base);
  if (op.combine === 'add' && !isWide(base.dtype)) put(writer, op, index, updates, totals);
  else joinRows(writer, op, index, updates, totals);
  if (isApart) putRounded(writer, op, index, updates, totals, dst);
}

/** The rows of totals that were joined, in dst's format. */
function putRounded(
  writer: Writer,
  { outside }: OpOf<'scatter'>,
  index: Strided,
  updates: Strided,
  totals: Strided,
  dst: Strided,
): void {
  const { nc } = writer;
  const [outer = 1, count = 1, inner = 1] = shapeOf(updates);
  const size = shapeOf(totals)[1] ?? 1;
  for (const part of partsOf(outer, count, inner)) {
    const given = writer.load(indexPart(index, part), part.rows, 1);
    const targets = targetsOf(writer, given, size, outside);
    const joined = writer.filled(part.rows, part.elements, 'float32', 0);
    nc.dma_copy(joined, { src: table(totals, part).indirect(targets), ...skipping(outside) });
    const rows = writer.tile(part.rows, part.elements, dst.dtype);
    nc.tensor_copy(rows, { src: joined });
    nc.dma_copy(table(dst, part).indirect(targets), { src: rows, ...skipping(outside) });
  }
}

/** Where an index is to be dropped it becomes one that the DMA skips. */
function targetsOf(writer: Writer, given: ChipView, size: number, outside: Outside): ChipView {
  const { index, inside } = indicesOf(writer, given, size, outside);
  if (inside === undefined) return index;
  const [partitions = 1] = given.shape;
  const targets = writer.tile(partitions, 1, 'int32');
  writer.nc.memset(targets, { value: NOWHERE });
  writer.nc.tensor_copy_predicated(targets, { src: index, predicate: inside });
  return targets;
}

const skipping = (outside: Outside): { readonly oob_mode?: 'skip' } =>
  outside === 'zero' ? { oob_mode: 'skip' } : {};

/** Up to 128 rows at once, in order: DMAs replace rows, or add to them. */
function put(
  writer: Writer,
  { combine, outside }: OpOf<'scatter'>,
  index: Strided,
  updates: Strided,
  totals: Strided,
): void {
  const { nc } = writer;
  const [outer = 1, count = 1, inner = 1] = shapeOf(updates);
  const size = shapeOf(totals)[1] ?? 1;
  for (const part of partsOf(outer, count, inner)) {
    const given = writer.load(indexPart(index, part), part.rows, 1);
    const targets = targetsOf(writer, given, size, outside);
    const rows = writer.load(rowsOf(updates, part), part.rows, part.elements);
    const to = table(totals, part).indirect(targets);
    if (combine === 'set') nc.dma_copy(to, { src: rows, ...skipping(outside) });
    else
      nc.dma_compute(to, {
        src0: to,
        src1: rows,
        reduce_op: 'add',
        unique_indices: false,
        ...skipping(outside),
      });
  }
}

/** Row after row, in a loop: each is taken out, joined and put back. */
function joinRows(
  writer: Writer,
  { combine, outside }: OpOf<'scatter'>,
  index: Strided,
  updates: Strided,
  totals: Strided,
): void {
  const { nc } = writer;
  const [outer = 1, count = 1, inner = 1] = shapeOf(updates);
  const size = shapeOf(totals)[1] ?? 1;
  const op = combine === 'set' ? 'add' : combine;
  for (let block = 0; block < outer; block++) {
    for (let from = 0; from < inner; from += MOST) {
      const part: Part = { block, row: 0, rows: count, from, elements: Math.min(MOST, inner - from) };
      const [all, places] = [patternOf(rowsOf(updates, part)), patternOf(indexPart(index, part))];
      const one = (row: Register): void => {
        const given = writer.tile(1, 1, 'int32');
        nc.dma_copy(given, { src: places.select(1, row) });
        const target = targetsOf(writer, given, size, outside);
        const update = writer.tile(1, part.elements, updates.dtype);
        nc.dma_copy(update, { src: all.select(0, row) });
        const to = table(totals, part).slice([0, 1]).offsetBy(0, target);
        const known = writer.filled(1, part.elements, totals.dtype, 0);
        nc.dma_copy(known, { src: to, ...skipping(outside) });
        const joined = writer.tile(1, part.elements, totals.dtype);
        const engine = isWide(totals.dtype) ? 'gpsimd' : 'vector';
        nc.tensor_tensor(joined, { data1: known, data2: update, op, engine });
        nc.dma_copy(to, { src: joined, ...skipping(outside) });
      };
      nc.fori_loop(0, count, one);
    }
  }
}
