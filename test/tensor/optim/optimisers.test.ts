/** Optimisers against their rules in float64, and how parameters are kept. */
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeArray, UserError } from '../../../src/numerics';
import { openArrays, type Arrays, type NDArray } from '../../../src/tensor/array';
import {
  adam,
  adamw,
  clipByGlobalNorm,
  cosine,
  exponential,
  globalNorm,
  linear,
  sgd,
  warmup,
  type Optimiser,
  type OptimiserState,
  type Schedule,
} from '../../../src/tensor/optim';
import { make } from '../../../src/tensor/graph';

let arrays: Arrays;
beforeAll(async () => {
  arrays = await openArrays({ executor: 'reference' });
});

const START = [0.5, -1, 2];
/** Of step t: what a test does not depend on. */
const slopes = (t: number): number[] => START.map((_, i) => Math.fround(Math.sin(3 * t + i)));

/** Parameters after some steps. */
async function after(optimiser: Optimiser, steps: number): Promise<number[]> {
  let parameters = { w: arrays.array(START) };
  let state = optimiser.init(parameters);
  for (let t = 0; t < steps; t++)
    [parameters, state] = optimiser.update(parameters, { w: arrays.array(slopes(t)) }, state);
  expect(await state.step.item()).toBe(steps);
  return [...(await parameters.w.data())];
}

/** Each of at most 20 steps rounds fewer than 16 times numbers below 4. */
function near(values: readonly number[], expected: readonly number[]): void {
  for (const [i, value] of values.entries())
    expect(Math.abs(value - (expected[i] ?? NaN))).toBeLessThan(20 * 16 * 4 * 2 ** -24);
}

describe('rules', () => {
  test.each([
    { momentum: 0, nesterov: false, weightDecay: 0 },
    { momentum: 0.9, nesterov: false, weightDecay: 0.1 },
    { momentum: 0.9, nesterov: true, weightDecay: 0 },
  ])('SGD, momentum $momentum, nesterov $nesterov, decay $weightDecay', async (options) => {
    const w = [...START];
    const v = START.map(() => 0);
    for (let t = 0; t < 20; t++) {
      for (const [i, slope] of slopes(t).entries()) {
        const g = slope + options.weightDecay * (w[i] ?? 0);
        v[i] = options.momentum * (v[i] ?? 0) + g;
        const step = options.nesterov ? g + options.momentum * (v[i] ?? 0) : (v[i] ?? 0);
        w[i] = (w[i] ?? 0) - 0.05 * step;
      }
    }
    near(await after(sgd({ learningRate: 0.05, ...options }), 20), w);
  });

  test.each([0, 0.1])('Adam, decay %d', async (weightDecay) => {
    const w = [...START];
    const [m, v] = [START.map(() => 0), START.map(() => 0)];
    for (let t = 0; t < 20; t++) {
      for (const [i, g] of slopes(t).entries()) {
        m[i] = 0.9 * (m[i] ?? 0) + 0.1 * g;
        v[i] = 0.999 * (v[i] ?? 0) + 0.001 * g * g;
        const direction = m[i] / (1 - 0.9 ** (t + 1)) / (Math.sqrt(v[i] / (1 - 0.999 ** (t + 1))) + 1e-8);
        w[i] = (w[i] ?? 0) - 0.01 * (direction + weightDecay * (w[i] ?? 0));
      }
    }
    const optimiser =
      weightDecay === 0 ? adam({ learningRate: 0.01 }) : adamw({ learningRate: 0.01, weightDecay });
    // 1 - beta2 of the first steps, a difference of numbers near 1, is good to 2^-14 of itself.
    const values = await after(optimiser, 20);
    for (const [i, value] of values.entries())
      expect(Math.abs(value - (w[i] ?? NaN))).toBeLessThan(20 * 0.01 * 2 ** -13);
  });

  test('schedules', async () => {
    const at = async (schedule: Schedule, step: number): Promise<number> =>
      arrays.adopt(schedule(make.fill([], 'float32', step))).item();
    const tolerance = 2 ** -20;
    const close = async (schedule: Schedule, step: number, expected: number): Promise<void> => {
      expect(Math.abs((await at(schedule, step)) - expected)).toBeLessThan(tolerance);
    };
    await close(linear(1, 0, 10), 5, 0.5);
    await close(linear(1, 0.25, 10), 99, 0.25);
    await close(cosine(1, 0, 10), 5, 0.5);
    await close(cosine(1, 0.1, 10), 0, 1);
    await close(cosine(1, 0.1, 10), 20, 0.1);
    await close(exponential(1, 0.5, 10), 20, 0.25);
    await close(warmup(4, cosine(1, 0, 10)), 0, 0.25);
    await close(warmup(4, cosine(1, 0, 10)), 9, 0.5);
  });
});

describe('how parameters are kept', () => {
  const tiny = (rounding: 'nearest-even' | 'stochastic', master = false): Optimiser =>
    sgd({ learningRate: 2 ** -12, rounding, seed: 3, master });

  /** 64 steps of 2^-12 each, from 1: a bfloat16 of 1 is 2^-8 from the one below it. */
  async function descend(optimiser: Optimiser): Promise<NDArray> {
    let parameters = [arrays.ones([4096], 'bfloat16')];
    let state = optimiser.init(parameters);
    const gradient = arrays.ones([4096]);
    for (let t = 0; t < 64; t++) {
      [parameters, state] = optimiser.update(parameters, [gradient], state);
      await arrays.realize(parameters, state);
    }
    const [parameter] = parameters;
    if (parameter === undefined) throw new Error('no parameter');
    return parameter;
  }

  test('to nearest even small steps are lost; stochastically they are right in the mean; a master copy loses none', async () => {
    const mean = async (optimiser: Optimiser): Promise<number> =>
      Array.from(await (await descend(optimiser)).data()).reduce((sum, value) => sum + value, 0) / 4096;
    const target = 1 - 64 * 2 ** -12;
    expect(await mean(tiny('nearest-even'))).toBe(1);
    // Each step moves by 2^-8 with a chance of 1 in 16: 64 of them have a variance of 64 2^-16 15/256.
    const deviation = Math.sqrt((64 * 2 ** -16 * 15) / 256 / 4096);
    expect(Math.abs((await mean(tiny('stochastic'))) - target)).toBeLessThan(5 * deviation);
    expect(await mean(tiny('nearest-even', true))).toBe(decodeArray('bfloat16', Uint16Array.of(0x3f7c))[0]);
  });

  test('the same seed gives the same bits, another one others', async () => {
    const bits = async (seed: number) =>
      (await descend(sgd({ learningRate: 2 ** -12, rounding: 'stochastic', seed }))).codes();
    expect(await bits(5)).toEqual(await bits(5));
    expect(await bits(5)).not.toEqual(await bits(6));
  });
});

describe('clipping', () => {
  test('scales all of them to the norm, or none', async () => {
    const gradients = { a: arrays.array([3]), b: [arrays.array([4, 0])] as const };
    expect(await globalNorm(gradients).item()).toBe(5);
    const clipped = clipByGlobalNorm(gradients, 2.5);
    expect([...(await clipped.a.data()), ...(await clipped.b[0].data())]).toEqual([1.5, 2, 0]);
    expect([...(await clipByGlobalNorm(gradients, 10).a.data())]).toEqual([3]);
    expect([...((await clipByGlobalNorm([arrays.zeros([2])], 1)[0]?.data()) ?? [])]).toEqual([0, 0]);
  });
});

test('what does not fit is told', () => {
  const parameters = [arrays.zeros([2])];
  const optimiser = sgd();
  const state = optimiser.init(parameters);
  expect(() => optimiser.update(parameters, [arrays.zeros([3])], state)).toThrow(
    'sgd: parameter 0 is float32[2], and its gradient float32[3]: shapes must be equal.',
  );
  expect(() => optimiser.update(parameters, [], state)).toThrow('1 parameters need as many gradients');
  expect(() => optimiser.init([])).toThrow('there is no parameter');
  expect(() => sgd({ momentum: 1 })).toThrow(UserError);
  expect(() => adam({ learningRate: -1 })).toThrow('learningRate must be a number from 0 on');
  expect(() => sgd({ rounding: 'stochastic', seed: 0.5 })).toThrow('a seed is a whole number');
});

test('arrays of another context are told', async () => {
  using others = await openArrays({ executor: 'reference' });
  const [here, there] = [arrays.zeros([2]), others.zeros([2])];
  const told = 'float32[2] belongs to arrays of another context';
  const optimiser = sgd({ momentum: 0.5 });
  const state = optimiser.init([here]);
  expect(() => optimiser.update([here], [there], state)).toThrow(`sgd: ${told}`);
  expect(() => optimiser.update([here], [here], optimiser.init([there]))).toThrow(
    'sgd: int32[] belongs to arrays of another context',
  );
  const mixed = { ...state, slots: [[there]] };
  expect(() => optimiser.update([here], [here], mixed)).toThrow(`sgd: ${told}`);
  expect(() => optimiser.init([here, there])).toThrow(`sgd: ${told}`);
  expect(() => globalNorm([here, there])).toThrow(`globalNorm: ${told}`);
  expect(() => clipByGlobalNorm([here, there], 1)).toThrow(`clipByGlobalNorm: ${told}`);
});

describe('a state that does not fit is told', () => {
  const parameters = () => [arrays.zeros([2], 'bfloat16')];
  const update = (optimiser: Optimiser, state: unknown) => () =>
    optimiser.update(parameters(), [arrays.zeros([2])], state as OptimiserState);

  test('of another rule, other shapes, or none', () => {
    const momentum = sgd({ momentum: 0.9 });
    expect(update(adam(), sgd().init(parameters()))).toThrow(
      'adam: the state of parameter 0 has 0 arrays, of which the rule needs 2: pass what init() or the last update() gave.',
    );
    expect(update(sgd(), momentum.init(parameters()))).toThrow('has 1 arrays, of which the rule needs 0');
    expect(update(momentum, momentum.init([arrays.zeros([3])]))).toThrow(
      'sgd: the state of parameter 0 must be float32[2]; received float32[3]',
    );
    for (const none of [undefined, null, {}, 7, { step: 0, slots: [], master: [] }])
      expect(update(momentum, none)).toThrow('sgd: needs a state { step, slots, master }');
    expect(update(momentum, { ...momentum.init(parameters()), step: arrays.zeros([]) })).toThrow(
      'sgd: the step must be int32[]; received float32[]',
    );
  });

  test('with or without copies', () => {
    const kept = sgd({ master: true });
    expect(update(kept, sgd().init(parameters()))).toThrow(
      'sgd: 1 parameters need 1 copies in float32 in the state (master: true); received 0',
    );
    expect(update(sgd(), kept.init(parameters()))).toThrow(
      'sgd: 1 parameters need 0 copies in float32 in the state (master: false); received 1',
    );
    expect(update(kept, kept.init([arrays.zeros([3])]))).toThrow(
      'sgd: the copy of parameter 0 must be float32[2]; received float32[3]',
    );
    expect(update(kept, { ...kept.init(parameters()), master: [arrays.zeros([2], 'bfloat16')] })).toThrow(
      'sgd: the copy of parameter 0 must be float32[2]; received bfloat16[2]',
    );
  });
});

test('options and parameters that are none are told', () => {
  const wrong = '0.1' as unknown as number;
  expect(() => sgd({ learningRate: wrong })).toThrow(
    'learningRate must be a number from 0 on; received 0.1.',
  );
  expect(() => sgd({ weightDecay: NaN })).toThrow('weightDecay must be a number from 0 on; received NaN.');
  expect(() => adamw({ weightDecay: -1 })).toThrow('weightDecay must be a number from 0 on');
  expect(() => adam({ epsilon: NaN })).toThrow('epsilon must be a number from 0 on');
  expect(() => sgd({ momentum: '0.5' as unknown as number })).toThrow('momentum must be from 0 to below 1');
  expect(() => adam({ rounding: 'up' as unknown as 'stochastic' })).toThrow('adam: rounding is one of');
  expect(() => adam().init([arrays.zeros([2], 'int32')])).toThrow(
    'adam: parameter 0 is int32[2]: parameters are floats.',
  );
  expect(() => clipByGlobalNorm([arrays.zeros([2])], NaN)).toThrow('the norm must be more than 0');
});
