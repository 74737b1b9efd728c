import { expect, it } from 'vitest';
import { doesNotFit, estimateMs, nearest } from '../../bench/budget';
import { clockQuantum, measure, summarise } from '../../bench/timing';

it('gives the median and quartiles of the samples', () => {
  expect(summarise([5, 1, 4, 2, 3], 7)).toEqual({
    median: 3,
    spread: { min: 1, lowerQuartile: 2, upperQuartile: 4, max: 5 },
    count: 5,
    runsPerSample: 7,
  });
  expect(summarise([2, 1], 1)).toMatchObject({ median: 1.5, spread: { lowerQuartile: 1.25 } });
});

/** A device that takes `ms` for each run, and the counts it was asked for. */
function steady(ms: number): { runMany: (count: number) => Promise<number>; asked: number[] } {
  const asked: number[] = [];
  const runMany = (count: number): Promise<number> => {
    asked.push(count);
    return Promise.resolve(count * ms);
  };
  return { runMany, asked };
}

it('groups quick runs well past the quantum of the clock', async () => {
  const { runMany, asked } = steady(0.25);
  const timing = await measure(runMany, { limitMs: 60_000, quantumMs: 1 });
  expect(timing).toMatchObject({ median: 0.25, runsPerSample: 100, count: 10 }); // 100 quanta; 250 ms seen
  expect(asked.slice(0, 2)).toEqual([1, 1]);
});

it('takes five samples of a slow product, or what its share of the budget allows, and at least one', async () => {
  expect(await measure(steady(1000).runMany, { limitMs: 60_000, quantumMs: 1e-6 })).toMatchObject({
    count: 5,
    runsPerSample: 1,
  });
  expect(await measure(steady(1000).runMany, { limitMs: 4000, quantumMs: 1e-6 })).toMatchObject({ count: 2 });
  expect(await measure(steady(1000).runMany, { limitMs: 0, quantumMs: 1e-6 })).toMatchObject({ count: 1 });
});

it('leaves the warm-up out of the samples', async () => {
  let calls = 0;
  const timing = await measure((count) => Promise.resolve(calls++ === 0 ? 900 : count * 20), {
    limitMs: 60_000,
    quantumMs: 1e-6,
  });
  expect(timing.spread.max).toBe(20);
});

it('finds the smallest step of a clock', () => {
  let reading = 0;
  expect(clockQuantum(() => Math.floor(reading++ / 3) * 4)).toBe(4);
});

it('estimates from the most similar shape', () => {
  const measured = [
    { shape: { m: 256, n: 256, k: 256 }, rate: 4e9, compileMs: 700 },
    { shape: { m: 1, n: 2304, k: 768 }, rate: 1e8, compileMs: 0 },
  ];
  expect(nearest({ m: 1, n: 4096, k: 4096 }, measured).rate).toBe(1e8);
  expect(nearest({ m: 1024, n: 1024, k: 1024 }, measured).rate).toBe(4e9);
  const square = { name: '', m: 1000, n: 1000, k: 1000, a: 'bfloat16', b: 'bfloat16', chip: 'trn2' } as const;
  const withChecks = estimateMs(square, 4e9, { measured, reference: 1e9 });
  const without = estimateMs(square, 0, { measured, reference: 1e9 });
  expect(withChecks - without).toBeCloseTo(4000);
  expect(without).toBeGreaterThan(9 * 500 + 700);
  expect(doesNotFit(12_340, 5000, 60_000)).toBe('estimated 12.3 s, 5.0 s of the budget of 60.0 s were left');
});
