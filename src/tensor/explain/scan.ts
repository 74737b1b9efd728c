/**
 * Running totals along the last axis: Vector's scan goes from element to element of a row, in float32, in parts that begin with what the
 * part before ended with. Of 32-bit integers GpSimd adds what stands 1, 2, 4, ... places before, which is exact in any order.
 */
import type { ChipView } from '../../kernel';
import type { OpOf, Scan } from '../graph';
import { codeOf, isWide, neutral } from '../reference/values';
import { axesOf, boxesOf, type Box } from './boxes';
import { lastAxis, reversed, shapeOf, type Strided } from './strided';
import type { Writer } from './writer';

/** Elements of a row at once. */
const PART = 2048;

/** What changes no element, the sign of zero included. */
const START = { add: -0, multiply: 1, maximum: -Infinity, minimum: Infinity } as const satisfies Record<
  Scan,
  number
>;

export function scan(writer: Writer, op: OpOf<'scan'>, x: Strided, dst: Strided): void {
  const [from, to] = op.reverse ? [reversed(x), reversed(dst)] : [x, dst];
  if (!op.exclusive) {
    scanRows(writer, op.scan, from, to);
    return;
  }
  const count = shapeOf(x).at(-1) ?? 1;
  const kind = isWide(x.dtype) && x.dtype === dst.dtype ? x.dtype : 'float';
  const code = codeOf(dst.dtype, neutral(op.scan, kind));
  const begin = lastAxis(to, 0, 1);
  for (const rows of boxesOf(axesOf([begin]), 1, 128))
    writer.store(cut(begin, 0, rows), writer.filled(rows.count, 1, dst.dtype, code));
  if (count > 1) scanRows(writer, op.scan, lastAxis(from, 0, count - 1), lastAxis(to, 1, count));
}

const cut = (x: Strided, i: number, rows: Box): Strided => ({
  ...x,
  offset: x.offset + (rows.offsets[i] ?? 0),
  dims: rows.dims[i] ?? [],
});

function scanRows(writer: Writer, op: Scan, x: Strided, dst: Strided): void {
  const lead = x.dims.length - 1;
  const [stride = 1, count = 1] = x.dims.at(-1) ?? [];
  const [step = 1] = dst.dims.at(-1) ?? [];
  const part = (of: Strided, i: number, rows: Box, by: number, start: number, length: number): Strided => {
    const at = cut(of, i, rows);
    return { ...at, offset: at.offset + start * by, dims: [...at.dims, [by, length]] };
  };
  const isExact = isWide(x.dtype) && x.dtype === dst.dtype;
  for (const rows of boxesOf(axesOf([x, dst], 0, lead), 2, 128)) {
    let carry: ChipView | undefined;
    for (let start = 0; start < count; start += PART) {
      const length = Math.min(PART, count - start);
      const tile = writer.load(part(x, 0, rows, stride, start, length), rows.count, length);
      const totals = isExact ? doubled(writer, op, tile, carry) : along(writer, op, tile, carry);
      carry = totals.slice('all', [length - 1, length]);
      let result = totals;
      if (totals.dtype !== dst.dtype) {
        result = writer.tile(rows.count, length, dst.dtype);
        writer.nc.tensor_copy(result, { src: totals });
      }
      writer.store(part(dst, 1, rows, step, start, length), result);
    }
  }
}

/** In float32: what was so far times 1, joined with the next element. */
function along(writer: Writer, op: Scan, tile: ChipView, carry: ChipView | undefined): ChipView {
  const { nc } = writer;
  const [partitions = 1, elements = 1] = tile.shape;
  const ones = writer.tile(partitions, 1, 'float32');
  nc.memset(ones, { value: 1 });
  const totals = writer.tile(partitions, elements, 'float32');
  nc.tensor_tensor_scan(totals, {
    data0: ones.broadcast(1, elements),
    data1: tile,
    initial: carry ?? START[op],
    op0: 'multiply',
    op1: op,
  });
  return totals;
}

function doubled(writer: Writer, op: Scan, tile: ChipView, carry: ChipView | undefined): ChipView {
  const { nc } = writer;
  const [partitions = 1, elements = 1] = tile.shape;
  let totals = tile;
  for (let distance = 1; distance < elements; distance *= 2) {
    const next = writer.tile(partitions, elements, tile.dtype);
    nc.tensor_copy(next.slice('all', [0, distance]), { src: totals.slice('all', [0, distance]) });
    nc.tensor_tensor(next.slice('all', [distance, elements]), {
      data1: totals.slice('all', [0, elements - distance]),
      data2: totals.slice('all', [distance, elements]),
      ...{ op, engine: 'gpsimd' as const },
    });
    totals = next;
  }
  if (carry === undefined) return totals;
  const next = writer.tile(partitions, elements, tile.dtype);
  nc.tensor_tensor(next, {
    data1: totals,
    data2: carry.broadcast(1, elements),
    ...{ op, engine: 'gpsimd' as const },
  });
  return next;
}
