/**
 * result[c, i, j] = the mean of the window of x[c] that starts at row i stride and column j stride: 2-D average pooling without
 * padding. Channels are partitions. A window is no copy: an access pattern of four dimensions steps through rows and columns of the
 * windows and of the result, overlapping where they do, and one reduction adds the inner two. An image passes in bands of rows
 * of the result.
 */
import { CHIP_NAMES } from '../chip';
import { kernel, type HbmView } from '../kernel';
import { UserError } from '../numerics';
import { constant, exact, multiply, sum, written } from './approx';
import { libraryKernel, type ReferenceInput } from './entry';
import { loaded } from './inputs';
import { collected } from './products';
import { sizeOf, tilesOf } from './shapes';

const PARTITIONS = 128;
/** Elements of each partition that a band of an image may have, rows of the windows and of the result. */
const BAND = 8192;
/** Columns of an image: three rows are a band. */
const WIDEST = 2048;

interface Pooling {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly window: number;
  readonly stride: number;
  /** Of the result. */
  readonly rows: number;
  readonly columns: number;
}

/** @throws UserError where x is no [channels, height, width], or a window is larger than it. */
function poolingOf({ shape }: Pick<HbmView, 'shape'>, window: number, stride: number): Pooling {
  const [channels, height, width, ...more] = shape;
  if (channels === undefined || height === undefined || width === undefined || more.length > 0) {
    throw new UserError(`x must be [channels, height, width], received shape [${shape.join(', ')}].`);
  }
  if (window > height || window > width) {
    throw new UserError(`window must be at most ${Math.min(height, width)}, received ${window}.`);
  }
  const windows = (extent: number): number => Math.floor((extent - window) / stride) + 1;
  return { channels, height, width, window, stride, rows: windows(height), columns: windows(width) };
}
