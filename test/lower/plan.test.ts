import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describePlan, planMatmul } from '../../src/lower';
import type { MatmulRequest } from '../../src/lower';
import { UserError } from '../../src/numerics';
import { anyRequest } from './requests';

const bf16 = { m: 1024, n: 1024, k: 1024, a: 'bfloat16', b: 'bfloat16' } as const;
const fp8 = { ...bf16, a: 'float8_e4m3', b: 'float8_e5m2' } as const;

describe('planMatmul', () => {
  test('fills in trn2, float32, row-major and the largest tiles', () => {
    const { passes, ...rest } = planMatmul(bf16);
    expect(rest).toEqual({
      ...bf16,
      out: 'float32',
      rounding: 'nearest-even',
      saturate: false,
      seed: 0,
      accumulate: false,
      aLayout: 'row-major',
      chip: 'trn2',
      tile: { m: 128, n: 512, k: 128 },
      block: { m: 512, n: 1024, k: 1024 },
      loopOrder: ['block-m', 'block-n', 'block-k', 'pass', 'tile-m', 'tile-n'],
      doubleRow: false,
      buffers: { a: 2, b: 2, out: 2 },
    });
    expect(passes).toEqual(
      Array.from({ length: 8 }, (_, index) => ({ k0: index * 128, rows: 128, interleave: 1, group: 0 })),
    );
  });

  const cut = (request: Partial<MatmulRequest>) =>
    planMatmul({ ...fp8, ...request }).passes.map((pass) => [
      pass.k0,
      pass.rows,
      pass.interleave,
      pass.group,
    ]);

  test('cuts K into double-row passes, and an even remainder into one more', () => {
    expect(cut({ k: 612 })).toEqual([
      [0, 128, 2, 0],
      [256, 128, 2, 0],
      [512, 50, 2, 0],
    ]);
  });

  test('cuts an odd remainder into plain passes', () => {
    expect(cut({ k: 511 })).toEqual([
      [0, 128, 2, 0],
      [256, 128, 1, 0],
      [384, 127, 1, 0],
    ]);
    expect(cut({ k: 1 })).toEqual([[0, 1, 1, 0]]);
  });

  test('starts a group at every block.k', () => {
    expect(cut({ k: 700, block: { k: 300 } })).toEqual([
      [0, 128, 2, 0],
      [256, 22, 2, 0],
      [300, 128, 2, 1],
      [556, 22, 2, 1],
      [600, 50, 2, 2],
    ]);
  });

  test('does without double-row where it is forbidden, illegal or the tile is odd', () => {
    expect(cut({ k: 130, doubleRow: false })).toEqual([
      [0, 128, 1, 0],
      [128, 2, 1, 0],
    ]);
    expect(planMatmul({ ...fp8, chip: 'trn1' }).doubleRow).toBe(false);
    expect(planMatmul({ ...fp8, b: 'bfloat16' }).doubleRow).toBe(false);
    expect(planMatmul({ ...fp8, a: 'float8_e3m4' }).doubleRow).toBe(false);
    expect(planMatmul({ ...fp8, tile: { k: 101 } }).passes[0]).toMatchObject({ rows: 101, interleave: 1 });
  });

  test('keeps the block within PSUM and loads least', () => {
    expect(planMatmul({ ...bf16, n: 64 }).block).toEqual({ m: 1024, n: 64, k: 1024 });
    expect(planMatmul({ ...bf16, m: 1, n: 9000 }).block).toEqual({ m: 1, n: 3072, k: 1024 });
    expect(planMatmul({ ...bf16, block: { n: 512 } }).block).toEqual({ m: 1024, n: 512, k: 1024 });
    expect(planMatmul({ ...bf16, n: 9000, chip: 'trn3', tile: { n: 4096 } }).block.n).toBe(4096);
  });

  test('takes K once, in order, whatever is asked', () => {
    fc.assert(
      fc.property(anyRequest(5000, 128), (request) => {
        const { passes, tile, k } = planMatmul(request);
        let next = 0;
        for (const pass of passes) {
          expect(pass.k0).toBe(next);
          expect(pass.rows).toBeGreaterThanOrEqual(1);
          expect(pass.rows).toBeLessThanOrEqual(128);
          expect(pass.rows * pass.interleave).toBeLessThanOrEqual(tile.k);
          next += pass.rows * pass.interleave;
        }
        expect(next).toBe(k);
      }),
    );
  });

  test('plans its own plan again', () => {
    // Groups of odd extent are plain passes, and the last group's even remainder with them.
    const mixed = {
      m: 1,
      n: 1,
      k: 379,
      chip: 'trn3',
      a: 'float8_e5m2',
      b: 'float8_e4m3',
      block: { k: 19 },
    } as const;
    fc.assert(
      fc.property(anyRequest(600, 128), (request) => {
        const plan = planMatmul(request);
        const { loopOrder, passes, buffers, ...again } = plan;
        expect(planMatmul(again)).toEqual({ ...again, loopOrder, passes, buffers });
      }),
      {
        numRuns: 1000,
        examples: [[mixed], [{ ...mixed, block: { k: 100 } }], [{ ...mixed, block: { k: 252 } }]],
      },
    );
  });
});

describe('planMatmul refuses', () => {
  /** What a page's form or JSON may hold. */
  const untyped = (change: Record<string, unknown>) => change as Partial<MatmulRequest>;
  test.each<[string, Partial<MatmulRequest>, string]>([
    ['no rows', { m: 0 }, 'm must be a whole number of at least 1, received 0.'],
    ['negative extents', { n: -4 }, 'n must be a whole number of at least 1, received -4.'],
    ['fractions', { k: 1.5 }, 'k must be a whole number of at least 1, received 1.5.'],
    ['NaN', { k: NaN }, 'k must be a whole number of at least 1, received NaN.'],
    [
      'numbers that are not exact',
      { m: 2 ** 53 },
      'm must be a whole number of at least 1, received 9007199254740992.',
    ],
    ['an axis that is none', untyped({ tile: { x: 4 } }), 'tile has no option "x": it takes m, n, k.'],
    ['empty tiles', { tile: { n: 0 } }, 'tile.n must be a whole number of at least 1, received 0.'],
    [
      'fractional blocks',
      { block: { k: 0.5 } },
      'block.k must be a whole number of at least 1, received 0.5.',
    ],
    ['more than HBM', { m: 2 ** 20, n: 2 ** 20 }, 'more than the 96 GiB of HBM of trn2: split the product.'],
    [
      'a C that HBM cannot hold too',
      { m: 2 ** 17, n: 2 ** 17, k: 1, accumulate: true },
      'the output take 128 GiB, more than',
    ],
    ['formats that do not multiply', { a: 'int8' }, 'trn2 does not multiply int8: choose from float32,'],
    ['formats of a later chip', { a: 'float8_e4m3fn' }, 'trn2 does not multiply float8_e4m3fn'],
    [
      'float32 by a narrow format',
      { a: 'float32' },
      'float32 and tfloat32 multiply only float32 or tfloat32',
    ],
    ['e4m3 by e4m3fn', { chip: 'trn3', a: 'float8_e4m3', b: 'float8_e4m3fn' }, 'cannot be mixed'],
    ['outputs without a format', { out: 'float4_e2m1fn' }, 'trn2 has no float4_e2m1fn: choose from'],
    ['tall tiles', { tile: { m: 129 } }, 'tile.m: a pass has at most 128 stationary columns, received 129.'],
    [
      'wide tiles',
      { tile: { n: 513 } },
      'tile.n: a pass has at most 512 moving columns on trn2, received 513.',
    ],
    ['deep tiles', { tile: { k: 256 } }, 'tile.k: a plain pass has at most 128 rows'],
    ['blocks below a tile', { tile: { m: 64 }, block: { m: 32 } }, 'block.m must hold at least one tile'],
    ['blocks beyond PSUM', { block: { m: 1024, n: 1024 } }, 'in tiles of 128 x 512 keeps 16 open'],
    [
      'double-row in bf16',
      { doubleRow: true },
      'need both operands from float8_e4m3, float8_e5m2, received bfloat16',
    ],
    ['double-row on trn1', { chip: 'trn1', doubleRow: true }, 'trn1 has no double-row passes'],
    ['odd double-row tiles', { ...fp8, doubleRow: true, tile: { k: 5 } }, 'takes an even tile.k, received 5'],
    [
      'double-row of nothing even',
      { ...fp8, doubleRow: true, k: 101 },
      'No pass can be double-row: 101 is odd',
    ],
    [
      'a rounding that is not one',
      untyped({ rounding: 'up' }),
      'rounding must be one of nearest-even, toward-zero, stochastic, received "up".',
    ],
    ['a number for a flag', untyped({ saturate: 1 }), 'saturate must be one of false, true, received 1.'],
    [
      'a layout that is not one',
      untyped({ aLayout: 'rows' }),
      'aLayout must be one of row-major, k-major, received "rows".',
    ],
    [
      'an extent left out',
      untyped({ m: undefined }),
      'm must be a whole number of at least 1, received nothing.',
    ],
    ['an extent as text', untyped({ k: '128' }), 'k must be a whole number of at least 1, received "128".'],
    [
      'a fractional seed',
      { rounding: 'stochastic', seed: 0.5 },
      'seed must be a whole number of 0 to 2^53 - 1, received 0.5.',
    ],
    [
      'a seed that nothing draws from',
      { seed: 5 },
      'seed is for stochastic rounding: received 5 with nearest-even.',
    ],
    ['endless plans', { m: 1, n: 1, k: 2 ** 31, tile: { k: 1 } }, 'a plan lists at most 1048576'],
  ])('%s', (_, change, message) => {
    const plan = () => planMatmul({ ...bf16, ...change });
    expect(plan).toThrow(UserError);
    expect(plan).toThrow(message);
  });
});

describe('describePlan', () => {
  test.each([
    ['bf16', bf16],
    ['fp8-ragged', { ...fp8, m: 1000, n: 1077, k: 613, out: 'bfloat16' }],
    ['stochastic', { ...bf16, out: 'bfloat16', rounding: 'stochastic', seed: 7, saturate: true }],
    ['groups', { ...bf16, m: 4096, n: 14336, k: 4096, accumulate: true, block: { k: 1024 } }],
  ] as const)('%s', async (name, request) => {
    await expect(`${describePlan(planMatmul(request))}\n`).toMatchFileSnapshot(`../golden/plan-${name}.txt`);
  });
});

test('refuses a field that it does not know, so that a misspelt one is not ignored', () => {
  const misspelt = { m: 1, n: 1, k: 1, a: 'bfloat16', b: 'bfloat16', roundng: 'toward-zero' } as const;
  expect(() => planMatmul(misspelt)).toThrow(/planMatmul.*roundng/);
});

test('a bigint is refused in words, as every extent that is no number', () => {
  const request = { m: 4n as unknown as number, n: 1, k: 1, a: 'bfloat16', b: 'bfloat16' } as const;
  expect(() => planMatmul(request)).toThrow(/m must be a whole number of at least 1, received 4\./);
});
