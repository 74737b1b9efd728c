import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import {
  add,
  flatten,
  matmul,
  multiply,
  openArrays,
  subtract,
  sum,
  type Arrays,
  type NDArray,
} from '../../../src/tensor/array';
import { valueAndGrad } from '../../../src/tensor/gradient';
import * as nn from '../../../src/tensor/nn';
import * as optim from '../../../src/tensor/optim';
import { MOST_OF_ALL, MOST_UNSETTLED, upstream } from '../../../src/tensor/array/settling';

const open = (): Promise<Arrays> => openArrays({ executor: 'reference' });

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Collectors take what is dropped when the stack is empty, and tell of it in a task of their own. */
async function collected(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve));
    collect();
  }
  await new Promise((resolve) => setTimeout(resolve));
}

describe('freeing', () => {
  test('nothing is computed until values are asked for', async () => {
    using arrays = await open();
    const x = arrays.ones([4]);
    const y = add(multiply(x, 2), 1);
    expect([arrays.counts.submissions, arrays.memory().live]).toEqual([0, 0]);
    expect(await y.tolist()).toEqual([3, 3, 3, 3]);
    expect(arrays.memory()).toMatchObject({ arrays: 3 + 1 - 1, live: 16, buffers: 1 });
  });

  test('what is disposed gives its bytes back, once; then it is refused by the name of the call', async () => {
    using arrays = await open();
    const x = arrays.array([1, 2]);
    const y = add(x, 1);
    await y.data();
    expect(arrays.memory()).toMatchObject({ arrays: 2, live: 16 });
    x.dispose();
    x.dispose();
    expect(arrays.memory()).toMatchObject({ arrays: 1, live: 8 });
    expect(() => add(x, 1)).toThrow('add: the array float32[2] was disposed');
    await expect(x.data()).rejects.toThrow('data: the array float32[2] was disposed');
    expect(await y.tolist()).toEqual([2, 3]);
  });

  test('an operand may be disposed before the result is computed', async () => {
    using arrays = await open();
    const y = arrays.scope(() => add(arrays.array([1, 2]), arrays.array([3, 4])));
    expect(arrays.memory()).toMatchObject({ arrays: 1, live: 16 });
    expect(await y.tolist()).toEqual([4, 6]);
    expect(arrays.memory()).toMatchObject({ arrays: 1, live: 8, buffers: 1 });
  });

  test('a scope keeps what is returned, in lists and objects too, and frees the rest, after an error as well', async () => {
    using arrays = await open();
    const kept = arrays.scope(() => {
      const x = arrays.ones([2]);
      const inner = arrays.scope(() => [add(x, 1), add(x, 2)]);
      return { inner, named: { sum: add(x, 3) }, other: 'text' };
    });
    expect(arrays.memory().arrays).toBe(3);
    expect(await kept.named.sum.tolist()).toEqual([4, 4]);
    expect(() =>
      arrays.scope(() => {
        arrays.ones([2]);
        throw new Error('within');
      }),
    ).toThrow('within');
    const later = await arrays.scope(async () => {
      const x = arrays.ones([2]);
      await x.data();
      return add(x, 5);
    });
    expect(await later.tolist()).toEqual([6, 6]);
    expect(arrays.memory().arrays).toBe(4);
  });

  test('asynchronous scopes may end in any order', async () => {
    using arrays = await open();
    const ends: (() => void)[] = [];
    const start = (value: number): Promise<NDArray> =>
      arrays.scope(async () => {
        const kept = arrays.full([], value);
        arrays.zeros([]);
        await new Promise<void>((resolve) => ends.push(resolve));
        return kept;
      });
    const [first, second] = [start(1), start(2)]; // the second is opened within the first
    ends[0]?.();
    expect(await (await first).item()).toBe(1);
    const between = arrays.ones([]); // belongs to the second
    ends[1]?.();
    expect(await (await second).item()).toBe(2);
    expect(between.disposed).toBe(true);
    const after = arrays.ones([]); // belongs to none
    expect(arrays.memory().arrays).toBe(3);
    expect(after.disposed).toBe(false);
  });

  test('a scope by using keeps what it is told to keep', async () => {
    using arrays = await open();
    let kept: NDArray | undefined;
    let freed: NDArray | undefined;
    {
      using scope = arrays.scope();
      freed = arrays.ones([2]);
      kept = scope.keep(add(freed, 1));
    }
    expect(arrays.memory().arrays).toBe(1);
    expect(await kept.tolist()).toEqual([2, 2]);
    expect(() => add(freed, 1)).toThrow('add: the array float32[2] was freed at the end of its scope');
  });

  test('what is dropped is collected', async () => {
    using arrays = await open();
    const kept = arrays.array([1]);
    for (let i = 0; i < 100; i++) add(kept, arrays.array([i]));
    await collected();
    expect(arrays.memory()).toMatchObject({ arrays: 1, live: 4, peakArrays: 201 });
  });

  test('what a gradient computes for nobody lets go of what it was made of, once it is collected', async () => {
    using arrays = await open();
    const rule = optim.adam({ learningRate: 0.01 });
    const eye = arrays.eye(4);
    let w = arrays.array(
      Float32Array.from({ length: 16 }, (_, i) => Math.sin(i)),
      { shape: [4, 4] },
    );
    let state = rule.init(w);
    const live: number[] = [];
    for (let step = 0; step < 18; step++) {
      const [loss, gradient] = valueAndGrad((at: NDArray) => nn.meanSquaredError(matmul(at, at), eye))(w);
      const [next, after] = rule.update(w, gradient, state);
      for (const each of flatten([w, state, gradient]).arrays) each.dispose();
      [w, state] = [next, after];
      await loss.item();
      loss.dispose();
      if (step % 6 < 5) continue;
      await collected();
      live.push(arrays.memory().live);
    }
    expect(new Set(live).size, live.join()).toBe(1);
  });

  test('arrays of another context are refused', async () => {
    using arrays = await open();
    using others = await open();
    expect(() => add(arrays.ones([2]), others.ones([2]))).toThrow(
      'add: float32[2] belongs to arrays of another context',
    );
  });

  test('closed arrays are refused', async () => {
    const arrays = await open();
    const x = arrays.ones([2]);
    arrays.close();
    await expect(x.data()).rejects.toThrow('data: the array float32[2] was closed with its context');
    expect(arrays.memory()).toMatchObject({ arrays: 0, live: 0 });
  });
});

describe('10,000 steps', () => {
  test('in scopes: exactly as many arrays and bytes as after the first', async () => {
    using arrays = await open();
    let w = arrays.full([8], 0.5);
    await arrays.realize(w);
    const seen = new Set<string>();
    for (let step = 0; step < 10_000; step++) {
      const before = w;
      const { next, loss } = arrays.scope(() => {
        const error = subtract(before, 1);
        return { next: subtract(before, multiply(error, 0.125)), loss: sum(multiply(error, error)) };
      });
      w = next;
      await arrays.realize(w, loss);
      before.dispose();
      loss.dispose();
      const { arrays: count, live, buffers } = arrays.memory();
      seen.add(JSON.stringify({ count, live, buffers }));
    }
    expect([...seen]).toEqual([JSON.stringify({ count: 1, live: 32, buffers: 1 })]);
    expect((await w.data())[0]).toBeCloseTo(1, 6);
    expect(arrays.memory().peakArrays).toBeLessThan(10);
  });

  test('that read nothing but their loss, and dispose of nothing: what is recorded and what is kept stay bounded', async () => {
    using arrays = await open();
    let w = arrays.zeros([2]);
    let loss = 0;
    for (let step = 0; step < 10_000; step++) {
      const error = subtract(w, 1);
      const total = sum(multiply(error, error));
      w = subtract(w, multiply(error, 0.125));
      loss = await total.item();
      if (step % 500 === 0) {
        await collected();
        // The parameters, this step's arrays, and what the last one left on the stack.
        expect(arrays.memory().arrays).toBeLessThan(20);
        expect(arrays.memory().live).toBeLessThan(20 * 8);
      }
    }
    expect(loss).toBeCloseTo(0, 10);
  });

  test('that read nothing at all until the end are computed together at the first reading', async () => {
    using arrays = await open();
    let w = arrays.zeros([]);
    const read = arrays.zeros([]);
    const live: NDArray[] = [];
    for (let step = 0; step < MOST_UNSETTLED + 10; step++) live.push((w = add(w, 1)));
    await read.data(); // needs none of them
    expect(w.node.op.kind).toBe('leaf');
    expect(await w.item()).toBe(MOST_UNSETTLED + 10);
    expect(live[100]?.node.op.kind).toBe('leaf');
  });

  test('that carry along what is never read hold no more than the limit', async () => {
    using arrays = await open();
    let average = arrays.zeros([]);
    let most = 0;
    for (let step = 0; step < 300; step++) {
      for (let i = 0; i < 10; i++) average = add(multiply(average, 0.5), 1);
      await arrays.full([], step).data();
      most = Math.max(most, upstream([average.node]).size);
    }
    // A step records 40 nodes: numbers are nodes too.
    expect(most).toBeGreaterThan(MOST_UNSETTLED - 100);
    expect(most).toBeLessThan(MOST_UNSETTLED + 100);
    expect(await average.item()).toBe(2);
  });

  test('that leave temporaries to the collector compute none of them for the limit', async () => {
    using arrays = await open();
    const temporaries: NDArray[] = []; // as those that are dropped and not collected yet
    for (let step = 0; step < 60; step++) {
      let y = arrays.zeros([]);
      for (let i = 0; i < 100; i++) temporaries.push((y = add(y, 1)));
      expect(await y.item()).toBe(100);
    }
    expect(temporaries.filter(({ node }) => node.op.kind === 'leaf').length).toBe(60);
  });

  test('whose results wait in a list are computed at the second limit', async () => {
    using arrays = await open();
    const waiting: NDArray[] = [];
    const chain = 500;
    const looks = MOST_UNSETTLED / chain; // steps between two
    for (let step = 0; step <= MOST_OF_ALL / chain + looks; step++) {
      waiting.push(
        arrays.scope(() => {
          let y = arrays.zeros([]);
          for (let i = 0; i < chain / 2; i++) y = add(y, 1);
          return y;
        }),
      );
      await arrays.full([], step).data();
    }
    expect(waiting[0]?.node.op.kind).toBe('leaf');
    expect(upstream(waiting.map(({ node }) => node)).size).toBeLessThan(2 * MOST_UNSETTLED);
    expect(await waiting.at(-1)?.item()).toBe(chain / 2);
  });

  test('fewer are left alone', async () => {
    using arrays = await open();
    const w = add(arrays.zeros([]), 1);
    await arrays.zeros([]).data();
    expect(w.node.op.kind).toBe('map');
  });
});

test('what an earlier reading computed on the way is kept by the next that needs it', async () => {
  using arrays = await open();
  const a = add(arrays.ones([2]), 1);
  const b = add(a, 1);
  await b.data();
  expect(a.node.op.kind).toBe('map'); // nobody asked for it
  await add(a, 2).data();
  expect(a.node.op.kind).toBe('leaf');
});
