/** reciprocal: see src/isa/vector/reciprocal.ts. */
import operationsWgsl from '../../../../../shaders/interpreter/vector/operations.wgsl';
import type { GpuEntry } from '../entry';
import { aluName } from '../functions';

export const reciprocal: GpuEntry<'reciprocal'> = {
  works: ({ dst, sources: { data }, attributes }, { lowering }) =>
    lowering.lane('operations', operationsWgsl, {
      operands: { dst: lowering.write(dst, attributes), data: lowering.read(data) },
      counted: 'dst',
      elementwise: true,
      values: {
        OPERATIONS: 1,
        SCALAR_0: '0u',
        SCALAR_1: '0u',
        READ: 'value',
        WRITE: 'put',
        OPERATION_0: `${aluName('reciprocal')}(x)`,
        OPERATION_1: '',
      },
      functions: { alu: ['reciprocal'] },
    }),
};
