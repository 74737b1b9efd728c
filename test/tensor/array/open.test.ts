import { afterEach, describe, expect, test, vi } from 'vitest';
import { add, openArrays, type Nested } from '../../../src/tensor/array';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('opening', () => {
  test('without WebGPU the CPU computes, which one line tells', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    using arrays = await openArrays();
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^systole: arrays are computed on the CPU, .* Node has no WebGPU of its own/)],
    ]);
    expect(arrays.executor.name).toBe('reference');
    expect(await add(arrays.ones([2]), 1).tolist()).toEqual([2, 2]);
    await expect(add(arrays.ones([2]), 1).buffer()).rejects.toThrow(
      'buffer: the reference executor has no GPUBuffer: open arrays on WebGPU.',
    );
  });

  test('WebGPU that was asked for and is not there is an error', async () => {
    await expect(openArrays({ executor: 'webgpu' })).rejects.toThrow(
      'Node has no WebGPU of its own: import { openArrays } from "systole/node" instead.',
    );
  });

  test('unknown options, chips and executors are refused', async () => {
    await expect(openArrays({ chips: 'trn2' } as object)).rejects.toThrow('openArrays has no option "chips"');
    await expect(openArrays({ chip: 'trn4' as 'trn3' })).rejects.toThrow('No chip "trn4"');
    await expect(openArrays({ executor: 'cpu' as 'auto' })).rejects.toThrow(
      'executor is one of auto, webgpu, reference',
    );
  });

  test('the chip decides which formats there are', async () => {
    using trn1 = await openArrays({ chip: 'trn1', executor: 'reference' });
    using trn3 = await openArrays({ chip: 'trn3', executor: 'reference' });
    expect(() => trn1.zeros([1], 'float8_e3m4')).toThrow('zeros: trn1 has no float8_e3m4');
    expect(await trn3.ones([1], 'float8_e4m3fn').tolist()).toEqual([1]);
    expect(() => add(trn3.ones([1], 'float8_e4m3fn'), trn3.ones([1], 'float8_e4m3'))).toThrow(
      'add: float8_e4m3fn and float8_e4m3 cannot meet',
    );
  });
});

describe('making arrays', () => {
  test('of lists, typed arrays, codes and numbers', async () => {
    using arrays = await openArrays({ executor: 'reference' });
    const { array } = { array: arrays.array.bind(arrays) };
    expect(array([[1, 2, 3]])).toMatchObject({ shape: [1, 3], dtype: 'float32', size: 3, ndim: 2 });
    expect(array(7)).toMatchObject({ shape: [], dtype: 'float32' });
    expect(array(Uint8Array.of(1, 2))).toMatchObject({ shape: [2], dtype: 'uint8' });
    expect(array(Float64Array.of(0.1)).dtype).toBe('float32');
    expect(await array(Int16Array.of(-3, 5), { shape: [2, 1] }).tolist()).toEqual([[-3], [5]]);
    expect(await array({ codes: Uint16Array.of(0x3f80) }, { dtype: 'bfloat16' }).tolist()).toEqual([1]);
    expect(await array([-1, 127], { dtype: 'int8' }).codes()).toEqual(Uint8Array.of(255, 127));
    expect(await array([1.01171875], { dtype: 'bfloat16' }).tolist()).toEqual([1.015625]);
  });

  test('what is no array of numbers, or does not fit', async () => {
    using arrays = await openArrays({ executor: 'reference' });
    expect(() => arrays.array([[1, 2], [3]])).toThrow(
      'array: lists of one depth must be of one length: expected 2',
    );
    expect(() => arrays.array(['1'] as unknown as Nested)).toThrow(
      'array: elements must be numbers; received "1".',
    );
    expect(() => arrays.array([1, 2], { shape: [3] })).toThrow('array: 2 elements do not fill shape [3].');
    expect(() => arrays.array([1.5], { dtype: 'int8' })).toThrow(
      'array: int8 holds whole numbers of -128 to 127; received 1.5.',
    );
    expect(() => arrays.array([NaN], { dtype: 'uint32' })).toThrow('received NaN');
    expect(() => arrays.array({ codes: Uint8Array.of(1) }, { dtype: 'bfloat16' })).toThrow(
      'codes of bfloat16 are a Uint16Array',
    );
    expect(() => arrays.zeros([-1])).toThrow(
      'zeros: extents are whole numbers of at least 0; received [-1].',
    );
    expect(() => arrays.zeros([2 ** 30, 2 ** 30])).toThrow('more elements than can be counted');
    expect(() => arrays.full([2], 300, 'uint8')).toThrow(
      'full: uint8 holds whole numbers of 0 to 255; received 300.',
    );
    await expect(arrays.zeros([2 ** 20, 2 ** 20]).data()).rejects.toThrow(
      'data: float32[1048576, 1048576] takes 4398046511104 bytes; reference has room for 4294967296 in one array.',
    );
  });

  test('ranges, diagonals and keys', async () => {
    using arrays = await openArrays({ executor: 'reference' });
    expect(await arrays.arange(2, 9, 3).tolist()).toEqual([2, 5, 8]);
    expect(await arrays.arange(3, 0, -1).tolist()).toEqual([3, 2, 1]);
    expect(arrays.arange(0, 1, 0.25)).toMatchObject({ shape: [4], dtype: 'float32' });
    expect(() => arrays.arange(0, 1, 0)).toThrow('arange: needs finite numbers and a step other than 0');
    expect(await arrays.linspace(0, 1, 5).tolist()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(await arrays.linspace(3, 4, 1).tolist()).toEqual([3]);
    expect(await arrays.eye(2, 3, 1).tolist()).toEqual([
      [0, 1, 0],
      [0, 0, 1],
    ]);
    expect(await arrays.tri(2, 3, -1).tolist()).toEqual([
      [0, 0, 0],
      [1, 0, 0],
    ]);
    expect(await arrays.key(2 ** 32 + 5).tolist()).toEqual([5, 1, 0, 0]);
    expect(() => arrays.key(-1)).toThrow('key: a seed is a whole number of 0 to 2^53 - 1; received -1.');
  });

  test('values come as numbers, lists, text and codes; those who read own what they get', async () => {
    using arrays = await openArrays({ executor: 'reference' });
    const x = arrays.array([1, 2]);
    (await x.data()).fill(9);
    (await x.codes()).fill(9);
    expect(await x.tolist()).toEqual([1, 2]);
    const given = Float32Array.of(5);
    const y = arrays.array(given);
    given[0] = 6;
    expect(await y.item()).toBe(5);
    await expect(x.item()).rejects.toThrow('item: float32[2] has 2 elements, not one.');
    expect(await arrays.arange(20).text()).toBe('[0, 1, 2, ..., 17, 18, 19]');
    expect(String(x)).toBe('NDArray float32[2]');
    expect((await arrays.array(Uint32Array.of(2 ** 32 - 1)).data())[0]).toBe(2 ** 32 - 1);
    expect((await arrays.array(Int32Array.of(-7)).data())[0]).toBe(-7);
  });
});
