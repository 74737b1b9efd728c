/**
 * The CPU column: gpu.js in its CPU mode multiplies float32 matrices, which also cross-checks the CPU checker with code
 * that shares nothing with it. In CPU mode gpu.js turns the kernel function into a plain JavaScript loop: it opens no
 * device, sums in double precision, and rounds each output once to float32.
 */
import { planMatmul } from '../src/lower';
import { decodeArray, dotErrorBound } from '../src/numerics';
import { randomOperands } from './check';
import { flops } from './cases';
import type { BenchTools } from './tools';

const NAME = 'gpu.js (CPU mode)';

export type Baseline = { readonly name: typeof NAME } & (
  | { readonly missing: string }
  | {
      readonly shape: Shape;
      readonly ms: number;
      readonly gflops: number;
      /** Whether every output of the CPU checker is within the derived float32 bound of gpu.js's. */
      readonly agrees: boolean;
      /** The largest difference as a share of the bound. */
      readonly worstShareOfBound: number;
    }
);

interface Shape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

const LARGEST = 512;

/** One float32 product of the shape, each extent at most 512. */
export async function runBaseline(
  library: GpuJs | undefined,
  wanted: Shape,
  { reference, now }: Pick<BenchTools, 'reference' | 'now'>,
  seed: number,
): Promise<Baseline> {
  if (library === undefined)
    return { name: NAME, missing: 'the package gpu.js is not installed (npm install gpu.js)' };
  const shape = {
    m: Math.min(LARGEST, wanted.m),
    n: Math.min(LARGEST, wanted.n),
    k: Math.min(LARGEST, wanted.k),
  };
  const plan = planMatmul({ ...shape, a: 'float32', b: 'float32' });
  const operands = randomOperands(plan, seed);
  const a = rowsOf(decodeArray('float32', operands.a), shape.k);
  const b = rowsOf(decodeArray('float32', operands.b), shape.n);
  const gpu = new library.GPU({ mode: 'cpu' });
  try {
    const multiply = gpu.createKernel(KERNEL, { output: [shape.n, shape.m], constants: { k: shape.k } });
    multiply(a, b); // warm-up: the kernel is compiled at its first call
    const start = now();
    const theirs = multiply(a, b);
    const ms = now() - start;
    const ours = rowsOf(decodeArray('float32', reference(plan, operands)), shape.n);
    const worstShareOfBound = worstShare(ours, theirs, a, b);
    const agrees = worstShareOfBound <= 1;
    return { name: NAME, shape, ms, gflops: flops(shape) / ms / 1e6, agrees, worstShareOfBound };
  } finally {
    await gpu.destroy();
  }
}

type Matrix = readonly Float32Array[];

/** The part of gpu.js that is used here. */
export interface GpuJs {
  readonly GPU: new (settings: { mode: 'cpu' }) => {
    createKernel(
      source: string,
      settings: { output: [columns: number, rows: number]; constants: { k: number } },
    ): (a: Matrix, b: Matrix) => Matrix;
    destroy(): Promise<void>;
  };
}

/** As text, because gpu.js parses the source of its kernels, which a bundler may rewrite. */
const KERNEL = `function (a, b) {
  let sum = 0;
  for (let i = 0; i < this.constants.k; i++) sum += a[this.thread.y][i] * b[i][this.thread.x];
  return sum;
}`;

function rowsOf(values: Float32Array, columns: number): Matrix {
  return Array.from({ length: values.length / columns }, (_, row) =>
    values.subarray(row * columns, (row + 1) * columns),
  );
}

/** The largest |ours - theirs| as a share of the bound. theirs was rounded once more, which one more term covers. */
function worstShare(ours: Matrix, theirs: Matrix, a: Matrix, b: Matrix): number {
  let worst = 0;
  ours.forEach((row, m) => {
    const absolute = absoluteRow(a[m] ?? [], b, row.length);
    row.forEach((value, n) => {
      const difference = Math.abs(value - (theirs[m]?.[n] ?? NaN));
      const share = difference / dotErrorBound(b.length + 1, absolute[n] ?? 0);
      worst = Math.max(worst, share); // NaN stays
    });
  });
  return worst;
}

/** Sums of |a||b| for one row of the product. */
function absoluteRow(row: ArrayLike<number>, b: Matrix, columns: number): Float64Array {
  const sums = new Float64Array(columns);
  b.forEach((values, k) => {
    const left = Math.abs(row[k] ?? 0);
    values.forEach((value, n) => (sums[n] = (sums[n] ?? 0) + left * Math.abs(value)));
  });
  return sums;
}
