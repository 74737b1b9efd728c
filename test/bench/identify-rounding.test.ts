/** Roundings of doubles against src/numerics on float32 values, and against exact integer arithmetic beyond them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addToOdd, fusedDouble, fusedNarrow, rounder } from '../../bench/identify/rounding';
import { decode, encode, type Dtype } from '../../src/numerics';

const DTYPES: readonly Dtype[] = [
  'float32', 'tfloat32', 'bfloat16', 'float16', 'float8_e5m2', 'float8_e4m3', 'float8_e4m3fn', 'float8_e3m4',
  'int8', 'uint8', 'int32',
]; // prettier-ignore

/** float32 of any bits, and some near the edges of narrow formats. */
const float32 = fc.oneof(
  fc.nat(0xffffffff).map((bits) => new Float32Array(Uint32Array.of(bits).buffer)[0] ?? 0),
  fc
    .tuple(fc.integer({ min: -600, max: 600 }), fc.integer({ min: -12, max: 12 }))
    .map(([x, e]) => x * 2 ** e),
);

const same = (x: number, y: number): boolean => x === y || (Number.isNaN(x) && Number.isNaN(y));

describe('on float32 values, as encode and decode', () => {
  for (const dtype of DTYPES) {
    it(dtype, () => {
      fc.assert(
        fc.property(
          float32,
          fc.constantFrom('nearest-even' as const, 'toward-zero' as const),
          fc.boolean(),
          (value, direction, saturate) => {
            const rounded = rounder(dtype, { direction, saturate, flush: false })(value);
            const expected = decode(dtype, encode(dtype, value, { rounding: direction, saturate }));
            expect(same(rounded, expected), `${value} to ${expected}, not ${rounded}`).toBe(true);
          },
        ),
        { numRuns: 2000 },
      );
    });
  }
});

/** A double as an integer times 2^-1074. */
function exact(x: number): bigint {
  const bits = new BigUint64Array(Float64Array.of(x).buffer)[0] ?? 0n;
  const exponent = (bits >> 52n) & 0x7ffn;
  const mantissa = bits & 0xfffffffffffffn;
  const size = exponent === 0n ? mantissa : (mantissa | (1n << 52n)) << (exponent - 1n);
  return bits >> 63n === 1n ? -size : size;
}

/** value * 2^-scale to the nearest of a format of `bits` significant bits and any exponent, ties to even. */
function nearest(value: bigint, scale: number, bits: number): number {
  const size = value < 0n ? -value : value;
  const drop = BigInt(Math.max(0, size.toString(2).length - bits));
  const half = drop === 0n ? 0n : 1n << (drop - 1n);
  const kept = size >> drop;
  const rest = size - (kept << drop);
  const up = drop > 0n && (rest > half || (rest === half && kept % 2n === 1n)) ? 1n : 0n;
  const magnitude = Number(kept + up) * 2 ** (Number(drop) - scale);
  return value < 0n ? -magnitude : magnitude;
}

/** Doubles of 53 bits, exponents close to one another, and ties. */
const doubles = fc
  .tuple(
    fc.bigInt(-(2n ** 53n), 2n ** 53n),
    fc.integer({ min: -70, max: 0 }),
    fc.integer({ min: 0, max: 40 }),
  )
  .map(([mantissa, exponent, zeros]) => Number((mantissa >> BigInt(zeros)) << BigInt(zeros)) * 2 ** exponent);
const singles = doubles.map(Math.fround);

describe('fused multiply-add', () => {
  it.each([
    ['float32', 24],
    ['bfloat16', 8],
  ] as const)('to %s rounds the exact value once', (dtype, bits) => {
    const fused = fusedNarrow(rounder(dtype));
    fc.assert(
      fc.property(singles, singles, singles, (sum, x, y) => {
        const value = (exact(sum) << 1074n) + exact(x) * exact(y);
        expect(fused(sum, x, y)).toBe(nearest(value, 2148, bits));
      }),
      { numRuns: 3000 },
    );
  });

  it('to float32 where the double sum is a tie that the exact sum is not', () => {
    const fused = fusedNarrow(Math.fround);
    const [x, y] = [1 + 2 ** -23, 2 ** -60]; // the product is below half a unit of a double at 1
    expect(fused(1 + 2 ** -23, x, 2 ** -24)).toBe(1 + 2 ** -22); // above the tie
    expect(fused(1 + 2 ** -24 - 2 ** -24, x, y)).toBe(1);
    expect(fused(1, 2 ** -24, 1)).toBe(1); // the tie itself, to even
    expect(fused(1, 1 + 2 ** -23, 2 ** -24)).toBe(1 + 2 ** -23);
    expect(Math.fround(1 + 2 ** -24 + 2 ** -80)).toBe(1); // what two roundings give
    expect(Math.fround(addToOdd(1 + 2 ** -24, 2 ** -80))).toBe(1 + 2 ** -23);
    expect(Math.fround(addToOdd(1 + 2 ** -23 + 2 ** -24, -(2 ** -80)))).toBe(1 + 2 ** -23);
  });

  it('to float64 rounds the exact value once', () => {
    fc.assert(
      fc.property(doubles, doubles, doubles, (sum, x, y) => {
        const value = (exact(sum) << 1074n) + exact(x) * exact(y);
        expect(fusedDouble(sum, x, y)).toBe(nearest(value, 2148, 53));
      }),
      { numRuns: 3000 },
    );
  });
});
