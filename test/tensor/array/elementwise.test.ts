import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as np from '../../../src/tensor/array';
import { DTYPES, encodeArray, decodeArray, type Dtype } from '../../../src/numerics';
import { broadcastable, build, plain, valueAt } from './loops';
import { plainOf, sharedArrays } from './open';

const shared = sharedArrays();

describe('broadcasting', () => {
  const functions = {
    add: (x, y) => x + y,
    subtract: (x, y) => x - y,
    multiply: (x, y) => x * y,
    maximum: Math.max,
    minimum: Math.min,
    equal: (x, y) => Number(x === y),
    notEqual: (x, y) => Number(x !== y),
    less: (x, y) => Number(x < y),
    lessEqual: (x, y) => Number(x <= y),
    greater: (x, y) => Number(x > y),
    greaterEqual: (x, y) => Number(x >= y),
    logicalAnd: (x, y) => Number(x !== 0 && y !== 0),
    logicalOr: (x, y) => Number(x !== 0 || y !== 0),
    logicalXor: (x, y) => Number((x !== 0) !== (y !== 0)),
  } as const satisfies Partial<Record<keyof typeof np, (x: number, y: number) => number>>;

  test.each(Object.keys(functions) as (keyof typeof functions)[])(
    '%s of every pair of shapes',
    async (name) => {
      const pairs = broadcastable.chain((shapes) =>
        fc.tuple(fc.constant(shapes.both), plain(shapes.a), plain(shapes.b)),
      );
      await fc.assert(
        fc.asyncProperty(pairs, async ([both, a, b]) => {
          const expected = build(both, (place) => functions[name](valueAt(a, place), valueAt(b, place)));
          const result = await plainOf(np[name](shared.given(a), shared.given(b)));
          expect(result.shape).toEqual(expected.shape);
          expect(result.values.map((value) => value + 0)).toEqual(expected.values.map((value) => value + 0));
        }),
        { numRuns: 25 },
      );
    },
  );

  test('where takes three shapes', async () => {
    const { arrays } = shared;
    const result = np.where(arrays.array([[1], [0]]), arrays.array([1, 2, 3]), -1);
    expect(await result.tolist()).toEqual([
      [1, 2, 3],
      [-1, -1, -1],
    ]);
    expect(await np.where(arrays.array([1, 0]), 1, 2).tolist()).toEqual([1, 2]);
  });

  test('shapes that do not broadcast are told with the function', () => {
    const { arrays } = shared;
    expect(() => np.add(arrays.zeros([2, 3]), arrays.zeros([4]))).toThrow(
      'add: shapes [2, 3] and [4] do not broadcast',
    );
  });

  test('no array at all is refused', () => {
    expect(() => np.multiply(2, 3)).toThrow('multiply: at least one operand must be an array');
    expect(() => np.add(shared.arrays.zeros([1]), '3' as unknown as number)).toThrow(
      'add: takes arrays and numbers; received 3',
    );
  });
});

describe('formats that meet', () => {
  const rows: readonly (readonly [Dtype, Dtype, Dtype])[] = [
    ['int32', 'float16', 'float16'],
    ['uint16', 'tfloat32', 'tfloat32'],
    ['float32', 'tfloat32', 'float32'],
    ['float32', 'bfloat16', 'float32'],
    ['float16', 'bfloat16', 'float32'],
    ['float8_e4m3', 'float16', 'float16'],
    ['float8_e4m3', 'bfloat16', 'bfloat16'],
    ['float8_e4m3', 'float8_e5m2', 'bfloat16'],
    ['float8_e3m4', 'float8_e5m2', 'bfloat16'],
    ['int16', 'int32', 'int32'],
    ['uint8', 'uint16', 'uint16'],
    ['uint16', 'int32', 'int32'],
    ['int8', 'uint8', 'int16'],
    ['int8', 'uint16', 'int32'],
    ['int32', 'uint32', 'float32'],
    ['int8', 'uint32', 'float32'],
  ];
  test.each(rows)('%s with %s is %s, either way round', (a, b, both) => {
    expect(np.promote('add', a, b)).toBe(both);
    expect(np.promote('add', b, a)).toBe(both);
  });

  test('what both hold is always held by the result, but for int32 and uint32 in floats', () => {
    const formats = DTYPES.filter((dtype) => !dtype.endsWith('x4') && dtype !== 'float8_e8m0fnu');
    for (const a of formats)
      for (const b of formats) {
        if ([a, b].includes('float8_e4m3') && [a, b].includes('float8_e4m3fn')) continue;
        const both = np.promote('add', a, b);
        for (const dtype of [a, b]) {
          if (dtype === both || both.startsWith('int') || !dtype.startsWith('float')) continue;
          const codes = encodeArray(dtype, Float32Array.of(1, -1.5, 0.75, 3));
          const values = decodeArray(dtype, codes);
          expect(decodeArray(both, encodeArray(both, values))).toEqual(values);
        }
      }
  });

  test('variants of fp8 do not meet', () => {
    expect(() => np.promote('add', 'float8_e4m3', 'float8_e4m3fn')).toThrow(
      'add: float8_e4m3 and float8_e4m3fn cannot meet: convert one of them with astype().',
    );
  });

  test('numbers of the host are weak', async () => {
    const { arrays } = shared;
    const bf16 = arrays.ones([2], 'bfloat16');
    const i8 = arrays.ones([2], 'int8');
    expect(np.add(bf16, 3).dtype).toBe('bfloat16');
    expect(np.add(i8, 3).dtype).toBe('int8');
    expect(np.multiply(i8, 0.5).dtype).toBe('float32');
    expect(np.add(true, i8).dtype).toBe('int8');
    expect(() => np.add(i8, 300)).toThrow('add: int8 holds whole numbers of -128 to 127; received 300.');
    expect(await np.less(i8, 300).tolist()).toEqual([1, 1]);
  });

  test('a number is an immediate of float32: it is not rounded to a narrower format first', async () => {
    const x = shared.arrays.full([1], 256, 'bfloat16');
    // 1.0039 is 1 in bfloat16; the product in float32 is 257, which bfloat16 rounds to 256 or 258.
    expect(await np.multiply(x, 1.01171875).tolist()).toEqual([260]); // 259, halfway to even
  });

  test('int32 and uint32 are exact modulo 2^32, with narrower integers too', async () => {
    const { arrays } = shared;
    const x = arrays.array(Int32Array.of(2 ** 31 - 1, -(2 ** 31), 16777217));
    expect(await np.add(x, arrays.array(Int8Array.of(1, -1, 1))).tolist()).toEqual([
      -(2 ** 31),
      2 ** 31 - 1,
      16777218,
    ]);
    expect(await np.multiply(arrays.array(Uint32Array.of(2 ** 31 + 1)), 2).tolist()).toEqual([2]);
  });

  test('an out format rounds the float32 once', async () => {
    const x = shared.arrays.array([1.01171875], { dtype: 'float32' });
    expect((await np.multiply(x, 256, { dtype: 'bfloat16' }).data())[0]).toBe(260);
    expect(np.add(x, 1, { dtype: 'int32' }).dtype).toBe('int32');
  });

  test('formats that the chip lacks are refused by name', () => {
    const { arrays } = shared;
    expect(() => arrays.zeros([2], 'float8_e4m3fn')).toThrow('zeros: trn2 has no float8_e4m3fn');
    expect(() => np.add(arrays.zeros([2]), 1, { dtype: 'float8_e4m3fn' })).toThrow(
      'add: trn2 has no float8_e4m3fn',
    );
  });
});

test('bitwise functions take integers of one format', async () => {
  const { arrays } = shared;
  const x = arrays.array(Uint8Array.of(0b1100, 0b1010));
  expect(await np.bitwiseAnd(x, 0b0110).tolist()).toEqual([0b0100, 0b0010]);
  expect(await np.bitwiseXor(x, arrays.array(Uint16Array.of(1, 1))).tolist()).toEqual([0b1101, 0b1011]);
  expect(await np.leftShift(x, 1).tolist()).toEqual([0b11000, 0b10100]);
  expect(await np.invert(x).tolist()).toEqual([0b11110011, 0b11110101]);
  expect(() => np.bitwiseOr(x, arrays.ones([2]))).toThrow('bitwiseOr: takes integers; received float32.');
});

test('functions of one operand', async () => {
  const { arrays } = shared;
  const x = arrays.array([-1.5, -0.5, 0.5, 2.5]);
  expect(await np.negative(x).tolist()).toEqual([1.5, 0.5, -0.5, -2.5]);
  expect(await np.abs(x).tolist()).toEqual([1.5, 0.5, 0.5, 2.5]);
  expect(await np.floor(x).tolist()).toEqual([-2, -1, 0, 2]);
  expect(await np.rint(x).tolist()).toEqual([-2, -0, 0, 2]);
  expect(await np.sign(x).tolist()).toEqual([-1, -1, 1, 1]);
  expect(await np.square(arrays.array(Int32Array.of(3, -70000))).tolist()).toEqual([9, 70000 ** 2 - 2 ** 32]);
  expect(np.sqrt(arrays.array(Int32Array.of(4))).dtype).toBe('float32');
  expect(await np.isnan(arrays.array([NaN, 1])).tolist()).toEqual([1, 0]);
});

test('clip takes either limit, numbers and arrays', async () => {
  const x = shared.arrays.array([-3, 0, 3]);
  expect(await np.clip(x, -1, 1).tolist()).toEqual([-1, 0, 1]);
  expect(await np.clip(x, undefined, 1).tolist()).toEqual([-3, 0, 1]);
  expect(await np.clip(x, shared.arrays.array([[-1], [1]])).tolist()).toEqual([
    [-1, 0, 3],
    [1, 1, 3],
  ]);
  expect(await np.clip(x).tolist()).toEqual([-3, 0, 3]);
});

test('a quotient is the product with the rounded reciprocal', async () => {
  const { arrays } = shared;
  expect(await np.divide(arrays.array([1, 6]), 3).tolist()).toEqual([Math.fround(1 / 3), 2]);
  expect(np.divide(arrays.array(Int32Array.of(7)), 2).dtype).toBe('float32');
  expect(await np.floorDivide(arrays.array(Int32Array.of(-7, 7)), 2).tolist()).toEqual([-4, 3]);
  expect(await np.mod(arrays.array(Int32Array.of(-7, 7)), 3).tolist()).toEqual([2, 1]);
});

test('functions of the Scalar engine', async () => {
  const { arrays } = shared;
  const [e] = await np.exp(arrays.array([1])).data();
  expect(e).toBeCloseTo(Math.E, 5);
  expect(np.exp(arrays.ones([1], 'bfloat16')).dtype).toBe('bfloat16');
  expect((await np.sin(arrays.array([1000])).data())[0]).toBeCloseTo(Math.sin(1000), 5);
});
