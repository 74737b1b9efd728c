/** Arrays of any rank as .npy files: written and read again, converted once, refused for what they are. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blobSource, npyBytes, readArray, type CodedArray } from '../../bench/weights';
import { codeArray, decode, encode, type Dtype } from '../../src/numerics';

const source = (bytes: Uint8Array<ArrayBuffer>) => blobSource(new Blob([bytes]), 'x.npy');

const NUMPY: readonly Dtype[] = ['float32', 'float16', 'int8', 'uint8', 'int16', 'int32', 'uint32', 'uint16'];
const shape = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 0, maxLength: 4 });

function arrayOf(dtype: Dtype, extents: readonly number[], seed: number): CodedArray {
  const codes = codeArray(
    dtype,
    extents.reduce((product, extent) => product * extent, 1),
  );
  codes.forEach((_, index) => {
    codes[index] = encode(dtype, Math.fround(((seed + 37 * index) % 100) / 4));
  });
  return { shape: extents, dtype, codes };
}

test('what NumPy has comes back in every bit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...NUMPY), shape, fc.nat(99), async (dtype, extents, seed) => {
      const array = arrayOf(dtype, extents, seed);
      expect(await readArray(source(npyBytes(array)), dtype)).toEqual(array);
    }),
    { numRuns: 50 },
  );
});

test('what it has not is written as float32, and read into any format with one rounding', async () => {
  const array = arrayOf('bfloat16', [2, 3], 5);
  const read = await readArray(source(npyBytes(array)));
  expect(read.dtype).toBe('float32');
  expect(Array.from(read.codes, (code) => decode('float32', code))).toEqual(
    Array.from(array.codes, (code) => decode('bfloat16', code)),
  );
  expect(await readArray(source(npyBytes(array)), 'bfloat16')).toEqual(array);
});

test('a header of 64-byte steps, as numpy.save writes it', () => {
  const bytes = npyBytes(arrayOf('float32', [3], 0));
  const text = new TextDecoder().decode(bytes.slice(10, 128));
  expect(text).toBe(`${"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }".padEnd(117)}\n`);
});

test.each([
  [
    'a truncated file',
    (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, -1),
    /takes 24 bytes of elements, the file has 23/,
  ],
  ['another kind of file', () => new Uint8Array(20), /is no \.npy file/],
])('%s is refused', async (_, change, message) => {
  await expect(readArray(source(change(npyBytes(arrayOf('float32', [2, 3], 0)))))).rejects.toThrow(message);
});

test('codes of packed formats are words of their size, and nothing is converted', async () => {
  const words = {
    shape: [2, 2],
    dtype: 'uint32',
    codes: Uint32Array.of(0x04030201, 0, 0xffffffff, 7),
  } as const;
  const packed = { ...words, dtype: 'float8_e4m3fn_x4' } as const;
  expect(await readArray(source(npyBytes(words)), 'float8_e4m3fn_x4')).toEqual(packed);
  expect(npyBytes(packed)).toEqual(npyBytes(words));
  const halves = { shape: [3], dtype: 'float4_e2m1fn_x4', codes: Uint16Array.of(0x4321, 0, 0xffff) } as const;
  expect(await readArray(source(npyBytes(halves)), 'float4_e2m1fn_x4')).toEqual(halves);
  await expect(readArray(source(npyBytes(halves)), 'float8_e5m2_x4')).rejects.toThrow(
    'codes of float8_e5m2_x4 are read from elements of u4; the file has u2',
  );
});
