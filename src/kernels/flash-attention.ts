/**
 * result = softmax(q k^T / sqrt(size)) v for each head, without ever holding a row of scores whole: the forward pass of FlashAttention
 * (Dao et al., 2022). q is [heads, queries, size], k and v are [heads, keys, size]; heads are those of all batches.
 *
 * Keys and values stream through SBUF once, 512 at a time; each block meets every tile of 128 queries, whose transposes stay. A tile keeps
 * three things from block to block: the negated largest scaled score so far, the sum of exponentials less that maximum, and their
 * product with v. A block that raises the maximum shrinks the other two by exp(old - new).
 *
 *   scores[128, 512]  = (q^T)^T k^T                 Tensor, one pass, to PSUM
 *   p[128, 512]       = exp(scale scores - max)     Scalar, sums of the rows beside it
 *   p^T               by 128 x 128                  Tensor: the next product sums over keys, which must lie in partitions
 *   out[128, size]    = out exp(old - new) + p v    Tensor, four passes of 128 keys, and Vector
 *
 * Causal: a query meets no key after it. Blocks that lie wholly after a tile are left out, and of the block on the diagonal what
 * follows the tile; a mask of 0 and -1e30 is added to the 128 x 128 scores that the diagonal crosses.
 */
import { kernel, type ChipView, type HbmView, type Nc } from '../kernel';
import { UserError } from '../numerics';
import { cubeOf, sizeOf, tilesOf, type Shaped, type Tile } from './shapes';

const PARTITIONS = 128;
/** Keys of a block: columns of scores that one pass of the Tensor engine and one PSUM bank of float32 take. */
export const BLOCK = 512;
/** Below every score less its maximum: its exponential is 0. */
const MASKED = -1e30;

export interface Attention<T> {
  readonly q: T;
  readonly k: T;
  readonly v: T;
}

export interface AttentionShape {
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly size: number;
}

/** @throws UserError when the inputs do not fit, or a head is larger than the Tensor engine has rows. */
export function attentionShape({ q, k, v }: Attention<Shaped>, causal: boolean): AttentionShape {
  const [heads, queries, size] = cubeOf('q', q);
  const [, keys] = cubeOf('k', k);
  for (const [name, { shape }] of [
    ['k', k],
    ['v', v],
  ] as const) {
    if (shape.join() === [heads, keys, size].join()) continue;
    throw new UserError(
      `${name} must be [heads, keys, size] = [${heads}, ${keys}, ${size}], received [${shape.join(', ')}].`,
    );
  }
  if (size > PARTITIONS) throw new UserError(`size must be at most ${PARTITIONS}, received ${size}.`);
  if (causal && queries !== keys) {
    throw new UserError(
      `Causal attention has a key for each query, received ${queries} queries and ${keys} keys.`,
    );
  }
  return { heads, queries, keys, size };
}

/** What a tile of queries keeps from block to block. */
interface Running {
  readonly negatedMax: ChipView;
  readonly sum: ChipView;
  readonly out: ChipView;
}

interface Queries {
  readonly rows: Tile;
  /** [size, queries of the tile] */
  readonly turned: ChipView;
  running: Running | undefined;
}

interface Block {
  /** [size, keys of the block] */
  readonly keys: ChipView;
  /** [128, parts of 128 keys, size] */
  readonly values: ChipView;
}

/** Rows [n, size] in HBM, at most 512, as [size, n] in SBUF. */
function turnedRows(nc: Nc, source: HbmView): ChipView {
  const [rows = NaN, size = NaN] = source.shape;
  const sums = nc.psum([size, rows], source.dtype);
  for (const part of tilesOf(rows, PARTITIONS)) {
    const tile = nc.sbuf([sizeOf(part), size], source.dtype);
    nc.dma_copy(tile, { src: source.slice(part, 'all') });
    nc.nc_transpose(sums.slice('all', part), { data: tile });
  }
  const turned = nc.sbuf([size, rows], source.dtype);
  nc.tensor_copy(turned, { src: sums });
  return turned;
}

/** Rows [n, size] in HBM as [128, parts, size] in SBUF. */
function loadedParts(nc: Nc, source: HbmView): ChipView {
  const [rows = NaN, size = NaN] = source.shape;
  const parts = tilesOf(rows, PARTITIONS);
  const tile = nc.sbuf([PARTITIONS, parts.length, size], source.dtype);
  for (const [index, part] of parts.entries()) {
    nc.dma_copy(tile.slice([0, sizeOf(part)], index, 'all'), { src: source.slice(part, 'all') });
  }
  return tile;
}

/** p [n, m] as [128, parts of 128 of m, n] in SBUF: the last part has fewer partitions where 128 does not divide m. */
function turnedParts(nc: Nc, p: ChipView): ChipView {
  const [rows = NaN, columns = NaN] = p.shape;
  const parts = tilesOf(columns, PARTITIONS);
  const sums = nc.psum([PARTITIONS, parts.length, rows], p.dtype);
  for (const [index, part] of parts.entries()) {
    nc.nc_transpose(sums.slice([0, sizeOf(part)], index, 'all'), { data: p.slice('all', part) });
  }
  const turned = nc.sbuf([PARTITIONS, parts.length, rows], p.dtype);
  const whole = Math.floor(columns / PARTITIONS);
  if (whole > 0) {
    nc.tensor_copy(turned.slice('all', [0, whole], 'all'), { src: sums.slice('all', [0, whole], 'all') });
  }
  const left = columns - whole * PARTITIONS;
  if (left > 0) {
    nc.tensor_copy(turned.slice([0, left], whole, 'all'), { src: sums.slice([0, left], whole, 'all') });
  }
  return turned;
}

/** [128, 128]: 0 where the column is not after the row, else so low that nothing is left of a score. */
function diagonalMask(nc: Nc): ChipView {
  const zeros = nc.sbuf([PARTITIONS, PARTITIONS], 'float32');
  nc.memset(zeros, { value: 0 });
  const mask = nc.sbuf([PARTITIONS, PARTITIONS], 'float32');
  nc.affine_select(mask, {
    on_true: zeros,
    pattern: [[-1, PARTITIONS]],
    channel_multiplier: 1,
    cmp_op: 'greater_equal',
    on_false_value: MASKED,
  });
  return mask;
}

/** One block of keys and values met by one tile of queries. */
function meet(nc: Nc, queries: Queries, block: Block, mask: ChipView | undefined): Running {
  const { turned, running } = queries;
  const [size = NaN, rows = NaN] = turned.shape;
  const [, keys = NaN] = block.keys.shape;
  const column = () => nc.sbuf([rows, 1], 'float32');
  const scale = Math.fround(1 / Math.sqrt(size));

  const scores = nc.psum([rows, keys], 'float32');
  nc.nc_matmul(scores, { stationary: turned, moving: block.keys });
  if (mask !== undefined) {
    const crossed = scores.slice('all', [keys - rows, keys]);
    nc.tensor_tensor(crossed, { data1: crossed, data2: mask.slice([0, rows], [0, rows]), op: 'add' });
  }
  const most = column();
  nc.tensor_reduce(most, { op: 'maximum', data: scores, axes: 1 });
  const negatedMax = column();
  nc.tensor_scalar(negatedMax, {
    data: most,
    op0: 'multiply',
    operand0: -scale,
    ...(running !== undefined && { op1: 'minimum', operand1: running.negatedMax }),
  });
  const p = nc.sbuf([rows, keys], block.values.dtype);
  const blockSum = column();
  const exps = { op: 'exp', data: scores, scale, bias: negatedMax } as const;
  nc.activation_reduce(p, { ...exps, reduce_op: 'add', reduce_res: blockSum });

  const turnedP = turnedParts(nc, p);
  const product = nc.psum([rows, size], 'float32');
  for (const [index, part] of tilesOf(keys, PARTITIONS).entries()) {
    const partitions = [0, sizeOf(part)] as const;
    nc.nc_matmul(product, {
      stationary: turnedP.slice(partitions, index, 'all'),
      moving: block.values.slice(partitions, index, 'all'),
    });
  }
  if (running === undefined) {
    const out = nc.sbuf([rows, size], 'float32');
    nc.tensor_copy(out, { src: product });
    return { negatedMax, sum: blockSum, out };
  }
  const shrink = column();
  nc.activation(shrink, { op: 'exp', data: running.negatedMax, scale: -1, bias: negatedMax });
  for (const [kept, more] of [
    [running.sum, blockSum],
    [running.out, product],
  ] as const) {
    const added = { op1: 'add', operand1: more } as const;
    nc.scalar_tensor_tensor(kept, { data: kept, op0: 'multiply', operand0: shrink, ...added });
  }
  return { ...running, negatedMax };
}

/** The part of a block that a tile of queries meets, and whether the diagonal crosses it. */
function seen(
  rows: Tile,
  keys: Tile,
  causal: boolean,
): { readonly count: number; readonly crossed: boolean } {
  const [, lastRow] = rows;
  const [from, to] = keys;
  const end = causal ? Math.min(lastRow, to) : to;
  return { count: end - from, crossed: causal && rows[0] >= from && rows[0] < to };
}

function attend(nc: Nc, inputs: Attention<HbmView>, causal: boolean): void {
  const { heads, queries, keys, size } = attentionShape(inputs, causal);
  const { q, k, v } = inputs;
  const result = nc.hbm('result', [heads, queries, size], q.dtype);
  const mask = causal ? diagonalMask(nc) : undefined;
  for (let head = 0; head < heads; head++) {
    const tiles = tilesOf(queries, PARTITIONS).map((rows): Queries => {
      return { rows, turned: turnedRows(nc, q.slice(head, rows, 'all')), running: undefined };
    });
    for (const range of tilesOf(keys, BLOCK)) {
      const turnedKeys = turnedRows(nc, k.slice(head, range, 'all'));
      const values = loadedParts(nc, v.slice(head, range, 'all'));
      for (const tile of tiles) {
        const { count, crossed } = seen(tile.rows, range, causal);
        if (count <= 0) continue;
        const block = { keys: turnedKeys.slice('all', [0, count]), values };
        tile.running = meet(nc, tile, block, crossed ? mask : undefined);
      }
    }
    for (const { rows, running } of tiles) {
      if (running === undefined) continue;
      const share = nc.sbuf([sizeOf(rows), 1], 'float32');
      nc.reciprocal(share, { data: running.sum });
      const out = nc.sbuf([sizeOf(rows), size], q.dtype);
      nc.tensor_scalar(out, { data: running.out, op0: 'multiply', operand0: share });
      nc.dma_copy(result.slice(head, rows, 'all'), { src: out });
    }
  }
}

export const flashAttention = kernel('flash_attention', ['q', 'k', 'v'], (nc, inputs) => {
  attend(nc, inputs, false);
});

export const flashAttentionCausal = kernel('flash_attention_causal', ['q', 'k', 'v'], (nc, inputs) => {
  attend(nc, inputs, true);
});
