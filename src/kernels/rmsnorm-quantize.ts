/**
 * An rmsnorm whose result is fp8 with a scale for each row: y as rmsnorm has it, then
 *
 *   scales[r] = max |y[r, :]| / F,   result[r, :] = y[r, :] / scales[r] in fp8,
 *
 * F the largest number of the format: 240 of float8_e4m3, which every chip has, 448 of float8_e4m3fn, which trn3 has. What rounding
 * carries over F is clamped before the write, because a format may have an infinity there. A row whose largest element is below
 * SMALLEST counts as that large, so that a row of zeros has a scale, and zeros.
 */
import { CHIP_NAMES, type ChipName } from '../chip';
import { kernel, type Kernel } from '../kernel';
import { FORMATS, type Dtype } from '../numerics';
import { add, constant, exact, multiply, reciprocal, rsqrt, sum, type Approx } from './approx';
import { libraryKernel, type Expected, type LibraryKernel, type ReferenceInput } from './entry';
import { loaded, requireShape } from './inputs';
import { matrixOf, sizeOf, tilesOf } from './shapes';

const PARTITIONS = 128;
const EPSILON = 1e-6;
/** A power of two: exact in float32, and its reciprocal is far from overflow. */
const SMALLEST = 2 ** -40;

const rmsnormQuantize = (name: string, format: Dtype): Kernel<'x' | 'gain'> =>
  kernel(name, ['x', 'gain'], (nc, { x, gain }) => {
    const [rows, columns] = matrixOf('x', x);
    requireShape('gain', gain, [1, columns]);
    const most = FORMATS[format].maxFinite;
    const result = nc.hbm('result', [rows, columns], format);
    const scales = nc.hbm('scales', [rows, 1], 'float32');
    const gains = loaded(nc, gain.broadcast(0, Math.min(rows, PARTITIONS)));
    for (const tile of tilesOf(rows, PARTITIONS)) {
      const [wide, column] = [
        [sizeOf(tile), columns],
        [sizeOf(tile), 1],
      ] as const;
      const values = loaded(nc, x.slice(tile));
      const squares = nc.sbuf(wide, 'float32');
      const total = nc.sbuf(column, 'float32');
      nc.activation_reduce(squares, { op: 'square', data: values, reduce_op: 'add', reduce_res: total });
      const mean = nc.sbuf(column, 'float32');
      nc.tensor_scalar(mean, {
        data: total,
        op0: 'multiply',
        operand0: Math.fround(1 / columns),
        op1: 'add',
        operand1: Math.fround(EPSILON),
      });
      const root = nc.sbuf(column, 'float32');
      nc.activation(root, { op: 'rsqrt', data: mean });
      const normed = nc.sbuf(wide, 'float32');
      nc.scalar_tensor_tensor(normed, {
        data: values,
        op0: 'multiply',
        operand0: root,
        op1: 'multiply',
        operand1: gains.slice([0, sizeOf(tile)]),
      });
      const magnitudes = nc.sbuf(wide, 'float32');
      const largest = nc.sbuf(column, 'float32');
      nc.tensor_scalar_reduce(magnitudes, {
        data: normed,
        op0: 'abs',
        reduce_op: 'maximum',
        reduce_res: largest,
      });
      const scale = nc.sbuf(column, 'float32');
      nc.tensor_scalar(scale, {
        data: largest,
        op0: 'maximum',
        operand0: SMALLEST,
        op1: 'multiply',
        operand1: Math.fround(1 / most),
      });
      const inverse = nc.sbuf(column, 'float32');
      nc.reciprocal(inverse, { data: scale });
      const scaled = nc.sbuf(wide, 'float32');
      nc.tensor_scalar(scaled, {
        data: normed,
        op0: 'multiply',
        operand0: inverse,
        op1: 'minimum',
        operand1: most,
      });
      const quantized = nc.sbuf(wide, format);
      nc.tensor_scalar(quantized, { data: scaled, op0: 'maximum', operand0: -most });
      nc.dma_copy(result.slice(tile), { src: quantized });
      nc.dma_copy(scales.slice(tile), { src: scale });
    }
  });

export const rmsnormQuantizeE4m3 = rmsnormQuantize('rmsnorm_quantize_e4m3', 'float8_e4m3');

export const rmsnormQuantizeE4m3fn = rmsnormQuantize('rmsnorm_quantize_e4m3fn', 'float8_e4m3fn');

/** A row in float64: the quantised numbers and their scale, with their errors. */
interface QuantizedRow {
  readonly numbers: readonly Approx[];
  readonly scale: Approx;
}

function quantizedRow(row: Float64Array, gains: Float64Array, format: Dtype): QuantizedRow {
  const most = FORMATS[format].maxFinite;
  const squares = sum(Array.from(row, (value) => multiply(exact(value), exact(value))));
  const root = rsqrt(add(multiply(squares, constant(1 / row.length)), constant(EPSILON)));
  const normed = Array.from(row, (value, column) =>
    multiply(multiply(exact(value), root), exact(gains[column] ?? NaN)),
  );
  const scale = multiply(largestOf(normed), constant(1 / most));
  const inverse = reciprocal(scale);
  return { scale, numbers: normed.map((value) => quantized(multiply(value, inverse), format)) };
}

/** The largest magnitude, and at least SMALLEST. A maximum moves by no more than the largest of what its operands move. */
function largestOf(row: readonly Approx[]): Approx {
  return row.reduce(
    (largest, { value, error }) => ({
      value: Math.max(largest.value, Math.abs(value)),
      error: Math.max(largest.error, error),
    }),
    exact(SMALLEST),
  );
}

/**
 * Clamped, which moves nothing further apart, and rounded once: half a unit in the last place of the largest number that the chip may
 * have had, or half of the smallest subnormal.
 */
function quantized({ value, error }: Approx, format: Dtype): Approx {
  const { maxFinite, mantissaBits, minNormal } = FORMATS[format];
  const clamped = Math.min(Math.max(value, -maxFinite), maxFinite);
  const magnitude = Math.max(Math.min(Math.abs(value) + error, maxFinite), minNormal);
  return { value: clamped, error: error + 2 ** (Math.floor(Math.log2(magnitude)) - mantissaBits - 1) };
}

function expected(
  x: ReferenceInput,
  gain: ReferenceInput,
  format: Dtype,
): Record<'result' | 'scales', Expected> {
  const [rows, columns] = matrixOf('x', x);
  const quantizedRows = Array.from({ length: rows }, (_, row) =>
    quantizedRow(x.values.subarray(row * columns, (row + 1) * columns), gain.values, format),
  );
  return {
    result: expectedOf(quantizedRows.flatMap(({ numbers }) => numbers)),
    scales: expectedOf(quantizedRows.map(({ scale }) => scale)),
  };
}

const expectedOf = (all: readonly Approx[]): Expected => ({
  values: Float64Array.from(all, ({ value }) => value),
  bounds: Float64Array.from(all, ({ error }) => error),
});

const entryOf = (quantize: Kernel<'x' | 'gain'>, format: Dtype, chips: readonly ChipName[]): LibraryKernel =>
  libraryKernel({
    name: quantize.name,
    summary: `rmsnorm of each row of x as ${format}, with a scale for each row`,
    doc: 'docs/kernels.md#rmsnorm_quantize_e4m3-rmsnorm_quantize_e4m3fn',
    chips,
    dtypes: ['bfloat16', 'float32'],
    sizes: {
      rows: { summary: 'rows of x', of: 'inputs', default: 256, least: 1, most: 8192 },
      columns: { summary: 'columns of x', of: 'inputs', default: 512, least: 1, most: 4096 },
    },
    kernel: () => quantize,
    inputs: ({ rows, columns }, dtype) => ({
      x: { shape: [rows, columns], dtype, distribution: { kind: 'normal', mean: 0, deviation: 1 } },
      gain: { shape: [1, columns], dtype, distribution: { kind: 'normal', mean: 1, deviation: 0.25 } },
    }),
    expected: ({ x, gain }) => expected(x, gain, format),
  });

export const RMSNORM_QUANTIZE_ENTRIES: readonly LibraryKernel[] = [
  entryOf(rmsnormQuantizeE4m3, 'float8_e4m3', CHIP_NAMES),
  entryOf(rmsnormQuantizeE4m3fn, 'float8_e4m3fn', ['trn3']),
];
