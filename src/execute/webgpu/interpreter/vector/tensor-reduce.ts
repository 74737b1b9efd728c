/** tensor_reduce: see src/isa/vector/tensor-reduce.ts. */
import tensorReduceWgsl from '../../../../../shaders/interpreter/vector/tensor_reduce.wgsl';
import { isBitwise } from '../../../../isa/alu';
import type { GpuEntry } from '../entry';
import { operation } from './scalars';

export const tensorReduce: GpuEntry<'tensor_reduce'> = {
  works: ({ dst, sources: { data }, attributes }, { lowering }) => {
    const { op, negate = false } = attributes;
    const codes = isBitwise(op);
    return lowering.lane('tensor_reduce', tensorReduceWgsl, {
      operands: { dst: lowering.write(dst, attributes), data: lowering.read(data) },
      counted: 'data',
      values: {
        READ: codes ? 'code' : 'value',
        WRITE: codes ? 'put_code' : 'put',
        JOIN: operation(op, 'joined', 'x', { dtype: data.dtype }),
        NEGATE: Number(negate),
      },
      functions: { alu: [op] },
    });
  },
};
