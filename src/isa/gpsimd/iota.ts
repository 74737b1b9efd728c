/** iota (nki.isa.iota): affine values, computed in 32-bit signed arithmetic, then cast (integers.ts). */
import { gpsimd } from '../cost';
import { ALL_CHIPS, type Entry } from '../entry';
import { operandProblems, spaceProblem, widthOf } from '../rules';
import { affineProblems, affineValues } from './affine';
import { integerCodes } from './integers';

export const iota: Entry<'iota'> = {
  summary: 'dst = offset + p x channel_multiplier + the sum of index x step, in 32-bit integers.',
  chips: ALL_CHIPS,
  engines: ['gpsimd'],
  rules: [
    'dst is in SBUF.',
    'pattern has 1 to 4 dimensions and as many elements as a partition of dst.',
    'offset, channel_multiplier and steps are 32-bit signed integers; sums wrap.',
    'p counts from dst’s first partition.',
    'int32 and uint32 take the 32 bits as they are; other formats take the float32 of the value, rounded once more.',
  ],
  problems: ({ engine, dst, attributes }, chip) => [
    spaceProblem('dst', dst, ['sbuf']),
    ...operandProblems({ dst }, engine, chip),
    ...affineProblems(attributes, dst),
  ],
  run: ({ dst, attributes }, machine) => {
    machine.write(dst, integerCodes(dst.dtype, affineValues(attributes, dst.partitions)));
  },
  cost: {
    words: '150 + N GpSimd cycles',
    documented: true,
    work: ({ dst }) => gpsimd(widthOf(dst)),
  },
};
