/** tensor_tensor: see src/isa/vector/tensor-tensor.ts. */
import tensorTensorWgsl from '../../../../../shaders/interpreter/vector/tensor_tensor.wgsl';
import { exactOperator } from '../../../../isa/vector/tensor-tensor';
import { isBitwise } from '../../../../isa/alu';
import { bitsOf } from '../../../../numerics';
import type { GpuEntry } from '../entry';
import { aluName, integerName } from '../functions';

export const tensorTensor: GpuEntry<'tensor_tensor'> = {
  works: (instruction, { lowering }) => {
    const { dst, sources, attributes } = instruction;
    const { data1, data2 } = sources;
    const { op } = attributes;
    const exact = exactOperator(instruction);
    const codes = isBitwise(op);
    return lowering.lane('tensor_tensor', tensorTensorWgsl, {
      operands: {
        dst: lowering.write(dst, attributes),
        data1: lowering.read(data1),
        data2: lowering.read(data2),
      },
      counted: 'dst',
      elementwise: true,
      values: {
        INTEGERS: Number(exact !== undefined),
        CODES: Number(codes),
        OPERATE: exact === undefined ? aluName(op) : integerName(exact),
        SIGNED_1: String(data1.dtype === 'int32'),
        SIGNED_2: String(data2.dtype === 'int32'),
        WIDTH: bitsOf(data1.dtype),
      },
      functions: exact === undefined ? { alu: [op] } : { integers: true },
    });
  },
};
