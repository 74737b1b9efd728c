/** What an executor on WebGPU promises beside bits: few kernels, plans that are kept, memory that is given back, errors in words. */
import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { decodeArray, encodeArray, UserError, type Dtype } from '../../../src/numerics';
import { make, sizeOf, type MapFunction, type Node, type Shape } from '../../../src/tensor/graph';
import { evaluate } from '../../../src/tensor/reference';
import type { WebGpuExecutor } from '../../../src/tensor/webgpu';
import { onEveryAdapter } from './adapters';

const SMALL = [1000];

/** A leaf of numbers that a formula gives. */
function place(
  executor: WebGpuExecutor,
  shape: Shape,
  of: (i: number) => number,
  dtype: Dtype = 'float32',
): Node {
  const codes = encodeArray(
    dtype,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => of(i)),
  );
  return make.leaf(shape, dtype, executor.place(codes, dtype, shape)).hold();
}

const map = (fn: MapFunction, ...inputs: readonly Node[]): Node =>
  make.map(fn, inputs, inputs.at(-1)?.dtype ?? 'float32');

/** What a run started. */
async function started(
  executor: WebGpuExecutor,
  nodes: readonly Node[],
): Promise<Record<'dispatches' | 'submissions' | 'plans', number>> {
  const before = executor.counts;
  await executor.run(nodes);
  const after = executor.counts;
  return {
    dispatches: after.dispatches - before.dispatches,
    submissions: after.submissions - before.submissions,
    plans: after.plans - before.plans,
  };
}

async function expectBits(executor: WebGpuExecutor, node: Node): Promise<void> {
  const expected = evaluate(node);
  await executor.run([node.hold()]);
  expect(await executor.read(node)).toEqual(expected);
  node.drop();
}

onEveryAdapter((on) => {
  test('power of 32-bit integers goes by way of float32, and is clamped', async () => {
    const values: readonly (readonly [base: number, exponent: number])[] = [
      [3, 40],
      [-3, 41],
      [2, 5],
      [16777217, 1],
    ];
    for (const executor of [on.fused, on.plain])
      for (const dtype of ['int32', 'uint32'] as const) {
        const [x, y] = [0, 1].map((side) => {
          const codes = Uint32Array.from(values, (pair) => (pair[side] ?? 0) >>> 0);
          return make.leaf([4], dtype, executor.place(codes, dtype, [4]));
        }) as [Node, Node];
        await expectBits(executor, make.map('power', [x, y], dtype));
      }
  });

  test('a chain of 100 additions is one kernel, and the same chain again no new plan', async () => {
    const x = place(on.fused, SMALL, (i) => i / 7);
    const chain = (step: number): Node => {
      let sum = x;
      for (let i = 0; i < 100; i++) sum = map('add', sum, make.fill(SMALL, 'float32', step));
      return sum.hold();
    };
    const [first, second] = [chain(0.1), chain(0.3)];
    const expected = [first, second].map((node) => evaluate(node));
    expect(await started(on.fused, [first])).toEqual({ dispatches: 1, submissions: 1, plans: 1 });
    expect(await started(on.fused, [second])).toEqual({ dispatches: 1, submissions: 1, plans: 0 });
    expect(await on.fused.read(first)).toEqual(expected[0]);
    expect(await on.fused.read(second)).toEqual(expected[1]);
    for (const node of [x, first, second]) node.drop();
    expect(on.fused.memory.live).toBe(0);
  });

  test('an optimiser updates values and moments in one kernel', async () => {
    const shape = [40, 50];
    const [value, gradient, moment, second] = [1, 2, 3, 4].map((i) =>
      place(on.fused, shape, (j) => Math.sin(i * j)),
    );
    if (value === undefined || gradient === undefined || moment === undefined || second === undefined) return;
    const scaled = (x: Node, by: number): Node => map('multiply', x, make.fill(shape, 'float32', by));
    const m = map('add', scaled(moment, 0.9), scaled(gradient, 0.1));
    const v = map('add', scaled(second, 0.99), scaled(map('square', gradient), 0.01));
    const updated = map('subtract', value, scaled(map('multiply', m, map('rsqrt', map('abs', v))), 0.001));
    const wanted = [updated, m, v].map((node) => node.hold());
    const expected = wanted.map((node) => evaluate(node));
    expect((await started(on.fused, wanted)).dispatches).toBe(1);
    for (const [i, node] of wanted.entries()) expect(await on.fused.read(node)).toEqual(expected[i]);
    for (const node of [...wanted, value, gradient, moment, second]) node.drop();
    expect(on.fused.memory.live).toBe(0);
  });

  test('a softmax is a few kernels', async () => {
    const shape = [20, 200];
    const x = place(on.fused, shape, (i) => Math.cos(i) * 8, 'bfloat16');
    const along = (reduction: 'add' | 'maximum', node: Node): Node =>
      make.broadcast(make.reshape(make.reduce(node, reduction, 1, 'float32'), [20, 1]), shape);
    const raised = make.map('exp', [make.map('subtract', [x, along('maximum', x)], 'float32')], 'float32');
    const result = make.map('multiply', [raised, map('reciprocal', along('add', raised))], 'bfloat16').hold();
    const expected = evaluate(result);
    expect((await started(on.fused, [result])).dispatches).toBeLessThanOrEqual(4);
    expect(await on.fused.read(result)).toEqual(expected);
    result.drop();
    x.drop();
  });

  test.each([
    [[3, 70_000], 1],
    [[257], 1],
    [[5, 256, 3], 2],
    [[2, 600], 2],
  ] as const)('reductions of %j along %i axes go by blocks', async (shape, axes) => {
    const x = place(on.fused, shape, (i) => Math.sin(i * i) * 3);
    await expectBits(on.fused, make.reduce(x, 'add', axes, 'bfloat16'));
    await expectBits(on.fused, make.reduce(x, 'argminimum', axes, 'int32'));
    await expectBits(on.fused, make.reduce(x, 'multiply', axes, 'float32'));
    x.drop();
  });

  test('100,000 elements are put in order, equal ones as they stand', async () => {
    const x = place(on.fused, [100_000], (i) => Math.round(Math.sin(i * 7) * 5000));
    await expectBits(on.fused, make.argsort(x));
    const rows = make.reshape(x, [100, 1000]);
    await expectBits(on.fused, make.argsort(rows, true));
    x.drop();
  });

  test('products of any layout are part of the one submission', async () => {
    const [a, b] = [
      place(on.fused, [33, 130], Math.sin, 'bfloat16'),
      place(on.fused, [130, 21], Math.cos, 'bfloat16'),
    ];
    const product = map('add', make.matmul(a, b, 'float32'), make.fill([33, 21], 'float32', 0.5)).hold();
    const expected = evaluate(product);
    expect((await started(on.fused, [product])).submissions).toBe(1);
    expect(await on.fused.read(product)).toEqual(expected);
    for (const node of [a, b, product]) node.drop();
    expect(on.fused.memory.live).toBe(0);
  });

  test('an index outside is told when the result is read, and the executor goes on', async () => {
    const data = place(on.fused, [1, 10, 4], (i) => i);
    const index = (row: number): Node =>
      make.leaf([1, 2], 'int32', on.fused.place(Uint32Array.of(1, row), 'int32', [1, 2])).hold();
    const [good, bad] = [index(9), index(10)];
    const taken = [good, bad].map((rows) =>
      map('negate', make.gather(data, rows, { outside: 'fault', what: 'take of 10 rows' })).hold(),
    );
    const [fine, faulty] = taken;
    if (fine === undefined || faulty === undefined) return;
    const expected = evaluate(fine);
    await on.fused.run([faulty]);
    await on.fused.run([fine]);
    await expect(on.fused.read(faulty)).rejects.toThrow(/^take of 10 rows: an index lies outside/);
    await expect(on.fused.read(faulty)).rejects.toBeInstanceOf(UserError);
    const after = map('negate', faulty).hold();
    await on.fused.run([after]);
    await expect(on.fused.read(after)).rejects.toThrow(/take of 10 rows/);
    expect(await on.fused.read(fine)).toEqual(expected);
    for (const node of [data, good, bad, fine, faulty, after]) node.drop();
    expect(on.fused.memory.live).toBe(0);
  });

  test('a graph that was compiled takes other values', async () => {
    const x = make.leaf([4, 4], 'float32').hold();
    const weight = place(on.fused, [4, 4], (i) => i);
    const compiled = await on.fused.compile(
      [x],
      [map('add', x, weight), make.reduce(x, 'add', 1, 'float32')],
    );
    const plans = on.fused.counts.plans;
    for (const step of [1, 2]) {
      const input = place(on.fused, [4, 4], (i) => i * step);
      const { stored } = input;
      if (stored === undefined) return;
      const results = await compiled.run([stored]);
      const [sum, total] = results.map((each, i) =>
        make.leaf(i === 0 ? [4, 4] : [4], 'float32', each).hold(),
      );
      if (sum === undefined || total === undefined) return;
      expect([...decodeArray('float32', await on.fused.read(sum))]).toEqual(
        Array.from({ length: 16 }, (_, i) => i + i * step),
      );
      expect([...decodeArray('float32', await on.fused.read(total))]).toEqual(
        [6, 22, 38, 54].map((each) => each * step),
      );
      for (const node of [input, sum, total]) node.drop();
    }
    expect(on.fused.counts.plans).toBe(plans);
    compiled.release();
    weight.drop();
    x.drop();
    expect(on.fused.memory.live).toBe(0);
  });

  test('what is too large for the adapter is refused in words, and nothing is left behind', async () => {
    const limit = on.fused.device.limits.maxStorageBufferBindingSize;
    const large = make.fill([Math.floor(limit / 4) + 1024], 'float32', 1).hold();
    await expect(on.fused.run([large])).rejects.toThrow(
      new RegExp(
        `An array of ${large.size * 4} bytes needs one buffer; this adapter's largest \\(maxStorageBufferBindingSize\\) is ${limit} bytes\\. Of the 1 steps of this run the largest are fill, which gives float32\\[${large.size}\\]`,
      ),
    );
    expect(large.op.kind).toBe('fill');
    expect(on.fused.memory.live).toBe(0);
    large.drop();
  });

  test('an adapter that has no room left is told with the largest steps, and the next run works', async () => {
    const { device } = on.fused;
    const [a, b] = [place(on.fused, [20, 30], Math.sin), place(on.fused, [30, 40], Math.cos)];
    const summed = (): Node =>
      map('negate', make.reduce(make.matmul(a, b, 'float32'), 'add', 1, 'float32')).hold();
    const first = summed();
    await on.fused.run([first]); // its plan is made
    const result = summed();
    const { live } = on.fused.memory;
    const [createBuffer, popErrorScope] = [
      device.createBuffer.bind(device),
      device.popErrorScope.bind(device),
    ];
    let made = 0;
    vi.spyOn(device, 'createBuffer').mockImplementation((descriptor) => {
      made++;
      return createBuffer(descriptor);
    });
    // Scopes are popped from the inner one, validation, to the outer one, memory.
    let inner = true;
    vi.spyOn(device, 'popErrorScope').mockImplementation(async () => {
      const exhausted = !inner && made > 0;
      inner = !inner;
      const answer = await popErrorScope();
      return exhausted ? { message: 'no page left' } : answer;
    });
    await expect(on.fused.run([result])).rejects.toThrow(
      /The adapter is out of memory: no page left\. Of the 3 steps of this run the largest are matmul of float32\[20, 30\] and float32\[30, 40\], which gives float32\[20, 40\] \(3200 bytes\); add of float32\[20, 40\], which gives float32\[20\] \(80 bytes\);/,
    );
    vi.restoreAllMocks();
    expect(on.fused.memory.live).toBe(live);
    await expectBits(on.fused, result);
    for (const node of [a, b, first, result]) node.drop();
    expect(on.fused.memory.live).toBe(0);
  });

  test('a kernel reads as it stands', async () => {
    const x = place(on.fused, [6, 4], (i) => i, 'bfloat16');
    const row = place(on.fused, [1, 4], (i) => i);
    const scaled = make.map(
      'multiply',
      [make.permute(make.reshape(x, [4, 6]), [1, 0]), make.broadcast(row, [6, 4])],
      'float32',
    );
    const result = make.map('relu', [scaled], 'bfloat16').hold();
    const expected = evaluate(result);
    await on.fused.run([result]);
    expect(await on.fused.read(result)).toEqual(expected);
    const [source = ''] = on.fused.sources;
    const golden = new URL('../../golden/tensor-elements.wgsl', import.meta.url);
    expect(source.slice(0, source.indexOf('// Codes of every'))).toBe(readFileSync(golden, 'utf8'));
    for (const node of [x, row, result]) node.drop();
  });
});
