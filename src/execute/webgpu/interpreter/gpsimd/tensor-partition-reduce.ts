/** tensor_partition_reduce: see src/isa/gpsimd/tensor-partition-reduce.ts. */
import reduceWgsl from '../../../../../shaders/interpreter/gpsimd/tensor_partition_reduce.wgsl';
import type { AluOp, Instruction } from '../../../../program';
import type { GpuEntry } from '../entry';
import { aluName } from '../functions';
import { floatWord } from '../lowering';

type Op = Instruction<'tensor_partition_reduce'>['attributes']['op'];

/** Of codes the operator, of values the function. */
const JOINS = {
  add: { alu: 'add' },
  average: { alu: 'add' },
  maximum: { alu: 'maximum' },
  bitwise_or: { codes: '|' },
  bitwise_and: { codes: '&' },
} as const satisfies Record<Op, { readonly alu: AluOp } | { readonly codes: string }>;

export const tensorPartitionReduce: GpuEntry<'tensor_partition_reduce'> = {
  works: ({ dst, sources: { data }, attributes }, { lowering }) => {
    const { op } = attributes;
    const join = JOINS[op];
    const codes = 'codes' in join;
    return lowering.lane('tensor_partition_reduce', reduceWgsl, {
      operands: { dst: lowering.write(dst, attributes), data: lowering.read(data) },
      counted: 'dst',
      crosses: true,
      elementwise: true,
      values: {
        CODES: Number(codes),
        SCALED: Number(op === 'average'),
        JOIN: codes ? join.codes : aluName(join.alu),
      },
      functions: codes ? {} : { alu: [join.alu] },
      words: [data.partitions, floatWord(1 / data.partitions)],
    });
  },
};
