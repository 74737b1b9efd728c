/**
 * The two layers of a transformer's MLP in one kernel: result = f(x up) down with f gelu or silu, or, gated, (silu(x gate) * (x up)) down. x is
 * [tokens, width], up and gate are [width, inner], down is [inner, out].
 *
 * The first product is made transposed, so that nothing between the layers needs turning: the weights are stationary, 128 columns of
 * inner at a time, and what comes out, [128 of inner, tokens], is just what the second product takes as stationary. Only x is
 * transposed, by the Tensor engine. What lies between the layers never leaves SBUF.
 *
 *   h^T[128 of inner, 512 tokens]  = up^T x^T      one pass for each 128 of width, in PSUM
 *   a^T                            = f(h^T)        Scalar, from PSUM to SBUF; gated, Vector multiplies by the other product
 *   result[128 tokens, 512 of out] = (a^T)^T down  one pass for each 128 of inner
 */
import { kernel, type ChipView, type HbmView, type Nc } from '../kernel';
import { UserError } from '../numerics';
import { matrixOf, sizeOf, tilesOf, type Shaped, type Tile } from './shapes';

/** Rows and stationary columns of the Tensor engine, and one PSUM bank of float32. */
const ROWS = 128;
const BANK = 512;

export type MlpFunction = 'gelu' | 'silu';

export interface Mlp<T> {
  readonly x: T;
  readonly up: T;
  /** Where the layer is gated. */
  readonly gate?: T;
  readonly down: T;
}

export interface MlpShape {
  readonly tokens: number;
  readonly width: number;
  readonly inner: number;
  readonly out: number;
}

/** @throws UserError when the shapes do not fit. */
export function mlpShape({ x, up, gate, down }: Mlp<Shaped>): MlpShape {
  const [tokens, width] = matrixOf('x', x);
  const [rows, inner] = matrixOf('up', up);
  const [columns, out] = matrixOf('down', down);
  if (rows !== width) throw new UserError(`up must be [${width}, inner], received [${rows}, ${inner}].`);
  if (columns !== inner) throw new UserError(`down must be [${inner}, out], received [${columns}, ${out}].`);
  if (gate !== undefined && gate.shape.join() !== up.shape.join()) {
    throw new UserError(`gate must be [${width}, ${inner}], received [${gate.shape.join(', ')}].`);
  }
  return { tokens, width, inner, out };
}

function load(nc: Nc, source: HbmView, rows: Tile, columns: Tile): ChipView {
  const tile = nc.sbuf([sizeOf(rows), sizeOf(columns)], source.dtype);
  nc.dma_copy(tile, { src: source.slice(rows, columns) });
  return tile;
}

/** x^T of a block of tokens, 128 of width at a time: [128, tokens] each. */
function turnedTokens(nc: Nc, x: HbmView, block: Tile, depths: readonly Tile[]): readonly ChipView[] {
  return depths.map((depth) => {
    const sums = nc.psum([sizeOf(depth), sizeOf(block)], x.dtype);
    for (const [start, stop] of tilesOf(sizeOf(block), ROWS)) {
      const tile = load(nc, x, [block[0] + start, block[0] + stop], depth);
      nc.nc_transpose(sums.slice('all', [start, stop]), { data: tile });
    }
    const turned = nc.sbuf([sizeOf(depth), sizeOf(block)], x.dtype);
    nc.tensor_copy(turned, { src: sums });
    return turned;
  });
}

/** weights[:, columns]^T x^T in PSUM: [columns, tokens]. */
function firstLayer(
  nc: Nc,
  weights: HbmView,
  depths: readonly Tile[],
  columns: Tile,
  turned: readonly ChipView[],
): ChipView {
  const [, tokens = NaN] = turned[0]?.shape ?? [];
  const sum = nc.psum([sizeOf(columns), tokens], 'float32');
  for (const [index, depth] of depths.entries()) {
    const moving = turned[index];
    if (moving !== undefined) nc.nc_matmul(sum, { stationary: load(nc, weights, depth, columns), moving });
  }
  return sum;
}

function layers(nc: Nc, { x, up, gate, down }: Mlp<HbmView>, op: MlpFunction): void {
  const { tokens, width, inner, out } = mlpShape({ x, up, down, ...(gate && { gate }) });
  const result = nc.hbm('result', [tokens, out], x.dtype);
  const depths = tilesOf(width, ROWS);
  const inners = tilesOf(inner, ROWS);
  for (const block of tilesOf(tokens, BANK)) {
    const turned = turnedTokens(nc, x, block, depths);
    const hidden = inners.map((columns): ChipView => {
      const shape = [sizeOf(columns), sizeOf(block)];
      const active = nc.sbuf(shape, x.dtype);
      const sum = firstLayer(nc, up, depths, columns, turned);
      if (gate === undefined) {
        nc.activation(active, { op, data: sum });
        return active;
      }
      const opened = nc.sbuf(shape, 'float32');
      nc.activation(opened, { op, data: firstLayer(nc, gate, depths, columns, turned) });
      nc.tensor_tensor(active, { data1: opened, data2: sum, op: 'multiply' });
      return active;
    });
    for (const columns of tilesOf(out, BANK)) {
      // A bank for each part of the tokens, so that a tile of the weights is loaded once for all of them.
      const parts = tilesOf(sizeOf(block), ROWS).map((part) => {
        return { part, sum: nc.psum([sizeOf(part), sizeOf(columns)], 'float32') };
      });
      for (const [index, depth] of inners.entries()) {
        const [moving, stationary] = [load(nc, down, depth, columns), hidden[index]];
        for (const { part, sum } of parts) {
          if (stationary !== undefined) {
            nc.nc_matmul(sum, { stationary: stationary.slice('all', part), moving });
          }
        }
      }
      for (const { part, sum } of parts) {
        const tile = nc.sbuf([sizeOf(part), sizeOf(columns)], x.dtype);
        nc.tensor_copy(tile, { src: sum });
        const rows = [block[0] + part[0], block[0] + part[1]] as const;
        nc.dma_copy(result.slice(rows, columns), { src: tile });
      }
    }
  }
}

export const mlpGelu = kernel('mlp_gelu', ['x', 'up', 'down'], (nc, inputs) => {
  layers(nc, inputs, 'gelu');
});

export const mlpSilu = kernel('mlp_silu', ['x', 'up', 'down'], (nc, inputs) => {
  layers(nc, inputs, 'silu');
});

export const mlpGated = kernel('mlp_gated', ['x', 'gate', 'up', 'down'], (nc, inputs) => {
  layers(nc, inputs, 'silu');
});
