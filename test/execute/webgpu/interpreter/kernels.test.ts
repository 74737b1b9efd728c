/** Every kernel of the library, on every chip that it is for: the adapter gives the bits of the reference. */
import { expect, test } from 'vitest';
import { runProgram } from '../../../../src/execute/reference';
import { trace } from '../../../../src/kernel';
import { sizesOf } from '../../../../src/kernels/entry';
import { LIBRARY } from '../../../../src/kernels/library';
import { randomInputs } from '../../../../src/kernels/random';
import { caseOf } from '../../../kernels/cases';
import { onEveryAdapter } from './adapters';

onEveryAdapter((on) => {
  const each = LIBRARY.flatMap((entry) => entry.chips.map((chip) => [entry.name, chip, entry] as const));
  test.each(each)('%s on %s', async (_, chip, entry) => {
    const { sizes, dtypes } = caseOf(entry.name);
    for (const dtype of dtypes) {
      // Ragged sizes take longer on the reference: once is enough, as chips differ in what an instruction may be, not in what it does.
      for (const given of chip === entry.chips[0] && dtype === dtypes[0] ? sizes : sizes.slice(0, 1)) {
        const inputs = randomInputs(entry, sizesOf(entry, given), dtype, 11);
        const specs = Object.entries(inputs).map(([input, { shape, dtype: format }]) => {
          return [input, { shape, dtype: format }] as const;
        });
        const { program } = trace(entry.kernel(sizesOf(entry, given)), {
          chip,
          inputs: Object.fromEntries(specs),
        });
        const codes = Object.fromEntries(Object.entries(inputs).map(([input, of]) => [input, of.codes]));
        const [received, expected] = [await on.interpreter.run(program, codes), runProgram(program, codes)];
        for (const [output, right] of Object.entries(expected)) {
          const at = right.findIndex((code, index) => code !== received[output]?.[index]);
          expect({ output, given, dtype, at }).toEqual({ output, given, dtype, at: -1 });
        }
      }
    }
  });
});
