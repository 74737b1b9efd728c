/**
 * affine_select (nki.isa.affine_select): where the affine value compares with 0 as asked, the element of on_true, else a constant.
 * Elements of dst's format keep their bits unless they are to be clamped; others, and the constant, round once from float32.
 */
import { codeArray, decodeArray } from '../../numerics';
import { encodeWrite, writeProblem } from '../convert';
import { gpsimd } from '../cost';
import { ALL_CHIPS, type Entry } from '../entry';
import { operandProblems, shapeProblem, spaceProblem, widthOf } from '../rules';
import { affineProblems, affineValues } from './affine';

const COMPARE = {
  equal: (value) => value === 0,
  not_equal: (value) => value !== 0,
  greater_equal: (value) => value >= 0,
  greater: (value) => value > 0,
  less_equal: (value) => value <= 0,
  less: (value) => value < 0,
} as const satisfies Record<string, (value: number) => boolean>;

export const affineSelect: Entry<'affine_select'> = {
  summary:
    'dst = on_true where (offset + p x channel_multiplier + the sum of index x step) cmp_op 0, else on_false_value.',
  chips: ALL_CHIPS,
  engines: ['gpsimd'],
  rules: [
    'dst and on_true are in SBUF, with equal partitions and elements.',
    'pattern has 1 to 4 dimensions and as many elements as a partition of dst.',
    'offset, channel_multiplier and steps are 32-bit signed integers; sums wrap.',
    'p counts from dst’s first partition.',
    'on_true of dst’s format keeps its bits, unless saturate is set; else it goes by way of float32.',
  ],
  problems: ({ engine, dst, sources, attributes }, chip) => [
    spaceProblem('dst', dst, ['sbuf']),
    spaceProblem('on_true', sources.on_true, ['sbuf']),
    ...operandProblems({ dst, ...sources }, engine, chip),
    shapeProblem({ dst, ...sources }),
    ...affineProblems(attributes, dst),
    writeProblem(attributes),
  ],
  run: ({ dst, sources: { on_true }, attributes }, machine) => {
    const { cmp_op = 'equal', on_false_value, saturate } = attributes;
    const holds = COMPARE[cmp_op];
    const affine = affineValues(attributes, dst.partitions);
    const codes = machine.read('on_true', on_true);
    const kept = on_true.dtype === dst.dtype && saturate !== true;
    const taken = kept ? codes : encodeWrite(dst, decodeArray(on_true.dtype, codes), attributes);
    const other = encodeWrite(dst, new Float32Array(affine.length).fill(on_false_value), attributes);
    const written = codeArray(dst.dtype, affine.length);
    affine.forEach((value, at) => {
      written[at] = (holds(value) ? taken[at] : other[at]) ?? NaN;
    });
    machine.write(dst, written);
  },
  cost: {
    words: '150 + N GpSimd cycles',
    documented: true,
    work: ({ dst }) => gpsimd(widthOf(dst)),
  },
};
