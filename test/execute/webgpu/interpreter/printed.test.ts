/** The interpreter's shaders as they are printed: of one kind of instruction, of a chain of two kinds, and of products. */
import { expect, test } from 'vitest';
import { chainWgsl } from '../../../../src/execute/webgpu/interpreter/chain';
import { GPU_ISA } from '../../../../src/execute/webgpu/interpreter/instructions';
import { Kernels } from '../../../../src/execute/webgpu/interpreter/kernel';
import { Layout } from '../../../../src/execute/webgpu/interpreter/layout';
import { Lowering } from '../../../../src/execute/webgpu/interpreter/lowering';
import { MatmulGroups } from '../../../../src/execute/webgpu/interpreter/tensor/groups';
import type { ChipPattern, Program } from '../../../../src/program';

const program: Program = {
  chip: 'trn2',
  tensors: [
    { space: 'sbuf', name: 'a', dtype: 'bfloat16', partition: 0, partitions: 64, elements: 64, address: 0 },
    { space: 'sbuf', name: 'b', dtype: 'float32', partition: 0, partitions: 64, elements: 32, address: 128 },
    { space: 'psum', name: 'sums', dtype: 'float32', partition: 0, partitions: 64, elements: 64, bank: 0 },
  ],
  instructions: [],
};
const base = { partition: 0, partitions: 64, offset: 0 } as const;
const a: ChipPattern = { ...base, space: 'sbuf', tensor: 'a', dtype: 'bfloat16', dims: [[1, 64]] };
const every: ChipPattern = { ...a, dims: [[16, 4], [1, 8]] }; // prettier-ignore
const b: ChipPattern = { ...base, space: 'sbuf', tensor: 'b', dtype: 'float32', dims: [[1, 32]] };
const sums: ChipPattern = { ...base, space: 'psum', tensor: 'sums', dtype: 'float32', dims: [[1, 64]] };

const lowering = new Lowering('trn2', new Layout(program, { chip: 0, hbm: 0 }), new Kernels(), 'guarded');
const nothing = (): void => undefined;
const context = {
  lowering,
  peeked: [],
  report: nothing,
  require: nothing,
  mark: nothing,
} as const;

const [copy] = GPU_ISA.tensor_copy.works(
  { opcode: 'tensor_copy', id: 'c', engine: 'vector', dst: b, sources: { src: every }, attributes: {} },
  context,
);
const [reciprocal] = GPU_ISA.reciprocal.works(
  { opcode: 'reciprocal', id: 'r', engine: 'vector', dst: b, sources: { data: b }, attributes: {} },
  context,
);

test('an instruction', async () => {
  await expect(copy?.kernel.wgsl()).toMatchFileSnapshot('../../../golden/interpreter-tensor-copy.wgsl');
});

test('a chain', async () => {
  const parts = [copy, reciprocal].flatMap((work) => work?.kernel.parts?.() ?? []);
  expect(parts).toHaveLength(2);
  await expect(chainWgsl(parts, { chipWords: 2 ** 20, cores: 1 })).toMatchFileSnapshot(
    '../../../golden/interpreter-chain.wgsl',
  );
});

test('products, the operands of which are packed first', async () => {
  const groups = new MatmulGroups(lowering);
  const packs = groups.take({
    opcode: 'nc_matmul',
    id: 'm',
    engine: 'tensor',
    dst: sums,
    sources: { stationary: a, moving: a },
    attributes: { accumulate: false, performance: 'none' },
  });
  const works = [...(packs ?? []), ...groups.close()];
  expect(works.map(({ kernel }) => kernel.key.split('|')[0])).toEqual([
    'pack',
    'pack',
    'product',
    'product_exact',
  ]);
  await expect(works[0]?.kernel.wgsl()).toMatchFileSnapshot('../../../golden/interpreter-pack.wgsl');
  await expect(works[2]?.kernel.wgsl()).toMatchFileSnapshot('../../../golden/interpreter-product.wgsl');
  await expect(works[3]?.kernel.wgsl()).toMatchFileSnapshot('../../../golden/interpreter-product-exact.wgsl');
});
