import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { loadWeights } from '../../bench/node/weights';
import { blobSource, readMatrixFile } from '../../bench/weights';
import { npyTensor } from '../../bench/weights/npy';
import { safetensorsNames, safetensorsTensor } from '../../bench/weights/safetensors';
import type { ByteSource } from '../../bench/weights/source';
import { encodeArray, UserError } from '../../src/numerics';

const folder = mkdtempSync(join(tmpdir(), 'systole-weights-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function joined(...parts: (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  const buffers = parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part));
  return Uint8Array.from(Buffer.concat(buffers));
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function safetensors(header: unknown, data: Uint8Array, promised?: number): Uint8Array<ArrayBuffer> {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = new BigUint64Array([BigInt(promised ?? text.length)]);
  return joined(bytesOf(length), text, data);
}

function npy(header: string, data: Uint8Array, version = 1): Uint8Array<ArrayBuffer> {
  const length =
    version === 1 ? bytesOf(Uint16Array.of(header.length)) : bytesOf(Uint32Array.of(header.length));
  return joined('\x93NUMPY', Uint8Array.of(version, 0), length, header, data);
}

const descr = (type: string, shape: string, fortran = 'False'): string =>
  `{'descr': '${type}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

const matrix = Float32Array.of(1, 2, 3, -4, 0.5, 65504); // [2, 3], exact in float16 too
const values = [...matrix];
const transposed = [1, -4, 2, 0.5, 3, 65504];
const entry = (dtype: string, bytes: number): unknown => ({ dtype, shape: [2, 3], data_offsets: [0, bytes] });

describe('.safetensors', () => {
  const float32 = safetensors({ __metadata__: { format: 'pt' }, w: entry('F32', 24) }, bytesOf(matrix));

  it('transposes [out, in] unless told that the file has [K, N]', async () => {
    const path = file('a.safetensors', float32);
    expect(await loadWeights({ path })).toEqual({
      name: 'w',
      k: 3,
      n: 2,
      values: Float32Array.from(transposed),
    });
    expect(await loadWeights({ path, layout: 'kn' })).toEqual({ name: 'w', k: 2, n: 3, values: matrix });
  });

  it.each([
    ['F64', bytesOf(Float64Array.from(matrix))],
    ['F16', bytesOf(encodeArray('float16', matrix))],
  ])('reads %s', async (dtype, data) => {
    const path = file(`${dtype}.safetensors`, safetensors({ w: entry(dtype, data.length) }, data));
    expect([...(await loadWeights({ path, layout: 'kn' })).values]).toEqual(values);
  });

  it.each([
    ['BF16', 'bfloat16'],
    ['F8_E4M3', 'float8_e4m3fn'],
    ['F8_E5M2', 'float8_e5m2'],
  ] as const)('reads %s as %s', async (dtype, format) => {
    const small = Float32Array.of(1, 2, -0.5, 448, 0.25, -3).map((x) =>
      format === 'float8_e5m2' && x > 100 ? 512 : x,
    );
    const data = bytesOf(encodeArray(format, small));
    const path = file(`${dtype}.safetensors`, safetensors({ w: entry(dtype, data.length) }, data));
    expect((await loadWeights({ path, layout: 'kn' })).values).toEqual(small);
  });

  it('reads files larger than one chunk', async () => {
    const [rows, columns] = [1100, 1000];
    const large = Float32Array.from({ length: rows * columns }, (_, index) => index);
    const header = { w: { dtype: 'F32', shape: [rows, columns], data_offsets: [0, 4 * rows * columns] } };
    const path = file('large.safetensors', safetensors(header, bytesOf(large)));
    const { values: read } = await loadWeights({ path, layout: 'kn' });
    expect(Buffer.from(read.buffer).equals(Buffer.from(large.buffer))).toBe(true);
    const flipped = await loadWeights({ path });
    expect(
      flipped.values.every((value, index) => value === (index % rows) * columns + Math.floor(index / rows)),
    ).toBe(true);
  });

  it('asks which tensor when there are several, and offers matrices only', async () => {
    const header = {
      u: entry('F32', 24),
      v: entry('F32', 24),
      bias: { dtype: 'F32', shape: [6], data_offsets: [0, 24] },
    };
    const path = file('several.safetensors', safetensors(header, bytesOf(matrix)));
    await expect(loadWeights({ path })).rejects.toThrow(
      /several matrices; choose one with --tensor: "u", "v"\./,
    );
    expect((await loadWeights({ path, tensor: 'v' })).name).toBe('v');
    await expect(loadWeights({ path, tensor: 'x' })).rejects.toThrow(
      /no tensor "x"; it has "u", "v", "bias"/,
    );
    await expect(loadWeights({ path, tensor: 'bias' })).rejects.toThrow(/two dimensions.*\[6\]/);
  });

  it.each([
    ['truncated data', float32.slice(0, -1), /bytes end at \d+, the file at \d+; it is truncated/],
    ['a truncated header', float32.slice(0, 20), /promise a header of \d+ bytes, the file has 20/],
    [
      'a header beyond the file',
      safetensors('{}', new Uint8Array(), 2 ** 52),
      /promise a header of 4503599627370496 bytes/,
    ],
    ['an empty file', new Uint8Array(), /truncated: 8 bytes were needed, the file has 0/],
    ['garbage', safetensors('not json', bytesOf(matrix)), /header is not JSON/],
    ['a JSON array', safetensors([], bytesOf(matrix)), /not a JSON object/],
    ['no matrix', safetensors({}, bytesOf(matrix)), /no matrix of a dtype/],
    [
      'a shape that promises petabytes',
      safetensors(
        { w: { dtype: 'F32', shape: [2 ** 25, 2 ** 25], data_offsets: [0, 2 ** 52] } },
        bytesOf(matrix),
      ),
      /bytes end at \d+/,
    ],
    [
      'a shape that does not fill its bytes',
      safetensors({ w: entry('F32', 20) }, bytesOf(matrix)),
      /take 24 bytes, the header gives them 20/,
    ],
    [
      'an empty matrix',
      safetensors({ w: { dtype: 'F32', shape: [0, 3], data_offsets: [0, 0] } }, new Uint8Array()),
      /at least 1/,
    ],
  ])('refuses %s', async (name, bytes, message) => {
    const path = file('bad.safetensors', bytes);
    await expect(loadWeights({ path }), name).rejects.toThrow(message);
    await expect(loadWeights({ path }), name).rejects.toBeInstanceOf(UserError);
  });

  it('refuses another dtype and bad offsets by name', async () => {
    const header = { i: entry('I64', 48), w: { dtype: 'F32', shape: [2, 3], data_offsets: [0] } };
    const path = file('other.safetensors', safetensors(header, bytesOf(matrix)));
    await expect(loadWeights({ path, tensor: 'i' })).rejects.toThrow(/dtype I64 cannot be read; known: F64/);
    await expect(loadWeights({ path, tensor: 'w' })).rejects.toThrow(
      /data_offsets must be two byte offsets, got \[0\]/,
    );
  });
});

describe('.npy', () => {
  it.each([
    ['<f4', bytesOf(matrix), 1],
    ['<f8', bytesOf(Float64Array.from(matrix)), 2],
    ['<f2', bytesOf(encodeArray('float16', matrix)), 3],
  ])('reads %s as [K, N]', async (type, data, version) => {
    const path = file('a.npy', npy(descr(type, '(2, 3)'), data, version));
    expect(await loadWeights({ path })).toEqual({ name: 'a.npy', k: 2, n: 3, values: matrix });
    expect([...(await loadWeights({ path, layout: 'nk' })).values]).toEqual(transposed);
  });

  it.each(['<u2', '<V2', '|V2'])('reads %s as bfloat16', async (type) => {
    const small = Float32Array.of(1, -2, 0.5, 3, 1.5, -1e30).map((x) => (x < -1e20 ? -(2 ** 100) : x));
    const path = file('b.npy', npy(descr(type, '(2, 3)'), bytesOf(encodeArray('bfloat16', small))));
    expect((await loadWeights({ path })).values).toEqual(small);
  });

  it.each([
    [
      'a truncated file',
      npy(descr('<f4', '(2, 3)'), bytesOf(matrix).slice(1)),
      /take 24 bytes, the file has 23 for them; it is truncated/,
    ],
    [
      'trailing bytes',
      npy(descr('<f4', '(2, 2)'), bytesOf(matrix)),
      /take 16 bytes, the file has 24 for them/,
    ],
    [
      'a huge shape',
      npy(descr('<f4', '(99999999999, 99999999999)'), bytesOf(matrix)),
      /the file has 24 for them/,
    ],
    ['big-endian', npy(descr('>f4', '(2, 3)'), bytesOf(matrix)), /big-endian.*astype\("<f4"\)/],
    [
      'wide integers',
      npy(descr('<i8', '(1, 3)'), bytesOf(matrix)),
      /dtype i8 cannot be read; known: f8, f4, f2/,
    ],
    [
      'bytes of no known format',
      npy(descr('<V1', '(4, 6)'), bytesOf(matrix)),
      /dtype V1 says one byte each.*--dtype fp8e4m3fn/,
    ],
    ['three dimensions', npy(descr('<f4', '(1, 2, 3)'), bytesOf(matrix)), /two dimensions.*\(1, 2, 3\)/],
    ['one dimension', npy(descr('<f4', '(6,)'), bytesOf(matrix)), /two dimensions.*\(6,\)/],
    [
      'a header without shape',
      npy("{'descr': '<f4', 'fortran_order': False}", bytesOf(matrix)),
      /lacks shape: "/,
    ],
    [
      'a negative dimension',
      npy(descr('<f4', '(-1, 6)'), bytesOf(matrix)),
      /bad\.npy: a matrix .* is required, the shape is \(-1, 6\)\.$/,
    ],
    ['a shape of fractions', npy(descr('<f4', '(2.0, 3)'), bytesOf(matrix)), /the shape is \(2\.0, 3\)/],
    ['a shape that is no tuple', npy(descr('<f4', '6'), bytesOf(matrix)), /the shape is 6\.$/],
    ['an open shape', npy(descr('<f4', '(2, 3'), bytesOf(matrix)), /the shape is \(2, 3/],
    ['a number of nothing', npy(descr('<f4', '(2, L)'), bytesOf(matrix)), /the shape is \(2, L\)/],
    ['no dimension', npy(descr('<f4', '()'), bytesOf(matrix)), /the shape is \(\)\.$/],
    [
      'a record',
      npy(
        "{'descr': [('x', '<f4'), ('y', '<f4')], 'fortran_order': False, 'shape': (3,), }",
        bytesOf(matrix),
      ),
      /matrix of plain numbers is required, its descr is \[\('x', '<f4'\)/,
    ],
    [
      'an order that is neither',
      npy(descr('<f4', '(2, 3)', 'Maybe'), bytesOf(matrix)),
      /fortran_order must be True or False, got Maybe/,
    ],
    ['another file', joined('PK\x03\x04 and so on'), /no \.npy file/],
    ['an unknown version', npy(descr('<f4', '(2, 3)'), bytesOf(matrix), 4), /version 1 to 3/],
    ['a header beyond the file', joined('\x93NUMPY', Uint8Array.of(1, 0, 0xff, 0x7f), '{'), /truncated/],
    [
      'a header of gigabytes',
      joined('\x93NUMPY', Uint8Array.of(2, 0, 0, 0, 0, 0x7f), '{'),
      /is not believed/,
    ],
  ])('refuses %s', async (name, bytes, message) => {
    const path = file('bad.npy', bytes);
    await expect(loadWeights({ path }), name).rejects.toThrow(message);
    await expect(loadWeights({ path }), name).rejects.toBeInstanceOf(UserError);
  });
});

it('refuses paths that are missing, folders, or of another kind', async () => {
  await expect(loadWeights({ path: join(folder, 'none.npy') })).rejects.toThrow(
    /Cannot read the file .*ENOENT/,
  );
  await expect(loadWeights({ path: join(folder, 'model.bin') })).rejects.toThrow(
    /ends in \.safetensors or \.npy/,
  );
  await expect(loadWeights({ path: '/dev/null.npy/x.npy' })).rejects.toThrow(UserError);
  await expect(
    loadWeights({ path: file('t.npy', npy(descr('<f4', '(2, 3)'), bytesOf(matrix))), tensor: 'w' }),
  ).rejects.toThrow(/A tensor is named in \.safetensors files; .*t\.npy holds one array/);
});

describe('matrices as they are', () => {
  const read = (header: string, data: ArrayBufferView, request = {}) =>
    readMatrixFile(blobSource(new Blob([npy(header, bytesOf(data))]), 'c.npy'), request);

  it.each([
    ['<f4', 'float32', matrix],
    ['|i1', 'int8', Int8Array.from([1, 2, 3, -4, 0, 127])],
    ['|u1', 'uint8', Uint8Array.from([1, 2, 3, 4, 0, 255])],
    ['<i2', 'int16', Int16Array.from([1, 2, 3, -4, 0, 32767])],
  ] as const)('%s is %s', async (type, dtype, data) => {
    expect(await read(descr(type, '(2, 3)'), data)).toEqual({
      name: 'c.npy',
      rows: 2,
      columns: 3,
      dtype,
      values: Float32Array.from(data),
    });
  });

  it.each([
    ['<f8', 'float64', Float64Array.of(0.1, 2 ** 60 + 2 ** 10, -0, 1e300, NaN, Infinity)],
    ['<i4', 'int32', Int32Array.of(2 ** 31 - 1, -(2 ** 31), 16777217, 0, 1, 2)],
    ['<u4', 'uint32', Uint32Array.of(2 ** 32 - 1, 0, 16777217, 3, 1, 2)],
  ] as const)('%s is %s, exact in float64 too', async (type, dtype, data) => {
    const { float64, values: rounded, ...rest } = await read(descr(type, '(2, 3)'), data);
    expect(rest).toEqual({ name: 'c.npy', rows: 2, columns: 3, dtype });
    expect(float64).toEqual(Float64Array.from(data));
    expect(rounded).toEqual(Float32Array.from(data));
  });

  it('reads bits as the format that is asked for, where they are as wide', async () => {
    const small = Float32Array.of(1, 2, -0.5, 240, 0.25, -3);
    for (const dtype of ['float8_e4m3', 'float8_e4m3fn', 'float8_e5m2'] as const) {
      const held = dtype === 'float8_e5m2' ? small.map((x) => (x > 100 ? 256 : x)) : small;
      const data = encodeArray(dtype, held);
      const file = await read(descr('<V1', '(2, 3)'), data, { dtype });
      expect(file).toMatchObject({ dtype, values: held });
    }
    await expect(read(descr('<V1', '(2, 3)'), matrix.subarray(0, 1), { dtype: 'float16' })).rejects.toThrow(
      /dtype V1 take 1 bytes each; they cannot be read as float16, which takes 2/,
    );
    const fp8 = encodeArray('float8_e5m2', Float32Array.of(1, 2, -0.5, 256, 0.25, -3));
    expect((await read(descr('<f1', '(2, 3)'), fp8)).dtype).toBe('float8_e5m2');
  });

  it('reads Fortran order, and transposes either', async () => {
    const fortran = descr('<f4', '(2, 3)', 'True');
    const flipped = Float32Array.from(transposed);
    expect(await read(fortran, flipped)).toMatchObject({ rows: 2, columns: 3, values: matrix });
    expect(await read(fortran, flipped, { transposed: true })).toMatchObject({ rows: 3, values: flipped });
    expect(await read(descr('<f4', '(2, 3)'), matrix, { transposed: true })).toMatchObject({
      rows: 3,
      columns: 2,
      values: flipped,
    });
  });

  it('says that a blob ends early', async () => {
    const source = blobSource(new Blob(['short']), 'c.npy');
    await expect(source.read(0, 9)).rejects.toThrow(
      /c\.npy is truncated: 9 bytes were needed, the file has 5/,
    );
  });
});

/** Any damage is either harmless or one UserError, and no more is read than the file has. */
describe('damaged files', () => {
  const good = {
    safetensors: safetensors({ w: entry('F32', 24), v: entry('BF16', 12) }, bytesOf(matrix)),
    npy: npy(descr('<f4', '(2, 3)'), bytesOf(matrix)),
  };
  const read = {
    safetensors: async (source: ByteSource) => {
      await safetensorsNames(source);
      return safetensorsTensor(source, 'w');
    },
    npy: npyTensor,
  };
  const damage = fc.record({
    cut: fc.nat(200),
    edits: fc.array(
      fc.tuple(fc.nat(200), fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('0123456789,:[]{}"\'')))),
      {
        maxLength: 6,
      },
    ),
  });

  it.each(['safetensors', 'npy'] as const)('%s', async (kind) => {
    await fc.assert(
      fc.asyncProperty(damage, async ({ cut, edits }) => {
        const bytes = good[kind].slice(0, cut < 50 ? good[kind].length - cut : undefined);
        for (const [index, value] of edits) bytes[index % bytes.length] = value;
        const source = memorySource(bytes);
        try {
          const { element, rows, columns, offset } = await read[kind](source);
          expect(offset + rows * columns * element.bytes).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it.each(['safetensors', 'npy'] as const)('%s from random bytes', async (kind) => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async (bytes) => {
        await expect(read[kind](memorySource(bytes))).rejects.toBeInstanceOf(UserError);
      }),
    );
  });
});

function memorySource(bytes: Uint8Array): ByteSource {
  return {
    name: 'memory',
    size: bytes.length,
    read: (offset, length) =>
      offset + length <= bytes.length
        ? Promise.resolve(Uint8Array.from(bytes.subarray(offset, offset + length)))
        : Promise.reject(new UserError(`truncated: ${offset + length} of ${bytes.length}`)),
    close: () => Promise.resolve(),
  };
}
