/** Files for the tests of .safetensors: made by hand from the description of the format, and tensors drawn at random. */
import * as fc from 'fast-check';
import { bitsOf, codeArray, DTYPES, type CodeArray, type Dtype } from '../../../src/numerics';
import type { TensorToWrite } from '../../../src/tensor/safetensors';

/** A file of this header, as it is told, and these data. */
export function fileOf(header: unknown, data: readonly number[] = []): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

export function drawnCodes(dtype: Dtype, length: number, seed: number): CodeArray {
  const mask = 2 ** bitsOf(dtype) - 1;
  return codeArray(dtype, length).map((_, at) => (Math.imul(at + 1, 0x9e3779b1) ^ seed) & mask);
}

/** Of 4-bit elements an even number, as the format asks. */
const tensor = (dtype: Dtype): fc.Arbitrary<Omit<TensorToWrite, 'name'>> =>
  fc
    .record({
      shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
      seed: fc.nat(),
    })
    .map(({ shape: drawn, seed }) => {
      const shape = bitsOf(dtype) === 4 ? [...drawn, 2] : drawn;
      const length = shape.reduce((product, extent) => product * extent, 1);
      return { dtype, shape, codes: drawnCodes(dtype, length, seed) };
    });

const name = fc
  .string({ unit: 'binary', maxLength: 6 })
  .filter((text) => text !== '__proto__' && text !== '__metadata__');

export const tensors: fc.Arbitrary<readonly TensorToWrite[]> = fc
  .uniqueArray(name, { maxLength: 6 })
  .chain((names) =>
    fc.tuple(
      ...names.map((each) =>
        fc
          .constantFrom(...DTYPES)
          .chain(tensor)
          .map((rest) => ({ name: each, ...rest })),
      ),
    ),
  );

export async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of chunks) parts.push(new Uint8Array(chunk));
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** The file in chunks of these sizes, over and over, each in the same memory, as a source may do. */
export async function* chunked(
  file: Uint8Array,
  sizes: readonly number[],
): AsyncGenerator<Uint8Array, void, undefined> {
  const memory = new Uint8Array(Math.max(...sizes));
  for (let at = 0, turn = 0; at < file.length; turn++) {
    const part = file.subarray(at, at + (sizes[turn % sizes.length] ?? NaN));
    memory.set(part);
    await Promise.resolve();
    yield memory.subarray(0, part.length);
    at += part.length;
  }
}
