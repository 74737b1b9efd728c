import { describe, expect, test } from 'vitest';
import { add, matmul, multiply, openArrays, sum, type Arrays, type NDArray } from '../../../src/tensor/array';

const open = (): Promise<Arrays> => openArrays({ executor: 'reference' });

describe('a compiled function', () => {
  test('gives what it gives when it is called, of trees too, and is recorded once for each signature', async () => {
    using arrays = await open();
    let calls = 0;
    const step = (
      model: { readonly w: NDArray; readonly biases: readonly NDArray[] },
      x: NDArray,
      scale: number,
    ) => {
      calls++;
      const biased = model.biases.reduce((y, bias) => add(y, bias), matmul(x, model.w));
      return { y: multiply(biased, scale), same: model.w, name: 'step' };
    };
    const compiled = arrays.compile(step);
    const model = {
      w: arrays.array([
        [1, 2],
        [3, 4],
      ]),
      biases: [arrays.array([1, 1]), arrays.array(5)],
    };
    for (const rows of [1, 2, 1, 2]) {
      const x = arrays.full([rows, 2], rows);
      const { y, same, name } = await compiled(model, x, 2);
      expect(await y.tolist()).toEqual(await step(model, x, 2).y.tolist());
      expect(await same.tolist()).toEqual(await model.w.tolist());
      expect(name).toBe('step');
    }
    expect([calls, compiled.signatures]).toEqual([2 + 4, 2]);
    const { y } = await compiled(model, arrays.ones([1, 2]), 3);
    expect(await y.tolist()).toEqual([[(1 + 3 + 6) * 3, (2 + 4 + 6) * 3]]);
    expect(compiled.signatures).toBe(3);
  });

  test('takes the results of the last run: 10,000 of them hold what one does', async () => {
    using arrays = await open();
    using step = arrays.compile((w: NDArray) => [add(w, 1), sum(w)] as const);
    let w = arrays.zeros([3]);
    const held: unknown[] = [];
    for (let i = 0; i < 10_000; i++) {
      const before = w;
      const [next, loss] = await step(before);
      w = next;
      before.dispose();
      loss.dispose();
      const { live, buffers, arrays: count } = arrays.memory();
      if (i % 1000 === 0) held.push({ live, buffers, count });
    }
    expect(await w.tolist()).toEqual([10_000, 10_000, 10_000]);
    expect(new Set(held.map((each) => JSON.stringify(each)))).toEqual(
      new Set([JSON.stringify({ live: 12, buffers: 1, count: 1 })]),
    );
    expect(step.signatures).toBe(1);
  });

  test('computes what it closes over once, and keeps it', async () => {
    using arrays = await open();
    const table = add(arrays.array([10, 20]), 1);
    const compiled = arrays.compile((x: NDArray) => add(x, table));
    expect(await (await compiled(arrays.ones([2]))).tolist()).toEqual([12, 22]);
    expect(table.node.op.kind).toBe('leaf');
    table.dispose();
    expect(await (await compiled(arrays.zeros([2]))).tolist()).toEqual([11, 21]);
    expect(() => add(table, 1)).toThrow('was disposed');
  });

  test('may not read, nor wait, nor close over what was disposed; the next call works', async () => {
    using arrays = await open();
    const gone = arrays.ones([2]);
    gone.dispose();
    await expect(arrays.compile((x: NDArray) => add(x, gone))(arrays.ones([2]))).rejects.toThrow(
      'add: the array float32[2] was disposed',
    );
    await expect(arrays.compile((x: NDArray) => Promise.resolve(x))(arrays.ones([2]))).rejects.toThrow(
      'compile: the function must record at once; it returned a promise.',
    );
    const reading: Promise<unknown>[] = [];
    const reads = arrays.compile((x: NDArray) => {
      reading.push(x.data());
      return x;
    });
    const [, problem] = await Promise.allSettled([
      reads(arrays.ones([2])),
      Promise.resolve().then(() => reading[0]),
    ]);
    expect(problem).toMatchObject({
      status: 'rejected',
      reason: {
        message: expect.stringContaining('data: values cannot be read inside compile(fn)') as string,
      },
    });
    expect(await (await arrays.compile((x: NDArray) => add(x, 1))(arrays.ones([2]))).tolist()).toEqual([
      2, 2,
    ]);
  });

  test('tells apart what is no array, and refuses values that may change under it', async () => {
    using arrays = await open();
    const scaled = arrays.compile((x: NDArray, by: { readonly value: () => number }) =>
      multiply(x, by.value()),
    );
    const x = arrays.ones([1]);
    const by = (value: number) => ({ value: () => value });
    const [two, three] = [by(2), by(3)];
    for (const [scale, expected] of [
      [two, 2],
      [three, 3],
      [two, 2],
    ] as const)
      expect(await (await scaled(x, scale)).item()).toBe(expected);
    expect(scaled.signatures).toBe(2);
    const signed = arrays.compile((y: NDArray, n: number | string) => multiply(y, Number(n)));
    for (const n of [0, -0, '0', 1]) await signed(x, n);
    expect(signed.signatures).toBe(4);
    const values = arrays.compile((y: NDArray, z: Float32Array) => add(y, arrays.array(z)));
    await expect(values(x, Float32Array.of(1))).rejects.toThrow(
      'compile: a Float32Array as an argument would be recorded as it is now',
    );
  });

  test('keeps the signatures that were used last', async () => {
    using arrays = await open();
    using compiled = arrays.compile((x: NDArray, n: number) => add(x, n));
    const x = arrays.ones([1]);
    for (let n = 0; n < 40; n++) (await compiled(x, n)).dispose();
    expect(compiled.signatures).toBe(32);
    compiled[Symbol.dispose]();
    expect(compiled.signatures).toBe(0);
    expect(arrays.memory()).toMatchObject({ arrays: 1 });
  });
});
