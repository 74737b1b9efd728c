/** .safetensors out and in: bytes made by hand, every format and source, chunks of any size, what the format has no name for. */
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DTYPES, UserError } from '../../../src/numerics';
import {
  openSafetensors,
  openSafetensorsStream,
  safetensorsStream,
  writeSafetensors,
  type SafetensorsTensor,
} from '../../../src/tensor/safetensors';
import { all, chunked, drawnCodes, fileOf, joined, tensors } from './files';

const told = ({ name, dtype, shape, codes }: SafetensorsTensor) => ({ name, dtype, shape, codes });
const byName = (left: { name: string }, right: { name: string }) => (left.name < right.name ? -1 : 1);

test('a file made by hand', async () => {
  const header = {
    __metadata__: { format: 'pt' },
    // Neither in the order of their bytes nor padded.
    bytes: { dtype: 'U8', shape: [3], data_offsets: [12, 15] },
    halves: { dtype: 'F16', shape: [2, 1], data_offsets: [4, 8] },
    scalar: { dtype: 'F32', shape: [], data_offsets: [0, 4] },
    none: { dtype: 'I32', shape: [0, 7], data_offsets: [4, 4] },
    nibbles: { dtype: 'F4', shape: [2, 2], data_offsets: [8, 10] },
    flags: { dtype: 'BOOL', shape: [2], data_offsets: [10, 12] },
  };
  const data = [0, 0, 0x80, 0x3f, 0x00, 0x3c, 0xff, 0x7b, 0x21, 0x43, 1, 0, 7, 8, 9];
  const file = await openSafetensors(fileOf(header, data));
  expect([...file.metadata]).toEqual([['format', 'pt']]);
  expect((await all(file.tensors())).map(told)).toEqual([
    { name: 'scalar', dtype: 'float32', shape: [], codes: Uint32Array.of(0x3f800000) },
    { name: 'none', dtype: 'int32', shape: [0, 7], codes: new Uint32Array() },
    { name: 'halves', dtype: 'float16', shape: [2, 1], codes: Uint16Array.of(0x3c00, 0x7bff) },
    { name: 'nibbles', dtype: 'float4_e2m1fn', shape: [2, 2], codes: Uint8Array.of(1, 2, 3, 4) },
    { name: 'flags', dtype: 'uint8', shape: [2], codes: Uint8Array.of(1, 0) },
    { name: 'bytes', dtype: 'uint8', shape: [3], codes: Uint8Array.of(7, 8, 9) },
  ]);
  expect((await file.read('halves')).stored).toBe('F16');
});

test('the bytes of a file that is written', async () => {
  const bytes = await joined(
    writeSafetensors(
      [
        { name: '1', dtype: 'float8_e4m3', shape: [2], codes: Uint8Array.of(0x77, 0x80) },
        { name: 'w', dtype: 'bfloat16', shape: [1, 2], codes: Uint16Array.of(0x3f80, 0xc000) },
      ],
      { metadata: [['by', 'hand']] },
    ),
  );
  const text =
    '{"__metadata__":{"by":"hand","systole.dtype.1":"float8_e4m3"},"w":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]},' +
    '"1":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}}';
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8);
  expect(bytes).toEqual(fileOf(padded, [0x80, 0x3f, 0x00, 0xc0, 0x77, 0x80]));
});

/** Saved by the Python package safetensors 0.8.0: 2 x 3 elements of each format, of which byte i is 7 i + the letters of its name. */
test('a file of the reference implementation is read as it was meant, and written again as the same bytes', async () => {
  const bytes = new Uint8Array(readFileSync('test/tensor/safetensors/reference.safetensors'));
  const file = await openSafetensors(bytes);
  const read = await all(file.tensors());
  expect(new Map(read.map(({ name, dtype, shape }) => [name, [dtype, ...shape]]))).toEqual(
    new Map<string, unknown>([
      ['f32', ['float32', 2, 3]],
      ['f16', ['float16', 2, 3]],
      ['bf16', ['bfloat16', 2, 3]],
      ['e4m3', ['float8_e4m3fn', 2, 3]],
      ['e5m2', ['float8_e5m2', 2, 3]],
      ['e8m0', ['float8_e8m0fnu', 2, 3]],
      ['i8', ['int8', 2, 3]],
      ['u8', ['uint8', 2, 3]],
      ['i16', ['int16', 2, 3]],
      ['u16', ['uint16', 2, 3]],
      ['i32', ['int32', 2, 3]],
      ['u32', ['uint32', 2, 3]],
      ['bool', ['uint8', 2]],
      ['é "\\\n', ['float32']],
      ['empty', ['uint8', 0, 4]],
    ]),
  );
  for (const { name, shape, codes } of read) {
    if (shape.join() === '2,3') {
      const expected = Uint8Array.from({ length: codes.byteLength }, (_, at) => 7 * at + name.length);
      expect(new Uint8Array(codes.buffer)).toEqual(expected);
    }
  }
  expect(await joined(writeSafetensors(read, { metadata: file.metadata }))).toEqual(bytes);
});

test('every format comes back as it was, from every source, and is written as the same bytes again', async () => {
  await fc.assert(
    fc.asyncProperty(
      tensors,
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      async (given, sizes) => {
        const metadata = [['by', 'a test']] as const;
        const bytes = await joined(writeSafetensors(given, { metadata }));
        const files = [
          await openSafetensors(bytes),
          await openSafetensors(new Blob([bytes])),
          await openSafetensors({
            size: bytes.length,
            read: (offset, length) => Promise.resolve(Buffer.from(bytes).subarray(offset, offset + length)),
          }),
          await openSafetensorsStream(chunked(bytes, sizes)),
          await openSafetensorsStream(safetensorsStream(given, { metadata })),
        ];
        for (const file of files) {
          expect([...file.metadata]).toEqual(metadata);
          const read = await all(file.tensors());
          expect(read.map(({ name }) => name)).toEqual([...file.entries.keys()]);
          expect(read.map(told).sort(byName)).toEqual([...given].sort(byName));
          expect(await joined(writeSafetensors(read, { metadata: file.metadata }))).toEqual(bytes);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test.each(DTYPES)('tensors longer than a chunk: %s', async (dtype) => {
  const shape = [2, 2 ** 18 + 3];
  const codes = drawnCodes(dtype, 2 * (2 ** 18 + 3), 5);
  const given = { name: 'long', dtype, shape, codes: () => Promise.resolve(codes) };
  const chunks = await all(writeSafetensors([given]));
  expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(2 ** 20);
  const file = await openSafetensors(new Blob(chunks));
  const { codes: read } = await file.read('long');
  expect(Buffer.compare(Buffer.from(read.buffer), Buffer.from(codes.buffer))).toBe(0);
});

test('what is read is nobody else’s', async () => {
  const bytes = fileOf({ a: { dtype: 'U8', shape: [2], data_offsets: [0, 2] } }, [1, 2]);
  const file = await openSafetensors(bytes);
  const { codes } = await file.read('a');
  bytes.fill(9);
  expect(codes).toEqual(Uint8Array.of(1, 2));
});

test('ranges are asked for as they are needed, and have the length that was asked for', async () => {
  const bytes = await joined(
    writeSafetensors(
      ['a', 'b'].map((name) => ({ name, dtype: 'uint8', shape: [2], codes: new Uint8Array(2) })),
    ),
  );
  const asked: number[][] = [];
  const source = {
    size: bytes.length,
    read: (offset: number, length: number) => {
      asked.push([offset - bytes.length, length]);
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
  };
  const file = await openSafetensors(source);
  await file.read('b');
  expect(asked.slice(2)).toEqual([[-2, 2]]);
  await all(file.tensors(({ name }) => name === 'a'));
  expect(asked.slice(3)).toEqual([[-4, 2]]);
  source.read = () => Promise.resolve(new Uint8Array(1));
  await expect(file.read('b')).rejects.toThrow(/Reading 2 bytes at \d+ of the file gave 1\./);
  await expect(file.read('c')).rejects.toThrow('The file has no tensor "c": it has 2, such as "a", "b".');
});

test('a stream is let go of when its reader leaves, passes tensors over, and passes by once', async () => {
  const given = ['a', 'b'].map((name, at) => ({
    name,
    dtype: 'uint8' as const,
    shape: [2],
    codes: Uint8Array.of(at, 7),
  }));
  let cancelled = false;
  const bytes = writeSafetensors(given);
  const stream = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { value } = await bytes.next();
      if (value !== undefined) controller.enqueue(value);
    },
    cancel: () => {
      cancelled = true;
    },
  });
  const file = await openSafetensorsStream(stream);
  for await (const { name } of file.tensors()) {
    expect(name).toBe('a');
    break;
  }
  expect(cancelled).toBe(true);
  await expect(all(file.tensors())).rejects.toThrow('A stream passes by once');
  const other = await openSafetensorsStream(safetensorsStream(given));
  expect((await all(other.tensors(({ name }) => name === 'b'))).map(told)).toEqual(given.slice(1));
});

const wide = (dtype: string, values: readonly bigint[]) =>
  fileOf({ ids: { dtype, shape: [values.length], data_offsets: [0, 8 * values.length] } }, [
    ...new Uint8Array(BigInt64Array.from(values).buffer),
  ]);

test('what no format here holds is refused when it is read; I64 is read as int32 on request, where it fits', async () => {
  for (const dtype of ['I64', 'U64', 'F64', 'C64']) {
    const file = await openSafetensors(wide(dtype, [1n]));
    expect(file.entries.get('ids')?.dtype).toBeUndefined();
    await expect(file.read('ids')).rejects.toThrow(`Tensor "ids" is stored as ${dtype}`);
    await expect(file.read('ids')).rejects.toBeInstanceOf(UserError);
  }
  const fits = [0n, -1n, 2n ** 31n - 1n, -(2n ** 31n)];
  const { dtype, codes } = await (await openSafetensors(wide('I64', fits), { int64: 'int32' })).read('ids');
  expect([dtype, [...Int32Array.from(codes)]]).toEqual(['int32', fits.map(Number)]);
  for (const value of [2n ** 31n, -(2n ** 31n) - 1n, 2n ** 32n]) {
    const file = await openSafetensors(wide('I64', [5n, value]), { int64: 'int32' });
    await expect(file.read('ids')).rejects.toThrow(`element 1 is ${value.toString()}.`);
  }
});

test('BOOL is 0 or 1, in and out', async () => {
  const header = { mask: { dtype: 'BOOL', shape: [2], data_offsets: [0, 2] } };
  const { codes } = await (await openSafetensors(fileOf(header, [1, 0]))).read('mask');
  const mask = { name: 'mask', dtype: 'uint8', shape: [2], stored: 'BOOL' } as const;
  const again = await openSafetensors(await joined(writeSafetensors([{ ...mask, codes }])));
  expect((await again.read('mask')).stored).toBe('BOOL');
  await expect((await openSafetensors(fileOf(header, [1, 2]))).read('mask')).rejects.toThrow(
    'element 1 is 2.',
  );
  await expect(joined(writeSafetensors([{ ...mask, codes: Uint8Array.of(0, 2) }]))).rejects.toThrow(
    UserError,
  );
});
