/**
 * The ALU operators of Vector and GpSimd (nki.api.shared, "Supported Math Operators"; NKI 0.6.0), each as a function of two
 * numbers. Arithmetic and unary operators take float32 values and round to float32; bitwise ones take raw codes. What the
 * vendor leaves open (NaN, zeros, ties, wide shifts) is stated in docs/numerics.md, Vector engine instructions.
 */
import { bitsOf, type Dtype } from '../numerics';
import type { AluOp, ArithmeticOp, BitwiseOp, UnaryOp } from '../program';
import { power, rsqrt } from './functions';

/** Two operands, the left one first; unary operators look at x alone. */
export type Operator = (x: number, y: number) => number;

/** float32 values in, a float32 value out. Math.max and Math.min are NaN where either side is, and take +0 for more than -0. */
export const ARITHMETIC = {
  add: (x, y) => Math.fround(x + y),
  subtract: (x, y) => Math.fround(x - y),
  multiply: (x, y) => Math.fround(x * y),
  maximum: (x, y) => Math.max(x, y),
  minimum: (x, y) => Math.min(x, y),
  equal: (x, y) => (x === y ? 1 : 0),
  not_equal: (x, y) => (x !== y ? 1 : 0),
  greater_equal: (x, y) => (x >= y ? 1 : 0),
  greater: (x, y) => (x > y ? 1 : 0),
  less_equal: (x, y) => (x <= y ? 1 : 0),
  less: (x, y) => (x < y ? 1 : 0),
  // NaN is not zero, and so counts as true.
  logical_and: (x, y) => (x !== 0 && y !== 0 ? 1 : 0),
  logical_or: (x, y) => (x !== 0 || y !== 0 ? 1 : 0),
  logical_xor: (x, y) => ((x !== 0) !== (y !== 0) ? 1 : 0),
  power,
  abs_max: (x, y) => (x !== x ? x : Math.abs(x) > Math.abs(y) ? x : y),
  abs_min: (x, y) => (x !== x ? x : Math.abs(x) < Math.abs(y) ? x : y),
} as const satisfies Record<ArithmeticOp, Operator>;

/** A float32 value in, a float32 value out. Rounding the double quotient rounds the exact one: 53 >= 2 x 24 + 2 bits. */
export const UNARY = {
  abs: (x) => Math.abs(x),
  square: (x) => Math.fround(x * x),
  relu: (x) => Math.max(x, 0),
  rsqrt,
  reciprocal: (x) => Math.fround(1 / x),
} as const satisfies Record<UnaryOp, (x: number) => number>;

/** The low `width` bits. */
const low = (bits: number, width: number) => (bits << (32 - width)) >>> (32 - width);

/** Codes of `width` bits in, a code of `width` bits out. An amount of `width` or more shifts everything out. */
export const BITWISE = {
  bitwise_and: (x, y) => (x & y) >>> 0,
  bitwise_or: (x, y) => (x | y) >>> 0,
  bitwise_xor: (x, y) => (x ^ y) >>> 0,
  invert: (x, _, width) => low(~x, width),
  left_shift: (x, y, width) => (y < width ? low(x << y, width) : 0),
  right_shift: (x, y, width) => (y < width ? x >>> y : 0),
} as const satisfies Record<BitwiseOp, (x: number, y: number, width: number) => number>;

/** What GpSimd does on 32-bit integers themselves; power always goes by way of float32. */
export type IntegerOp = Exclude<ArithmeticOp, 'power'>;

/**
 * Exact integers in; the exact result modulo 2^32 out, once a Uint32Array keeps it. Operators that only choose or compare are
 * the same on integers.
 */
export const INTEGER: Readonly<Record<IntegerOp, Operator>> = {
  ...ARITHMETIC,
  add: (x, y) => x + y,
  subtract: (x, y) => x - y,
  multiply: (x, y) => Math.imul(x, y),
};

const FLOAT: Readonly<Record<ArithmeticOp | UnaryOp, Operator>> = { ...ARITHMETIC, ...UNARY };

export const isArithmetic = (op: AluOp): op is ArithmeticOp => Object.hasOwn(ARITHMETIC, op);
export const isUnary = (op: AluOp): op is UnaryOp => Object.hasOwn(UNARY, op);
export const isBitwise = (op: AluOp): op is BitwiseOp => Object.hasOwn(BITWISE, op);
/** Whether it works on one operand: every unary operator, and invert. */
export const isOneSided = (op: AluOp): boolean => op === 'invert' || isUnary(op);

/** Operators that tensor_reduce joins elements with (the column "Legal Reduction" of the vendor's table). */
export const REDUCTIONS = [
  'add',
  'subtract',
  'multiply',
  'maximum',
  'minimum',
  'logical_and',
  'logical_or',
  'logical_xor',
  'bitwise_and',
  'bitwise_or',
  'bitwise_xor',
] as const satisfies readonly AluOp[];

/** An operator on the codes of a format if it is bitwise, else on float32 values; reversed, its sides change places. */
export function operatorOf(op: AluOp, dtype: Dtype, reverse = false): Operator {
  const operate = isBitwise(op) ? bitwiseOn(op, bitsOf(dtype)) : FLOAT[op];
  return reverse ? (x, y) => operate(y, x) : operate;
}

function bitwiseOn(op: BitwiseOp, width: number): Operator {
  const operate = BITWISE[op];
  return (x, y) => operate(x, y, width);
}
