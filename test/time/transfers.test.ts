/** How DMAs are dealt out to the 16 engines, against the examples of the NKI DMA overview and a count of every element. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TIMINGS } from '../../src/chip';
import type { ChipPattern, Dim, HbmPattern, Pattern } from '../../src/program';
import { dataTime, deal, DMA_ENGINES } from '../../src/time/transfers';

const hbm = (dims: readonly Dim[], dtype: Pattern['dtype'] = 'bfloat16'): HbmPattern => ({
  space: 'hbm',
  tensor: 'x',
  dtype,
  offset: 0,
  dims,
});

const sbuf = (
  partition: number,
  partitions: number,
  dims: readonly Dim[],
  dtype: Pattern['dtype'] = 'bfloat16',
): ChipPattern => ({ space: 'sbuf', tensor: 't', dtype, partition, partitions, offset: 0, dims });

function dealt(src: Pattern, dst: Pattern) {
  const into = { descriptors: new Float64Array(DMA_ENGINES), bytes: 0 };
  deal(src, dst, into);
  return { bytes: into.bytes, descriptors: [...into.descriptors] };
}

const everywhere = (count: number) => Array.from({ length: DMA_ENGINES }, () => count);
const only = (engine: number, count: number) => everywhere(0).with(engine, count);

test('[4, 4096] is one engine’s, [128, 128] that of all 16, 8 rows each', () => {
  const example1 = dealt(
    hbm([
      [4096, 4],
      [1, 4096],
    ]),
    sbuf(0, 4, [[1, 4096]]),
  );
  expect(example1).toEqual({ bytes: 8192, descriptors: only(0, 4) });
  const example2 = dealt(hbm([[1, 128 * 128]]), sbuf(0, 128, [[1, 128]]));
  expect(example2).toEqual({ bytes: 256, descriptors: everywhere(8) });
});

test('the profile’s times: 32 KiB on one engine 1416 ns, 2 KiB of 8 rows 97 ns', () => {
  expect(Math.abs(dataTime(4, 8192, 1, TIMINGS.trn2) / 1416 - 1)).toBeLessThan(0.01);
  expect(Math.abs(dataTime(8, 256, 1, TIMINGS.trn2) / 97 - 1)).toBeLessThan(0.01);
});

test('what is not contiguous on either side is a descriptor for each piece', () => {
  expect(dealt(hbm([[300, 128 * 8]]), sbuf(0, 128, [[1, 8]], 'bfloat16'))).toEqual({
    bytes: 2,
    descriptors: everywhere(64),
  });
  expect(dealt(sbuf(32, 32, [[2, 8]]), hbm([[1, 256]]))).toEqual({
    bytes: 2,
    descriptors: everywhere(0).map((_, engine) => (engine >= 4 && engine < 8 ? 64 : 0)),
  });
});

test('a conversion takes the bytes of the wider format; what moves within HBM goes to all engines', () => {
  expect(dealt(hbm([[1, 64]], 'float32'), sbuf(3, 1, [[1, 64]], 'bfloat16'))).toEqual({
    bytes: 256,
    descriptors: only(0, 1),
  });
  expect(dealt(hbm([[1, 1 << 16]]), hbm([[1, 1 << 16]]))).toEqual({
    bytes: 8192,
    descriptors: everywhere(1),
  });
});

test('every element is moved, whatever the patterns', () => {
  const count = fc.integer({ min: 1, max: 6 });
  const stride = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 128 }),
      fc.array(fc.tuple(stride, count), { maxLength: 3 }),
      stride,
      fc.integer({ min: 0, max: 127 }),
      (partitions, inner, outer, start) => {
        const row = inner.reduce((total, [, each]) => total * each, 1);
        const here = Math.min(start, 128 - partitions);
        const { bytes, descriptors } = dealt(
          hbm([[outer, partitions], ...inner]),
          sbuf(here, partitions, inner),
        );
        const moved = descriptors.reduce((total, own) => total + own * bytes, 0);
        expect(moved).toBeGreaterThanOrEqual(2 * partitions * row);
        // No more than the last piece of each row is rounded up.
        expect(moved).toBeLessThan(2 * partitions * row + partitions * bytes);
      },
    ),
  );
});
