import { expect, it } from 'vitest';
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

it('puts as many runs together as outlast the time in which finished work is noticed', async () => {
  // Runs of 2 ms on an adapter that is looked at every 100 ms.
  const runMany = (count: number): Promise<number> => Promise.resolve(Math.ceil((count * 2) / 100) * 100);
  const timing = await measure(runMany, { limitMs: 60_000, quantumMs: 1e-6, noticeMs: 100 });
  expect(timing.median * timing.runsPerSample).toBeGreaterThanOrEqual(500);
  expect(timing.median).toBeLessThanOrEqual(2 * (1 + 1 / 5));
  expect(await measure(runMany, { limitMs: 60_000, quantumMs: 1e-6 })).toMatchObject({ median: 100 });
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
