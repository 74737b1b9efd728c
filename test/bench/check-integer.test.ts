/** Operands of the checks, the small-integer oracle, Freivalds' check, and the sample of tiles. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkedFlops,
  checkPlanFor,
  exactIntegerProduct,
  freivalds,
  randomOperands,
  sampleTiles,
  smallIntegerOperands,
} from '../../bench/check';
import type { MatmulOperands } from '../../src/execute/matmul';
import { referenceMatmul } from '../../src/execute/reference/matmul';
import { planMatmul, type MatmulPlan } from '../../src/lower';
import { codeArray, decodeArray, encodeArray, type Dtype } from '../../src/numerics';

const PAIRS: readonly (readonly [Dtype, Dtype, Dtype])[] = [
  ['bfloat16', 'bfloat16', 'float32'],
  ['float32', 'float32', 'float32'],
  ['float16', 'float16', 'bfloat16'],
  ['float8_e4m3', 'float8_e5m2', 'float8_e4m3'],
  ['float8_e3m4', 'float8_e3m4', 'float8_e3m4'],
];

const plans = fc
  .record({
    m: fc.integer({ min: 1, max: 40 }),
    n: fc.integer({ min: 1, max: 40 }),
    k: fc.integer({ min: 1, max: 300 }),
    pair: fc.constantFrom(...PAIRS),
    accumulate: fc.boolean(),
    aLayout: fc.constantFrom('row-major' as const, 'k-major' as const),
    tileK: fc.integer({ min: 1, max: 128 }),
  })
  .map(({ pair: [a, b, out], tileK, ...rest }) => planMatmul({ ...rest, a, b, out, tile: { k: tileK } }));

describe('smallIntegerOperands', () => {
  it('gives integers whose sums are exact in every order', () => {
    fc.assert(
      fc.property(plans, fc.nat(), (plan, seed) => {
        const { a, b, c } = smallIntegerOperands(plan, seed);
        const [x, y, z] = [
          decodeArray(plan.a, a),
          decodeArray(plan.b, b),
          decodeArray(plan.out, c ?? encodeArray(plan.out, new Float32Array(1))),
        ];
        for (const values of [x, y, z]) expect(values.every((value) => Number.isInteger(value))).toBe(true);
        const most = (values: Float32Array): number =>
          values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
        expect(plan.k * most(x) * most(y) + most(z)).toBeLessThan(2 ** 24);
        expect(x.some((value) => value !== 0) && y.some((value) => value !== 0)).toBe(true);
        expect(exactIntegerProduct(plan, { a, b, ...(c && { c }) })).toEqual(
          referenceMatmul(plan, { a, b, ...(c && { c }) }),
        );
      }),
      { numRuns: 150 },
    );
  });

  it.each(PAIRS)('spreads %s x %s into %s without drowning it in infinities', (a, b, out) => {
    const plan = planMatmul({ m: 32, n: 32, k: 2048, a, b, out });
    const result = decodeArray(out, exactIntegerProduct(plan, smallIntegerOperands(plan, 3)));
    expect(result.filter((value) => !Number.isFinite(value)).length).toBeLessThan(result.length / 20);
    expect(new Set(result).size).toBeGreaterThan(15);
    expect(result.some((value) => value < 0)).toBe(true);
  });

  it('refuses a K whose sums float32 cannot hold', () => {
    const plan: MatmulPlan = {
      ...planMatmul({ m: 1, n: 1, k: 1, a: 'bfloat16', b: 'bfloat16' }),
      k: 2 ** 23,
    };
    expect(() => smallIntegerOperands(plan, 0)).toThrow(/below 8388608/);
  });
});

describe('randomOperands', () => {
  it.each(PAIRS)('are finite, seeded and centred: %s x %s into %s', (a, b, out) => {
    const plan = planMatmul({ m: 50, n: 60, k: 512, a, b, out, accumulate: true });
    const drawn = randomOperands(plan, 11);
    expect(randomOperands(plan, 11)).toEqual(drawn);
    expect(randomOperands(plan, 12)).not.toEqual(drawn);
    const { a: x, b: y, c: z = codeArray(out, 1) } = drawn;
    for (const values of [decodeArray(a, x), decodeArray(b, y), decodeArray(out, z)]) {
      const deviation = Math.hypot(...values) / Math.sqrt(values.length);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(values.every(Number.isFinite)).toBe(true);
      expect(Math.abs(mean)).toBeLessThan(0.1 * deviation);
    }
    const result = decodeArray(out, referenceMatmul(plan, drawn));
    expect(result.filter((value) => !Number.isFinite(value)).length).toBeLessThan(result.length / 4);
  });

  it.each([
    ['float32', 'float32'],
    ['bfloat16', 'bfloat16'],
    ['float16', 'float16'],
    ['float8_e4m3', 'float8_e4m3'],
    ['float8_e5m2', 'float8_e5m2'],
    ['float8_e4m3', 'float8_e5m2'],
  ] as const)('show the order of additions in most outputs: %s x %s', (a, b) => {
    const plan = planMatmul({ m: 32, n: 32, k: 256, a, b });
    const operands = randomOperands(plan, 2);
    const untiled = referenceMatmul(
      { ...plan, passes: [{ k0: 0, rows: 256, interleave: 1, group: 0 }] },
      operands,
    );
    const differ = referenceMatmul(plan, operands).filter((code, i) => code !== untiled[i]).length;
    expect(differ).toBeGreaterThan(32 * 32 * 0.4);
  });
});

describe('freivalds', () => {
  const float32Plans = plans.filter(({ out }) => out === 'float32');
  const valuesOf = (plan: MatmulPlan, operands: MatmulOperands): Float32Array =>
    decodeArray(plan.out, referenceMatmul(plan, operands));

  it('never refuses a right result', () => {
    fc.assert(
      fc.property(float32Plans, fc.nat(), (plan, seed) => {
        const operands = smallIntegerOperands(plan, seed);
        const verdict = freivalds(plan, operands, valuesOf(plan, operands), seed);
        expect(verdict.wrongRows).toEqual([]);
        expect(verdict.falseAccept).toBeLessThan(2 ** -40);
      }),
      { numRuns: 100 },
    );
  });

  it('finds the row of any one wrong element, whatever it was replaced by', () => {
    const wrongs = fc.oneof(
      fc.integer({ min: -(2 ** 24), max: 2 ** 24 }).map((by) => (x: number) => x + (by === 0 ? 1 : by)),
      fc.constantFrom(NaN, Infinity, -0, 0.5, 1e30).map((value) => () => value),
    );
    fc.assert(
      fc.property(float32Plans, fc.nat(), fc.nat(), wrongs, (plan, seed, place, wrong) => {
        const operands = smallIntegerOperands(plan, seed);
        const values = valuesOf(plan, operands);
        const index = place % values.length;
        values[index] = wrong(values[index] ?? 0);
        expect(freivalds(plan, operands, values, seed).wrongRows).toEqual([Math.floor(index / plan.n)]);
      }),
      { numRuns: 200 },
    );
  });

  it('finds errors that cancel along the row', () => {
    const plan = planMatmul({ m: 4, n: 64, k: 64, a: 'bfloat16', b: 'bfloat16' });
    const operands = smallIntegerOperands(plan, 5);
    const values = valuesOf(plan, operands);
    values[64] = (values[64] ?? 0) + 1;
    values[100] = (values[100] ?? 0) - 1;
    expect(freivalds(plan, operands, values, 1).wrongRows).toEqual([1]);
  });
});

describe('coverage', () => {
  const plan = planMatmul({ m: 300, n: 1100, k: 64, a: 'bfloat16', b: 'bfloat16', tile: { m: 128, n: 512 } });

  it('samples whole tiles, corners first, none twice', () => {
    const all = sampleTiles(plan, 1, Infinity);
    expect(all.slice(0, 4)).toEqual([
      { m0: 256, m1: 300, n0: 1024, n1: 1100 },
      { m0: 0, m1: 128, n0: 0, n1: 512 },
      { m0: 0, m1: 128, n0: 1024, n1: 1100 },
      { m0: 256, m1: 300, n0: 0, n1: 512 },
    ]);
    expect(new Set(all.map(({ m0, n0 }) => `${m0},${n0}`)).size).toBe(9);
    expect(sampleTiles(plan, 1, 0)).toHaveLength(4);
    expect(sampleTiles(plan, 1, 2 * 64 * 300 * 1000)).toEqual(
      all.slice(0, sampleTiles(plan, 1, 2 * 64 * 300 * 1000).length),
    );
    expect(sampleTiles({ ...plan, m: 5, n: 5 }, 1, 0)).toEqual([{ m0: 0, m1: 5, n0: 0, n1: 5 }]);
  });

  it('is full within the budget, and the windows then tile the output', () => {
    const { integer, random } = checkPlanFor(plan, 1, { integer: 0, random: 2 * 300 * 1100 * 64 });
    expect(integer).toMatchObject({ coverage: 'freivalds+tiles' });
    expect(random).toMatchObject({ coverage: 'full', elementsCompared: 330000, flops: 42240000 });
    expect(checkPlanFor({ ...plan, out: 'bfloat16' }, 1, { integer: 0, random: 0 }).integer.coverage).toBe(
      'tiles',
    );
    const seen = new Uint8Array(330000);
    for (const { m0, m1, n0, n1 } of random.windows) {
      for (let m = m0; m < m1; m++)
        for (let n = n0; n < n1; n++) seen[m * 1100 + n] = (seen[m * 1100 + n] ?? 0) + 1;
    }
    expect(seen.every((count) => count === 1)).toBe(true);
    expect(checkedFlops(plan)).toBeGreaterThan(2 * 300 * 1100 * 64);
  });
});
