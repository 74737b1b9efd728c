/** Composites on WebGPU: the bits of the definition, with what the adapters find hardest (bits of floats, corrections, far arguments). */
import { expect, test } from 'vitest';
import * as compose from '../../../src/tensor/compose';
import { encodeArray, type Dtype } from '../../../src/numerics';
import { make, type Node, type Shape } from '../../../src/tensor/graph';
import { evaluate } from '../../../src/tensor/reference';
import type { WebGpuExecutor } from '../../../src/tensor/webgpu';
import { onEveryAdapter } from '../webgpu/adapters';
import { mixed } from './values';

const line = Float32Array.from(
  { length: 200 },
  (_, i) => (i % 2 === 0 ? 1 : -1) * 10 ** ((i - 100) / 12) + (i % 7) / 16,
);
const special = [NaN, -Infinity, -1, -0, 0, 2 ** -130, 1, 8, Infinity];
/** Leaves that an executor has placed. */
function leavesOf(executor: WebGpuExecutor) {
  const placed = (
    values: readonly number[],
    shape: Shape = [values.length],
    dtype: Dtype = 'float32',
  ): Node => {
    const codes = isWide(dtype) ? Uint32Array.from(values) : encodeArray(dtype, Float32Array.from(values));
    return make.leaf(shape, dtype, executor.place(codes, dtype, shape)).hold();
  };
  const x = placed([...line, ...special]);
  return {
    placed,
    x,
    turned: compose.flip(x, [0]),
    key: placed([7, 1, 2, 3], [4], 'uint32'),
    image: placed(mixed([2, 6, 5, 4]), [2, 6, 5, 4]),
    filter: placed(mixed([3, 3, 2, 4], 2), [3, 3, 2, 4]),
  };
}
const isWide = (dtype: Dtype): boolean => dtype === 'int32' || dtype === 'uint32';

const whole = (node: Node): Node => make.cast(node, 'int32');
/** uint32 of all lengths, 0 among them. */
const divisors = (key: Node): Node =>
  make.map(
    'right_shift',
    [
      make.random(key, [300]),
      make.cast(compose.mod(make.iota([300], 0), make.fill([300], 'int32', 33)), 'uint32'),
    ],
    'uint32',
  );

const CASES: Readonly<Record<string, (leaves: ReturnType<typeof leavesOf>) => Node>> = {
  log2: ({ x }) => compose.log2(x),
  log1p: ({ x }) => compose.log1p(x),
  sin: ({ x }) => compose.sin(x),
  acos: ({ x }) => compose.acos(compose.clip(x, -1, 1)),
  erfc: ({ x }) => compose.erfc(x),
  mod: ({ x, turned }) => compose.mod(x, turned),
  'mod of int32': ({ x, turned }) => compose.mod(whole(x), whole(turned)),
  'mod of uint32': ({ key }) => compose.mod(make.random(key, [300]), divisors(key)),
  'floorDivide of uint32': ({ key }) => compose.floorDivide(make.random(key, [300]), divisors(key)),
  'floorDivide of int32 by the lowest': ({ placed }) => {
    const ends = [2 ** 31, 2 ** 31 + 1, 2 ** 32 - 5, 5, 2 ** 31 - 1];
    return compose.floorDivide(placed(ends, [5], 'int32'), make.fill([5], 'int32', -(2 ** 31)));
  },
  'rightShift of int8': ({ placed }) =>
    compose.rightShift(placed([-8, -128, 127, -3], [4], 'int8'), placed([1, 7, 3, 8], [4], 'int8')),
  'rightShift of int32': ({ key, placed }) =>
    compose.rightShift(make.bitcast(make.random(key, [4]), 'int32'), placed([1, 7, 31, 40], [4], 'int32')),
  'searchsorted of NaN': ({ placed }) =>
    compose.searchSorted(placed([1, 2, NaN]), placed([NaN, 2, 9]), 'right'),
  'variance of bfloat16': ({ image }) => compose.variance(make.cast(image, 'bfloat16'), { axes: [0, 2] }),
  softmax: ({ image }) => compose.softmax(make.cast(image, 'bfloat16')),
  einsum: ({ image }) =>
    compose.einsum(compose.equationOf('nhwc,nhwd->hcd', [4, 4]), [image, image], 'float32'),
  convolution: ({ image, filter }) =>
    compose.convolution(image, filter, { groups: 2, padding: 'same', strides: [2, 1] }),
  'gradient of a pool': ({ image, placed }) =>
    compose.maxPoolGradient(placed(mixed([2, 4, 3, 4]), [2, 4, 3, 4]), image, { taps: [3, 3] }),
  gather_nd: ({ image, placed }) => compose.gatherNd(image, placed([1, 5, 0, 2], [2, 2], 'int32')),
  resize: ({ image }) => compose.resize(image, [9, 4], { halfPixelCenters: true }),
  normal: ({ key }) => compose.normal(key, [300]),
  randint: ({ key }) => compose.randint(key, [300], -(2 ** 31), 2 ** 31 - 1),
  fft: ({ placed }) =>
    compose.fft({ real: placed(mixed([96])), imaginary: placed(mixed([96], 3)) }).imaginary,
};

onEveryAdapter((on) => {
  test.each(Object.entries(CASES))('%s has the bits of the definition', async (_, of) => {
    const node = of(leavesOf(on.fused));
    const expected = evaluate(node);
    await on.fused.run([node.hold()]);
    expect(await on.fused.read(node)).toEqual(expected);
    node.drop();
  });
});
