/** References of the library against what is known of their results by other means, and that their bounds let no wrong result pass. */
import { describe, expect, test } from 'vitest';
import { runProgram } from '../../src/execute/reference';
import { averagePoolEntry } from '../../src/kernels/average-pool';
import { checkOutput } from '../../src/kernels/check';
import { sizesOf, type LibraryKernel, type ReferenceInput } from '../../src/kernels/entry';
import { randomInputs, referenceInputs, type CodedInput } from '../../src/kernels/random';
import { RMSNORM_QUANTIZE_ENTRIES } from '../../src/kernels/rmsnorm-quantize';
import { selectiveScanEntry } from '../../src/kernels/selective-scan';
import { topKEntry } from '../../src/kernels/top-k';
import { trace } from '../../src/kernel';
import { decodeArray, encodeArray, FORMATS, type CodeArray, type Dtype } from '../../src/numerics';

const filled = (shape: readonly number[], value: (index: number) => number): ReferenceInput => {
  const length = shape.reduce((product, extent) => product * extent, 1);
  return { shape, dtype: 'float32', values: Float64Array.from({ length }, (_, index) => value(index)) };
};

const coded = (
  shape: readonly number[],
  values: readonly number[],
  dtype: Dtype = 'float32',
): CodedInput => ({
  shape,
  dtype,
  codes: encodeArray(dtype, Float32Array.from(values)),
});

function ran(
  entry: LibraryKernel,
  inputs: Readonly<Record<string, CodedInput>>,
  sizes: Readonly<Record<string, number>> = {},
): Readonly<Record<string, CodeArray>> {
  const kernel = entry.kernel(sizesOf(entry, sizes));
  const { program } = trace<string>(kernel, { chip: entry.chips.at(-1) ?? 'trn3', inputs: shapesOf(inputs) });
  const codes = Object.entries(inputs).map(([name, input]) => [name, input.codes] as const);
  return runProgram(program, Object.fromEntries(codes));
}

const shapesOf = (inputs: Readonly<Record<string, CodedInput>>) =>
  Object.fromEntries(Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape, dtype }]));

const codesOf = (outputs: Readonly<Record<string, CodeArray>>, name: string): CodeArray => {
  const codes = outputs[name];
  if (codes === undefined) throw new Error(`no output ${name}`);
  return codes;
};

test('a selective scan of constant inputs is a geometric series', () => {
  const [steps, delta, a] = [600, 0.0625, -2];
  const constant = (shape: readonly number[], value: number): ReferenceInput => filled(shape, () => value);
  const expected = selectiveScanEntry.expected(
    {
      x: constant([2, steps], 1),
      delta: constant([2, steps], delta),
      a: constant([2, 1], a),
      b: constant([1, steps], 3),
      c: constant([1, steps], 5),
      d: constant([2, 1], 0.5),
    },
    sizesOf(selectiveScanEntry, { channels: 2, steps, states: 1 }),
  );
  const decay = Math.exp(delta * a);
  expected['result']?.values.forEach((value, index) => {
    const series = (3 * 5 * delta * (1 - decay ** ((index % steps) + 1))) / (1 - decay) + 0.5;
    // Each step of float64 rounds a few times, and errors decay as the state does: 1 / (1 - decay) steps count.
    expect(Math.abs(value - series)).toBeLessThan((10 / (1 - decay)) * Number.EPSILON * series);
  });
  expect(expected['result']?.values).toHaveLength(2 * steps);
});

test('the mean of a window of a ramp is its middle', () => {
  const [height, width, window, stride] = [9, 12, 3, 2];
  const ramp = filled([2, height, width], (index) => {
    const place = index % (height * width);
    return 64 * Math.floor(place / width) + (place % width) + 4096 * Math.floor(index / (height * width));
  });
  const { result } = averagePoolEntry.expected({ x: ramp }, { channels: 2, height, width, window, stride });
  const middles = [0, 4096].flatMap((image) =>
    [1, 3, 5, 7].flatMap((row) => [1, 3, 5, 7, 9].map((column) => image + 64 * row + column)),
  );
  expect(Array.from(result?.values ?? [], Math.round)).toEqual(middles);
});

describe('top_k', () => {
  test('equal elements come by ascending index, over rounds of eight, and zeros of either sign are equal', () => {
    const row = [0, 5, -0, 7, 5, 5, 0, -0, 5, 5, 5, 5, 5, 5, 9, -3];
    const { values, indices } = ran(topKEntry, { x: coded([1, 16], row) }, { k: 16 });
    expect(Array.from(indices ?? [])).toEqual([14, 3, 1, 4, 5, 8, 9, 10, 11, 12, 13, 0, 2, 6, 7, 15]);
    const zeros = [0, 0, 0, 0];
    // Adding 0 takes the sign from a zero.
    expect(Array.from(decodeArray('float32', values ?? new Uint32Array()), (value) => value + 0)).toEqual([
      ...[9, 7, 5, 5, 5, 5, 5, 5, 5, 5, 5],
      ...zeros,
      -3,
    ]);
  });

  test.each([
    [{ k: 9 }, 8, /at least 9 columns for k = 9, received 8/],
    [{ k: 1 }, 7, /at least 8 columns for k = 1, received 7/],
  ])('%o of %i columns is refused', (sizes, columns, message) => {
    const x = coded([1, columns], new Array<number>(columns).fill(1));
    expect(() => ran(topKEntry, { x }, sizes)).toThrow(message);
  });
});

describe.each(RMSNORM_QUANTIZE_ENTRIES.map((entry) => [entry.name, entry] as const))('%s', (name, entry) => {
  const format = name.endsWith('fn') ? 'float8_e4m3fn' : 'float8_e4m3';
  const most = FORMATS[format].maxFinite;

  test('the largest element of each row is the largest number of the format, and a row of zeros is zeros', () => {
    const x = coded([2, 4], [1, -3, 2, 0.5, 0, 0, 0, 0]);
    const outputs = ran(entry, { x, gain: coded([1, 4], [1, 1, 1, 1]) });
    const result = decodeArray(format, codesOf(outputs, 'result'));
    expect(Array.from(result.subarray(1, 2))).toEqual([-most]);
    expect(Array.from(result.subarray(4))).toEqual([0, 0, 0, 0]);
    const [, scale] = decodeArray('float32', codesOf(outputs, 'scales'));
    expect(scale).toBe(Math.fround(2 ** -40 * Math.fround(1 / most)));
  });

  test('a number of fp8 next to the right one is outside its bound', () => {
    const sizes = sizesOf(entry, { rows: 20, columns: 200 });
    const inputs = randomInputs(entry, sizes, 'bfloat16', 3);
    const { result: expected } = entry.expected(referenceInputs(inputs), sizes);
    const codes = codesOf(ran(entry, inputs), 'result');
    if (expected === undefined) throw new Error('no reference');
    // Away from the expected value, where there is a number.
    const received = decodeArray(format, codes);
    const moved = codes.map((code, index) => {
      const value = received[index] ?? NaN;
      const outwards = Math.abs(value) >= Math.abs(expected.values[index] ?? NaN);
      return outwards && Math.abs(value) < most ? code + 1 : outwards || value === 0 ? code : code - 1;
    });
    const changed = moved.filter((code, index) => code !== codes[index]).length;
    expect(changed).toBeGreaterThan(0.9 * codes.length);
    expect(checkOutput(format, codes, expected).wrong).toBe(0);
    expect(checkOutput(format, moved, expected).wrong).toBe(changed);
  });
});
