/** tensor_copy: see src/isa/vector/tensor-copy.ts. */
import type { GpuEntry } from '../entry';
import tensorCopyWgsl from '../../../../../shaders/interpreter/vector/tensor_copy.wgsl';
import { bothAsWords } from '../place';

export const tensorCopy: GpuEntry<'tensor_copy'> = {
  works: ({ dst, sources: { src }, attributes }, { lowering }) => {
    const codes = src.dtype === dst.dtype && attributes.saturate !== true;
    const [to, from] = [lowering.write(dst, attributes), lowering.read(src)];
    const places = [to.place, from.place] as const;
    const [toPlace, fromPlace] = codes ? bothAsWords(...places) : places;
    return lowering.lane('tensor_copy', tensorCopyWgsl, {
      operands: { dst: { ...to, place: toPlace }, src: { ...from, place: fromPlace } },
      counted: 'dst',
      elementwise: true,
      values: { CODES: Number(codes) },
    });
  },
};
