/** Kernels that name elements anew, or put them elsewhere: no value changes. */
import {
  backend_util,
  slice_util,
  util,
  type BroadcastArgsInputs,
  type ConcatAttrs,
  type ConcatInputs,
  type DiagInputs,
  type ExpandDimsAttrs,
  type ExpandDimsInputs,
  type IdentityInputs,
  type MirrorPadAttrs,
  type MirrorPadInputs,
  type PackAttrs,
  type PackInputs,
  type PadV2Attrs,
  type PadV2Inputs,
  type ReshapeAttrs,
  type ReshapeInputs,
  type ReverseAttrs,
  type ReverseInputs,
  type SliceAttrs,
  type SliceInputs,
  type SplitVAttrs,
  type SplitVInputs,
  type StridedSliceAttrs,
  type StridedSliceInputs,
  type TileAttrs,
  type TileInputs,
  type TransposeAttrs,
  type TransposeInputs,
  type UnpackAttrs,
  type UnpackInputs,
} from '@tensorflow/tfjs-core';
import * as compose from '../../tensor/compose';
import { make, sizeOf, type Node, type Shape } from '../../tensor/graph';
import {
  kernel,
  mixedKernel,
  same,
  type Complex,
  type KernelTable,
  type Real,
  type Result,
  type Tensor,
} from '../kernel';

const from = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** The same of the node of a real tensor, and of both of a complex one. */
export function eachPart(x: Tensor, fn: (node: Node) => Node): Result {
  if (x.dtype === 'string') throw new Error(`Strings of [${x.shape.join()}] are no numbers.`);
  return x.dtype === 'complex64'
    ? { dtype: x.dtype, real: fn(x.real), imag: fn(x.imag) }
    : { dtype: x.dtype, node: fn(x.node) };
}

const RESHAPE = mixedKernel<ReshapeInputs, ReshapeAttrs>(({ x }, { shape }) => {
  const size = sizeOf(x.shape);
  const whole = util.inferFromImplicitShape(shape, size);
  if (sizeOf(whole) !== size)
    throw new Error(
      `The new shape (${whole.join()}) has ${sizeOf(whole)} elements and the old shape (${x.shape.join()}) has ${size} elements. The new shape and old shape must have the same number of elements.`,
    );
  return same(x, whole);
});

const taken = (node: Node, begin: readonly number[], size: Shape, step?: readonly number[]): Node =>
  make.slice(node, begin, step ?? size.map(() => 1), size);

const SLICE = mixedKernel<SliceInputs, SliceAttrs>(({ x }, { begin, size }) => {
  const [first = [], extents = []] = slice_util.parseSliceParams(x.info, begin, size);
  slice_util.assertParamsValid(x.info, first, extents);
  return eachPart(x, (node) => taken(node, first, extents));
});

const STRIDED_SLICE = kernel<StridedSliceInputs, StridedSliceAttrs>(({ x }, attrs) => {
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs;
  const masks = [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] as const;
  const info = slice_util.sliceInfo([...x.shape], begin, end, strides, ...masks);
  const shape = info.finalShape.map((extent) => Math.max(extent, 0)); // it has -0 where nothing is left
  if (info.isIdentity) return same(x, shape);
  // Where nothing is left, the end may lie before the begin.
  const extents = slice_util
    .computeOutShape(info.begin, info.end, info.strides)
    .map((extent) => Math.max(extent, 0));
  return { dtype: x.dtype, node: make.reshape(taken(x.node, info.begin, extents, info.strides), shape) };
});

const PAD = kernel<PadV2Inputs, PadV2Attrs>(({ x }, { paddings, constantValue }) => ({
  dtype: x.dtype,
  node: make.pad(
    x.node,
    { low: paddings.map(([low]) => low), high: paddings.map(([, high]) => high) },
    constantValue,
  ),
}));

const MIRROR_PAD = kernel<MirrorPadInputs, MirrorPadAttrs>(({ x }, { paddings, mode }) => {
  const skipped = mode === 'reflect' ? 1 : 0; // the edge is not repeated
  const node = paddings.reduce((whole, [low, high], axis) => {
    const extent = make.extentOf(whole, axis);
    const mirrored = (first: number, count: number): Node[] =>
      count === 0 ? [] : [compose.reversed(compose.sliceAxis(whole, axis, first, count), axis)];
    return make.concat([...mirrored(skipped, low), whole, ...mirrored(extent - skipped - high, high)], axis);
  }, x.node);
  return { dtype: x.dtype, node };
});

function joined(tensors: readonly (Real | Complex)[], axis: number): Result {
  const [first] = tensors;
  if (first === undefined) throw new Error('Concat needs a tensor.');
  const full = tensors.filter(({ shape }) => sizeOf(shape) > 0);
  if (full.length === 1 && full[0] !== undefined) return same(full[0]);
  const parts = full.length === 0 ? tensors : full;
  const all = (part: (x: Real | Complex) => Node): Node => make.concat(parts.map(part), axis);
  if (first.dtype !== 'complex64')
    return { dtype: first.dtype, node: all((x) => ('node' in x ? x.node : x.real)) };
  return {
    dtype: first.dtype,
    real: all((x) => ('node' in x ? x.node : x.real)),
    imag: all((x) => ('node' in x ? make.fill(x.shape, 'float32', 0) : x.imag)),
  };
}

const numbers = (tensors: readonly Tensor[]): (Real | Complex)[] =>
  tensors.map((x) => {
    if (x.dtype === 'string') throw new Error('Strings and numbers are not joined.');
    return x;
  });

const CONCAT = mixedKernel<ConcatInputs, ConcatAttrs>((tensors, { axis }) => {
  const shapes = tensors.map(({ shape }) => [...shape]);
  const [along = 0] = util.parseAxisParam(axis, shapes[0] ?? []);
  backend_util.assertParamsConsistent(shapes, along);
  return joined(numbers(tensors), along);
});

const PACK = mixedKernel<PackInputs, PackAttrs>((tensors, { axis }) => {
  const [first] = tensors;
  const extents = [...(first?.shape ?? [])];
  for (const { shape, dtype } of tensors) {
    util.assertShapesMatch(extents, [...shape], 'All tensors passed to stack must have matching shapes');
    util.assert(dtype === first?.dtype, () => 'All tensors passed to stack must have matching dtypes');
  }
  const rank = (first?.shape.length ?? 0) + 1;
  const along = from(axis, rank);
  const rows = numbers(tensors).map((x) => expanded(x, along));
  if (tensors.length === 1 && first !== undefined) return same(first, first.shape.toSpliced(along, 0, 1));
  return joined(rows, along);
});

/** With an axis of extent 1 put in. */
function expanded(x: Real | Complex, axis: number): Real | Complex {
  const shape = x.shape.toSpliced(axis, 0, 1);
  return x.dtype === 'complex64'
    ? { ...x, shape, real: compose.expand(x.real, axis), imag: compose.expand(x.imag, axis) }
    : { ...x, shape, node: compose.expand(x.node, axis) };
}

const UNPACK = mixedKernel<UnpackInputs, UnpackAttrs>(({ value }, { axis }) => {
  const along = from(axis, value.shape.length);
  return Array.from({ length: value.shape[along] ?? 0 }, (_, i) =>
    eachPart(value, (node) => compose.squeeze(compose.sliceAxis(node, along, i, 1), along)),
  );
});

const SPLIT = mixedKernel<SplitVInputs, SplitVAttrs>(({ x }, { numOrSizeSplits, axis }) => {
  const [along = 0] = util.parseAxisParam(axis, [...x.shape]);
  const sizes = backend_util.prepareSplitSize(x.info, numOrSizeSplits, along);
  return sizes.map((size, i) => {
    const first = sizes.slice(0, i).reduce((sum, each) => sum + each, 0);
    return eachPart(x, (node) => compose.sliceAxis(node, along, first, size));
  });
});

const TILE = mixedKernel<TileInputs, TileAttrs>(({ x }, { reps }) =>
  eachPart(x, (node) => {
    const apart = x.shape.flatMap((extent) => [1, extent]);
    const repeated = x.shape.flatMap((extent, axis) => [reps[axis] ?? 1, extent]);
    const shape = x.shape.map((extent, axis) => extent * (reps[axis] ?? 1));
    return make.reshape(make.broadcast(make.reshape(node, apart), repeated), shape);
  }),
);

const REVERSE = mixedKernel<ReverseInputs, ReverseAttrs>(({ x }, { dims }) =>
  x.shape.length === 0
    ? same(x)
    : eachPart(x, (node) =>
        util.parseAxisParam(dims, [...x.shape]).reduce((part, axis) => compose.reversed(part, axis), node),
      ),
);

/** The elements on the diagonal of a square, and zeros: rows of one more than there are columns put each one further right. */
const DIAG = kernel<DiagInputs>(({ x }) => {
  const size = sizeOf(x.shape);
  const rows = make.pad(make.reshape(x.node, [size, 1]), { high: [0, size] }, 0);
  const flat = compose.sliceAxis(make.reshape(rows, [size * (size + 1)]), 0, 0, size * size);
  return { dtype: x.dtype, node: make.reshape(flat, [...x.shape, ...x.shape]) };
});

const BROADCAST_ARGS = kernel<BroadcastArgsInputs>(({ s0, s1 }, _, { place }) => {
  const shape = backend_util.assertAndGetBroadcastShape([...s0.values()], [...s1.values()]);
  return place(shape, 'int32', [shape.length]);
});

export const VIEWS: KernelTable = {
  BroadcastArgs: BROADCAST_ARGS,
  Concat: CONCAT,
  Diag: DIAG,
  ExpandDims: mixedKernel<ExpandDimsInputs, ExpandDimsAttrs>(({ input }, { dim }) => {
    const rank = input.shape.length;
    if (dim < -(rank + 1) || dim > rank)
      throw new Error(`Axis must be in the interval [${-(rank + 1)}, ${rank}]; received ${dim}.`);
    return same(input, input.shape.toSpliced(from(dim, rank + 1), 0, 1));
  }),
  Identity: mixedKernel<IdentityInputs>(({ x }) => same(x)),
  MirrorPad: MIRROR_PAD,
  Pack: PACK,
  PadV2: PAD,
  Reshape: RESHAPE,
  Reverse: REVERSE,
  Slice: SLICE,
  SplitV: SPLIT,
  StridedSlice: STRIDED_SLICE,
  Tile: TILE,
  Transpose: mixedKernel<TransposeInputs, TransposeAttrs>(({ x }, { perm }) =>
    eachPart(x, (node) => make.permute(node, perm)),
  ),
  Unpack: UNPACK,
};
