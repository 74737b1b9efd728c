/** nc_transpose: see src/isa/tensor/nc-transpose.ts. */
import multiplyWgsl from '../../../../../shaders/interpreter/tensor/transpose_multiply.wgsl';
import transposeWgsl from '../../../../../shaders/interpreter/tensor/transpose.wgsl';
import { movesCodes } from '../../../../isa';
import type { GpuEntry } from '../entry';

export const ncTranspose: GpuEntry<'nc_transpose'> = {
  works: ({ engine, dst, sources: { data } }, { lowering }) => {
    const operands = { dst: lowering.write(dst, {}), data: lowering.read(data) };
    if (engine === 'tensor' && !movesCodes(lowering.chip)) {
      return lowering.lane('transpose_multiply', multiplyWgsl, { operands, counted: 'dst', crosses: true });
    }
    // Overlapping operands are copied aside even where they coincide: elements change their partitions.
    return lowering.lane('transpose', transposeWgsl, {
      operands,
      counted: 'dst',
      crosses: true,
      independent: true,
    });
  },
};
