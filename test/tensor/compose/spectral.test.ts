/** Fourier transforms against their sums in doubles: errors are told relative to the root mean square of the result. */
import { describe, expect, it } from 'vitest';
import { fft, ifft, irfft, rfft } from '../../../src/tensor/compose';
import { nodeOf, valuesOf } from './values';

const signal = (length: number, seed: number): number[] =>
  Array.from({ length }, (_, i) => Math.fround(Math.sin(i * i * 0.7 + seed) + ((i * 13 + seed) % 5) / 4));

function transform(real: readonly number[], imaginary: readonly number[], sign: 1 | -1) {
  const n = real.length;
  return Array.from({ length: n }, (_, k) => {
    let [re, im] = [0, 0];
    for (let j = 0; j < n; j++) {
      const angle = (sign * 2 * Math.PI * ((j * k) % n)) / n;
      re += (real[j] ?? 0) * Math.cos(angle) - (imaginary[j] ?? 0) * Math.sin(angle);
      im += (real[j] ?? 0) * Math.sin(angle) + (imaginary[j] ?? 0) * Math.cos(angle);
    }
    return [re, im] as const;
  });
}

/** The largest distance, as a share of the root mean square. */
function error(got: readonly number[], wanted: readonly number[]): number {
  const scale = Math.sqrt(wanted.reduce((sum, value) => sum + value ** 2, 0) / wanted.length);
  return Math.max(...got.map((value, i) => Math.abs(value - (wanted[i] ?? NaN)))) / scale;
}

describe('a Fourier transform', () => {
  it.each([1, 2, 3, 8, 31, 64, 67, 96, 128, 210, 1024])(
    'of %d elements is right to 2e-6 of the root mean square',
    (n) => {
      const [re, im] = [signal(n, 1), signal(n, 2)];
      const wanted = transform(re, im, -1);
      const result = fft({ real: nodeOf(re), imaginary: nodeOf(im) });
      const flat = [...valuesOf(result.real), ...valuesOf(result.imaginary)];
      expect(
        error(flat, [...wanted.map(([real]) => real), ...wanted.map(([, imaginary]) => imaginary)]),
      ).toBeLessThan(2e-6);
      const back = ifft(result);
      expect(error([...valuesOf(back.real), ...valuesOf(back.imaginary)], [...re, ...im])).toBeLessThan(3e-6);
    },
  );

  it.each([1, 2, 5, 6, 130])('of %d real elements has a half that tells the rest', (n) => {
    const re = signal(n, 3);
    const half = rfft(nodeOf(re));
    const length = Math.floor(n / 2) + 1;
    expect(half.real.shape).toEqual([length]);
    const wanted = transform(
      re,
      re.map(() => 0),
      -1,
    ).slice(0, length);
    expect(
      error(
        valuesOf(half.real),
        wanted.map(([real]) => real),
      ),
    ).toBeLessThan(2e-6);
    expect(error(valuesOf(irfft(half, n)), re)).toBeLessThan(3e-6);
  });

  it('goes along the last axis of many rows', () => {
    const rows = [signal(6, 1), signal(6, 5)];
    const result = fft({
      real: nodeOf(rows.flat(), [2, 6]),
      imaginary: nodeOf(Array<number>(12).fill(0), [2, 6]),
    });
    const wanted = rows.flatMap((row) =>
      transform(
        row,
        row.map(() => 0),
        -1,
      ).map(([, imaginary]) => imaginary),
    );
    expect(error(valuesOf(result.imaginary), wanted)).toBeLessThan(2e-6);
  });
});
