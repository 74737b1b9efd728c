/** Images on a canvas: of values on the host, whole numbers up to 255 or floats up to 1. */
import type { DrawAttrs, DrawInputs } from '@tensorflow/tfjs-core';
import { kernel, type KernelTable, type Real } from '../kernel';

/** Four bytes for each pixel: grey, colours, or colours and how opaque they are. */
function bytesOf(image: Real, alpha: number): Uint8ClampedArray<ArrayBuffer> {
  const [height = 0, width = 0, depth = 1] = image.shape;
  const values = image.values();
  const most = image.dtype === 'float32' ? 1 : 255;
  for (const value of values)
    if (value < 0 || value > most)
      throw new Error(
        `Tensor values for a ${image.dtype} Tensor must be in the range [0 - ${most}] but encountered ${value}.`,
      );
  const bytes = new Uint8ClampedArray(height * width * 4);
  for (let byte = 0; byte < bytes.length; byte++) {
    const [pixel, channel] = [Math.floor(byte / 4), byte % 4];
    const from = depth === 1 && channel < 3 ? 0 : channel;
    const value = from < depth ? (values[pixel * depth + from] ?? 0) : most * (channel === 3 ? alpha : 0);
    bytes[byte] = Math.round((value * 255) / most);
  }
  return bytes;
}

/** A context of the backend's name, by which tfjs's other backends mean a device's, is the canvas's own of two dimensions. */
const DRAW = kernel<DrawInputs, DrawAttrs>(({ image }, { canvas, options }) => {
  const { contextOptions, imageOptions } = options ?? {};
  const settings = contextOptions?.contextAttributes as CanvasRenderingContext2DSettings | undefined;
  const context = canvas.getContext('2d', settings);
  if (context === null) throw new Error('Draw: the canvas has no context of two dimensions.');
  const [height = 0, width = 0] = image.shape;
  const bytes = bytesOf(image, imageOptions?.alpha ?? 1);
  canvas.width = width;
  canvas.height = height;
  context.putImageData(new ImageData(bytes, width, height), 0, 0);
  return [];
});

export const DRAWING: KernelTable = { Draw: DRAW };
