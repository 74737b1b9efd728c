/** result[N, M] = x[M, N]^T, in tiles of 128 x 128 that pass through the Tensor engine. Bits are kept. */
import { kernel } from '../kernel';
import { matrixOf, sizeOf, tilesOf } from './shapes';

const TILE = 128;

export const transpose = kernel('transpose', ['x'], (nc, { x }) => {
  const [m, n] = matrixOf('x', x);
  const result = nc.hbm('result', [n, m], x.dtype);
  for (const rows of tilesOf(m, TILE)) {
    for (const columns of tilesOf(n, TILE)) {
      const tile = nc.sbuf([sizeOf(rows), sizeOf(columns)], x.dtype);
      nc.dma_copy(tile, { src: x.slice(rows, columns) });
      const turned = nc.psum([sizeOf(columns), sizeOf(rows)], x.dtype);
      nc.nc_transpose(turned, { data: tile });
      const out = nc.sbuf([sizeOf(columns), sizeOf(rows)], x.dtype);
      nc.tensor_copy(out, { src: turned });
      nc.dma_copy(result.slice(columns, rows), { src: out });
    }
  }
});
