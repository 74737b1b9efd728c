/** Where tfjs-core's windows lie, as functions of nodes are told: elements before and after each axis so that all windows fit. */
import type { backend_util } from '@tensorflow/tfjs-core';

export interface Windows {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
  readonly taps: readonly number[];
}

interface Axis {
  readonly extent: number;
  readonly positions: number;
  readonly stride: number;
  readonly dilation: number;
  readonly taps: number;
  readonly span: number;
  readonly low: number;
}

/** What follows is as much as the last window reaches beyond, or less than nothing: how positions were rounded does not matter then. */
const windowsOf = (axes: readonly Axis[]): Windows => ({
  strides: axes.map(({ stride }) => stride),
  dilations: axes.map(({ dilation }) => dilation),
  taps: axes.map(({ taps }) => taps),
  padding: axes.map(({ extent, positions, stride, span, low }) => [
    low,
    (positions - 1) * stride + span - extent - low,
  ]),
});

type Rows = Pick<
  backend_util.Conv2DInfo,
  | ('inHeight' | 'outHeight' | 'strideHeight' | 'dilationHeight' | 'filterHeight' | 'effectiveFilterHeight')
  | ('inWidth' | 'outWidth' | 'strideWidth' | 'dilationWidth' | 'filterWidth' | 'effectiveFilterWidth')
> & { readonly padInfo: { readonly top: number; readonly left: number } };

const plane = (info: Rows): readonly Axis[] => [
  {
    extent: info.inHeight,
    positions: info.outHeight,
    stride: info.strideHeight,
    dilation: info.dilationHeight,
    taps: info.filterHeight,
    span: info.effectiveFilterHeight,
    low: info.padInfo.top,
  },
  {
    extent: info.inWidth,
    positions: info.outWidth,
    stride: info.strideWidth,
    dilation: info.dilationWidth,
    taps: info.filterWidth,
    span: info.effectiveFilterWidth,
    low: info.padInfo.left,
  },
];

export const spatial2D = (info: backend_util.Conv2DInfo): Windows => windowsOf(plane(info));

export const spatial3D = (info: backend_util.Conv3DInfo): Windows =>
  windowsOf([
    {
      extent: info.inDepth,
      positions: info.outDepth,
      stride: info.strideDepth,
      dilation: info.dilationDepth,
      taps: info.filterDepth,
      span: info.effectiveFilterDepth,
      low: info.padInfo.front,
    },
    ...plane(info),
  ]);
