import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as np from '../../../src/tensor/array';
import { encodeArray } from '../../../src/numerics';
import { build, placesOf, plain, shapes, valueAt, type Plain } from './loops';
import { plainOf, sharedArrays } from './open';

const shared = sharedArrays();

describe('products', () => {
  test('matmul of vectors, matrices and batches that broadcast', async () => {
    const sides = fc
      .tuple(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 3 }),
        fc.constantFrom(...[0, 1, 2, 3, 4]),
      )
      .chain(([[m = 1, k = 1, n = 1], form]) => {
        const [a, b] = [
          [[k], [k]],
          [[m, k], [k]],
          [[k], [k, n]],
          [
            [2, m, k],
            [k, n],
          ],
          [
            [3, 1, m, k],
            [2, k, n],
          ],
        ][form] ?? [[k], [k]];
        return fc.tuple(plain(a ?? []), plain(b ?? []));
      });
    await fc.assert(
      fc.asyncProperty(sides, async ([x, y]) => {
        const [row, column] = [x.shape.length === 1, y.shape.length === 1];
        const a: Plain = row ? { ...x, shape: [1, ...x.shape] } : x;
        const b: Plain = column ? { ...y, shape: [...y.shape, 1] } : y;
        const k = a.shape.at(-1) ?? 0;
        const batch = a.shape.length >= b.shape.length ? a.shape.slice(0, -2) : b.shape.slice(0, -2);
        const outer = batch.map((extent, i) => Math.max(extent, b.shape.at(i - batch.length - 2) ?? 1));
        const full = build([...outer, a.shape.at(-2) ?? 1, b.shape.at(-1) ?? 1], (place) => {
          const [lead, i, j] = [place.slice(0, -2), place.at(-2) ?? 0, place.at(-1) ?? 0];
          let sum = 0;
          for (let each = 0; each < k; each++)
            sum += valueAt(a, [...lead, i, each]) * valueAt(b, [...lead, each, j]);
          return sum;
        });
        const shape = full.shape.filter(
          (_, axis) =>
            !(row && axis === full.shape.length - 2) && !(column && axis === full.shape.length - 1),
        );
        const result = await plainOf(np.matmul(shared.given(x), shared.given(y)));
        expect(result).toEqual({ shape, values: full.values });
      }),
      { numRuns: 40 },
    );
  });

  test('what was transposed is multiplied where it lies, with the same bits', async () => {
    const x = np.normal(shared.arrays.key(1), [3, 5]);
    const y = np.normal(shared.arrays.key(2), [5, 4]);
    const turned = np.matmul(
      np.transpose(np.astype(np.transpose(x), 'float32')),
      np.transpose(np.transpose(y)),
    );
    const swapped = np.matmul(np.transpose(y), np.transpose(x));
    const plainProduct = await np.matmul(x, y).data();
    expect(await turned.data()).toEqual(plainProduct);
    expect(await np.transpose(swapped).data()).toEqual(plainProduct);
  });

  test('formats: fp8 gives bfloat16, integers are multiplied in float32, others meet', () => {
    const { arrays } = shared;
    const [f8, bf, f32, i8] = (['float8_e4m3', 'bfloat16', 'float32', 'int8'] as const).map((dtype) =>
      arrays.ones([2, 2], dtype),
    ) as [np.NDArray, np.NDArray, np.NDArray, np.NDArray];
    expect(np.matmul(f8, f8).dtype).toBe('bfloat16');
    expect(np.matmul(f8, bf).dtype).toBe('bfloat16');
    expect(np.matmul(bf, f32).dtype).toBe('float32');
    expect(np.matmul(i8, i8).dtype).toBe('float32');
    expect(np.matmul(bf, bf, { dtype: 'float32' }).dtype).toBe('float32');
    expect(() => np.matmul(f32, arrays.ones([3, 2]))).toThrow(
      'matmul: float32[2, 2] and float32[3, 2] do not multiply: the first has 2 columns, the second 3 rows.',
    );
  });

  test('of nothing it is zeros', async () => {
    const { arrays } = shared;
    expect(await np.matmul(arrays.zeros([2, 0]), arrays.zeros([0, 2])).tolist()).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  const equations = [
    'ij,jk->ik',
    'ij,kj->ki',
    'bij,bjk->bik',
    'ij->ji',
    'ii->i',
    'ii',
    'ij,ij->',
    'i,j->ij',
    'ij,j,k->ki',
  ];
  test.each(equations)('einsum %s', async (text) => {
    const extents: Readonly<Record<string, number>> = { i: 2, j: 3, k: 4, b: 2 };
    const [left = '', right] = text.split('->');
    const operands = left.split(',');
    const all = [...new Set(left.replaceAll(',', ''))];
    const result =
      right === undefined ? all.filter((label) => left.split(label).length === 2) : Array.from(right);
    const sizes = (labels: readonly string[]): number[] => labels.map((label) => extents[label] ?? 1);
    const values = operands.map((labels, n) =>
      build(sizes(Array.from(labels)), (place) =>
        place.reduce((sum, each, axis) => sum + each * (axis + n + 1), n - 1),
      ),
    );
    const summed = all.filter((label) => !result.includes(label));
    const expected = build(sizes(result), (place) => {
      let total = 0;
      for (const inner of placesOf(sizes(summed))) {
        const at = (label: string): number =>
          (result.includes(label) ? place[result.indexOf(label)] : inner[summed.indexOf(label)]) ?? 0;
        total += operands.reduce(
          (product, labels, n) =>
            product * valueAt(values[n] ?? { shape: [], values: [] }, Array.from(labels, at)),
          1,
        );
      }
      return total;
    });
    const operandsGiven = values.map((each) => shared.given(each));
    const { shape, values: found } = await plainOf(np.einsum(text, operandsGiven));
    expect({ shape, values: found.map((value) => value + 0) }).toEqual(expected);
  });

  test('einsum tells what does not fit', () => {
    const { arrays } = shared;
    const [x, y] = [arrays.zeros([2, 3]), arrays.zeros([4, 5])];
    expect(() => np.einsum('ij,jk->ik', [x, y])).toThrow('einsum: "ij,jk->ik" has both 3 and 4 for j.');
    expect(() => np.einsum('ij->ik', [x])).toThrow('has a result with k');
    expect(() => np.einsum('ijk->i', [x])).toThrow('does not fit [2, 3] as operand 1');
    expect(() => np.einsum('ij,jk', [x])).toThrow('names 2 arrays; received 1');
    expect(() => np.einsum('i!j->', [x])).toThrow('is not of letters');
  });

  test('tensordot and outer', async () => {
    const { arrays } = shared;
    const x = np.reshape(arrays.arange(24, undefined, 1, 'float32'), [2, 3, 4]);
    const result = np.tensordot(x, x, [
      [0, 2],
      [0, 2],
    ]);
    expect(await result.tolist()).toEqual(await np.einsum('iaj,ibj->ab', [x, x]).tolist());
    expect(await np.outer(arrays.array([1, 2]), arrays.array([3, 4])).tolist()).toEqual([
      [3, 4],
      [6, 8],
    ]);
    expect(() => np.tensordot(x, arrays.zeros([5, 4]), 1)).toThrow(
      'tensordot: axes 2 of float32[2, 3, 4] and 0',
    );
  });

  test('convolve is a loop over windows, with strides, padding and groups', async () => {
    const cases = fc.tuple(
      plain([2, 5, 6, 4]),
      plain([3, 2, 2, 4]),
      fc.constantFrom<'same' | 'valid'>('same', 'valid'),
      fc.integer({ min: 1, max: 2 }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([x, filter, padding, stride]) => {
        const extents = [5, 6].map((extent, i) => {
          const taps = filter.shape[i] ?? 1;
          const positions =
            padding === 'same' ? Math.ceil(extent / stride) : Math.floor((extent - taps) / stride) + 1;
          const missing = padding === 'same' ? Math.max((positions - 1) * stride + taps - extent, 0) : 0;
          return { extent, positions, low: Math.floor(missing / 2) };
        });
        const [rows, columns] = extents as [(typeof extents)[0], (typeof extents)[0]];
        const expected = build([2, rows.positions, columns.positions, 4], ([n = 0, i = 0, j = 0, o = 0]) => {
          let sum = 0;
          for (const [u = 0, v = 0, c = 0] of placesOf([3, 2, 2])) {
            const [r, s] = [i * stride + u - rows.low, j * stride + v - columns.low];
            if (r < 0 || s < 0 || r >= rows.extent || s >= columns.extent) continue;
            sum += valueAt(x, [n, r, s, c + (o < 2 ? 0 : 2)]) * valueAt(filter, [u, v, c, o]);
          }
          return sum;
        });
        const result = np.convolve(shared.given(x), shared.given(filter), {
          padding,
          strides: [stride, stride],
          groups: 2,
        });
        expect((await plainOf(result)).values.map((value) => value + 0)).toEqual(
          expected.values.map((value) => value + 0),
        );
        expect(result.shape).toEqual(expected.shape);
      }),
      { numRuns: 12 },
    );
    const { arrays } = shared;
    expect(() => np.convolve(arrays.zeros([1, 2, 2, 1]), arrays.zeros([3, 3, 1, 1]))).toThrow(
      'convolve: a window of 3',
    );
    expect(() => np.convolve(arrays.zeros([1, 2, 2, 3]), arrays.zeros([1, 1, 2, 1]))).toThrow('convolve: ');
  });
});

describe('order', () => {
  test('sort, argsort and topK, stable, along any axis', async () => {
    const cases = shapes(1, 3).chain((shape) =>
      fc.tuple(plain(shape), fc.nat(shape.length - 1), fc.boolean()),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([x, axis, descending]) => {
        const extent = x.shape[axis] ?? 1;
        const orderAt = (place: readonly number[]): number[] => {
          const lane = Array.from({ length: extent }, (_, i) => valueAt(x, place.with(axis, i)));
          return [...lane.keys()].sort(
            (a, b) => ((lane[a] ?? 0) - (lane[b] ?? 0)) * (descending ? -1 : 1) || a - b,
          );
        };
        const places = build(x.shape, (place) => orderAt(place)[place[axis] ?? 0] ?? -1);
        const values = build(x.shape, (place) => valueAt(x, place.with(axis, valueAt(places, place))));
        const given = shared.given(x);
        expect(await plainOf(np.argsort(given, { axis, descending }))).toEqual(places);
        expect(await plainOf(np.sort(given, { axis, descending }))).toEqual(values);
        const top = np.topK(given, 1, { axis, largest: descending });
        expect((await plainOf(top.values)).values).toEqual(
          (await plainOf(np.take(np.sort(given, { axis, descending }), [0], axis))).values,
        );
      }),
      { numRuns: 25 },
    );
    expect(() => np.topK(shared.arrays.zeros([3]), 4)).toThrow(
      'topK: k is a whole number of 0 to 3; received 4.',
    );
  });
});

describe('statistics', () => {
  test('mean, variance and std by their definitions', async () => {
    const x = shared.arrays.array([
      [1, 2, 3, 4],
      [2, 2, 2, 10],
    ]);
    expect(await np.mean(x, { axis: 1 }).tolist()).toEqual([2.5, 4]);
    expect(await np.variance(x, { axis: 1 }).tolist()).toEqual([1.25, 12]);
    expect(await np.variance(x, { axis: 1, ddof: 1, keepdims: true }).tolist()).toEqual([
      [Math.fround(5 * Math.fround(1 / 3))],
      [16],
    ]);
    expect((await np.std(x, { axis: 1 }).data())[1]).toBeCloseTo(Math.sqrt(12), 5);
    expect(np.mean(shared.arrays.ones([3], 'int8')).dtype).toBe('float32');
    expect(() => np.mean(shared.arrays.zeros([0]))).toThrow('mean: float32[0] has no elements');
  });

  test('softmax sums to one and does not overflow', async () => {
    const x = shared.arrays.array([
      [1000, 1001],
      [-5, 5],
    ]);
    const rows = (await np.softmax(x).tolist()) as number[][];
    const sigmoid = 1 / (1 + Math.exp(-1));
    expect(rows[0]?.[1]).toBeCloseTo(sigmoid, 5);
    for (const [a = 0, b = 0] of rows) expect(a + b).toBeCloseTo(1, 5);
    expect((await np.logsumexp(x, { axis: 1 }).data())[0]).toBeCloseTo(1001 + Math.log1p(Math.exp(-1)), 3);
    expect(await np.norm(shared.arrays.array([3, 4])).item()).toBeCloseTo(5, 5);
  });
});

describe('formats', () => {
  test.each(['nearest-even', 'toward-zero'] as const)('astype rounds %s, once', async (rounding) => {
    const values = Float32Array.of(1.01171875, -3.3, 1e9, 300, 0.1);
    for (const dtype of ['bfloat16', 'float16', 'float8_e4m3', 'int8', 'uint16'] as const)
      for (const saturate of [true, false])
        expect(await np.astype(shared.arrays.array(values), dtype, { rounding, saturate }).codes()).toEqual(
          encodeArray(dtype, values, { rounding, saturate }),
        );
  });

  test('stochastic rounding draws from a key, the same for the same key', async () => {
    const { arrays } = shared;
    const x = arrays.full([4096], 1 + 2 ** -9);
    const round = (seed: number): Promise<np.Values> =>
      np.astype(x, 'bfloat16', { rounding: 'stochastic', key: arrays.key(seed) }).data();
    const [one, again, other] = [await round(1), await round(1), await round(2)];
    expect(one).toEqual(again);
    expect(one).not.toEqual(other);
    const up = one.filter((value) => value > 1).length;
    expect(Math.abs(up - 1024)).toBeLessThan(5 * Math.sqrt(4096 * 0.25 * 0.75));
    expect(() => np.astype(x, 'bfloat16', { rounding: 'stochastic' })).toThrow(
      'astype: stochastic rounding needs a key',
    );
    expect(() => np.uniform(arrays.zeros([4]), [2])).toThrow('uniform: a key is uint32[4]');
  });

  test('bitcast keeps the codes', async () => {
    const x = shared.arrays.array([1, -0]);
    expect(await np.bitcast(x, 'uint32').tolist()).toEqual([0x3f800000, 0x80000000]);
    expect(() => np.bitcast(x, 'bfloat16')).toThrow('bitcast: float32 has 32 bits, bfloat16 16.');
  });
});

describe('random numbers', () => {
  test('are those of the key, within their limits', async () => {
    const { arrays } = shared;
    const draws = await np.uniform(arrays.key(3), [4000], { low: -1, high: 1 }).data();
    expect(draws).toEqual(await np.uniform(arrays.key(3), [4000], { low: -1, high: 1 }).data());
    expect(draws.every((value) => value >= -1 && value < 1)).toBe(true);
    expect(Math.abs([...draws].reduce((a, b) => a + b, 0) / 4000)).toBeLessThan(5 * Math.sqrt(1 / 3 / 4000));
    const whole = await np.randint(arrays.key(4), [1000], -2, 3).data();
    expect([...new Set(whole)].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2]);
    expect([...(await np.permutation(arrays.key(5), 50).data())].sort((a, b) => a - b)).toEqual([
      ...Array(50).keys(),
    ]);
    expect(() => np.randint(arrays.key(1), [2], 3, 3)).toThrow('randint: high is a whole number');
    expect(() => np.bernoulli(arrays.key(1), [2], NaN)).toThrow(
      'bernoulli: a probability is 0 to 1; received NaN.',
    );
  });

  test('keys that are folded differ from each other and from their own, and make keys again', async () => {
    const { arrays } = shared;
    const key = arrays.key(2 ** 53 - 1);
    const keys = [key, ...np.splitKey(key, 3), np.foldIn(np.foldIn(key, 1), 1)];
    const drawn = await Promise.all(keys.map(async (each) => (await np.uniform(each, [4]).data()).join()));
    expect(new Set(drawn).size).toBe(5);
    const number = arrays.array(Int32Array.of(2));
    expect(await np.foldIn(key, number).codes()).toEqual(await np.foldIn(key, 2).codes());
    expect(() => np.foldIn(key, 1.5)).toThrow('foldIn: uint32 holds whole numbers');
  });
});

test('triangles and one-hot rows', async () => {
  const { arrays } = shared;
  expect(await np.tril(arrays.ones([2, 3])).tolist()).toEqual([
    [1, 0, 0],
    [1, 1, 0],
  ]);
  expect(await np.triu(arrays.ones([2, 3]), 1).tolist()).toEqual([
    [0, 1, 1],
    [0, 0, 1],
  ]);
  expect(await np.oneHot(arrays.array(Int32Array.of(2, 5, 0)), 3).tolist()).toEqual([
    [0, 0, 1],
    [0, 0, 0],
    [1, 0, 0],
  ]);
});
