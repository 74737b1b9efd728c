/** Functions of references, against others' series and fractions, and what is known of them. */
import { expect, test } from 'vitest';
import { normalBelow, sigmoid } from '../../src/kernels/normal';
import { erfc } from '../isa/functions/oracle';

const UNIT = 2 ** -53;
const points = Array.from({ length: 4001 }, (_, index) => (index - 2000) / 100);

test('the normal distribution is half an erfc', () => {
  // The oracle's own series cancels: below 2 its terms are up to e^4, and its error some units of that.
  const absolute = 64 * Math.exp(4) * UNIT;
  for (const x of points) {
    const expected = erfc(-x / Math.SQRT2) / 2;
    const far = x <= -3;
    // exp(-x^2 / 2) has the error of its rounded exponent, x^2 / 2 units, on both sides.
    const relative = 2 * (x * x + 64) * UNIT * expected;
    expect(Math.abs(normalBelow(x) - expected)).toBeLessThanOrEqual(far ? relative : absolute);
  }
});

test('both are 1 in sum with their mirror image, 1/2 at 0, and keep their size far below', () => {
  for (const f of [normalBelow, sigmoid]) {
    expect(f(0)).toBe(0.5);
    for (const x of points) expect(Math.abs(f(x) + f(-x) - 1)).toBeLessThanOrEqual(16 * UNIT);
  }
  expect(sigmoid(-700)).toBe(Math.exp(-700));
  expect(sigmoid(1000)).toBe(1);
  expect(normalBelow(-30)).toBeGreaterThan(0);
});
