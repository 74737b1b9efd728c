/**
 * What a matmul's operands say about its exactness: one scan of each, and the verdict whether neither flushing of
 * subnormals nor fusing of multiply and add could change a bit. docs/numerics.md, Immunity, has the argument.
 */
import { requireCodes } from './arrays';
import { decodeArray, decodeTable, float32FromBits } from './decode';
import type { CodeArray, Dtype } from './dtypes';
import { bitsOf, FORMATS } from './formats';

export interface OperandScan {
  /** Largest magnitude; Infinity when the operand has one; NaN elements are left out. */
  readonly maxAbs: number;
  /** q(X): exponent of the lowest mantissa bit of the smallest non-zero element; Infinity when all are zero. */
  readonly lowestExponent: number;
  /** Some element decodes to a float32 subnormal. */
  readonly hasFloat32Subnormal: boolean;
  /** Some element is an infinity or NaN. */
  readonly hasNonFinite: boolean;
}

/** float32 bits of the operand's elements, each distinct value of a format of at most 16 bits once. */
function elementBits(dtype: Dtype, codes: CodeArray): Uint32Array {
  requireCodes(dtype, codes);
  if (bitsOf(dtype) <= 16) {
    const table = decodeTable(dtype);
    const seen = new Uint8Array(table.length);
    for (let index = 0; index < codes.length; index++) seen[codes[index] ?? 0] = 1;
    return table.filter((_, code) => seen[code] === 1);
  }
  return dtype === 'float32'
    ? new Uint32Array(codes.buffer, codes.byteOffset, codes.length)
    : decodedBits(dtype, codes);
}

function decodedBits(dtype: Dtype, codes: CodeArray): Uint32Array {
  return new Uint32Array(decodeArray(dtype, codes).buffer);
}

/** Exponent of the lowest mantissa bit that `dtype` has at a magnitude given as float32 bits. */
function lowestBit(dtype: Dtype, magnitude: number): number {
  const { kind, signed, mantissaBits, bias } = FORMATS[dtype];
  if (kind === 'integer') return 0;
  if (!signed) return magnitude < 0x00800000 ? -127 : (magnitude >>> 23) - 127;
  return Math.max((magnitude >>> 23) - 127, 1 - bias) - mantissaBits;
}

/** Scans an operand's codes once. Throws UserError when `codes` is not the array that holds this format. */
export function scanOperand(dtype: Dtype, codes: CodeArray): OperandScan {
  const bits = elementBits(dtype, codes);
  let max = 0;
  let min = 0x7fffffff;
  let hasNonFinite = false;
  for (let index = 0; index < bits.length; index++) {
    const magnitude = (bits[index] ?? 0) & 0x7fffffff;
    if (magnitude >= 0x7f800000) hasNonFinite = true;
    if (magnitude > max && magnitude <= 0x7f800000) max = magnitude;
    if (magnitude < min && magnitude > 0) min = magnitude;
  }
  return {
    maxAbs: float32FromBits(max),
    lowestExponent: max === 0 ? Infinity : lowestBit(dtype, min),
    hasFloat32Subnormal: min < 0x00800000,
    hasNonFinite,
  };
}

export interface ImmunityOperand extends OperandScan {
  readonly dtype: Dtype;
}

export type Immunity =
  | { readonly immune: true; readonly mayFlush: false }
  /** `mayFlush` false: only fusing can change bits. */
  | { readonly immune: false; readonly mayFlush: boolean; readonly reason: string };

type Reason = readonly [holds: boolean, text: string];

/** Most significant bits that a value of the format has once decoded to float32. */
function significantBits(dtype: Dtype): number {
  const { kind, mantissaBits } = FORMATS[dtype];
  return Math.min(kind === 'float' ? mantissaBits + 1 : mantissaBits, 24);
}

/**
 * Whether a product of contraction length `k` gives the same bits on hardware that flushes float32 subnormals or fuses
 * multiply and add. C, when the product accumulates into one, is the third operand of the last addition.
 */
export function immunity(a: ImmunityOperand, b: ImmunityOperand, k: number, c?: ImmunityOperand): Immunity {
  const operands = [a, b, ...(c === undefined ? [] : [c])];
  const product = significantBits(a.dtype) + significantBits(b.dtype);
  const lowest = Math.min(a.lowestExponent + b.lowestExponent, c?.lowestExponent ?? Infinity);
  const largest = k * a.maxAbs * b.maxAbs + (c?.maxAbs ?? 0);
  const fusing: Reason = [
    product > 24,
    `a ${a.dtype} times ${b.dtype} product takes ${product} significant bits, more than float32's 24, so fusing multiply and add changes bits`,
  ];
  const flushing: readonly Reason[] = [
    [operands.some((operand) => operand.hasNonFinite), 'an operand has an infinity or NaN'],
    [
      operands.some((operand) => operand.hasFloat32Subnormal),
      'an operand has a float32 subnormal, which an adapter may flush',
    ],
    [
      lowest < -126,
      `a product or sum may be as small as 2^${lowest}, below 2^-126, where an adapter may flush`,
    ],
    [!(largest < 2 ** 127), `sums may reach ${largest.toExponential(2)}, which is not below 2^127`],
    [k > 2 ** 23, `K = ${k} is beyond 2^23, where rounding may double a sum`],
  ];
  const mayFlush = flushing.some(([holds]) => holds);
  const found = [fusing, ...flushing].find(([holds]) => holds);
  return found === undefined
    ? { immune: true, mayFlush: false }
    : { immune: false, mayFlush, reason: found[1] };
}
