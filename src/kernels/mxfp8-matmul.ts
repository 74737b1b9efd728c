/**
 * result[M, N] = the product of lhsT[K, M]^T and rhs[K, N] as MXFP8 holds them: along K every 32 neighbours of a column share a
 * power of two, and are float8_e4m3fn over it. Both operands are quantised on chip, and multiplied with their scales.
 *
 * Partition p of a pass holds rows 4 p to 4 p + 3 of its K, which lie together in HBM and become the four elements of a code; a
 * group of 8 partitions is then 32 neighbours, and the passes of a tile need no other order of K than that of the inputs. Scales fill four of 32
 * partitions: those of four passes share a tile.
 */
import { kernel, type ChipView, type HbmView, type Nc } from '../kernel';
import { decode, encode, UserError } from '../numerics';
import { libraryKernel, type ReferenceInput } from './entry';
import { exactMatrix, product } from './products';
import { matmulShape, sizeOf, tilesOf, type Tile } from './shapes';

/** Rows of K of a pass: 128 partitions of four. A quadrant of partitions is the least that can be scaled. */
const PASS = 512;
const LANES = 4;
const LEAST = 128;

const STATIONARY = 128;
/** One PSUM bank of float32. */
const BANK = 512;

/** Four passes of scales share a tile, at rows 0, 4, 8 and 12 of each quadrant. */
const SHARING = 4;
const SCALE_ROWS = 4;

interface Operand {
  readonly data: ChipView;
  readonly scales: ChipView;
}

/** The columns of an input, quantised, pass by pass. */
function quantized(nc: Nc, source: HbmView, columns: Tile): readonly Operand[] {
  const width = sizeOf(columns);
  const passes = tilesOf(source.shape[0] ?? 0, PASS);
  const scaleTiles = tilesOf(passes.length, SHARING).map(() => nc.sbuf([128, width], 'float8_e8m0fnu'));
  return passes.map((depth, pass) => {
    const partitions = sizeOf(depth) / LANES;
    const values = nc.sbuf([partitions, LANES, width], source.dtype);
    nc.dma_copy(values, { src: source.slice(depth, columns).split(0, partitions, LANES) });
    const data = nc.sbuf([partitions, width], 'float8_e4m3fn_x4');
    const first = SCALE_ROWS * (pass % SHARING);
    const scales = scaleTiles[Math.floor(pass / SHARING)]?.slice([first, first + partitions - 28]);
    if (scales === undefined) throw new Error('Invariant violation: every four passes have a tile of scales');
    nc.quantize_mx(data, { src: values.permute(0, 2, 1), dst_scale: scales });
    return { data, scales };
  });
}

export const mxfp8Matmul = kernel('mxfp8_matmul', ['lhsT', 'rhs'], (nc, { lhsT, rhs }) => {
  const { m, n, k } = matmulShape(lhsT, rhs);
  if (k % LEAST !== 0)
    throw new UserError(`K must be a multiple of ${LEAST}, received ${k}: pad with zeros.`);
  if (m % 2 !== 0) throw new UserError(`M must be even, received ${m}: pad with zeros.`);
  const result = nc.hbm('result', [m, n], 'float32');
  for (const columns of tilesOf(n, BANK)) {
    const movings = quantized(nc, rhs, columns);
    for (const rows of tilesOf(m, STATIONARY)) {
      const stationaries = quantized(nc, lhsT, rows);
      const shape = [sizeOf(rows), sizeOf(columns)];
      const sum = nc.psum(shape, 'float32');
      for (const [pass, { data: stationary, scales }] of stationaries.entries()) {
        const moving = movings[pass];
        if (moving === undefined) throw new Error('Invariant violation: operands have equal passes');
        nc.nc_matmul_mx(sum, {
          stationary,
          moving: moving.data,
          stationary_scale: scales,
          moving_scale: moving.scales,
        });
      }
      const tile = nc.sbuf(shape, 'float32');
      nc.tensor_copy(tile, { src: sum });
      nc.dma_copy(result.slice(rows, columns), { src: tile });
    }
  }
});

/** Neighbours along K that share a scale. */
const GROUP = 32;
/** The scale is 2^7 below the power of two at the largest magnitude, so that no element exceeds 256 of e4m3fn's 448. */
const LARGEST_EXPONENT = 7;

/** The exponent of the largest power of two that is not above a magnitude. */
function exponentOf(magnitude: number): number {
  const exponent = Math.floor(Math.log2(magnitude));
  // The logarithm may be rounded over the next whole number, or under it.
  if (2 ** exponent > magnitude) return exponent - 1;
  return 2 ** (exponent + 1) <= magnitude ? exponent + 1 : exponent;
}

/** The numbers that MXFP8 has for a matrix [K, width]: exact in float64, and the same on the chip. */
export function mxfp8Values({ shape, values }: ReferenceInput): Float64Array {
  const [rows = 0, width = 0] = shape;
  const held = new Float64Array(values.length);
  for (let column = 0; column < width; column++) {
    for (let start = 0; start < rows; start += GROUP) {
      const group = Array.from({ length: GROUP }, (_, row) => values[(start + row) * width + column] ?? NaN);
      const largest = Math.max(...group.map(Math.abs));
      const scale = largest === 0 ? 1 : 2 ** Math.max(exponentOf(largest) - LARGEST_EXPONENT, -127);
      for (const [row, value] of group.entries()) {
        const element = encode('float8_e4m3fn', Math.fround(value / scale));
        held[(start + row) * width + column] = decode('float8_e4m3fn', element) * scale;
      }
    }
  }
  return held;
}

export const mxfp8MatmulEntry = libraryKernel({
  name: mxfp8Matmul.name,
  summary: 'lhsT^T rhs of operands quantised to MXFP8 on chip',
  doc: 'docs/kernels.md#mxfp8_matmul',
  chips: ['trn3'],
  dtypes: ['bfloat16', 'float16'],
  sizes: {
    m: { summary: 'rows of the result', of: 'inputs', default: 128, least: 2, most: 8192, step: 2 },
    n: { summary: 'columns of the result', of: 'inputs', default: 512, least: 1, most: 8192 },
    k: { summary: 'terms of each sum', of: 'inputs', default: 512, least: LEAST, most: 8192, step: LEAST },
  },
  kernel: () => mxfp8Matmul,
  inputs: ({ m, n, k }, dtype) => ({
    lhsT: { shape: [k, m], dtype, distribution: { kind: 'normal', mean: 0, deviation: 1 } },
    rhs: { shape: [k, n], dtype, distribution: { kind: 'normal', mean: 0, deviation: 1 } },
  }),
  // Quantising is exact here and there, so that the only errors are those of the sums.
  expected: ({ lhsT, rhs }) => ({
    result: product(matmulShape(lhsT, rhs), exactMatrix(mxfp8Values(lhsT)), exactMatrix(mxfp8Values(rhs))),
  }),
});
