/** Rates over time are means: no DMA engine ever moves more than it can, and the engines as they are gone through again are those of the timeline. */
import { describe, expect, test } from 'vitest';
import { CHIP_NAMES, type ChipName } from '../../src/chip';
import { trace } from '../../src/kernel';
import type { LibraryKernel } from '../../src/kernels/entry';
import { LIBRARY } from '../../src/kernels/library';
import { planMatmul, planToProgram } from '../../src/lower';
import { timeProgram, type Timeline } from '../../src/time';
import { visitTransfers } from '../../src/time/moves';
import { dmaThroughput } from '../../src/time/throughput';
import { DMA_ENGINES } from '../../src/time/transfers';

const product = (chip: ChipName, schedule: boolean, cores: number, k: number): Timeline =>
  timeProgram(
    planToProgram(
      planMatmul({ chip, m: 1024, n: 1024, k, a: 'bfloat16', b: 'bfloat16', aLayout: 'k-major' }),
    ),
    { schedule, cores },
  );

/** A kernel of the library as it is, on the last of its chips. */
function kernelOf(entry: LibraryKernel): readonly [string, Timeline] {
  const { name, chips, dtypes, sizes } = entry;
  const given = Object.fromEntries(Object.entries(sizes).map(([size, each]) => [size, each.default]));
  const chip = chips.at(-1) ?? 'trn2';
  const inputs = entry.inputs(given, dtypes[0] ?? 'float32');
  return [`${name} on ${chip}`, timeProgram(trace(entry.kernel(given), { chip, inputs }).program)];
}

const PRODUCTS = CHIP_NAMES.flatMap((chip) =>
  [1, 2].flatMap((cores) =>
    [true, false].map(
      (schedule) =>
        [
          `a product on ${chip}, ${cores} cores, ${schedule ? 'loads moved earlier' : 'as written'}`,
          product(chip, schedule, cores, 640),
        ] as const,
    ),
  ),
);

describe.each([...PRODUCTS, ...LIBRARY.map(kernelOf)])('%s', (_, timeline) => {
  test.each([1, 97, Math.ceil(timeline.total / 100), 4000])(
    'is moved at no more than the peak in any of %i parts',
    (bins) => {
      const most = DMA_ENGINES * timeline.timing.dmaPeak;
      for (const rate of dmaThroughput(timeline, bins).values) expect(rate / most).toBeLessThan(1 + 1e-9);
    },
  );

  test('goes through the engines again as it did before', () => {
    const { moving, end, track } = timeline;
    const done = new Map<number, number>();
    visitTransfers(timeline, (at, _bytes, { first, end: last }) => {
      expect(first).toBe(moving[at]);
      const own = track[at] ?? 0;
      const until = Math.max(last, done.get(own) ?? 0); // a queue ends in order
      expect(until).toBe(end[at]);
      done.set(own, until);
    });
    expect(done.size).toBeGreaterThan(0);
  });
});
