/** result[N, M] = x[M, N]^T, in tiles of 128 x 128 that pass through the Tensor engine. Bits are kept. */
import { CHIP_NAMES } from '../chip';
import { kernel } from '../kernel';
import { libraryKernel } from './entry';
import { exactMatrix } from './products';
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

export const transposeEntry = libraryKernel({
  name: transpose.name,
  summary: 'x^T, every value as it is',
  doc: 'docs/kernels.md#transpose',
  chips: CHIP_NAMES,
  dtypes: ['bfloat16', 'float16', 'float32'],
  sizes: {
    rows: { summary: 'rows of x', of: 'inputs', default: 256, least: 1, most: 8192 },
    columns: { summary: 'columns of x', of: 'inputs', default: 256, least: 1, most: 8192 },
  },
  kernel: () => transpose,
  inputs: ({ rows, columns }, dtype) => ({
    x: { shape: [rows, columns], dtype, distribution: { kind: 'normal', mean: 0, deviation: 1 } },
  }),
  expected: ({ x }) => {
    const [m, n] = matrixOf('x', x);
    const turned = Float64Array.from(
      x.values,
      (_, index) => x.values[(index % m) * n + Math.floor(index / m)] ?? NaN,
    );
    return { result: exactMatrix(turned) };
  },
});
