/** Which tiles are computed again when the whole product would take too long. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { windowsToCheck } from '../../src/library/verify';
import { planMatmul } from '../../src/lower';

const extent = fc.integer({ min: 1, max: 3000 });

test('tiles lie in the output, none twice, within the budget or alone; all of them where they fit, and always the last', () => {
  fc.assert(
    fc.property(extent, extent, extent, fc.integer({ min: 1, max: 2 ** 36 }), (m, n, k, budget) => {
      const plan = planMatmul({ m, n, k, a: 'bfloat16', b: 'bfloat16' });
      const windows = windowsToCheck(plan, budget);
      const outputs = windows.reduce((sum, { m0, m1, n0, n1 }) => sum + (m1 - m0) * (n1 - n0), 0);
      expect(new Set(windows.map(({ m0, n0 }) => m0 * n + n0)).size).toBe(windows.length);
      expect(windows.some(({ m1, n1 }) => m1 === m && n1 === n)).toBe(true);
      for (const { m0, m1, n0, n1 } of windows) {
        expect(m0 < m1 && m1 <= m && n0 < n1 && n1 <= n).toBe(true);
        expect([m0 % plan.tile.m, n0 % plan.tile.n]).toEqual([0, 0]);
      }
      if (2 * m * n * k <= budget) expect(outputs).toBe(m * n);
      else expect(windows.length === 1 || 2 * outputs * k <= budget).toBe(true);
    }),
  );
});

test('a sample spreads over rows and columns of tiles', () => {
  const plan = planMatmul({ m: 128 * 16, n: 512 * 16, k: 128, a: 'bfloat16', b: 'bfloat16' });
  const windows = windowsToCheck(plan, 2 * 128 * 512 * 128 * 32);
  expect(windows.length).toBeGreaterThan(28); // a tile drawn twice is checked once
  expect(new Set(windows.map(({ m0 }) => m0)).size).toBe(16);
  expect(new Set(windows.map(({ n0 }) => n0)).size).toBe(16);
});
