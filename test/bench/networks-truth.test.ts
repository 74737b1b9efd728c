/** The truth of the networks against differences of itself, and our own entry against it: what the comparison's check stands on. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NetworkTruth } from '../../bench/networks/check';
import type { OpenNetworks, Results } from '../../bench/networks/contestant';
import { systoleNetworks } from '../../bench/networks/systole';
import { attention } from '../../bench/networks/truth/attention';
import { convolution, maxPool } from '../../bench/networks/truth/images';
import { outcomes } from '../../bench/networks/truth/networks';
import { FLOAT64, Tape, type Value } from '../../bench/networks/truth/tape';
import { WORKLOAD_NAMES, WORKLOADS, type WorkloadName } from '../../bench/networks/workloads';
import { ADAPTERS, open } from '../execute/webgpu/devices';
import { TINY } from './networks-bench';

describe('derivatives of the truth', () => {
  /** Of [size] values each, in which there is no kink within the step of the differences. */
  const layers: Readonly<Record<string, { sizes: number[]; run: (tape: Tape, given: Value[]) => Value }>> = {
    add: { sizes: [6, 6], run: (tape, [x, y]) => tape.add(of(x), of(y)) },
    linear: { sizes: [6, 12, 4], run: (tape, [x, w, b]) => tape.linear(of(x), of(w), of(b)) },
    norm: {
      sizes: [8, 4, 4],
      run: (tape, [x, scale, shift]) => tape.norm(of(x), of(scale), of(shift), 1e-5),
    },
    gelu: { sizes: [6], run: (tape, [x]) => tape.gelu(of(x)) },
    relu: { sizes: [6], run: (tape, [x]) => tape.relu(of(x)) },
    attention: {
      sizes: [12, 12, 12],
      run: (tape, [q, k, v]) => attention(tape, [of(q), of(k), of(v)], 3, 2),
    },
    convolution: { sizes: [32, 54, 3], run: (tape, [x, f, b]) => convolution(tape, of(x), of(f), of(b), 4) },
    maxPool: { sizes: [64], run: (tape, [x]) => maxPool(tape, of(x), 4, 2) },
  };
  const of = (value: Value | undefined): Value => value ?? expect.unreachable();

  it.each(Object.entries(layers))('%s', (_, { sizes, run }) => {
    const total = sizes.reduce((sum, size) => sum + size, 0);
    // A share of the result's elements, each of its own weight, stands for a loss.
    const lossOf = (numbers: readonly number[]): { loss: number; slopes: number[] } => {
      const tape = new Tape(FLOAT64);
      let from = 0;
      const given = sizes.map((size) => tape.value(numbers.slice(from, (from += size))));
      const result = run(tape, given);
      let loss = 0;
      result.values.forEach((value: number, i: number) => {
        loss += value * Math.cos(i);
        result.grad[i] = Math.cos(i);
      });
      tape.back();
      return { loss, slopes: given.flatMap(({ grad }) => [...grad]) };
    };
    const number = fc.integer({ min: -1000, max: 1000 }).map((n) => n / 400 + 1e-3);
    fc.assert(
      fc.property(
        fc.uniqueArray(number, { minLength: total, maxLength: total }),
        fc.nat(total - 1),
        (numbers, i) => {
          const step = 1e-5;
          const { slopes } = lossOf(numbers);
          const up = lossOf(numbers.with(i, (numbers[i] ?? 0) + step)).loss;
          const down = lossOf(numbers.with(i, (numbers[i] ?? 0) - step)).loss;
          // Differences in float64 are right to about step^2 and 2^-52 / step.
          expect(slopes[i]).toBeCloseTo((up - down) / (2 * step), 5);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('a step of the truth', () => {
  it.each(['transformer-step', 'digits-step'] as const)(
    '%s takes the loss down by what it should',
    (workload) => {
      const [first, second] = outcomes(workload, TINY, 3, FLOAT64);
      const { loss = NaN, moments = {} } = first ?? {};
      // Adam's first step moves each parameter by its rate against its gradient: to first order the loss falls by their sum.
      const slopes = Object.values(moments).flatMap((values) =>
        [...values].map((value) => Math.abs(value) / 0.1),
      );
      const fall = 1e-3 * slopes.reduce((sum, slope) => sum + slope, 0);
      expect((loss - (second?.loss ?? NaN)) / fall).toBeGreaterThan(0.5);
      expect((loss - (second?.loss ?? NaN)) / fall).toBeLessThan(1.1);
    },
  );
});

/** What a contestant gives in the runs that are compared. */
async function resultsOf(contestant: OpenNetworks, workload: WorkloadName): Promise<readonly Results[]> {
  const prepared = (await contestant.prepare(workload, TINY, 1)) ?? expect.unreachable();
  const results: Results[] = [];
  for (let run = 0; run < new NetworkTruth(workload, TINY, 1).compared; run++) {
    await prepared.run(1);
    results.push(await prepared.read());
  }
  prepared.release();
  return results;
}

// One is enough: executors have tests of their own. The last is the one that compiles fastest.
describe.each(ADAPTERS.slice(-1))('our own entry on %s', (adapter) => {
  const contestants = systoleNetworks('test', open(adapter));
  const seats: OpenNetworks[] = [];
  beforeAll(async () => {
    for (const contestant of contestants) seats.push(await contestant.open());
  });
  afterAll(() => {
    seats[0]?.close();
  });

  it.each(WORKLOAD_NAMES)('computes %s, and what is wrong with it is noticed', async (workload) => {
    const truth = new NetworkTruth(workload, TINY, 1);
    for (const [i, { dtype }] of contestants.entries()) {
      if (dtype === 'bfloat16' && truth.compared > 1) continue; // kernels of one network more to compile, for nothing new
      const results = await resultsOf(seats[i] ?? expect.unreachable(), workload);
      for (const [run, result] of results.entries())
        expect(truth.compare(result, dtype, run)).toMatchObject({ passed: true });
      if (dtype !== 'float32') continue;
      const [first = {}, second] = results;
      for (const [name, values] of Object.entries(first)) {
        // The true gradient of a key's bias is 0, which every computed one is by chance beside: of the others.
        const scale = name.endsWith('key.bias') ? (first[name.replace('bias', 'weight')] ?? values) : values;
        const largest = Math.max(...scale.map(Math.abs));
        const spoiled = { ...first, [name]: values.with(0, (values[0] ?? 0) + largest / 100) };
        expect(truth.compare(spoiled, dtype, 0)).toMatchObject({ passed: false, worst: name });
        const short = { ...first, [name]: values.slice(1) };
        expect(truth.compare(short, dtype, 0)).toMatchObject({ passed: false, maxError: null, worst: name });
      }
      // A step that changed nothing.
      if (second !== undefined)
        expect(truth.compare(first, dtype, 1)).toMatchObject({ passed: false, worst: 'loss' });
    }
  });

  it('has a loss that training takes down, of every network that is trained', async () => {
    for (const workload of WORKLOAD_NAMES.filter((name) => WORKLOADS[name].unit === 'step')) {
      const prepared = (await seats[0]?.prepare(workload, TINY, 1)) ?? expect.unreachable();
      await prepared.run(1);
      const before = (await prepared.read())['loss']?.[0] ?? NaN;
      await prepared.run(5);
      expect((await prepared.read())['loss']?.[0]).toBeLessThan(before);
      prepared.release();
    }
  });
});
