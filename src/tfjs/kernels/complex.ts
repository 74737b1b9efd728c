/** Complex numbers: their parts, their absolute values, and Fourier transforms along the last axis. */
import type { ComplexAbsInputs, ComplexInputs, FFTInputs, RealInputs } from '@tensorflow/tfjs-core';
import * as compose from '../../tensor/compose';
import { make } from '../../tensor/graph';
import {
  float,
  kernel,
  mixedKernel,
  type Complex,
  type Kernel,
  type KernelTable,
  type Tensor,
} from '../kernel';

function complexOf(x: Tensor): Complex {
  if (x.dtype !== 'complex64')
    throw new Error(`A tensor of complex64 is needed; received one of ${x.dtype}.`);
  return x;
}

const transform = (fn: typeof compose.fft): Kernel =>
  mixedKernel<FFTInputs>(({ input }) => {
    const x = complexOf(input);
    const { real, imaginary } = fn({ real: x.real, imaginary: x.imag });
    return { dtype: 'complex64', real, imag: imaginary };
  });

export const COMPLEX: KernelTable = {
  Complex: kernel<ComplexInputs>(({ real, imag }) => ({
    dtype: 'complex64',
    real: make.cast(real.node, 'float32'),
    imag: make.cast(imag.node, 'float32'),
  })),
  ComplexAbs: mixedKernel<ComplexAbsInputs>(({ x }) => {
    const { real, imag } = complexOf(x);
    return float(compose.hypot(real, imag));
  }),
  FFT: transform(compose.fft),
  IFFT: transform(compose.ifft),
  Imag: mixedKernel<RealInputs>(({ input }) => float(complexOf(input).imag)),
  Real: mixedKernel<RealInputs>(({ input }) => float(complexOf(input).real)),
};
