/** What rand_set_state and rand_get_state share: which engine of which chip has states, of how many words. */
import type { Chip, EngineName } from '../../chip';
import type { ChipPattern } from '../../program';
import type { Problem } from '../entry';
import { operandProblems, widthOf } from '../rules';
import { randomEngine, stateWords } from './generators';

export const STATE_RULES: readonly string[] = [
  'gpsimd on trn2 and trn3, vector on trn3.',
  'A lane’s state is 6 words, x y z w v d of XORWOW; on vector 24, of four generators.',
];

/** A tile of uint32, a row for each lane. */
export function stateProblems(
  name: string,
  tile: ChipPattern,
  engine: EngineName,
  chip: Chip,
): readonly Problem[] {
  const words = stateWords(randomEngine(engine));
  return [
    engine === 'vector' && chip.name !== 'trn3'
      ? `${chip.name} has no states on vector: use gpsimd.`
      : undefined,
    ...operandProblems({ [name]: tile }, engine, chip),
    tile.dtype === 'uint32' ? undefined : `${name} must be uint32, received ${tile.dtype}.`,
    widthOf(tile) === words
      ? undefined
      : `${name} must have ${words} words a partition on ${engine}, received ${widthOf(tile)}.`,
  ];
}
