/** affine_select: see src/isa/gpsimd/affine-select.ts. */
import affineSelectWgsl from '../../../../../shaders/interpreter/gpsimd/affine_select.wgsl';
import type { Instruction } from '../../../../program';
import type { GpuEntry } from '../entry';
import { floatWord } from '../lowering';
import { affineTemplate, affineWords, withAffine } from './affine';

type Compare = NonNullable<Instruction<'affine_select'>['attributes']['cmp_op']>;

const COMPARE = {
  equal: '==',
  not_equal: '!=',
  greater_equal: '>=',
  greater: '>',
  less_equal: '<=',
  less: '<',
} as const satisfies Record<Compare, string>;

export const affineSelect: GpuEntry<'affine_select'> = {
  works: ({ dst, sources: { on_true }, attributes }, { lowering }) => {
    const { cmp_op = 'equal', on_false_value, saturate } = attributes;
    const codes = on_true.dtype === dst.dtype && saturate !== true;
    return lowering.lane('affine_select', withAffine(affineSelectWgsl), {
      operands: { dst: lowering.write(dst, attributes), on_true: lowering.read(on_true) },
      counted: 'dst',
      elementwise: true,
      values: { CODES: Number(codes), COMPARE: COMPARE[cmp_op], ...affineTemplate(attributes, 1) },
      words: [floatWord(on_false_value), ...affineWords(attributes)],
    });
  },
};
