/** Files that the format does not allow, and what cannot be written: each is a UserError that names the tensor, never another error. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { UserError } from '../../../src/numerics';
import {
  openSafetensors,
  openSafetensorsStream,
  writeSafetensors,
  type TensorToWrite,
} from '../../../src/tensor/safetensors';
import { all, chunked, fileOf, joined, tensors } from './files';

const entry = { dtype: 'U8', shape: [2], data_offsets: [0, 2] };
const withLength = (length: bigint) => {
  const bytes = fileOf('{}');
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  return bytes;
};
const nested = '['.repeat(200_000);

const REFUSED: readonly (readonly [what: string, file: Uint8Array, message: RegExp])[] = [
  ['nothing', new Uint8Array(), /begins with 8 bytes; received 0/],
  ['a length that is cut short', new Uint8Array(7), /begins with 8 bytes; received 7/],
  ['a header longer than the file', withLength(3n), /takes 3 bytes, and the file has 2/],
  ['a header above the limit', withLength(100_000_001n), /at most 100000000 bytes; .* say 100000001/],
  ['the longest header', withLength(2n ** 64n - 1n), /at most 100000000 bytes/],
  ['an empty header', fileOf(''), /begins with \{; received ""/],
  ['a space before it', fileOf(' {}'), /begins with \{/],
  ['a byte order mark', fileOf('\ufeff{}'), /begins with \{/],
  ['no JSON', fileOf('{"a":}'), /is no JSON/],
  ['JSON that goes on', fileOf('{}{}'), /is no JSON/],
  ['deep nesting', fileOf(`{"a":${nested}`), /is no JSON/],
  ['deep nesting that ends', fileOf(`{"a":${nested}${']'.repeat(200_000)}}`), /Tensor "a" is an object/],
  ['no UTF-8', Uint8Array.of(...fileOf('{"a":0}').map((byte) => (byte === 0x61 ? 0xff : byte))), /is UTF-8/],
  [
    'a tensor twice',
    fileOf(`{"a":${JSON.stringify(entry)}, "a" : ${JSON.stringify(entry)}}`, [0, 0]),
    /key "a" twice/,
  ],
  ['a tensor twice, escaped', fileOf(`{"a":${JSON.stringify(entry)},"\\u0061":{}}`, [0, 0]), /key "a" twice/],
  [
    'a field twice',
    fileOf('{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"shape":[1,2]}}', [0, 0]),
    /"shape" twice/,
  ],
  ['a key of the metadata twice', fileOf('{"__metadata__":{"\\\\":"","\\\\":""}}'), /key "\\\\" twice/],
  ['the metadata twice', fileOf('{"__metadata__":{},"__metadata__":{}}'), /"__metadata__" twice/],
  ['metadata of no texts', fileOf({ __metadata__: { a: 1 } }), /texts only; received 1 under "a"/],
  ['metadata of no object', fileOf({ __metadata__: [] }), /object of texts; received \[\]/],
  [
    'a tensor named __proto__',
    fileOf(`{"__proto__":${JSON.stringify(entry)}}`, [0, 0]),
    /received "__proto__"/,
  ],
  ['metadata named __proto__', fileOf('{"__metadata__":{"__proto__":"a"}}'), /received "__proto__"/],
  ['a name of no text', fileOf(`{"\\ud800":${JSON.stringify(entry)}}`, [0, 0]), /well-formed/],
  [
    'a tensor that is a list',
    fileOf({ a: [] }),
    /Tensor "a" is an object of dtype, shape, data_offsets; received \[\]/,
  ],
  ['a tensor that is null', fileOf({ a: null }), /Tensor "a" is an object .*; received null/],
  ['a field too few', fileOf({ a: { dtype: 'U8', shape: [] } }), /Tensor "a" .*"data_offsets" is missing/],
  [
    'a field too many',
    fileOf({ a: { ...entry, strides: [1] } }, [0, 0]),
    /Tensor "a" .*"strides" is none of them/,
  ],
  [
    'a field __proto__',
    fileOf('{"a":{"dtype":"U8","shape":[],"__proto__":{"data_offsets":[0,1]}}}', [0]),
    /is missing/,
  ],
  [
    'an unknown dtype',
    fileOf({ a: { ...entry, dtype: 'F128' } }, [0, 0]),
    /Tensor "a": a dtype is .*; received "F128"/,
  ],
  ['a dtype of Object', fileOf({ a: { ...entry, dtype: 'toString' } }, [0, 0]), /received "toString"/],
  ['a dtype of no text', fileOf({ a: { ...entry, dtype: 8 } }, [0, 0]), /received 8/],
  ...[[-1], [1.5], [2 ** 53], ['2'], [null], [[2]], 2, {}, null].map(
    (shape) =>
      [
        `the shape ${JSON.stringify(shape)}`,
        fileOf({ a: { ...entry, shape } }, [0, 0]),
        /Tensor "a": a shape is a list of integers of 0 to 2\^53 - 1; received/,
      ] as const,
  ),
  ['the shape [-0]', fileOf('{"a":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}'), /a shape is a list/],
  [
    'the shape [1e400]',
    fileOf('{"a":{"dtype":"U8","shape":[1e400],"data_offsets":[0,0]}}'),
    /a shape is a list/,
  ],
  [
    'a product that overflows',
    fileOf({ a: { ...entry, shape: [2 ** 32, 2 ** 32] } }),
    /Tensor "a": the extents .* multiply to at most/,
  ],
  [
    'one that wraps to 0',
    fileOf({ a: { dtype: 'U8', shape: [2 ** 52, 2 ** 12], data_offsets: [0, 0] } }),
    /multiply to at most/,
  ],
  [
    'bytes that overflow',
    fileOf({ a: { dtype: 'F64', shape: [2 ** 52], data_offsets: [0, 0] } }),
    /takes 36028797018963970 bytes/,
  ],
  ...[[0], [0, 1, 2], [2, 0], [-2, 0], [0, 2.5], [0, '2'], 2, null].map(
    (data_offsets) =>
      [
        `the offsets ${JSON.stringify(data_offsets)}`,
        fileOf({ a: { ...entry, data_offsets } }, [0, 0]),
        /Tensor "a": data_offsets are two integers of 0 to 2\^53 - 1, the second no less than the first; received/,
      ] as const,
  ),
  [
    'offsets of another size',
    fileOf({ a: { ...entry, data_offsets: [0, 3] } }, [0, 0, 0]),
    /Tensor "a": U8 of shape \[2\] takes 2 bytes.*\[0,3\] are 3 apart/,
  ],
  [
    'half a byte',
    fileOf({ a: { dtype: 'F4', shape: [3], data_offsets: [0, 1] } }, [0]),
    /F4 of shape \[3\] takes 1\.5 bytes, a whole number/,
  ],
  [
    'a hole at the front',
    fileOf({ a: { ...entry, data_offsets: [1, 3] } }, [0, 0, 0]),
    /Tensor "a": its bytes begin at 0, where the data begins; received 1: .*between/,
  ],
  [
    'a hole',
    fileOf({ a: entry, b: { ...entry, data_offsets: [3, 5] } }, [0, 0, 0, 0, 0]),
    /Tensor "b": its bytes begin at 2, where tensor "a" ends; received 3: .*between/,
  ],
  [
    'an overlap',
    fileOf({ a: entry, b: { ...entry, data_offsets: [1, 3] } }, [0, 0, 0]),
    /Tensor "b": .* received 1: .*in common/,
  ],
  ['the same bytes twice', fileOf({ a: entry, b: entry }, [0, 0]), /Tensor "b": .* received 0: .*in common/],
  [
    'an empty tensor within another',
    fileOf({ a: entry, b: { dtype: 'U8', shape: [0], data_offsets: [1, 1] } }, [0, 0]),
    /Tensor "b"/,
  ],
  [
    'data cut short',
    fileOf({ a: entry }, [0]),
    /1 bytes after its header, and the last tensor, "a", ends at 2: it is cut short/,
  ],
  ['data that go on', fileOf({ a: entry }, [0, 0, 0]), /3 bytes after its header, .*followed by other bytes/],
  ['data of no tensor', fileOf({}, [0]), /there are no tensors/],
  [
    'a format of other width',
    fileOf({ __metadata__: { 'systole.dtype.a': 'bfloat16' }, a: entry }, [0, 0]),
    /Tensor "a": .*U8: float8_e4m3, float8_e3m4, uint8; received "bfloat16"/,
  ],
  [
    'a format that is none',
    fileOf({ __metadata__: { 'systole.dtype.a': 'toString' }, a: entry }, [0, 0]),
    /received "toString"/,
  ],
];

test.each(REFUSED)('refuses %s', async (_, file, message) => {
  const failure: unknown = await openSafetensors(file).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(UserError);
  expect(String(failure)).toMatch(message);
  expect(String(failure).length).toBeLessThan(500);
  await expect(readAll(file, [5])).resolves.toBeInstanceOf(UserError);
});

/** Everything of the file as a stream, or why not. */
async function readAll(file: Uint8Array, sizes: readonly number[]): Promise<unknown> {
  try {
    const stream = await openSafetensorsStream(chunked(file, sizes));
    return await all(stream.tensors());
  } catch (error) {
    return error;
  }
}

test('a stream that claims more than it has takes no memory for it', async () => {
  const huge = { a: { dtype: 'U8', shape: [2 ** 50], data_offsets: [0, 2 ** 50] } };
  const failure = await readAll(fileOf(huge, [1, 2, 3]), [7]);
  expect(failure).toBeInstanceOf(UserError);
  expect(String(failure)).toContain(
    'Tensor "a" takes 1125899906842624 bytes; the stream ends after 3 of them.',
  );
  expect(String(await readAll(withLength(50_000_000n), [7]))).toContain('the stream ends after 2 of them');
});

/** Of the length or the header: any bytes are data. */
type Change =
  | { readonly kind: 'cut' | 'grown'; readonly at: number }
  | { readonly kind: 'flipped'; readonly at: number; readonly bit: number }
  | { readonly kind: 'set'; readonly at: number; readonly byte: number };

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('grown' as const), at: fc.nat({ max: 20 }) }),
  fc.record({ kind: fc.constant('flipped' as const), at: fc.nat(), bit: fc.nat({ max: 7 }) }),
  fc.record({
    kind: fc.constant('set' as const),
    at: fc.nat(),
    byte: fc.constantFrom(...new TextEncoder().encode('0129-.e"{}[],:\\ ')),
  }),
);

function changed(file: Uint8Array<ArrayBuffer>, change: Change): Uint8Array {
  const header = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
  const bytes = file.slice();
  switch (change.kind) {
    case 'cut':
      return bytes.subarray(0, change.at % file.length);
    case 'grown':
      return Uint8Array.of(...bytes, ...new Uint8Array(change.at + 1));
    case 'flipped':
      bytes[change.at % header] = (bytes[change.at % header] ?? 0) ^ (1 << change.bit);
      return bytes;
    case 'set':
      bytes[change.at % header] = change.byte;
      return bytes;
  }
}

test('a file that was changed is refused with a UserError, or gives tensors that lie in it', async () => {
  await fc.assert(
    fc.asyncProperty(tensors, change, async (given, drawn) => {
      const valid = await joined(writeSafetensors(given, { metadata: [['a', 'b']] }));
      const file = changed(valid, drawn);
      let read;
      try {
        const opened = await openSafetensors(file);
        read = await all(opened.tensors());
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
        expect(await readAll(file, [11])).toBeInstanceOf(UserError);
        return;
      }
      expect(['flipped', 'set']).toContain(drawn.kind);
      const sizes = read.map(({ bytes, offset, codes, shape }) => {
        expect(codes.length).toBe(shape.reduce((product, extent) => product * extent, 1));
        return [offset, offset + bytes];
      });
      expect(Math.max(0, ...sizes.flat())).toBeLessThan(file.length);
      expect(await readAll(file, [11])).toEqual(read);
    }),
    { numRuns: 1500 },
  );
});

const good: TensorToWrite = { name: 'a', dtype: 'uint8', shape: [2], codes: new Uint8Array(2) };
const UNWRITABLE: readonly (readonly [what: string, tensors: readonly TensorToWrite[], message: RegExp])[] = [
  ['a name twice', [good, good], /Tensor "a" is given twice/],
  ['the name of the metadata', [{ ...good, name: '__metadata__' }], /received "__metadata__"/],
  ['the name __proto__', [{ ...good, name: '__proto__' }], /received "__proto__"/],
  ['a name of no text', [{ ...good, name: '\udc00' }], /well-formed/],
  ['codes too few', [{ ...good, shape: [3] }], /Tensor "a" of shape \[3\] has 3 codes; received 2/],
  [
    'codes of another kind',
    [{ ...good, dtype: 'float32' }],
    /Tensor "a": Codes of float32 are held in Uint32Array/,
  ],
  ['a shape of fractions', [{ ...good, shape: [0.5, 4] }], /Tensor "a": a shape is/],
  ['a shape that overflows', [{ ...good, shape: [2 ** 40, 2 ** 40] }], /Tensor "a": a shape is/],
  [
    'half a byte',
    [{ ...good, dtype: 'float4_e2m1fn', shape: [1], codes: new Uint8Array(1) }],
    /an even number/,
  ],
  [
    'another name of its format',
    [{ ...good, stored: 'I8' }],
    /Tensor "a": uint8 is stored as U8; received "I8"/,
  ],
];

test.each(UNWRITABLE)('does not write %s', (_, given, message) => {
  expect(() => writeSafetensors(given)).toThrow(message);
  expect(() => writeSafetensors(given)).toThrow(UserError);
});

test('codes that are not as told are refused in their turn, with the name of the tensor', async () => {
  const late = { ...good, codes: () => new Uint8Array(3) };
  await expect(joined(writeSafetensors([late]))).rejects.toThrow(
    'Tensor "a" of shape [2] has 2 codes; received 3.',
  );
  const large: TensorToWrite = { ...good, dtype: 'float4_e2m1fn', codes: Uint8Array.of(1, 16) };
  await expect(joined(writeSafetensors([large]))).rejects.toThrow(
    'Tensor "a": Codes of float4_e2m1fn are 0 to 15',
  );
});

test('metadata is text, under keys that tell no formats', () => {
  const write = (...metadata: [string, string][]) => writeSafetensors([good], { metadata });
  expect(() => write(['systole.dtype.a', 'int8'])).toThrow(UserError);
  expect(() => write(['a', ''], ['a', ''])).toThrow(/given once/);
  expect(() => write(['__proto__', ''])).toThrow(UserError);
});
