/** A kernel of the library on random inputs: traced, verified, run on the reference executor, and held against float64. */
import { expect } from 'vitest';
import type { ChipName } from '../../src/chip';
import { runProgram } from '../../src/execute/reference';
import { checkOutput, type OutputCheck } from '../../src/kernels/check';
import { sizesOf, type LibraryKernel, type Sizes } from '../../src/kernels/entry';
import { randomInputs, referenceInputs, type CodedInput } from '../../src/kernels/random';
import { trace } from '../../src/kernel';
import { decodeArray, encodeArray, type Dtype } from '../../src/numerics';
import { hbmTensors } from '../../src/program';
import { verifyProgram } from '../../src/verify';

export interface Trial {
  readonly entry: LibraryKernel;
  readonly chip: ChipName;
  readonly sizes?: Readonly<Record<string, number>>;
  readonly dtype?: Dtype;
  /** Values of some inputs by element, in the place of random ones. */
  readonly values?: Readonly<Record<string, (index: number) => number>>;
  /** Changes the values that the kernel is run on, not those of its reference. */
  readonly fault?: { readonly input: string; readonly change: (values: Float32Array) => void };
}

export const dtypeOf = ({ entry, dtype }: Trial): Dtype => dtype ?? entry.dtypes[0] ?? 'float32';

function changed(input: CodedInput, change: (values: Float32Array) => void): CodedInput {
  const values = decodeArray(input.dtype, input.codes);
  change(values);
  return { ...input, codes: encodeArray(input.dtype, values) };
}

/** Every output's check, by name. Expects that the verifier finds nothing, and that outputs and references are the same. */
export function tried(trial: Trial): Readonly<Record<string, OutputCheck>> {
  const { entry, chip, fault } = trial;
  const sizes: Sizes = sizesOf(entry, trial.sizes);
  const inputs = Object.fromEntries(
    Object.entries(randomInputs(entry, sizes, dtypeOf(trial), 7)).map(([name, input]) => {
      const value = trial.values?.[name];
      return [
        name,
        value === undefined
          ? input
          : changed(input, (values) => {
              values.forEach((_, index) => {
                values[index] = value(index);
              });
            }),
      ];
    }),
  );
  const given = Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => {
      return [name, fault?.input === name ? changed(input, fault.change) : input];
    }),
  );
  const { program } = trace(entry.kernel(sizes), {
    chip,
    inputs: Object.fromEntries(
      Object.entries(given).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
    ),
  });
  expect(verifyProgram(program).findings).toEqual([]);
  const outputs = runProgram(
    program,
    Object.fromEntries(Object.entries(given).map(([name, { codes }]) => [name, codes])),
  );
  const expected = entry.expected(referenceInputs(inputs), sizes);
  expect(Object.keys(expected).sort()).toEqual(Object.keys(outputs).sort());
  return Object.fromEntries(
    hbmTensors(program, 'output').map(({ name, dtype }) => {
      const [codes, reference] = [outputs[name], expected[name]];
      if (codes === undefined || reference === undefined) throw new Error(`no output ${name}`);
      return [name, checkOutput(dtype, codes, reference)];
    }),
  );
}
