/** tensor_scalar_reduce: see src/isa/vector/tensor-scalar-reduce.ts. */
import tensorScalarReduceWgsl from '../../../../../shaders/interpreter/vector/tensor_scalar_reduce.wgsl';
import { startOf } from '../../../../isa/vector/accumulators';
import type { GpuEntry } from '../entry';
import { accumulatorsOf, readAccumulators } from './accumulators';
import { operation, Scalars } from './scalars';

export const tensorScalarReduce: GpuEntry<'tensor_scalar_reduce'> = {
  works: ({ dst, results, sources, attributes }, { lowering }) => {
    const { data, operand0 } = sources;
    const { op0, reduce_op, reduce_cmd: command = 'reset_reduce' } = attributes;
    const scalars = new Scalars(lowering);
    const scalar = scalars.value('operand0', { tile: operand0, constant: attributes.operand0 });
    const start = command === 'load_reduce' ? attributes.reduce_init : startOf(command, reduce_op);
    const values = {
      SCALAR: scalar,
      START:
        start === undefined ? 'accumulator_value(lane, 0u)' : scalars.value('start', { constant: start }),
      OPERATION: operation(op0, 'data', 'scalar'),
      JOIN: operation(reduce_op, 'joined', 'x'),
    };
    const works = lowering.lane('tensor_scalar_reduce', tensorScalarReduceWgsl, {
      operands: {
        dst: lowering.write(dst, attributes),
        data: lowering.read(data),
        accumulator: accumulatorsOf(lowering, dst),
        ...scalars.operands,
      },
      counted: 'dst',
      values,
      functions: { alu: [op0, reduce_op] },
      words: scalars.words,
    });
    return [
      ...works,
      ...readAccumulators(lowering, dst, results?.reduce_res, { negate: attributes.reduce_res_negate }),
    ];
  },
};
