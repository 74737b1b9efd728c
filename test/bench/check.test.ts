/** The checks must pass a right executor and refuse every wrong one: faults are seeded in all tiles, and in one alone. */
import { describe, expect, it } from 'vitest';
import { compareCodes, runChecks, type CheckBudgets, type CheckReport } from '../../bench/check';
import type { MatmulOperands, Window } from '../../src/execute/matmul';
import { referenceMatmul } from '../../src/execute/reference/matmul';
import { planMatmul, type MatmulPlan, type MatmulRequest } from '../../src/lower';
import { decodeArray, encodeArray, type CodeArray } from '../../src/numerics';

type Product = (plan: MatmulPlan, operands: MatmulOperands) => CodeArray;

const SHAPE = { m: 70, n: 90, k: 300, tile: { m: 32, n: 40, k: 64 } };
const request = (extra: Partial<MatmulRequest> = {}): MatmulRequest => ({
  ...SHAPE,
  a: 'bfloat16',
  b: 'bfloat16',
  ...extra,
});
const FULL: CheckBudgets = { integer: Infinity, random: Infinity };
const SAMPLED: CheckBudgets = { integer: 0, random: 0 };

function check(plan: MatmulPlan, product: Product, budget = FULL, seed = 7): Promise<CheckReport> {
  const execute = (operands: MatmulOperands) => {
    const codes = product(plan, operands);
    return Promise.resolve((window?: Window) => Promise.resolve(window ? cut(plan, codes, window) : codes));
  };
  return runChecks({ plan, execute, reference: referenceMatmul, seed, budget });
}

function cut(plan: MatmulPlan, codes: CodeArray, { m0, m1, n0, n1 }: Window): CodeArray {
  return codes.filter((_, index) => {
    const [m, n] = [Math.floor(index / plan.n), index % plan.n];
    return m0 <= m && m < m1 && n0 <= n && n < n1;
  });
}

/** The codes of `wrong` inside the window, of `right` elsewhere. */
function graft(plan: MatmulPlan, right: CodeArray, wrong: CodeArray, { m0, m1, n0, n1 }: Window): CodeArray {
  const mixed = right.slice();
  for (let m = m0; m < m1; m++) mixed.set(wrong.slice(m * plan.n + n0, m * plan.n + n1), m * plan.n + n0);
  return mixed;
}

/** The product in float64, rounded once at the end: what an executor gives that skips the roundings in between. */
const inDouble: Product = (plan, { a, b }) => {
  const x = decodeArray(plan.a, a);
  const y = decodeArray(plan.b, b);
  const sums = new Float32Array(plan.m * plan.n).map((_, index) => {
    let sum = 0;
    for (let k = 0; k < plan.k; k++) {
      sum += (x[Math.floor(index / plan.n) * plan.k + k] ?? 0) * (y[k * plan.n + (index % plan.n)] ?? 0);
    }
    return sum;
  });
  return encodeArray(plan.out, sums);
};

/** The plan's order, but each product goes unrounded into its sum, as a fused multiply-add does (double rounding aside). */
const fused: Product = (plan, { a, b }) => {
  const x = decodeArray(plan.a, a);
  const y = decodeArray(plan.b, b);
  const sums = new Float32Array(plan.m * plan.n).map((_, index) => {
    const [m, n] = [Math.floor(index / plan.n), index % plan.n];
    let total = 0;
    for (const { k0, rows } of plan.passes) {
      let sum = 0;
      for (let k = k0; k < k0 + rows; k++) {
        sum = Math.fround(sum + (x[m * plan.k + k] ?? 0) * (y[k * plan.n + n] ?? 0));
      }
      total = Math.fround(total + sum);
    }
    return total;
  });
  return encodeArray(plan.out, sums);
};

const withPasses =
  (change: (passes: MatmulPlan['passes']) => MatmulPlan['passes']): Product =>
  (plan, operands) =>
    referenceMatmul({ ...plan, passes: change(plan.passes) }, operands);

interface Fault {
  readonly request: MatmulRequest;
  readonly product: Product;
  /** Small integers are exact in any order, so that only missing or misplaced products show there. */
  readonly integers: 'show' | 'cannot show';
}

const FAULTS: Record<string, Fault> = {
  'two passes swapped': {
    request: request(),
    product: withPasses(([first, second, third, ...more]) =>
      first && second && third ? [third, second, first, ...more] : [],
    ),
    integers: 'cannot show',
  },
  'the last K tile dropped': {
    request: request(),
    product: withPasses((passes) => passes.slice(0, -1)),
    integers: 'show',
  },
  'a pass taken twice': {
    request: request(),
    product: withPasses((passes) => [...passes, ...passes.slice(0, 1)]),
    integers: 'show',
  },
  'a pass one row late': {
    request: request(),
    product: withPasses((passes) => passes.map((pass, i) => (i === 1 ? { ...pass, k0: pass.k0 + 1 } : pass))),
    integers: 'show',
  },
  'the untiled order': {
    request: request(),
    product: withPasses(() => [{ k0: 0, rows: SHAPE.k, interleave: 1, group: 0 }]),
    integers: 'cannot show',
  },
  'groups added as one': {
    request: request({ block: { k: 128 } }),
    product: withPasses((passes) => passes.map((pass) => ({ ...pass, group: 0 }))),
    integers: 'cannot show',
  },
  'double-row halves one after the other': {
    request: request({ a: 'float8_e4m3fn', b: 'float8_e4m3fn', chip: 'trn3', tile: { m: 32, n: 40 } }),
    product: withPasses((passes) =>
      passes.map((pass) => ({ ...pass, interleave: 1, rows: pass.rows * pass.interleave })),
    ),
    integers: 'cannot show',
  },
  'sums in double': { request: request(), product: inDouble, integers: 'cannot show' },
  'fused multiply-add of float32': {
    request: request({ a: 'float32', b: 'float32' }),
    product: fused,
    integers: 'cannot show',
  },
  'C left out': {
    request: request({ accumulate: true }),
    product: (plan, { a, b }) => referenceMatmul({ ...plan, accumulate: false }, { a, b }),
    integers: 'show',
  },
  'an element of each row wrong by one code': {
    request: request({ out: 'bfloat16' }),
    product: (plan, operands) =>
      referenceMatmul(plan, operands).map((code, i) => code + Number(i % plan.n === 57)),
    integers: 'show',
  },
};

describe('runChecks', () => {
  it.each([
    request(),
    request({ accumulate: true, aLayout: 'k-major' }),
    request({ a: 'float32', b: 'float32', block: { k: 128 } }),
    request({ a: 'float8_e4m3', b: 'float8_e5m2', out: 'bfloat16' }),
    request({ a: 'float8_e4m3fn', b: 'float8_e4m3fn', chip: 'trn3', out: 'float16', tile: { m: 32, n: 40 } }),
    request({ m: 1, n: 1, k: 1 }),
  ])('passes the reference loop: %o', async (each) => {
    const plan = planMatmul(each);
    for (const budget of [FULL, SAMPLED]) {
      const report = await check(plan, referenceMatmul, budget);
      expect(report).toMatchObject({
        passed: true,
        kinds: [{ mismatches: 0, maxUlp: 0 }, { mismatches: 0 }],
      });
      expect(report.firstWrongTile).toBeUndefined();
    }
  });

  it('covers everything, or says what it leaves out', async () => {
    const plan = planMatmul(request());
    expect((await check(plan, referenceMatmul)).kinds).toMatchObject([
      { operands: 'small-integer', coverage: 'full', elementsCompared: 6300, elements: 6300 },
      { operands: 'random', coverage: 'full', elementsCompared: 6300, elements: 6300 },
    ]);
    const corners = (32 + 6) * (40 + 10);
    expect((await check(plan, referenceMatmul, SAMPLED)).kinds).toMatchObject([
      { coverage: 'freivalds+tiles', elementsCompared: 6 * 10, elements: 6300 },
      { coverage: 'tiles', elementsCompared: corners, elements: 6300 },
    ]);
  });

  for (const [name, { request: each, product, integers }] of Object.entries(FAULTS)) {
    const plan = planMatmul(each);
    const tile = { row: 1, column: 2, window: { m0: 32, m1: 64, n0: 80, n1: 90 } };
    const inOneTile: Product = (right, operands) =>
      graft(right, referenceMatmul(right, operands), product(right, operands), tile.window);

    it(`refuses ${name}, in every tile`, async () => {
      const report = await check(plan, product);
      expect(report.passed).toBe(false);
      expect(report.firstWrongTile).toMatchObject({ row: 0 });
      const [integer, random] = report.kinds;
      expect(random?.mismatches).toBeGreaterThan(0);
      if (integers === 'cannot show') expect(integer?.mismatches).toBe(0);
      else expect(integer?.mismatches).toBeGreaterThan(0);
    });

    it(`refuses ${name}, in one tile, and names it`, async () => {
      if (name.startsWith('an element')) return; // its column is not in this tile
      const report = await check(plan, inOneTile);
      expect(report.passed).toBe(false);
      expect(report.firstWrongTile).toMatchObject(tile);
    });

    if (integers === 'show' && plan.out === 'float32') {
      it(`refuses ${name} by Freivalds' check alone, in a tile that is no corner`, async () => {
        const report = await check(plan, inOneTile, SAMPLED);
        expect(report.kinds[0]?.mismatches).toBeGreaterThan(0);
        expect(report.firstWrongTile).toMatchObject({ operands: 'small-integer', row: 1, column: 2 });
      });
    }
  }

  it('stops when the signal aborts', async () => {
    const controller = new AbortController();
    const plan = planMatmul(request());
    const execute = (operands: MatmulOperands) => {
      controller.abort(new Error('stopped by the user'));
      return Promise.resolve(() => Promise.resolve(referenceMatmul(plan, operands)));
    };
    const { signal } = controller;
    await expect(runChecks({ plan, execute, reference: referenceMatmul, seed: 1, signal })).rejects.toThrow(
      'stopped by the user',
    );
  });

  it('gives JSON as it stands', async () => {
    const report = await check(planMatmul(request()), (plan, operands) =>
      referenceMatmul(plan, operands).map((_, i) =>
        i === 4 ? 0x7fc00000 : i === 3 ? 0xff800000 : 0x80000000,
      ),
    );
    expect(report.kinds[0]?.maxUlp).toBeNull();
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});

describe('compareCodes', () => {
  it('tells where, what and how far', () => {
    const expected = Uint16Array.of(0x3f80, 0x3f80, 0x8000, 0x7fc0);
    const actual = Uint16Array.of(0x3f80, 0x3f83, 0x0000, 0x7fc0);
    const window = { m0: 10, m1: 12, n0: 20, n1: 22 };
    expect(compareCodes('bfloat16', expected, actual, window)).toEqual({
      compared: 4,
      mismatches: 2,
      maxUlp: 3,
      firstWrong: {
        m: 10,
        n: 21,
        expected: { code: '0x3f80', value: '1' },
        actual: { code: '0x3f83', value: '1.0234375' },
      },
    });
  });
});
