/** quantize_mx: see src/isa/vector/quantize-mx.ts. */
import quantizeMxWgsl from '../../../../../shaders/interpreter/vector/quantize_mx.wgsl';
import { largestExponentOf } from '../../../../isa/vector/quantize-mx';
import { elementOf, PACKED_LANES } from '../../../../numerics';
import type { ChipPattern, Dim } from '../../../../program';
import type { GpuEntry } from '../entry';

/** The elements of packed codes. */
function unpacked(pattern: ChipPattern): ChipPattern {
  const dims = pattern.dims.map(([stride, count]): Dim => [stride * PACKED_LANES, count]);
  return {
    ...pattern,
    dtype: elementOf(pattern.dtype),
    offset: pattern.offset * PACKED_LANES,
    dims: [...dims, [1, PACKED_LANES]],
  };
}

export const quantizeMx: GpuEntry<'quantize_mx'> = {
  works: (instruction, { lowering }) => {
    const { dst, results, sources } = instruction;
    if (results === undefined) throw new Error('Invariant violation: quantize_mx without dst_scale');
    return lowering.lane('quantize_mx', quantizeMxWgsl, {
      operands: {
        dst: lowering.write(unpacked(dst), { saturate: true }),
        scales: lowering.update(results.dst_scale),
        src: lowering.read(sources.src),
      },
      counted: 'src',
      crosses: true,
      functions: {},
      words: [largestExponentOf(instruction)],
    });
  },
};
