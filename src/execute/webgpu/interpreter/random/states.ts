/** The generators' states on the adapter, and the WGSL that draws from them: see src/isa/random/generators.ts. */
import xorwowWgsl from '../../../../../shaders/interpreter/random/xorwow.wgsl';
import type { EngineName } from '../../../../chip';
import { GENERATORS, randomEngine, stateWords } from '../../../../isa/random/generators';
import type { ChipPattern } from '../../../../program';
import type { TemplateValues } from '../../template';
import type { Lowering, Use } from '../lowering';

/** Of the partitions of a pattern. */
export function statesOf(
  lowering: Lowering,
  engine: EngineName,
  partitions: Pick<ChipPattern, 'partition' | 'partitions'>,
): Use {
  const owner = randomEngine(engine);
  return lowering.state(`${owner}_random`, partitions, stateWords(owner));
}

/** A body that draws from the operand `state`. */
export const drawing = (body: string): string => xorwowWgsl + body;

/** What `drawing` needs to know. */
export const generatorsOf = (engine: EngineName): TemplateValues => ({
  GENERATORS: GENERATORS[randomEngine(engine)].count,
});
