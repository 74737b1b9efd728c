/** tensor_scalar_cumulative: see src/isa/vector/tensor-scalar-cumulative.ts. */
import tensorScalarCumulativeWgsl from '../../../../../shaders/interpreter/vector/tensor_scalar_cumulative.wgsl';
import { startOf } from '../../../../isa/vector/accumulators';
import type { Instruction } from '../../../../program';
import type { GpuEntry } from '../entry';
import { accumulatorsOf } from './accumulators';
import { operation, Scalars } from './scalars';

/** What registers hold before the first element. */
function startText(
  { sources, attributes }: Instruction<'tensor_scalar_cumulative'>,
  scalars: Scalars,
): string {
  const { op1, imm1, reduce_cmd: command = 'reset_reduce' } = attributes;
  if (command === 'load_reduce') return scalars.value('imm1', { tile: sources.imm1, constant: imm1 });
  const start = startOf(command, op1);
  return start === undefined ? 'accumulator_value(lane, 0u)' : scalars.value('start', { constant: start });
}

export const tensorScalarCumulative: GpuEntry<'tensor_scalar_cumulative'> = {
  works: (instruction, { lowering }) => {
    const { dst, sources, attributes } = instruction;
    const { op0, op1 } = attributes;
    const scalars = new Scalars(lowering);
    const values = {
      SCALAR: scalars.value('imm0', { tile: sources.imm0, constant: attributes.imm0 }),
      START: startText(instruction, scalars),
      OPERATION: operation(op0, 'src', 'scalar'),
      JOIN: operation(op1, 'x', 'joined'),
    };
    return lowering.lane('tensor_scalar_cumulative', tensorScalarCumulativeWgsl, {
      operands: {
        dst: lowering.write(dst, attributes),
        src: lowering.read(sources.src),
        accumulator: accumulatorsOf(lowering, dst),
        ...scalars.operands,
      },
      counted: 'dst',
      values,
      functions: { alu: [op0, op1] },
      words: scalars.words,
    });
  },
};
