/** sequence_bounds: see src/isa/gpsimd/sequence-bounds.ts. */
import sequenceBoundsWgsl from '../../../../../shaders/interpreter/gpsimd/sequence_bounds.wgsl';
import { idTexts } from '../../../../isa/gpsimd/sequence-bounds';
import { countOf } from '../../../../program';
import type { GpuEntry } from '../entry';
import { wordFloat } from '../lowering';
import { INTEGERS, isExact } from './integers';

export const sequenceBounds: GpuEntry<'sequence_bounds'> = {
  works: ({ dst, sources: { segment_ids: ids } }, { lowering, report }) => {
    const isFloat = ids.dtype === 'float32';
    return lowering.lane('sequence_bounds', sequenceBoundsWgsl, {
      operands: { dst: lowering.write(dst, {}), ids: lowering.read(ids) },
      counted: 'dst',
      values: { FLOAT: Number(isFloat), CODES: Number(isExact(dst)) },
      conversions: INTEGERS,
      reported: ([count = 0, at = 0, word = 0], core) => {
        const first = isFloat ? wordFloat(word) : word | 0;
        const [required, received] = idTexts(count, countOf(ids.dims), first, at);
        report('segment-id', 'segment_ids', required, received, core);
      },
    });
  },
};
