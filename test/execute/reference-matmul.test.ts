/** The reference loop against examples worked by hand and against exact integer arithmetic, operation by operation. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referenceMatmul, referenceSums } from '../../src/execute/reference/matmul';
import type { MatmulPlan, Pass } from '../../src/lower';
import { encodeArray, UserError } from '../../src/numerics';
import { FLUSHING, KEEPING } from './exact';
import { runs } from './runs';

const pass = (k0: number, rows: number, interleave: 1 | 2 = 1, group = 0): Pass => ({
  k0,
  rows,
  interleave,
  group,
});

function plan(m: number, n: number, k: number, changes: Partial<MatmulPlan> = {}): MatmulPlan {
  return {
    m,
    n,
    k,
    a: 'float32',
    b: 'float32',
    out: 'float32',
    rounding: 'nearest-even',
    saturate: false,
    seed: 0,
    accumulate: false,
    aLayout: 'row-major',
    chip: 'trn2',
    tile: { m: 128, n: 512, k: 128 },
    block: { m: 128, n: 512, k },
    loopOrder: [],
    doubleRow: false,
    passes: [pass(0, k)],
    buffers: { a: 1, b: 1, out: 1 },
    ...changes,
  };
}

const f32 = (...values: number[]): Uint32Array<ArrayBuffer> =>
  new Uint32Array(Float32Array.from(values).buffer);

/** The sum of the given terms as a 1 x 1 product with ones. */
function sumOf(terms: readonly number[], changes: Partial<MatmulPlan> = {}): number | undefined {
  const ones = terms.map(() => 1);
  return referenceSums(plan(1, 1, terms.length, changes), { a: f32(...terms), b: f32(...ones) })[0];
}

describe('the order of additions', () => {
  const big = 2 ** 24; // big + 1 = big in float32, big + 2 is exact

  it('takes the rows of a pass one by one', () => {
    expect(sumOf([big, 1, 1, -big])).toBe(0);
    expect(sumOf([1, 1, big, -big])).toBe(2);
  });

  it('adds the sums of passes, not their products', () => {
    expect(sumOf([big, 1, 1, -big], { passes: [pass(0, 1), pass(1, 2), pass(3, 1)] })).toBe(2);
    expect(sumOf([big, 1, 1, -big], { passes: [pass(1, 2), pass(0, 1), pass(3, 1)] })).toBe(2);
    expect(sumOf([big, 1, 1, -big], { passes: [pass(0, 2), pass(2, 2)] })).toBe(1);
  });

  it('adds the sums of groups, in the order of their first passes', () => {
    const terms = [big, -big, 1, 1];
    const each = (groups: readonly number[]) => groups.map((group, k) => pass(k, 1, 1, group));
    expect(sumOf(terms, { passes: each([0, 0, 0, 0]) })).toBe(2);
    expect(sumOf(terms, { passes: each([0, 1, 0, 1]) })).toBe(1);
    expect(sumOf([big, 1, -big, 1], { passes: each([0, 0, 1, 1]) })).toBe(1);
  });

  it('takes both products of a double row before the next row', () => {
    // Rows (0, 2) and (1, 3): big + 1 - big + 1 = 1, where k = 0, 1, 2, 3 in turn would give 0.
    expect(sumOf([big, -big, 1, 1], { passes: [pass(0, 2, 2)] })).toBe(1);
    expect(sumOf([big, 1, 1, -big], { passes: [pass(0, 2, 2)] })).toBe(0);
    expect(sumOf([1, big, 1, -big], { passes: [pass(0, 2, 2)] })).toBe(2);
  });

  it('rounds each product before it is added', () => {
    const x = 1 + 2 ** -12;
    const product = { a: f32(x, -1), b: f32(x, 1 + 2 ** -11) };
    expect(referenceSums(plan(1, 1, 2), product)[0]).toBe(0); // fused: 2^-24
  });

  it('adds C last, and rounds once to the output format', () => {
    const changes = { out: 'bfloat16', accumulate: true } as const;
    const c = encodeArray('bfloat16', Float32Array.of(256));
    // 256 + 1 + 1 = 258 is a bfloat16; 257 is not, and would round to 256 twice.
    expect([...referenceMatmul(plan(1, 1, 2, changes), { a: f32(1, 1), b: f32(1, 1), c })]).toEqual([0x4381]);
    // 2^24 + 1 + 1, with C = 2^24 first, would stay 2^24.
    const wide = { a: f32(1, 1), b: f32(1, 1), c: f32(big) };
    expect([...referenceMatmul(plan(1, 1, 2, { accumulate: true }), wide)]).toEqual([...f32(big + 2)]);
  });

  it('gives +0 for zero sums, and NaN canonically', () => {
    const codes = (a: number, b: number) => [...referenceMatmul(plan(1, 1, 1), { a: f32(a), b: f32(b) })];
    expect(codes(-0, 1)).toEqual([0]);
    expect(codes(-(2 ** -149), 2 ** -149)).toEqual([0]);
    expect(codes(Infinity, 0)).toEqual([0x7fc00000]);
    expect(codes(-Infinity, 1)).toEqual([0xff800000]);
  });
});

/** Finite float32 values, many of which have products and sums near the subnormals. */
const values = fc
  .tuple(
    fc.integer({ min: 0, max: 0xffffff }),
    fc.constantFrom(-149, -148, -140, -130, -100, -90, -87, -86, -75, -63, -30, 0, 30),
    fc.boolean(),
  )
  .map(([mantissa, exponent, negative]) => Math.fround(mantissa * 2 ** exponent) * (negative ? -1 : 1));

describe.each([
  ['exact', KEEPING],
  ['ftz', FLUSHING],
] as const)('arithmetic, %s', (subnormals, { multiply, add }) => {
  const of = (a: readonly number[], b: readonly number[]) =>
    referenceSums(plan(1, 1, a.length), { a: f32(...a), b: f32(...b) }, { subnormals })[0];

  it('equals exact integer arithmetic on any finite values', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(values, values), { minLength: 1, maxLength: 6 }), (terms) => {
        const passSum = terms.reduce((sum, [x, y]) => add(sum, multiply(x, y)), 0);
        const expected = add(0, add(0, passSum));
        expect(
          of(
            terms.map(([x]) => x),
            terms.map(([, y]) => y),
          ),
        ).toBe(expected);
      }),
      { numRuns: runs(2000) },
    );
  });

  it('flushes what is tiny after rounding, and nothing else', () => {
    const belowNormal = (1 - 2 ** -24) * 2 ** -126; // of 24 bits: tiny, though float32 would round it to 2^-126
    const half = Math.fround(1 - 2 ** -24);
    expect(of([half], [2 ** -126])).toBe(subnormals === 'ftz' ? 0 : Math.fround(belowNormal));
    // (1 + 2^-23)(1 - 2^-23) = 1 - 2^-46 rounds to 1 in 24 bits: 2^-126 is not tiny.
    expect(of([(1 + 2 ** -23) * 2 ** -63], [(1 - 2 ** -23) * 2 ** -63])).toBe(2 ** -126);
    expect(of([2 ** -126, 1], [1, -(2 ** -126) - 2 ** -149])).toBe(subnormals === 'ftz' ? 0 : -(2 ** -149));
    expect(of([2 ** -149], [2 ** 100])).toBe(subnormals === 'ftz' ? 0 : 2 ** -49);
  });
});

describe('windows and layouts', () => {
  const [m, n, k] = [5, 7, 9];
  const a = Float32Array.from({ length: m * k }, (_, i) => Math.sin(i));
  const b = Float32Array.from({ length: k * n }, (_, i) => Math.cos(i));
  const c = Uint32Array.from({ length: m * n }, (_, i) => 0x3f000000 + i * 12345);
  const operands = { a: f32(...a), b: f32(...b), c };
  const whole = plan(m, n, k, { accumulate: true, passes: [pass(0, 4), pass(4, 5)] });

  it('a window is that rectangle of the whole', () => {
    const all = referenceMatmul(whole, operands);
    const window = { m0: 1, m1: 4, n0: 2, n1: 7 };
    const expected = [1, 2, 3].flatMap((row) => [...all.slice(row * n + 2, row * n + 7)]);
    expect([...referenceMatmul(whole, operands, { window })]).toEqual(expected);
  });

  it('k-major A is the transpose of row-major A', () => {
    const transposed = Float32Array.from(
      { length: m * k },
      (_, i) => a[(i % m) * k + Math.floor(i / m)] ?? NaN,
    );
    const other = { ...operands, a: f32(...transposed) };
    expect(referenceMatmul({ ...whole, aLayout: 'k-major' }, other)).toEqual(
      referenceMatmul(whole, operands),
    );
  });

  it('says what does not fit', () => {
    const refuse = (changes: Parameters<typeof referenceMatmul>[1], message: RegExp, options = {}) => {
      expect(() => referenceMatmul(whole, changes, options)).toThrow(UserError);
      expect(() => referenceMatmul(whole, changes, options)).toThrow(message);
    };
    refuse({ ...operands, a: f32(1) }, /A must hold 45 float32 codes.*received 1 codes/);
    refuse({ ...operands, b: new Uint16Array(63) }, /B must hold 63 float32 codes of 4 bytes.*of 2 bytes/);
    refuse({ a: operands.a, b: operands.b }, /accumulates into C; received no C/);
    refuse(operands, /window must lie in the output \[M=5, N=7\]/, {
      window: { m0: 0, m1: 6, n0: 0, n1: 1 },
    });
    expect(() => referenceMatmul({ ...whole, accumulate: false }, operands)).toThrow(/received an operand C/);
    expect(() => referenceMatmul({ ...whole, passes: [pass(0, 10)] }, operands)).toThrow(/0 to 9/);
  });
});
