/** Boxes that no better one overlaps: how many there are hangs on the values, which the host has to have. */
import {
  kernel_impls,
  type NonMaxSuppressionV3Attrs,
  type NonMaxSuppressionV3Inputs,
  type NonMaxSuppressionV4Attrs,
  type NonMaxSuppressionV5Attrs,
} from '@tensorflow/tfjs-core';
import { kernel, type KernelTable } from '../kernel';

export const SUPPRESSION: KernelTable = {
  NonMaxSuppressionV3: kernel<NonMaxSuppressionV3Inputs, NonMaxSuppressionV3Attrs>(
    ({ boxes, scores }, { maxOutputSize, iouThreshold, scoreThreshold }, { place }) => {
      const { selectedIndices } = kernel_impls.nonMaxSuppressionV3Impl(
        boxes.values(),
        scores.values(),
        maxOutputSize,
        iouThreshold,
        scoreThreshold,
      );
      return place(selectedIndices, 'int32', [selectedIndices.length]);
    },
  ),
  NonMaxSuppressionV4: kernel<NonMaxSuppressionV3Inputs, NonMaxSuppressionV4Attrs>(
    ({ boxes, scores }, attrs, { place }) => {
      const { selectedIndices, validOutputs } = kernel_impls.nonMaxSuppressionV4Impl(
        boxes.values(),
        scores.values(),
        attrs.maxOutputSize,
        attrs.iouThreshold,
        attrs.scoreThreshold,
        attrs.padToMaxOutputSize,
      );
      return [
        place(selectedIndices, 'int32', [selectedIndices.length]),
        place([validOutputs ?? 0], 'int32', []),
      ];
    },
  ),
  NonMaxSuppressionV5: kernel<NonMaxSuppressionV3Inputs, NonMaxSuppressionV5Attrs>(
    ({ boxes, scores }, attrs, { place }) => {
      const { selectedIndices, selectedScores = [] } = kernel_impls.nonMaxSuppressionV5Impl(
        boxes.values(),
        scores.values(),
        attrs.maxOutputSize,
        attrs.iouThreshold,
        attrs.scoreThreshold,
        attrs.softNmsSigma,
      );
      return [
        place(selectedIndices, 'int32', [selectedIndices.length]),
        place(selectedScores, 'float32', [selectedScores.length]),
      ];
    },
  ),
};
