/**
 * result[M, N] = lhsT[K, M]^T rhs[K, N] in float32, five times, as a kernel is made faster step by step: one tile, many tiles,
 * loads taken out of the inner loops, blocks of the free dimensions, blocks of all three. The steps are those of the
 * matrix multiplication tutorial of the NKI documentation (SDK 2.32.0); the kernels are our own. All five give the
 * same bits up to the fourth; the fifth adds blocks of K in SBUF.
 */
import { CHIP_NAMES } from '../chip';
import { kernel, type ChipView, type HbmView, type Kernel, type Nc } from '../kernel';
import { libraryKernel, type LibraryKernel } from './entry';
import { exactMatrix, product } from './products';
import { matmulShape, sizeOf, tilesOf, type Tile } from './shapes';

/** Rows of the systolic array, stationary columns, and one PSUM bank of float32. */
const ROWS = 128;
const STATIONARY = 128;
const BANK = 512;

/** Tiles of a block along each axis. */
const BLOCK = { m: 2, n: 2, k: 4 } as const;

function load(nc: Nc, source: HbmView, rows: Tile, columns: Tile): ChipView {
  const tile = nc.sbuf([sizeOf(rows), sizeOf(columns)], source.dtype);
  nc.dma_copy(tile, { src: source.slice(rows, columns) });
  return tile;
}

/** PSUM is read by Vector, and DMA does not reach it: out by way of SBUF. */
function store(nc: Nc, result: HbmView, rows: Tile, columns: Tile, sum: ChipView): void {
  const tile = nc.sbuf([sizeOf(rows), sizeOf(columns)], result.dtype);
  nc.tensor_copy(tile, { src: sum });
  nc.dma_copy(result.slice(rows, columns), { src: tile });
}

/** One tile: M of at most 128, N of at most 512, K of at most 128. */
export const matmulTile = kernel('matmul_tile', ['lhsT', 'rhs'], (nc, { lhsT, rhs }) => {
  const { m, n, k } = matmulShape(lhsT, rhs);
  const result = nc.hbm('result', [m, n], 'float32');
  const stationary = load(nc, lhsT, [0, k], [0, m]);
  const moving = load(nc, rhs, [0, k], [0, n]);
  const sum = nc.psum([m, n], 'float32');
  nc.nc_matmul(sum, { stationary, moving });
  store(nc, result, [0, m], [0, n], sum);
});

/** Every tile of the output by itself, its operands loaded pass by pass. */
export const matmulTiled = kernel('matmul_tiled', ['lhsT', 'rhs'], (nc, { lhsT, rhs }) => {
  const { m, n, k } = matmulShape(lhsT, rhs);
  const result = nc.hbm('result', [m, n], 'float32');
  for (const rows of tilesOf(m, STATIONARY)) {
    for (const columns of tilesOf(n, BANK)) {
      const sum = nc.psum([sizeOf(rows), sizeOf(columns)], 'float32');
      for (const depth of tilesOf(k, ROWS)) {
        const stationary = load(nc, lhsT, depth, rows);
        const moving = load(nc, rhs, depth, columns);
        nc.nc_matmul(sum, { stationary, moving });
      }
      store(nc, result, rows, columns, sum);
    }
  }
});

/** The stationary tiles of a row of output tiles are loaded once. */
export const matmulHoisted = kernel('matmul_hoisted', ['lhsT', 'rhs'], (nc, { lhsT, rhs }) => {
  const { m, n, k } = matmulShape(lhsT, rhs);
  const result = nc.hbm('result', [m, n], 'float32');
  const depths = tilesOf(k, ROWS);
  for (const rows of tilesOf(m, STATIONARY)) {
    const stationaries = depths.map((depth) => load(nc, lhsT, depth, rows));
    for (const columns of tilesOf(n, BANK)) {
      const movings = depths.map((depth) => load(nc, rhs, depth, columns));
      const sum = nc.psum([sizeOf(rows), sizeOf(columns)], 'float32');
      multiply(nc, sum, stationaries, movings);
      store(nc, result, rows, columns, sum);
    }
  }
});

/** Blocks of M and N: what is loaded serves as many tiles of the output as the block has across. */
export const matmulBlockedFree = kernel('matmul_blocked_free', ['lhsT', 'rhs'], (nc, { lhsT, rhs }) => {
  const { m, n, k } = matmulShape(lhsT, rhs);
  const result = nc.hbm('result', [m, n], 'float32');
  const depths = tilesOf(k, ROWS);
  for (const blockRows of tilesOf(m, BLOCK.m * STATIONARY)) {
    const rowTiles = tilesOf(sizeOf(blockRows), STATIONARY, blockRows[0]);
    const stationaries = rowTiles.map((rows) => depths.map((depth) => load(nc, lhsT, depth, rows)));
    for (const blockColumns of tilesOf(n, BLOCK.n * BANK)) {
      for (const columns of tilesOf(sizeOf(blockColumns), BANK, blockColumns[0])) {
        const movings = depths.map((depth) => load(nc, rhs, depth, columns));
        for (const [index, rows] of rowTiles.entries()) {
          const sum = nc.psum([sizeOf(rows), sizeOf(columns)], 'float32');
          multiply(nc, sum, stationaries[index] ?? [], movings);
          store(nc, result, rows, columns, sum);
        }
      }
    }
  }
});

/** Blocks of all three: a block of the output is summed in SBUF over the blocks of K, so that no operand need fit whole. */
export const matmulBlockedAll = kernel('matmul_blocked_all', ['lhsT', 'rhs'], (nc, { lhsT, rhs }) => {
  const { m, n, k } = matmulShape(lhsT, rhs);
  const result = nc.hbm('result', [m, n], 'float32');
  for (const blockColumns of tilesOf(n, BLOCK.n * BANK)) {
    const columnTiles = tilesOf(sizeOf(blockColumns), BANK, blockColumns[0]);
    const totals = new Map<string, ChipView>();
    for (const blockDepth of tilesOf(k, BLOCK.k * ROWS)) {
      const depths = tilesOf(sizeOf(blockDepth), ROWS, blockDepth[0]);
      const movings = columnTiles.map((columns) => depths.map((depth) => load(nc, rhs, depth, columns)));
      for (const rows of tilesOf(m, STATIONARY)) {
        const stationaries = depths.map((depth) => load(nc, lhsT, depth, rows));
        for (const [index, columns] of columnTiles.entries()) {
          const shape = [sizeOf(rows), sizeOf(columns)];
          const sum = nc.psum(shape, 'float32');
          multiply(nc, sum, stationaries, movings[index] ?? []);
          const key = `${rows[0]},${columns[0]}`;
          const total = totals.get(key);
          if (total !== undefined) {
            nc.tensor_tensor(total, { data1: total, data2: sum, op: 'add' });
          } else {
            const first = nc.sbuf(shape, 'float32');
            nc.tensor_copy(first, { src: sum });
            totals.set(key, first);
          }
        }
      }
    }
    for (const rows of tilesOf(m, STATIONARY)) {
      for (const columns of columnTiles) {
        const total = totals.get(`${rows[0]},${columns[0]}`);
        if (total !== undefined) nc.dma_copy(result.slice(rows, columns), { src: total });
      }
    }
  }
});

/** One accumulation group: the passes of a tile of the output, in the order of K. */
export function multiply(
  nc: Nc,
  sum: ChipView,
  stationaries: readonly ChipView[],
  movings: readonly ChipView[],
): void {
  for (const [index, stationary] of stationaries.entries()) {
    const moving = movings[index];
    if (moving !== undefined) nc.nc_matmul(sum, { stationary, moving });
  }
}

/** What the five have in common: the same inputs, and the same bound, since that of a dot product holds in whatever order it adds. */
function entry(
  matmul: Kernel<'lhsT' | 'rhs'>,
  summary: string,
  most: { readonly m: number; readonly n: number; readonly k: number },
): LibraryKernel {
  return libraryKernel({
    name: matmul.name,
    summary,
    doc: 'docs/kernels.md#matrix-multiplication',
    chips: CHIP_NAMES,
    dtypes: ['bfloat16', 'float16', 'float32'],
    sizes: {
      m: { summary: 'rows of the result', of: 'inputs', default: 128, least: 1, most: most.m },
      n: { summary: 'columns of the result', of: 'inputs', default: 512, least: 1, most: most.n },
      k: { summary: 'terms of each sum', of: 'inputs', default: 128, least: 1, most: most.k },
    },
    kernel: () => matmul,
    inputs: ({ m, n, k }, dtype) => ({
      lhsT: { shape: [k, m], dtype, distribution: { kind: 'normal', mean: 0, deviation: 1 } },
      rhs: { shape: [k, n], dtype, distribution: { kind: 'normal', mean: 0, deviation: 1 } },
    }),
    expected: ({ lhsT, rhs }) => ({
      result: product(matmulShape(lhsT, rhs), exactMatrix(lhsT.values), exactMatrix(rhs.values)),
    }),
  });
}

const LARGE = { m: 8192, n: 8192, k: 8192 } as const;

export const MATMUL_ENTRIES: readonly LibraryKernel[] = [
  entry(matmulTile, 'lhsT^T rhs of one tile', { m: STATIONARY, n: BANK, k: ROWS }),
  entry(matmulTiled, 'lhsT^T rhs, tile by tile', LARGE),
  entry(matmulHoisted, 'lhsT^T rhs, loads taken out of the inner loops', LARGE),
  entry(matmulBlockedFree, 'lhsT^T rhs in blocks of M and N', LARGE),
  entry(matmulBlockedAll, 'lhsT^T rhs in blocks of M, N and K', LARGE),
];
