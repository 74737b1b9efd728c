/** Random inputs of a kernel of the library: the same of a seed on every host, because no step of theirs is rounded differently. */
import {
  decodeElements,
  elementOf,
  encodeArray,
  isPacked,
  PACKED_LANES,
  packLanes,
  stochasticDraws,
  type CodeArray,
  type Dtype,
} from '../numerics';
import type { Distribution, LibraryKernel, RandomInput, ReferenceInput, Sizes } from './entry';

export interface CodedInput {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly codes: CodeArray;
}

/** Two u32 words to a value. */
type Draw = (first: number, second: number) => number;

/** The deviation of the sum of four uniforms on [0, 1] is sqrt(1/3); the words give them in units of 2^-16. */
const PER_UNIT = Math.sqrt(3) / 2 ** 16;

function drawOf(distribution: Distribution): Draw {
  if (distribution.kind === 'uniform') {
    const { low, high } = distribution;
    return (word) => low + (word / 2 ** 32) * (high - low);
  }
  if (distribution.kind === 'integers') {
    const { low, high } = distribution;
    return (word) => low + Math.floor((word / 2 ** 32) * (high - low + 1));
  }
  const { mean, deviation } = distribution;
  return (first, second) => {
    const four = (first >>> 16) + (first & 0xffff) + (second >>> 16) + (second & 0xffff);
    return mean + deviation * PER_UNIT * (four - 2 * 0xffff);
  };
}

/** Codes of the values of an input; `stream` tells the inputs of a seed apart. Beyond a format's range they saturate. */
export function randomCodes(
  { shape, dtype, distribution }: RandomInput,
  seed: number,
  stream: number,
): CodeArray {
  if (isPacked(dtype)) {
    const elements = { shape: [...shape, PACKED_LANES], dtype: elementOf(dtype), distribution };
    return packLanes(dtype, randomCodes(elements, seed, stream));
  }
  const count = shape.reduce((product, extent) => product * extent, 1);
  const draw = drawOf(distribution);
  const words = stochasticDraws({ seed, launch: 0, instance: stream, element: 0 }, 2 * count);
  const values = new Float32Array(count);
  for (let index = 0; index < count; index++) {
    values[index] = draw(words[2 * index] ?? NaN, words[2 * index + 1] ?? NaN);
  }
  return encodeArray(dtype, values, { saturate: true });
}

/** Every input of an entry, by name. */
export function randomInputs(
  entry: LibraryKernel,
  sizes: Sizes,
  dtype: Dtype,
  seed: number,
): Readonly<Record<string, CodedInput>> {
  return Object.fromEntries(
    Object.entries(entry.inputs(sizes, dtype)).map(([name, input], stream) => {
      return [name, { shape: input.shape, dtype: input.dtype, codes: randomCodes(input, seed, stream) }];
    }),
  );
}

/** As the reference takes them. */
export function referenceInputs(
  inputs: Readonly<Record<string, CodedInput>>,
): Readonly<Record<string, ReferenceInput>> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, dtype, codes }]) => {
      return [name, { shape, dtype, values: Float64Array.from(decodeElements(dtype, codes)) }];
    }),
  );
}
