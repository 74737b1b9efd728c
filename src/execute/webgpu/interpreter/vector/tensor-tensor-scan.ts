/** tensor_tensor_scan: see src/isa/vector/tensor-tensor-scan.ts. */
import tensorTensorScanWgsl from '../../../../../shaders/interpreter/vector/tensor_tensor_scan.wgsl';
import type { GpuEntry } from '../entry';
import { operation, Scalars } from './scalars';

export const tensorTensorScan: GpuEntry<'tensor_tensor_scan'> = {
  works: ({ dst, sources, attributes }, { lowering }) => {
    const { data0, data1, initial } = sources;
    const { op0, op1, reverse0, reverse1 } = attributes;
    const scalars = new Scalars(lowering);
    const values = {
      INITIAL: scalars.value('initial', { tile: initial, constant: attributes.initial }),
      OPERATION_0: operation(op0, 'data0_value(lane, i)', 'state', { reverse: reverse0 }),
      OPERATION_1: operation(op1, 'state', 'data1_value(lane, i)', { reverse: reverse1 }),
    };
    return lowering.lane('tensor_tensor_scan', tensorTensorScanWgsl, {
      operands: {
        dst: lowering.write(dst, attributes),
        data0: lowering.read(data0),
        data1: lowering.read(data1),
        ...scalars.operands,
      },
      counted: 'dst',
      values,
      functions: { alu: [op0, op1] },
      words: scalars.words,
    });
  },
};
