/** Blocks of space that become batches or channels, and back. */
import {
  util,
  type BatchToSpaceNDAttrs,
  type BatchToSpaceNDInputs,
  type DepthToSpaceAttrs,
  type DepthToSpaceInputs,
  type SpaceToBatchNDAttrs,
  type SpaceToBatchNDInputs,
} from '@tensorflow/tfjs-core';
import * as compose from '../../tensor/compose';
import { kernel, type KernelTable } from '../kernel';

const pairs = (edges: readonly (readonly number[])[]): (readonly [number, number])[] =>
  edges.map(([low = 0, high = 0]) => [low, high]);

export const BLOCKS: KernelTable = {
  BatchToSpaceND: kernel<BatchToSpaceNDInputs, BatchToSpaceNDAttrs>(({ x }, { blockShape, crops }) => ({
    dtype: x.dtype,
    node: compose.batchToSpace(x.node, blockShape, pairs(crops)),
  })),
  DepthToSpace: kernel<DepthToSpaceInputs, DepthToSpaceAttrs>(({ x }, { blockSize, dataFormat }) => {
    util.assert(dataFormat === 'NHWC', () => `DepthToSpace takes NHWC only; received ${dataFormat}.`);
    return { dtype: x.dtype, node: compose.depthToSpace(x.node, blockSize) };
  }),
  SpaceToBatchND: kernel<SpaceToBatchNDInputs, SpaceToBatchNDAttrs>(({ x }, { blockShape, paddings }) => ({
    dtype: x.dtype,
    node: compose.spaceToBatch(x.node, blockShape, pairs(paddings)),
  })),
};
