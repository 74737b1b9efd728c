/** Flash attention where what comes out is known by other means, or where its running maximum has most to do. */
import { describe, expect, test } from 'vitest';
import { runProgram } from '../../src/execute/reference';
import { sizesOf, type ReferenceInput } from '../../src/kernels/entry';
import { flashAttentionCausal } from '../../src/kernels/flash-attention';
import { libraryEntry } from '../../src/kernels/library';
import { randomInputs } from '../../src/kernels/random';
import { trace } from '../../src/kernel';
import { tried } from './trial';

const filled = (shape: readonly number[], value: (index: number) => number): ReferenceInput => {
  const length = shape.reduce((product, extent) => product * extent, 1);
  return { shape, dtype: 'float32', values: Float64Array.from({ length }, (_, index) => value(index)) };
};

test('where all keys are equal, the reference is the mean of the values, causal of those so far', () => {
  const [keys, size] = [9, 4];
  const inputs = {
    q: filled([1, keys, size], (index) => Math.sin(index)),
    k: filled([1, keys, size], (index) => (index % size) - 1),
    v: filled([1, keys, size], (index) => Math.floor(index / size)),
  };
  const whole = libraryEntry('flash_attention').expected(inputs, {})['result'];
  const causal = libraryEntry('flash_attention_causal').expected(inputs, {})['result'];
  for (let index = 0; index < keys * size; index++) {
    // Values are 0, 1, 2, ...; a few float64 roundings for each key.
    const rounding = 4 * keys * keys * Number.EPSILON;
    expect(Math.abs((whole?.values[index] ?? NaN) - (keys - 1) / 2)).toBeLessThan(rounding);
    expect(Math.abs((causal?.values[index] ?? NaN) - Math.floor(index / size) / 2)).toBeLessThan(rounding);
  }
});

describe.each(['bfloat16', 'float32'] as const)('with %s operands', (dtype) => {
  const size = 64;
  const scores = {
    // Every block raises the maximum; exp of the last scores alone would overflow.
    rise: (key: number) => key / 4,
    // All is decided in the first block, and later ones underflow.
    fall: (key: number) => -key / 4,
  };
  test.each(Object.entries(scores))('scores that %s are within their bounds', (_, score) => {
    const values = {
      q: () => 1,
      k: (index: number) => score(Math.floor(index / size)) / Math.sqrt(size),
    };
    const sizes = { heads: 1, sequence: 1100, size };
    const trial = {
      entry: libraryEntry('flash_attention_causal'),
      chip: 'trn2',
      sizes,
      dtype,
      values,
    } as const;
    expect(tried(trial)['result']).toMatchObject({ wrong: 0, first: undefined });
    // The first query meets one key, and its value comes out: not when it is another one.
    const change = (v: Float32Array): void => {
      v[0] = -(v[0] ?? NaN);
    };
    expect(tried({ ...trial, fault: { input: 'v', change } })['result']?.wrong).toBeGreaterThan(0);
  });
});

test('causal: what lies after a query changes no bit of its row', () => {
  const entry = libraryEntry('flash_attention_causal');
  const sizes = sizesOf(entry, { heads: 1, sequence: 600, size: 64 });
  const inputs = randomInputs(entry, sizes, 'bfloat16', 1);
  const { program } = trace(flashAttentionCausal, { chip: 'trn2', inputs: entry.inputs(sizes, 'bfloat16') });
  const codes = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.codes]));
  const first = runProgram(program, codes)['result'];
  for (const after of [1, 127, 128, 511, 512, 590]) {
    const later = Object.fromEntries(
      Object.entries(codes).map(([name, each]) => [
        name,
        name === 'q' ? each : each.slice().fill(0x4000, after * 64),
      ]),
    );
    const second = runProgram(program, later)['result'];
    expect(second?.subarray(0, after * 64)).toEqual(first?.subarray(0, after * 64));
    expect(second?.subarray(after * 64)).not.toEqual(first?.subarray(after * 64));
  }
});
