/**
 * Every kernel of the library, on every chip that it says it is for: the verifier finds nothing, and every element is within its derived
 * bound of float64. The bounds are no blanks: of an input that was changed in one element the result is outside.
 */
import { describe, expect, test } from 'vitest';
import { CHIP_NAMES } from '../../src/chip';
import { sizesOf } from '../../src/kernels/entry';
import { LIBRARY, libraryEntry } from '../../src/kernels/library';
import { caseOf } from './cases';
import { tried } from './trial';

describe.each(LIBRARY.map((entry) => [entry.name, entry] as const))('%s', (name, entry) => {
  test.each(entry.chips)('is within its bound on %s', (chip) => {
    for (const sizes of caseOf(name).sizes) {
      for (const dtype of caseOf(name).dtypes) {
        for (const { wrong, first } of Object.values(tried({ entry, chip, sizes, dtype }))) {
          expect({ sizes, dtype, wrong, first }).toEqual({ sizes, dtype, wrong: 0, first: undefined });
        }
      }
    }
  });

  test.each(Object.keys(entry.inputs(sizesOf(entry), 'float32')))(
    'an element of %s missing is found',
    (input) => {
      const { sizes, dtypes } = caseOf(name);
      const zeroed = (values: Float32Array): void => {
        const most = values.reduce((best, value, at) => {
          return Math.abs(value) > Math.abs(values[best] ?? NaN) ? at : best;
        }, 0);
        values[most] = 0;
      };
      for (const dtype of dtypes) {
        const fault = { input, change: zeroed };
        const checks = tried({
          entry,
          chip: entry.chips[0] ?? 'trn2',
          ...(sizes[0] && { sizes: sizes[0] }),
          dtype,
          fault,
        });
        expect(Object.values(checks).some(({ wrong }) => wrong > 0)).toBe(true);
      }
    },
  );
});

test('names differ, are those of the kernels, and chips, formats and default sizes are in order', () => {
  expect(new Set(LIBRARY.map(({ name }) => name)).size).toBe(LIBRARY.length);
  for (const entry of LIBRARY) {
    const sizes = sizesOf(entry);
    const kernel = entry.kernel(sizes);
    expect(kernel.name).toBe(entry.name);
    expect(Object.keys(entry.inputs(sizes, 'float32'))).toEqual(kernel.inputs);
    expect(CHIP_NAMES).toEqual(expect.arrayContaining([...entry.chips]));
    expect(entry.dtypes.length).toBeGreaterThan(0);
  }
});

test('what there is not is refused by name', () => {
  expect(() => libraryEntry('sofmax')).toThrow(
    /no kernel "sofmax"; did you mean "softmax"\? It has matmul_tile/,
  );
  expect(() => sizesOf(libraryEntry('softmax'), { cols: 3 })).toThrow(/no size "cols": it has rows, columns/);
  expect(() => sizesOf(libraryEntry('softmax'), { rows: 0 })).toThrow(
    /rows of softmax is a whole number of 1 to 8192, received 0/,
  );
});
