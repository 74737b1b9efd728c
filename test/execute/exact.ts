/** float32 arithmetic in exact integers: an oracle for the reference loop that uses no floating-point addition or product. */

/** Exact values are integers in units of 2^-298, the smallest product of two float32 subnormals. */
const UNIT = 298;

function exact(x: number): bigint {
  const scaled = x * 2 ** 149; // a float32 is a multiple of 2^-149; this is exact and below 2^277
  return BigInt(scaled) << BigInt(UNIT - 149);
}

/** Rounds to 24 bits, ties to even, of which none may be worth less than 2^lowest. */
function round(value: bigint, lowest: number): number {
  const magnitude = value < 0n ? -value : value;
  const drop = Math.max(magnitude.toString(2).length - 24, lowest + UNIT, 0);
  const kept = magnitude >> BigInt(drop);
  const rest = magnitude - (kept << BigInt(drop));
  const half = drop === 0 ? 0n : 1n << BigInt(drop - 1);
  const up = drop > 0 && (rest > half || (rest === half && kept % 2n === 1n)) ? 1n : 0n;
  const rounded = Number(kept + up) * 2 ** (drop - UNIT);
  const limited = rounded >= 2 ** 128 ? Infinity : rounded;
  return value < 0n ? -limited : limited;
}

const signed = (zeroOrMore: number, negative: boolean): number => (negative ? -zeroOrMore : zeroOrMore);
const isNegative = (x: number): boolean => x < 0 || Object.is(x, -0);

export interface ExactArithmetic {
  readonly multiply: (x: number, y: number) => number;
  readonly add: (x: number, y: number) => number;
}

/** Of finite float32 values. */
export const KEEPING: ExactArithmetic = {
  multiply: (x, y) =>
    signed(Math.abs(round((exact(x) * exact(y)) >> BigInt(UNIT), -149)), isNegative(x) !== isNegative(y)),
  add: (x, y) => {
    const sum = exact(x) + exact(y);
    return sum === 0n ? signed(0, isNegative(x) && isNegative(y)) : round(sum, -149);
  },
};

/** As `KEEPING`, with subnormal operands and results that are tiny after rounding as zeros of the same sign. */
export const FLUSHING: ExactArithmetic = {
  multiply: (x, y) => {
    const unbounded = Math.abs(round((exact(flushed(x)) * exact(flushed(y))) >> BigInt(UNIT), -UNIT));
    return signed(unbounded < 2 ** -126 ? 0 : unbounded, isNegative(x) !== isNegative(y));
  },
  add: (x, y) => flushed(KEEPING.add(flushed(x), flushed(y))),
};

function flushed(x: number): number {
  return Math.abs(x) < 2 ** -126 ? signed(0, isNegative(x)) : x;
}
