/** rand2: see src/isa/random/rand2.ts. */
import rand2Wgsl from '../../../../../shaders/interpreter/random/rand2.wgsl';
import type { GpuEntry } from '../entry';
import { floatWord } from '../lowering';
import { drawing, generatorsOf, statesOf } from './states';

export const rand2: GpuEntry<'rand2'> = {
  works: ({ engine, dst, sources: { min, max }, attributes }, { lowering }) =>
    lowering.lane('rand2', drawing(rand2Wgsl), {
      operands: {
        dst: lowering.write(dst, attributes),
        ...(min !== undefined && { low: lowering.read(min) }),
        ...(max !== undefined && { high: lowering.read(max) }),
        state: statesOf(lowering, engine, dst),
      },
      counted: 'dst',
      values: {
        ...generatorsOf(engine),
        MIN: min === undefined ? 'word(0u)' : 'low_value(lane, 0u)',
        MAX: max === undefined ? 'word(1u)' : 'high_value(lane, 0u)',
      },
      functions: { alu: ['add', 'subtract', 'multiply', 'minimum'] },
      words: [floatWord(attributes.min ?? 0), floatWord(attributes.max ?? 0)],
    }),
};
