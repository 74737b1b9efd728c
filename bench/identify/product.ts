/** Somebody's product C of A and B, as values, and the vectors of it that one output takes. */
import type { Window } from '../../src/execute/matmul';
import { UserError, type Dtype } from '../../src/numerics';
import { COMMAND_LINE, type MatrixFile, type StoredDtype } from '../weights';
import { rounder, type Round } from './rounding';

export interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Matrix;
  readonly b: Matrix;
  readonly c: Matrix;
}

export interface Matrix {
  readonly name: string;
  readonly dtype: StoredDtype;
  /** Row-major: A is [M, K], B is [K, N], C is [M, N]. Exact. */
  readonly values: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
  /** To the nearest float32, which is what they are unless the file holds float64 or 32-bit integers. */
  readonly float32: Float32Array<ArrayBuffer>;
}

/** What operands may have been rounded to before they were multiplied. */
export type OperandRounding =
  'as-given' | 'float32' | 'tfloat32' | 'tfloat32-truncated' | 'bfloat16' | 'bfloat16-truncated' | 'float16';

const TRUNCATED = { direction: 'toward-zero', saturate: false, flush: false } as const;

export const ROUND_OPERAND = {
  'as-given': (x) => x,
  float32: Math.fround,
  tfloat32: rounder('tfloat32'),
  'tfloat32-truncated': rounder('tfloat32', TRUNCATED),
  bfloat16: rounder('bfloat16'),
  'bfloat16-truncated': rounder('bfloat16', TRUNCATED),
  float16: rounder('float16'),
} as const satisfies Record<OperandRounding, Round>;

/** Three files as a product. @throws UserError when their shapes are not those of a product. */
export function productOf(
  a: MatrixFile,
  b: MatrixFile,
  c: MatrixFile,
  { turnA, turnB } = COMMAND_LINE,
): Product {
  const shape = (name: string, { rows, columns }: MatrixFile): string => `${name} is [${rows}, ${columns}]`;
  if (a.columns !== b.rows || c.rows !== a.rows || c.columns !== b.columns) {
    throw new UserError(
      `C[M, N] = A[M, K] B[K, N] is required; ${shape('A', a)}, ${shape('B', b)} and ${shape('C', c)}. ` +
        `Say ${turnA} or ${turnB} where A or B lies transposed, and give the three in the order A B C.`,
    );
  }
  return { m: a.rows, n: b.columns, k: a.columns, a: matrix(a), b: matrix(b), c: matrix(c) };
}

function matrix({ name, dtype, values, float64 }: MatrixFile): Matrix {
  return { name, dtype, values: float64 ?? values, float32: values };
}

/** Vectors of K values: rows of A and columns of B, one after the other. */
export interface Vectors {
  readonly rows: Float64Array;
  readonly columns: Float64Array;
}

export function gather(
  { a, b, n, k }: Product,
  { m0, m1, n0, n1 }: Window,
  roundOperand: Round,
  input: Round,
): Vectors {
  const rows = new Float64Array((m1 - m0) * k);
  const columns = new Float64Array((n1 - n0) * k);
  for (let i = 0; i < rows.length; i++) rows[i] = input(roundOperand(a.values[m0 * k + i] ?? NaN));
  for (let each = 0; each < k; each++) {
    for (let column = n0; column < n1; column++)
      columns[(column - n0) * k + each] = input(roundOperand(b.values[each * n + column] ?? NaN));
  }
  return { rows, columns };
}

/** The format that a dtype of a file has for the chip, which knows no float64. */
export function chipDtype(dtype: StoredDtype): Dtype {
  return dtype === 'float64' ? 'float32' : dtype;
}

/** The same value: NaN is NaN, and zeros of either sign are one. */
export function equal(x: number, y: number): boolean {
  return x === y || (Number.isNaN(x) && Number.isNaN(y));
}

/** The bits that the values of a matrix take: the exponents of their lowest and highest set bits. */
export interface BitRange {
  /** Of the lowest set bit of any element; Infinity when all are zero. */
  readonly lowest: number;
  /** Of the highest. */
  readonly highest: number;
  /** Most bits from the first to the last one of an element. */
  readonly width: number;
  readonly finite: boolean;
}

const double = new Float64Array(1);
const wide = new BigUint64Array(double.buffer);

/** Elements of the same bits but the sign and exponent share the trailing zeros, so the scan goes by float32 where it can. */
export function bitRange({ values, float32 }: Matrix): BitRange {
  const range = { lowest: Infinity, highest: -Infinity, width: 0, finite: true };
  if (values === float32) {
    const words = new Uint32Array(float32.buffer, float32.byteOffset, float32.length);
    for (const word of words) {
      const magnitude = word & 0x7fffffff;
      if (magnitude >= 0x7f800000) range.finite = false;
      else if (magnitude > 0) {
        const exponent = Math.max(magnitude >>> 23, 1);
        const significand = (magnitude & 0x7fffff) | (magnitude >= 0x800000 ? 0x800000 : 0);
        const top = 31 - Math.clz32(significand);
        const bottom = 31 - Math.clz32(significand & -significand);
        note(range, exponent - 150 + bottom, exponent - 150 + top);
      }
    }
    return range;
  }
  for (const value of values) {
    if (!Number.isFinite(value)) range.finite = false;
    else if (value !== 0) {
      double[0] = value;
      const bits = wide[0] ?? 0n;
      const exponent = Math.max(Number((bits >> 52n) & 0x7ffn), 1);
      const zeros = trailingZeros(bits & 0xfffffffffffffn);
      note(range, exponent - 1075 + zeros, exponent - 1023);
    }
  }
  return range;
}

function note(range: { lowest: number; highest: number; width: number }, low: number, high: number): void {
  range.lowest = Math.min(range.lowest, low);
  range.highest = Math.max(range.highest, high);
  range.width = Math.max(range.width, high - low + 1);
}

/** Of a 52-bit mantissa; 52, where the implied one is, when it is zero. */
function trailingZeros(mantissa: bigint): number {
  if (mantissa === 0n) return 52;
  const low = Number(mantissa & 0xffffffffn);
  if (low !== 0) return 31 - Math.clz32(low & -low);
  const high = Number(mantissa >> 32n);
  return 63 - Math.clz32(high & -high);
}
