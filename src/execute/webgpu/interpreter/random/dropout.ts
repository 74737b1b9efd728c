/** dropout: see src/isa/random/dropout.ts. */
import dropoutWgsl from '../../../../../shaders/interpreter/random/dropout.wgsl';
import type { GpuEntry } from '../entry';
import { floatWord } from '../lowering';
import { drawing, generatorsOf, statesOf } from './states';

export const dropout: GpuEntry<'dropout'> = {
  works: ({ engine, dst, sources: { data, prob }, attributes }, { lowering }) =>
    lowering.lane('dropout', drawing(dropoutWgsl), {
      operands: {
        dst: lowering.write(dst),
        data: lowering.read(data),
        ...(prob !== undefined && { prob: lowering.read(prob) }),
        state: statesOf(lowering, engine, dst),
      },
      counted: 'dst',
      values: { ...generatorsOf(engine), PROB: prob === undefined ? 'word(0u)' : 'prob_value(lane, 0u)' },
      functions: {},
      words: [floatWord(attributes.prob ?? 0)],
    }),
};
