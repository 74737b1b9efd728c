/** scalar_tensor_tensor: see src/isa/vector/scalar-tensor-tensor.ts. */
import operationsWgsl from '../../../../../shaders/interpreter/vector/operations.wgsl';
import type { GpuEntry } from '../entry';
import { operation, Scalars } from './scalars';

export const scalarTensorTensor: GpuEntry<'scalar_tensor_tensor'> = {
  works: ({ dst, sources, attributes }, { lowering }) => {
    const { data, operand1 } = sources;
    const { op0, op1, reverse0, reverse1 } = attributes;
    const scalars = new Scalars(lowering);
    const scalar = scalars.value('operand0', { tile: sources.operand0, constant: attributes.operand0 });
    return lowering.lane('operations', operationsWgsl, {
      operands: {
        dst: lowering.write(dst, attributes),
        data: lowering.read(data),
        operand1: lowering.read(operand1),
        ...scalars.operands,
      },
      counted: 'dst',
      elementwise: true,
      values: {
        OPERATIONS: 2,
        SCALAR_0: scalar,
        SCALAR_1: '0u',
        READ: 'value',
        WRITE: 'put',
        OPERATION_0: operation(op0, 'x', 'scalar_0', { reverse: reverse0 }),
        OPERATION_1: operation(op1, 'x', 'operand1_value(lane, i)', { reverse: reverse1 }),
      },
      functions: { alu: [op0, op1] },
      words: scalars.words,
    });
  },
};
