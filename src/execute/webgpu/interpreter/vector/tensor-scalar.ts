/** tensor_scalar: see src/isa/vector/tensor-scalar.ts. */
import operationsWgsl from '../../../../../shaders/interpreter/vector/operations.wgsl';
import { isBitwise } from '../../../../isa/alu';
import type { GpuEntry } from '../entry';
import { operation, Scalars, type Scalar } from './scalars';

export const tensorScalar: GpuEntry<'tensor_scalar'> = {
  works: ({ dst, sources, attributes }, { lowering }) => {
    const { data } = sources;
    const { dtype } = data;
    const { op0, op1 } = attributes;
    const scalars = new Scalars(lowering);
    const codes = isBitwise(op0);
    const scalarOf = (name: string, scalar: Scalar) =>
      codes ? scalars.code(name, scalar, dtype) : scalars.value(name, scalar);
    const first = scalarOf('operand0', { tile: sources.operand0, constant: attributes.operand0 });
    const second = scalarOf('operand1', { tile: sources.operand1, constant: attributes.operand1 });
    return lowering.lane('operations', operationsWgsl, {
      operands: { dst: lowering.write(dst, attributes), data: lowering.read(data), ...scalars.operands },
      counted: 'dst',
      elementwise: true,
      values: {
        OPERATIONS: op1 === undefined ? 1 : 2,
        SCALAR_0: first,
        SCALAR_1: second,
        READ: codes ? 'code' : 'value',
        WRITE: codes ? 'put_code' : 'put',
        OPERATION_0: operation(op0, 'x', 'scalar_0', { reverse: attributes.reverse0, dtype }),
        OPERATION_1:
          op1 === undefined ? '' : operation(op1, 'x', 'scalar_1', { reverse: attributes.reverse1, dtype }),
      },
      functions: { alu: op1 === undefined ? [op0] : [op0, op1] },
      words: scalars.words,
    });
  },
};
