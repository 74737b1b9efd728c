/**
 * The ALU operators once more, each in another way than in src/isa/alu.ts: sums, products and quotients in exact integers,
 * order by sign and magnitude of the bits, bitwise operators and GpSimd's integers by BigInt.
 */
import type { ArithmeticOp, BitwiseOp, UnaryOp } from '../../src/program';
import { KEEPING } from '../execute/exact';

const view = new DataView(new ArrayBuffer(4));

export function bitsOf(x: number): number {
  view.setFloat32(0, x);
  return view.getUint32(0);
}

export function fromBits(bits: number): number {
  view.setUint32(0, bits);
  return view.getFloat32(0);
}

/** Bits, with one NaN for all, as every written one is. */
export const canonical = (x: number): number => (Number.isNaN(x) ? 0x7fc00000 : bitsOf(x));

const magnitude = (x: number) => bitsOf(x) & 0x7fffffff;
const negative = (x: number) => bitsOf(x) >>> 31 === 1;
const isNaN = (x: number) => magnitude(x) > 0x7f800000;
const isInfinite = (x: number) => magnitude(x) === 0x7f800000;
const isZero = (x: number) => magnitude(x) === 0;
const negated = (x: number) => fromBits((bitsOf(x) ^ 0x80000000) >>> 0);

/** Grows with x; the zeros are one. */
const rank = (x: number) => (negative(x) ? -magnitude(x) : magnitude(x));

function add(x: number, y: number): number {
  if (isNaN(x) || isNaN(y)) return NaN;
  if (isInfinite(x)) return isInfinite(y) && negative(x) !== negative(y) ? NaN : x;
  return isInfinite(y) ? y : KEEPING.add(x, y);
}

function multiply(x: number, y: number): number {
  if (isNaN(x) || isNaN(y)) return NaN;
  if (!isInfinite(x) && !isInfinite(y)) return KEEPING.multiply(x, y);
  if (isZero(x) || isZero(y)) return NaN;
  return negative(x) === negative(y) ? Infinity : -Infinity;
}

/** The larger by rank, and of two zeros the one without a sign; `largest` false asks for the other one. */
function extreme(x: number, y: number, largest: boolean): number {
  if (isNaN(x) || isNaN(y)) return NaN;
  if (isZero(x) && isZero(y)) return negative(x) === largest ? y : x;
  return rank(x) > rank(y) === largest ? x : y;
}

function byMagnitude(x: number, y: number, takeLeft: boolean): number {
  if (isNaN(x) || isNaN(y)) return NaN;
  return takeLeft ? x : y;
}

const compared = (holds: (left: number, right: number) => boolean) => (x: number, y: number) =>
  !isNaN(x) && !isNaN(y) && holds(rank(x), rank(y)) ? 1 : 0;
const truth = (holds: (left: boolean, right: boolean) => boolean) => (x: number, y: number) =>
  holds(!isZero(x), !isZero(y)) ? 1 : 0;

export const ARITHMETIC = {
  add,
  subtract: (x, y) => add(x, negated(y)),
  multiply,
  maximum: (x, y) => extreme(x, y, true),
  minimum: (x, y) => extreme(x, y, false),
  equal: compared((left, right) => left === right),
  not_equal: (x, y) => (isNaN(x) || isNaN(y) || rank(x) !== rank(y) ? 1 : 0),
  greater_equal: compared((left, right) => left >= right),
  greater: compared((left, right) => left > right),
  less_equal: compared((left, right) => left <= right),
  less: compared((left, right) => left < right),
  logical_and: truth((left, right) => left && right),
  logical_or: truth((left, right) => left || right),
  logical_xor: truth((left, right) => left !== right),
  abs_max: (x, y) => byMagnitude(x, y, magnitude(x) > magnitude(y)),
  abs_min: (x, y) => byMagnitude(x, y, magnitude(x) < magnitude(y)),
} as const satisfies Record<Exclude<ArithmeticOp, 'power'>, (x: number, y: number) => number>;

/** The float32 nearest to n / d, ties to even. */
function nearestQuotient(n: bigint, d: bigint): number {
  // n / d = 2^exponent times a number of 24 bits, or of fewer where the float32 is subnormal.
  let exponent = Math.max(n.toString(2).length - d.toString(2).length - 24, -149);
  const scaled = (): [bigint, bigint] =>
    exponent < 0 ? [n << BigInt(-exponent), d] : [n, d << BigInt(exponent)];
  let [top, bottom] = scaled();
  while (top / bottom >= 1n << 24n) {
    exponent++;
    [top, bottom] = scaled();
  }
  const [kept, rest] = [top / bottom, top % bottom];
  const up = 2n * rest > bottom || (2n * rest === bottom && kept % 2n === 1n);
  return Math.fround(Number(kept + (up ? 1n : 0n)) * 2 ** exponent);
}

function reciprocal(x: number): number {
  if (isNaN(x)) return NaN;
  if (isZero(x)) return negative(x) ? -Infinity : Infinity;
  if (isInfinite(x)) return negative(x) ? -0 : 0;
  const size = nearestQuotient(1n << 149n, BigInt(Math.abs(x) * 2 ** 149));
  return negative(x) ? -size : size;
}

export const UNARY = {
  abs: (x) => fromBits(magnitude(x)),
  square: (x) => multiply(x, x),
  relu: (x) => (isNaN(x) ? NaN : rank(x) > 0 ? x : 0),
  reciprocal,
} as const satisfies Record<Exclude<UnaryOp, 'rsqrt'>, (x: number) => number>;

export const BITWISE = {
  bitwise_and: (x, y) => x & y,
  bitwise_or: (x, y) => x | y,
  bitwise_xor: (x, y) => x ^ y,
  invert: (x) => ~x,
  left_shift: (x, y) => (y > 64n ? 0n : x << y),
  right_shift: (x, y) => (y > 64n ? 0n : x >> y),
} as const satisfies Record<BitwiseOp, (x: bigint, y: bigint) => bigint>;

/** A bitwise operator on codes of `width` bits. */
export function bitwise(op: BitwiseOp, x: number, y: number, width: number): number {
  return Number(BigInt.asUintN(width, BITWISE[op](BigInt(x), BigInt(y))));
}

const flag = (holds: boolean) => (holds ? 1n : 0n);
const size = (x: bigint) => (x < 0n ? -x : x);

/** GpSimd's arithmetic on integers, before it is taken modulo 2^32. */
export const INTEGER = {
  add: (x, y) => x + y,
  subtract: (x, y) => x - y,
  multiply: (x, y) => x * y,
  maximum: (x, y) => (x > y ? x : y),
  minimum: (x, y) => (x < y ? x : y),
  equal: (x, y) => flag(x === y),
  not_equal: (x, y) => flag(x !== y),
  greater_equal: (x, y) => flag(x >= y),
  greater: (x, y) => flag(x > y),
  less_equal: (x, y) => flag(x <= y),
  less: (x, y) => flag(x < y),
  logical_and: (x, y) => flag(x !== 0n && y !== 0n),
  logical_or: (x, y) => flag(x !== 0n || y !== 0n),
  logical_xor: (x, y) => flag((x !== 0n) !== (y !== 0n)),
  abs_max: (x, y) => (size(x) > size(y) ? x : y),
  abs_min: (x, y) => (size(x) < size(y) ? x : y),
} as const satisfies Record<Exclude<ArithmeticOp, 'power'>, (x: bigint, y: bigint) => bigint>;
