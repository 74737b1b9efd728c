/**
 * dropout (nki.isa.dropout): elements become zero at random; the others stay as they are, not scaled. Named choice: an element is
 * dropped when its draw, a u32, is below prob x 2^32, which needs no rounding but the fraction's.
 */
import { FORMATS, type Dtype } from '../../numerics';
import type { Instruction } from '../../program';
import { datapath } from '../cost';
import { ALL_CHIPS, type Entry, type Problem } from '../entry';
import { columnProblem, operandProblems, shapeProblem, widthOf } from '../rules';
import { columnOf } from '../vector/lanes';
import { drawsFor } from './generators';

const FLOAT32: readonly Dtype[] = ['float32'];

function probabilityProblem({ sources, attributes }: Instruction<'dropout'>): Problem {
  const { data, prob: tile } = sources;
  const { prob: constant } = attributes;
  if (tile === undefined) {
    if (constant === undefined) return 'prob must be a tile or a constant, received neither.';
    return constant >= 0 && constant <= 1 ? undefined : `prob must be 0 to 1, received ${constant}.`;
  }
  if (constant !== undefined) return 'prob must be a tile or a constant, received both.';
  if (FORMATS[tile.dtype].kind !== 'float') return `prob must have a float format, received ${tile.dtype}.`;
  const ofIntegers = FORMATS[data.dtype].kind === 'integer';
  return columnProblem('prob', tile, data.partitions, ofIntegers ? FLOAT32 : undefined);
}

/** Draws below it are dropped: none where prob is NaN or negative, all from 1 on. */
const thresholdOf = (prob: number): number => Math.floor(prob * 2 ** 32);

export const dropout: Entry<'dropout'> = {
  summary: 'dst = 0 with probability prob, else data.',
  chips: ALL_CHIPS,
  engines: ['vector'],
  rules: [
    'dst and data have equal partitions and elements, and one format.',
    'prob is a constant of 0 to 1, rounded to float32, or a tile of P x 1: float32 where data has an integer format, else of any float format.',
    'Elements that stay keep their bits, NaN and infinities too; those that are dropped become code 0, whatever they were. Nothing is scaled.',
    'Each element takes one draw of its partition’s generators, in the order of the access pattern, whatever prob is.',
    'It is dropped when the draw, of 0 to 2^32 - 1, is below prob x 2^32, whose fraction is cut off.',
    'A tile’s probabilities from 1 on drop everything; negative ones and NaN drop nothing.',
  ],
  problems: (instruction, chip) => {
    const { engine, dst, sources } = instruction;
    const { data } = sources;
    return [
      ...operandProblems({ dst, ...sources }, engine, chip),
      shapeProblem({ dst, data }),
      dst.dtype === data.dtype ? undefined : `dst must be ${data.dtype}, as data is, received ${dst.dtype}.`,
      probabilityProblem(instruction),
    ];
  },
  run: ({ dst, sources: { data, prob }, attributes }, machine) => {
    const codes = machine.read('data', data).slice();
    const column = columnOf(machine, 'prob', prob, attributes.prob, data.partitions);
    const draws = drawsFor(machine, 'vector', dst);
    const width = widthOf(dst);
    column.forEach((probability, p) => {
      const threshold = thresholdOf(probability);
      for (let at = p * width; at < (p + 1) * width; at++) {
        if ((draws[at] ?? NaN) < threshold) codes[at] = 0;
      }
    });
    machine.write(dst, codes);
  },
  cost: {
    words: 'max(64, N) Vector cycles',
    documented: true,
    work: ({ dst }) => datapath(widthOf(dst)),
  },
};
