/**
 * Programs of MX, for seeded faults: operands quantised on chip, and packed ones that come with their scales. Groups differ in
 * their powers of two, so that scales of another group change the result; everything is exact in float32.
 */
import { kernel, trace, type ChipView, type HbmView, type Nc } from '../../src/kernel';
import { mxfp8Matmul } from '../../src/kernels/mxfp8-matmul';
import { encode, encodeArray, packLanes } from '../../src/numerics';
import type { CodeArray, Dtype } from '../../src/numerics';
import { numbersFrom, type Subject } from './subject';

type Matrix = (row: number, column: number) => number;

/** sum over k of left(k, m) right(k, n), as float32 codes. */
function product(m: number, n: number, k: number, left: Matrix, right: Matrix): CodeArray {
  const sums = Float32Array.from({ length: m * n }, (_, index) => {
    let sum = 0;
    for (let step = 0; step < k; step++) {
      sum += left(step, Math.floor(index / n)) * right(step, index % n);
    }
    return sum;
  });
  return encodeArray('float32', sums);
}

/** Whole numbers of 1 to 7, times 1 to 8 where a group of 32 rows says so. */
function grouped(rows: number, columns: number, next: () => number): Float32Array {
  const powers = Array.from({ length: (rows / 32) * columns }, () => 2 ** (next() % 4));
  return Float32Array.from({ length: rows * columns }, (_, at) => {
    const group = Math.floor(at / columns / 32) * columns + (at % columns);
    return (1 + (next() % 7)) * (powers[group] ?? NaN);
  });
}

const matrixOf =
  (values: Float32Array, columns: number): Matrix =>
  (row, column) =>
    values[row * columns + column] ?? NaN;

/** Two tiles of the output, two passes of 128 and 32 partitions. */
function quantized(): Subject {
  const [k, m, n] = [640, 132, 6];
  const next = numbersFrom(300);
  const [a, b] = [grouped(k, m, next), grouped(k, n, next)];
  const { program } = trace(mxfp8Matmul, {
    chip: 'trn3',
    inputs: { lhsT: { shape: [k, m], dtype: 'bfloat16' }, rhs: { shape: [k, n], dtype: 'bfloat16' } },
  });
  return {
    name: 'quantised to MXFP8',
    program,
    inputs: { lhsT: encodeArray('bfloat16', a), rhs: encodeArray('bfloat16', b) },
    expected: { result: product(m, n, k, matrixOf(a, m), matrixOf(b, n)) },
  };
}

const PARTITIONS = 64;
const PASSES = 2;

function load(nc: Nc, source: HbmView, pass: number): ChipView {
  const tile = nc.sbuf([PARTITIONS, source.shape[1] ?? NaN], source.dtype);
  nc.dma_copy(tile, { src: source.slice([pass * PARTITIONS, (pass + 1) * PARTITIONS]) });
  return tile;
}

/** Scales of a pass, from row 4 of each quadrant on. */
function loadScales(nc: Nc, source: HbmView, pass: number): ChipView {
  const tile = nc.sbuf([PARTITIONS, source.shape[1] ?? NaN], source.dtype);
  for (let quadrant = 0; quadrant < PARTITIONS / 32; quadrant++) {
    const [to, from] = [32 * quadrant + 4, (PARTITIONS / 8) * pass + 4 * quadrant];
    nc.dma_copy(tile.slice([to, to + 4]), { src: source.slice([from, from + 4]) });
  }
  return tile.slice([4, PARTITIONS]);
}

/** An MXFP4 operand by an MXFP8 one, both packed in HBM. */
const packedMatmul = kernel('packed', ['a', 'aScale', 'b', 'bScale'], (nc, { a, aScale, b, bScale }) => {
  const shape = [a.shape[1] ?? NaN, b.shape[1] ?? NaN];
  const result = nc.hbm('result', shape, 'float32');
  const sum = nc.psum(shape, 'float32');
  for (let pass = 0; pass < PASSES; pass++) {
    nc.nc_matmul_mx(sum, {
      stationary: load(nc, a, pass),
      moving: load(nc, b, pass),
      stationary_scale: loadScales(nc, aScale, pass),
      moving_scale: loadScales(nc, bScale, pass),
    });
  }
  const tile = nc.sbuf(shape, 'float32');
  nc.tensor_copy(tile, { src: sum });
  nc.dma_copy(result, { src: tile });
});

interface Packed {
  readonly codes: CodeArray;
  readonly scales: CodeArray;
  /** Row k is partition floor(k / 4), lane k mod 4. */
  readonly values: Matrix;
}

function packed(
  dtype: Dtype,
  element: Dtype,
  numbers: readonly number[],
  columns: number,
  next: () => number,
): Packed {
  const rows = PASSES * PARTITIONS;
  const elements = Array.from({ length: rows * columns * 4 }, () => numbers[next() % numbers.length] ?? NaN);
  const scales = Uint8Array.from({ length: (rows / 8) * columns }, () => 126 + (next() % 4));
  const codes = packLanes(
    dtype,
    Uint8Array.from(elements, (value) => encode(element, value)),
  );
  const values: Matrix = (row, column) => {
    const [p, lane] = [Math.floor(row / 4), row % 4];
    const scale = scales[Math.floor(p / 8) * columns + column] ?? NaN;
    return (elements[(p * columns + column) * 4 + lane] ?? NaN) * 2 ** (scale - 127);
  };
  return { codes, scales, values };
}

function mixed(): Subject {
  const [m, n] = [6, 5];
  const next = numbersFrom(301);
  const a = packed('float4_e2m1fn_x4', 'float4_e2m1fn', [1, 1.5, 2, 3, 4, 6], m, next);
  const b = packed('float8_e5m2_x4', 'float8_e5m2', [1, 2, 3, 5, 6, 7], n, next);
  const rows = PASSES * PARTITIONS;
  const { program } = trace(packedMatmul, {
    chip: 'trn3',
    inputs: {
      a: { shape: [rows, m], dtype: 'float4_e2m1fn_x4' },
      aScale: { shape: [rows / 8, m], dtype: 'uint8' },
      b: { shape: [rows, n], dtype: 'float8_e5m2_x4' },
      bScale: { shape: [rows / 8, n], dtype: 'float8_e8m0fnu' },
    },
  });
  return {
    name: 'MXFP4 by MXFP8',
    program,
    inputs: { a: a.codes, aScale: a.scales, b: b.codes, bScale: b.scales },
    expected: { result: product(m, n, 4 * rows, a.values, b.values) },
  };
}

export const mxSubjects = (): readonly Subject[] => [quantized(), mixed()];
