/** Images [N, H, W, C]: resized, cut out, turned and mirrored. */
import {
  type CropAndResizeAttrs,
  type CropAndResizeInputs,
  type FlipLeftRightInputs,
  type ResizeBilinearAttrs,
  type ResizeBilinearGradInputs,
  type ResizeBilinearInputs,
  type RotateWithOffsetAttrs,
  type RotateWithOffsetInputs,
} from '@tensorflow/tfjs-core';
import * as compose from '../../tensor/compose';
import { make } from '../../tensor/graph';
import { float, kernel, nodeFormat, type Kernel, type KernelTable } from '../kernel';
import { pulledBack } from './pullback';

type Method = 'bilinear' | 'nearest';

/** Interpolation gives floats. */
const resized = (method: Method): Kernel =>
  kernel<ResizeBilinearInputs, ResizeBilinearAttrs>(({ images }, { size, ...how }) => {
    const dtype = method === 'bilinear' ? 'float32' : images.dtype;
    return { dtype, node: compose.resize(images.node, size, { ...how, method, dtype: nodeFormat(dtype) }) };
  });

/** The size is that of the gradient. */
const resizedBack = (method: Method): Kernel =>
  kernel<ResizeBilinearGradInputs, ResizeBilinearAttrs>(({ images, dy }, { alignCorners }) => {
    const [, height = 0, width = 0] = dy.shape;
    return float(
      pulledBack(
        make.cast(images.node, 'float32'),
        (x) => compose.resize(x, [height, width], { method, alignCorners }),
        dy.node,
      ),
    );
  });

const CROP = kernel<CropAndResizeInputs, CropAndResizeAttrs>(({ image, boxes, boxInd }, attrs) => {
  const { cropSize, method, extrapolationValue: fill } = attrs;
  const how = { method, fill, dtype: 'float32' } as const;
  return float(compose.cropAndResize(image.node, boxes.node, boxInd.node, cropSize, how));
});

/** What a list of colours leaves uncovered is opaque. */
const OPAQUE = 255;

const ROTATE = kernel<RotateWithOffsetInputs, RotateWithOffsetAttrs>(({ image }, attrs) => {
  const { radians, fillValue, center } = attrs;
  const fill = typeof fillValue === 'number' ? fillValue : [...fillValue.slice(0, 3), OPAQUE];
  const [x, y] = typeof center === 'number' ? [center, center] : center;
  return { dtype: image.dtype, node: compose.rotate(image.node, radians, { fill, center: [x, y] }) };
});

export const IMAGE: KernelTable = {
  CropAndResize: CROP,
  FlipLeftRight: kernel<FlipLeftRightInputs>(({ image }) => ({
    dtype: image.dtype,
    node: compose.reversed(image.node, 2),
  })),
  ResizeBilinear: resized('bilinear'),
  ResizeBilinearGrad: resizedBack('bilinear'),
  ResizeNearestNeighbor: resized('nearest'),
  ResizeNearestNeighborGrad: resizedBack('nearest'),
  RotateWithOffset: ROTATE,
};
