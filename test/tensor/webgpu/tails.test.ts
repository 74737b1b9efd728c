/** Products that end with what follows them: the bits of the definition, fused or not, and no kernel besides. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeArray, type Dtype } from '../../../src/numerics';
import { make, sizeOf, type MapFunction, type Node, type Shape } from '../../../src/tensor/graph';
import { evaluate } from '../../../src/tensor/reference';
import type { WebGpuExecutor } from '../../../src/tensor/webgpu';
import { rounds } from '../../execute/runs';
import { onEveryAdapter } from './adapters';

/** Leaves of numbers that fill the formats: some large, some subnormal, a few infinite or NaN. */
class Leaves {
  readonly #executor: WebGpuExecutor;
  readonly #nodes: Node[] = [];
  #state = 1;

  constructor(executor: WebGpuExecutor) {
    this.#executor = executor;
  }

  of(shape: Shape, dtype: Dtype = 'float32', strange = false): Node {
    const numbers = Float32Array.from({ length: sizeOf(shape) }, () => {
      this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
      const word = this.#state >>> 8;
      if (strange && word % 61 === 0) return [NaN, Infinity, -Infinity, 1e-40, 3e38][word % 5] ?? 0;
      return ((word % 2001) - 1000) / 517;
    });
    return this.codes(encodeArray(dtype, numbers), shape, dtype);
  }

  codes(codes: ReturnType<typeof encodeArray>, shape: Shape, dtype: Dtype): Node {
    const leaf = make.leaf(shape, dtype, this.#executor.place(codes, dtype, shape)).hold();
    this.#nodes.push(leaf);
    return leaf;
  }

  drop(): void {
    for (const node of this.#nodes) node.drop();
  }
}

const map = (fn: MapFunction, inputs: readonly Node[], dtype: Dtype = inputs[0]?.dtype ?? 'float32'): Node =>
  make.map(fn, inputs, dtype);

/** The codes of a node, how many dispatches its run took, and the text of the kernel with a tail. */
async function computed(executor: WebGpuExecutor, node: Node) {
  const before = executor.counts.dispatches;
  await executor.run([node]);
  return {
    codes: Array.from(await executor.read(node)),
    dispatches: executor.counts.dispatches - before,
    tails: executor.sources.filter((source) => source.includes('fn finish(')),
  };
}

/** Of [m, n, k, batch]: few columns (operands change places), padded rows, whole tiles, and sums of many passes. */
const SHAPES: readonly (readonly [m: number, n: number, k: number, batch: number])[] = [
  [9, 5, 20, 1],
  [12, 8, 33, 3],
  [5, 12, 7, 2],
  [6, 13, 40, 1],
  [3, 136, 17, 2],
  [2, 4, 1100, 1],
  [4, 6, 1030, 2],
  [33, 16, 130, 1],
];

const any = <T>(draw: fc.GeneratorValue, choices: readonly T[]): T => draw(() => fc.constantFrom(...choices));

/** One step more: it keeps the number of elements, and each is made of one. */
type Step = (x: Node, leaves: Leaves, draw: fc.GeneratorValue) => Node;

const STEPS: Readonly<Record<string, Step>> = {
  bias: (x, leaves, draw) => {
    const dtype = any(draw, ['float32', 'bfloat16'] as const);
    const along = any(draw, [x.shape.length - 1, x.shape.length - 2]);
    const narrow = x.shape.map((extent, axis) => (axis === along ? extent : 1));
    return map('add', [x, make.broadcast(leaves.of(narrow, dtype), x.shape)]);
  },
  residual: (x, leaves, draw) =>
    map('add', [x, leaves.of(x.shape, any(draw, ['float32', 'bfloat16', 'float8_e4m3'] as const), true)]),
  scale: (x, _, draw) =>
    map('multiply', [x, make.fill(x.shape, 'float32', any(draw, [0.125, 1 / 3, -0, 1e30]))]),
  activation: (x, _, draw) =>
    map(any(draw, ['gelu_apprx_tanh', 'relu', 'silu', 'exp', 'tanh'] as const), [x]),
  'by itself': (x, _, draw) => map(any(draw, ['multiply', 'subtract'] as const), [x, map('sigmoid', [x])]),
  cast: (x, _, draw) =>
    make.cast(x, any(draw, ['bfloat16', 'float16', 'float8_e4m3', 'float8_e5m2', 'int8'] as const), {
      rounding: any(draw, ['nearest-even', 'toward-zero'] as const),
      saturate: true,
    }),
  'stochastic cast': (x, leaves) => {
    const key = leaves.codes(Uint32Array.from([5, 0, 1, 2]), [4], 'uint32');
    return make.cast(x, 'bfloat16', { rounding: 'stochastic', saturate: false, key });
  },
  comparison: (x) => map('greater', [x, make.fill(x.shape, x.dtype, 0.5)], 'uint8'),
  order: (x) => make.permute(x, [...x.shape.keys()].toReversed()),
  'in a row': (x) => make.reshape(x, [x.size, 1]),
};

onEveryAdapter((on) => {
  describe('chains after products', () => {
    test.each(SHAPES)('%i x %i x %i, batch %i', async (m, n, k, batch) => {
      await fc.assert(
        fc.asyncProperty(fc.gen(), async (draw) => {
          const results = [];
          // The same draws for both: an executor has leaves of its own.
          const steps = draw(() =>
            fc.array(fc.constantFrom(...Object.keys(STEPS)), { minLength: 1, maxLength: 4 }),
          );
          const many = (step: string): boolean =>
            step === 'residual' || step === 'bias' || step.startsWith('stoch');
          const chosen = steps.filter((step, i) => !many(step) || steps.slice(0, i).filter(many).length < 3);
          const [a, b] = any(draw, [
            ['float32', 'float32'],
            ['bfloat16', 'bfloat16'],
            ['float8_e4m3', 'float8_e4m3'],
          ] as const);
          const out = any(draw, ['float32', 'float32', 'bfloat16', 'float8_e4m3'] as const);
          const rounding = any(draw, ['nearest-even', 'stochastic'] as const);
          const recorded: unknown[] = [];
          for (const executor of [on.fused, on.plain]) {
            let at = 0;
            const again = ((arbitrary: () => fc.Arbitrary<unknown>) => {
              if (at === recorded.length) recorded.push(draw(arbitrary));
              return recorded[at++];
            }) as fc.GeneratorValue;
            const leaves = new Leaves(executor);
            const product = make.matmul(leaves.of([batch, m, k], a, true), leaves.of([batch, k, n], b), out, {
              rounding,
              seed: rounding === 'stochastic' ? 77 : 0,
            });
            let result = product;
            for (const step of chosen) result = STEPS[step]?.(result, leaves, again) ?? result;
            result.hold();
            const expected = Array.from(evaluate(result));
            const { codes, tails } = await computed(executor, result);
            expect(codes).toEqual(expected);
            // A reshape alone is no kernel, nor a cast to the format that is there, nor two permutations that cancel out.
            const works = chosen.some((step) => !['in a row', 'cast', 'order'].includes(step));
            if (executor === on.plain) expect(tails).toHaveLength(0);
            else if (works) expect(tails).toHaveLength(1);
            results.push(codes);
            result.drop();
            leaves.drop();
            expect(executor.memory.live).toBe(0);
          }
          expect(results[0]).toEqual(results[1]);
        }),
        { numRuns: rounds(1), endOnFailure: true }, // each try compiles
      );
    });
  });

  /** gelu(x W + b) + x, of A that lies K-major or row-major. */
  const linear = (leaves: Leaves, aLayout: 'k-major' | 'row-major', dtype: Dtype): Node => {
    const [m, n, k] = [24, 160, 32];
    const a = leaves.of(aLayout === 'k-major' ? [k, m] : [m, k], dtype);
    const product = make.matmul(a, leaves.of([k, n], dtype), 'float32', { aLayout });
    const biased = map('add', [product, make.broadcast(leaves.of([1, n]), [m, n])]);
    return map('add', [map('gelu', [biased]), leaves.of([m, n])]).hold();
  };

  test.each([
    ['k-major', 1],
    ['row-major', 2], // its rows are turned first
  ] as const)('a linear layer of operands %s takes %i dispatches', async (aLayout, count) => {
    const leaves = new Leaves(on.fused);
    const result = linear(leaves, aLayout, 'float32');
    const expected = Array.from(evaluate(result));
    const { codes, dispatches } = await computed(on.fused, result);
    expect(codes).toEqual(expected);
    expect(dispatches).toBe(count);
    result.drop();
    leaves.drop();
  });

  test('one plan serves other fills', async () => {
    const leaves = new Leaves(on.fused);
    const [a, b] = [leaves.of([32, 8]), leaves.of([32, 160])];
    const before = on.fused.counts;
    for (const factor of [2, 3]) {
      const product = make.matmul(a, b, 'float32', { aLayout: 'k-major' });
      const result = map('multiply', [product, make.fill([8, 160], 'float32', factor)]).hold();
      const expected = Array.from(evaluate(result));
      expect((await computed(on.fused, result)).codes).toEqual(expected);
      result.drop();
    }
    expect(on.fused.counts.plans - before.plans).toBe(1);
    expect(on.fused.counts.dispatches - before.dispatches).toBe(2);
    leaves.drop();
  });

  test('several values end a product together, and one that is asked for is stored', async () => {
    const leaves = new Leaves(on.fused);
    const [a, b, c] = [leaves.of([32, 8]), leaves.of([32, 160]), leaves.of([8, 160])];
    const sums = (): Node[] => {
      const product = make.matmul(a, b, 'float32', { aLayout: 'k-major' });
      const sum = map('add', [product, c]);
      return [product, sum, make.cast(map('relu', [sum]), 'bfloat16')].map((node) => node.hold());
    };
    for (const [nodes, dispatches] of [
      [sums().slice(1), 1],
      [sums(), 2],
    ] as const) {
      const expected = nodes.map((node) => Array.from(evaluate(node)));
      const before = on.fused.counts.dispatches;
      await on.fused.run(nodes);
      expect(on.fused.counts.dispatches - before).toBe(dispatches);
      for (const [i, node] of nodes.entries())
        expect(Array.from(await on.fused.read(node))).toEqual(expected[i]);
      for (const node of nodes) node.drop();
    }
    leaves.drop();
  });

  test.each([
    ['a sum over rows', (x: Node) => make.reduce(x, 'add', 1, 'float32')],
    ['its own transpose', (x: Node) => map('add', [x, make.permute(x, [1, 0])])],
    ['a part of it', (x: Node) => make.slice(x, [0, 8], [1, 1], [40, 20])],
    ['another product', (x: Node) => make.matmul(x, x, 'float32')],
  ])('%s is no tail', async (_, follow) => {
    const leaves = new Leaves(on.fused);
    const result = follow(
      make.matmul(leaves.of([32, 40]), leaves.of([32, 40]), 'float32', { aLayout: 'k-major' }),
    ).hold();
    const expected = Array.from(evaluate(result));
    const { codes, tails } = await computed(on.fused, result);
    expect(codes).toEqual(expected);
    expect(tails).toHaveLength(0);
    result.drop();
    leaves.drop();
  });

  test('a tail reads as it stands', async () => {
    const leaves = new Leaves(on.fused);
    const result = make.cast(linear(leaves, 'k-major', 'bfloat16'), 'bfloat16').hold();
    const { tails } = await computed(on.fused, result);
    const [kernel = ''] = tails;
    const text = kernel.slice(kernel.indexOf('@group(0) @binding(9)'), kernel.indexOf('// float32 addition'));
    await expect(text).toMatchFileSnapshot('../../golden/tensor-tail.wgsl');
    result.drop();
    leaves.drop();
  });
}, 'all');
