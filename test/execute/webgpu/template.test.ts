/** The template layer of shaders/, and the shaders it makes. */
import { expect, test } from 'vitest';
import { fusedKernel, plainKernel, type KernelSpec } from '../../../src/execute/webgpu';
import { render } from '../../../src/execute/webgpu/template';
import { FIRST_TUNING } from '../../../src/execute/webgpu/tuning';

test('loops, conditions, blocks and arithmetic', () => {
  const source = `
//: for i in N + 1
x{{i}} = {{ (i + 2) * 3 % 4 }};
  //: if i == 1
  one
  //: else
  other
  //: end
//: end
//: block twice
y{{n}}
//: end
//: for n in 2
  //: use twice
//: end
{{NAME}} {{7 / 2}} {{1 < 2}} {{1 > 2}}`;
  expect(render(source.trim(), { N: 1, NAME: 'vec4<f32>' })).toBe(
    'x0 = 2;\n  other\nx1 = 1;\n  one\ny0\ny1\nvec4<f32> 3 1 0\n',
  );
});

test.each([
  ['{{MISSING}}', /value "MISSING" is not given/],
  ['//: for i in 2\nx', /lacks "\/\/: end"/],
  ['//: use nothing', /block "nothing" is not defined/],
  ['//: loop 3', /unknown shader directive "loop 3"/],
  ['{{1 +}}', /incomplete shader expression/],
  ['{{1 2}}', /ends at "2"/],
])('%s is refused', (source, message) => {
  expect(() => render(source, {})).toThrow(message);
});

const SPEC: KernelSpec = {
  a: 'bfloat16',
  b: 'float8_e4m3',
  out: 'bfloat16',
  rounding: 'nearest-even',
  saturate: false,
  decodeA: 'general',
  decodeB: 'finite',
  accumulate: true,
  doubleRow: true,
  groups: true,
  barrier: 'product',
  epilogue: {},
  arithmetic: 'native',
};

test('the kernels as printed', async () => {
  const fused = fusedKernel(SPEC, { ...FIRST_TUNING, tileM: 2 });
  const plain: KernelSpec = { ...SPEC, doubleRow: false };
  const row = { ...FIRST_TUNING, lanesY: 1 };
  const shared = fusedKernel(plain, { ...row, unroll: 2, stripe: 8, broadcast: 4 });
  const split = fusedKernel(plain, { ...row, tileM: 1, lanesX: 64, bWords: 4, split: true });
  await expect(split.source).toMatchFileSnapshot('../../golden/fused-split.wgsl');
  const blocks = fusedKernel(
    { ...SPEC, a: 'float16', decodeA: 'native' },
    { ...FIRST_TUNING, tileM: 4, blockK: 8 },
  );
  await expect(blocks.source).toMatchFileSnapshot('../../golden/fused-workgroup-memory.wgsl');
  await expect(shared.source).toMatchFileSnapshot('../../golden/fused-broadcast.wgsl');
  await expect(fused.source).toMatchFileSnapshot('../../golden/fused-fp8-double-row.wgsl');
  await expect(plainKernel(SPEC).source).toMatchFileSnapshot('../../golden/plain-fp8.wgsl');
  const epilogue = {
    scale: 1,
    bias: 'bfloat16',
    activation: 'silu',
    residual: 'float16',
    outScale: 1,
  } as const;
  const quantised = plainKernel({ ...SPEC, epilogue, out: 'float8_e4m3', saturate: true, accumulate: false });
  await expect(quantised.source).toMatchFileSnapshot('../../golden/plain-epilogue.wgsl');
  const stochastic = plainKernel({ ...SPEC, rounding: 'stochastic', saturate: true, accumulate: false });
  await expect(stochastic.source).toMatchFileSnapshot('../../golden/plain-stochastic.wgsl');
});
