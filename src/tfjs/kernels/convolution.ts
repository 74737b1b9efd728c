/** Convolutions by passes of the Tensor engine, and what gradients ask of them. tfjs-core says where windows lie. */
import {
  backend_util,
  type Conv2DAttrs,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropFilterInputs,
  type Conv2DBackpropInputAttrs,
  type Conv2DBackpropInputInputs,
  type Conv2DInputs,
  type Conv3DAttrs,
  type Conv3DBackpropFilterV2Attrs,
  type Conv3DBackpropInputV2Attrs,
  type DepthwiseConv2dNativeAttrs,
  type DepthwiseConv2dNativeBackpropFilterAttrs,
  type DepthwiseConv2dNativeBackpropInputAttrs,
  type FusedConv2DAttrs,
  type FusedConv2DInputs,
  type FusedDepthwiseConv2DAttrs,
} from '@tensorflow/tfjs-core';
import * as compose from '../../tensor/compose';
import { make, type Node, type Shape } from '../../tensor/graph';
import { float, kernel, type Context, type KernelTable, type Real, type RealResult } from '../kernel';
import { activated } from './activation';
import { spatial2D, spatial3D } from './spatial';

type Shape4D = [number, number, number, number];
type Shape5D = [number, number, number, number, number];
const four = (shape: Shape): Shape4D => shape as Shape4D;
const five = (shape: Shape): Shape5D => shape as Shape5D;

interface Window2D {
  readonly strides: [number, number] | number;
  readonly pad: Conv2DAttrs['pad'];
  readonly dilations?: [number, number] | number | null;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

function info2D(x: Shape, filter: Shape, window: Window2D, depthwise = false): backend_util.Conv2DInfo {
  const { strides, pad, dilations, dataFormat = 'NHWC', dimRoundingMode } = window;
  const apart = dilations ?? 1;
  if (depthwise && !backend_util.eitherStridesOrDilationsAreOne(strides, apart))
    throw new Error(
      `Error in depthwiseConv2d: Either strides or dilations must be 1. Got strides ${String(strides)} and dilations '${String(apart)}'`,
    );
  return backend_util.computeConv2DInfo(
    four(x),
    four(filter),
    strides,
    apart,
    pad,
    dimRoundingMode,
    depthwise,
    backend_util.convertConv2DDataFormat(dataFormat),
  );
}

const info3D = (
  x: Shape,
  filter: Shape,
  {
    strides,
    pad,
    dilations = 1,
  }: Omit<Conv3DAttrs, 'dataFormat' | 'dilations'> & Partial<Pick<Conv3DAttrs, 'dilations'>>,
): backend_util.Conv3DInfo => backend_util.computeConv3DInfo(five(x), five(filter), strides, dilations, pad);

const isFirst = ({ dataFormat }: Window2D): boolean => dataFormat === 'NCHW';
/** To channels last, and back. */
const taken = (x: Node, window: Window2D): Node => (isFirst(window) ? make.permute(x, [0, 2, 3, 1]) : x);
const given = (x: Node, window: Window2D): Node => (isFirst(window) ? make.permute(x, [0, 3, 1, 2]) : x);

/** The node in the format of the mode: what it came from, so that nothing is lost. */
const operand = ({ node }: RealResult, context: Context): Node => make.cast(node, context.float);

function conv2D(x: Real, filter: Real, window: Window2D, context: Context): Node {
  const spatial = spatial2D(info2D(x.shape, filter.shape, window));
  const result = compose.convolution(taken(operand(x, context), window), operand(filter, context), {
    ...spatial,
    dtype: 'float32',
  });
  return given(result, window);
}

const depthwise2D = (x: Real, filter: Real, window: Window2D): Node =>
  compose.depthwiseConvolution(x.node, filter.node, spatial2D(info2D(x.shape, filter.shape, window, true)));

/** With channels first, what has one axis belongs to the channels. */
const aligned = (x: Real | undefined, window: Window2D): Node | undefined =>
  x !== undefined && isFirst(window) && x.shape.length === 1 && x.shape[0] !== 1
    ? make.reshape(x.node, [...x.shape, 1, 1])
    : x?.node;

/** tfjs lets there be more of them than the windows of the input make. */
const firstPositions = (dy: Node, { outHeight, outWidth }: backend_util.Conv2DInfo): Node =>
  compose.sliceAxis(compose.sliceAxis(dy, 1, 0, outHeight), 2, 0, outWidth);

const CONV_2D_INPUT = kernel<Conv2DBackpropInputInputs, Conv2DBackpropInputAttrs>(
  ({ dy, filter }, attrs, context) => {
    const info = info2D(attrs.inputShape, filter.shape, attrs);
    const result = compose.convolutionInputGradient(
      firstPositions(taken(operand(dy, context), attrs), info),
      operand(filter, context),
      [info.batchSize, info.inHeight, info.inWidth, info.inChannels],
      { ...spatial2D(info), dtype: 'float32' },
    );
    return float(given(result, attrs));
  },
);

const CONV_2D_FILTER = kernel<Conv2DBackpropFilterInputs, Conv2DBackpropFilterAttrs>(
  ({ x, dy }, attrs, context) =>
    float(
      compose.convolutionFilterGradient(
        taken(operand(x, context), attrs),
        taken(operand(dy, context), attrs),
        attrs.filterShape,
        { ...spatial2D(info2D(x.shape, attrs.filterShape, attrs)), dtype: 'float32' },
      ),
    ),
);

const FUSED_CONV_2D = kernel<FusedConv2DInputs, FusedConv2DAttrs>(
  ({ x, filter, bias, preluActivationWeights }, attrs, context) =>
    float(
      activated(
        conv2D(x, filter, attrs, context),
        attrs,
        aligned(bias, attrs),
        aligned(preluActivationWeights, attrs),
      ),
    ),
);

export const CONVOLUTION: KernelTable = {
  Conv2D: kernel<Conv2DInputs, Conv2DAttrs>(({ x, filter }, attrs, context) =>
    float(conv2D(x, filter, attrs, context)),
  ),
  Conv2DBackpropFilter: CONV_2D_FILTER,
  Conv2DBackpropInput: CONV_2D_INPUT,
  Conv3D: kernel<Conv2DInputs, Conv3DAttrs>(({ x, filter }, attrs, context) =>
    float(
      compose.convolution(operand(x, context), operand(filter, context), {
        ...spatial3D(info3D(x.shape, filter.shape, attrs)),
        dtype: 'float32',
      }),
    ),
  ),
  Conv3DBackpropFilterV2: kernel<Conv2DBackpropFilterInputs, Conv3DBackpropFilterV2Attrs>(
    ({ x, dy }, attrs, context) =>
      float(
        compose.convolutionFilterGradient(operand(x, context), operand(dy, context), attrs.filterShape, {
          ...spatial3D(info3D(x.shape, attrs.filterShape, attrs)),
          dtype: 'float32',
        }),
      ),
  ),
  Conv3DBackpropInputV2: kernel<Conv2DBackpropInputInputs, Conv3DBackpropInputV2Attrs>(
    ({ dy, filter }, attrs, context) =>
      float(
        compose.convolutionInputGradient(operand(dy, context), operand(filter, context), attrs.inputShape, {
          ...spatial3D(info3D(attrs.inputShape, filter.shape, attrs)),
          dtype: 'float32',
        }),
      ),
  ),
  DepthwiseConv2dNative: kernel<Conv2DInputs, DepthwiseConv2dNativeAttrs>(({ x, filter }, attrs) =>
    float(depthwise2D(x, filter, attrs)),
  ),
  DepthwiseConv2dNativeBackpropFilter: kernel<
    Conv2DBackpropFilterInputs,
    DepthwiseConv2dNativeBackpropFilterAttrs
  >(({ x, dy }, attrs) =>
    float(
      compose.depthwiseFilterGradient(
        x.node,
        dy.node,
        attrs.filterShape,
        spatial2D(info2D(x.shape, attrs.filterShape, attrs, true)),
      ),
    ),
  ),
  DepthwiseConv2dNativeBackpropInput: kernel<
    Conv2DBackpropInputInputs,
    DepthwiseConv2dNativeBackpropInputAttrs
  >(({ dy, filter }, attrs) =>
    float(
      compose.depthwiseInputGradient(
        dy.node,
        filter.node,
        attrs.inputShape,
        spatial2D(info2D(attrs.inputShape, filter.shape, attrs, true)),
      ),
    ),
  ),
  FusedConv2D: FUSED_CONV_2D,
  FusedDepthwiseConv2D: kernel<FusedConv2DInputs, FusedDepthwiseConv2DAttrs>(
    ({ x, filter, bias, preluActivationWeights }, attrs) =>
      float(activated(depthwise2D(x, filter, attrs), attrs, bias?.node, preluActivationWeights?.node)),
  ),
};
