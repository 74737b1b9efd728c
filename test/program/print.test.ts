import { expect, test } from 'vitest';
import { planMatmul, planToProgram } from '../../src/lower';
import { printProgram } from '../../src/program';

const fp8 = { a: 'float8_e4m3', b: 'float8_e5m2' } as const;

test.each([
  ['one-pass', { m: 64, n: 300, k: 100, a: 'bfloat16', b: 'bfloat16', aLayout: 'k-major' }],
  [
    'ragged-blocks',
    {
      m: 130,
      n: 520,
      k: 130,
      a: 'float16',
      b: 'bfloat16',
      out: 'bfloat16',
      chip: 'trn1',
      block: { m: 128, n: 512 },
    },
  ],
  [
    'double-row-groups',
    { ...fp8, m: 5, n: 6, k: 13, accumulate: true, tile: { m: 3, n: 4, k: 4 }, block: { k: 7 } },
  ],
  [
    'stochastic',
    {
      ...fp8,
      m: 3,
      n: 5,
      k: 2,
      out: 'bfloat16',
      rounding: 'stochastic',
      saturate: true,
      seed: 7,
      tile: { m: 2, n: 4, k: 2 },
    },
  ],
  ['wide-psum', { m: 8, n: 4096, k: 8, a: 'float32', b: 'tfloat32', chip: 'trn3', tile: { n: 4096 } }],
] as const)('%s prints as it always has', async (name, request) => {
  const text = printProgram(planToProgram(planMatmul(request)));
  await expect(text).toMatchFileSnapshot(`../golden/program-${name}.txt`);
});

test('views of another format are named', () => {
  const program = planToProgram(planMatmul({ m: 1, n: 1, k: 1, a: 'bfloat16', b: 'bfloat16' }));
  const instructions = program.instructions.map((instruction) =>
    instruction.opcode === 'tensor_copy'
      ? { ...instruction, dst: { ...instruction.dst, dtype: 'int32' as const } }
      : instruction,
  );
  expect(printProgram({ ...program, instructions })).toContain(
    'vector tensor_copy out0 p0:1 [1,1] as int32 = src psum0 p0:1 [1,1]\n',
  );
});
