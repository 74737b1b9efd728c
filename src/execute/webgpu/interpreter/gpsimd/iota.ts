/** iota: see src/isa/gpsimd/iota.ts. */
import iotaWgsl from '../../../../../shaders/interpreter/gpsimd/iota.wgsl';
import type { GpuEntry } from '../entry';
import { affineTemplate, affineWords, withAffine } from './affine';
import { INTEGERS, isExact } from './integers';

export const iota: GpuEntry<'iota'> = {
  works: ({ dst, attributes }, { lowering }) =>
    lowering.lane('iota', withAffine(iotaWgsl), {
      operands: { dst: lowering.write(dst, {}) },
      counted: 'dst',
      elementwise: true,
      values: { CODES: Number(isExact(dst)), ...affineTemplate(attributes, 0) },
      conversions: INTEGERS,
      words: affineWords(attributes),
    }),
};
