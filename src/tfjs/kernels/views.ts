/** Kernels that only name elements anew: no value changes. */
import type {
  ExpandDimsAttrs,
  ExpandDimsInputs,
  IdentityInputs,
  ReshapeAttrs,
  ReshapeInputs,
} from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../tensor/graph';
import { mixedKernel, same, type KernelTable } from '../kernel';

export const VIEWS: KernelTable = {
  Identity: mixedKernel<IdentityInputs>(({ x }) => same(x)),
  Reshape: mixedKernel<ReshapeInputs, ReshapeAttrs>(({ x }, { shape }) => {
    const size = sizeOf(x.shape);
    const whole = util.inferFromImplicitShape(shape, size);
    if (sizeOf(whole) !== size)
      throw new Error(
        `Reshape: a tensor of [${x.shape.join()}] has ${size} elements, and none of the shape [${whole.join()}].`,
      );
    return same(x, whole);
  }),
  ExpandDims: mixedKernel<ExpandDimsInputs, ExpandDimsAttrs>(({ input }, { dim }) => {
    const { shape } = input;
    const axis = dim < 0 ? shape.length + 1 + dim : dim;
    return same(input, shape.toSpliced(axis, 0, 1));
  }),
};
