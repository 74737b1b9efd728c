/**
 * nc_stream_shuffle (nki.isa.nc_stream_shuffle): moves partitions within quadrants of 32. In each quadrant of dst, partition i takes
 * partition mask[i] of the same quadrant of src, counted from where dst and src start; 255 leaves it. Bits are kept.
 * All of src is read before anything is written. Named choices: only dst's partitions are written, whatever the mask says of
 * the rest of their quadrant, and only src's partitions can be read.
 */
import { partitionProblem } from '../../chip';
import { countOf } from '../../program';
import type { ChipPattern, Instruction } from '../../program';
import { datapath } from '../cost';
import { ALL_CHIPS, type Entry, type Problem } from '../entry';
import { operandProblems, spaceProblem, widthOf } from '../rules';

type Shuffle = Instruction<'nc_stream_shuffle'>;

const QUADRANT = 32;
const LEAVE = 255;

/** src's partition that dst's partition i takes, or undefined where it is left. */
function takenBy(i: number, mask: readonly number[]): number | undefined {
  const within = mask[i % QUADRANT] ?? LEAVE;
  return within === LEAVE ? undefined : i - (i % QUADRANT) + within;
}

/** The partitions of dst that are written, with those of src that they take. */
function movesOf({ dst, sources: { src }, attributes: { shuffle_mask } }: Shuffle) {
  const one = (pattern: ChipPattern, i: number): ChipPattern => ({
    ...pattern,
    partition: pattern.partition + i,
    partitions: 1,
  });
  const moves: { readonly to: ChipPattern; readonly from: ChipPattern }[] = [];
  for (let i = 0; i < dst.partitions; i++) {
    const from = takenBy(i, shuffle_mask);
    // Of an illegal mask, only what src has.
    if (from !== undefined && from < src.partitions) moves.push({ to: one(dst, i), from: one(src, from) });
  }
  return moves;
}

function maskProblem({ dst, sources: { src }, attributes: { shuffle_mask } }: Shuffle): Problem {
  if (shuffle_mask.length !== QUADRANT) {
    return `shuffle_mask has ${QUADRANT} entries, received ${shuffle_mask.length}.`;
  }
  const wrong = shuffle_mask.find((entry) => entry >= QUADRANT && entry !== LEAVE);
  if (wrong !== undefined) {
    return `an entry of shuffle_mask is 0 to ${QUADRANT - 1}, or ${LEAVE}, received ${wrong}.`;
  }
  for (let i = 0; i < dst.partitions; i++) {
    const from = takenBy(i, shuffle_mask);
    if (from !== undefined && from >= src.partitions) {
      return `partition ${i} of dst takes partition ${from} of src, which has ${src.partitions}: widen src, or leave it with ${LEAVE}.`;
    }
  }
  return undefined;
}

export const streamShuffle: Entry<'nc_stream_shuffle'> = {
  summary: 'In each quadrant of 32 partitions, partition i of dst = partition shuffle_mask[i] of src.',
  chips: ALL_CHIPS,
  engines: ['vector'],
  rules: [
    'dst and src are of one format, with as many elements of each partition.',
    'Both start where the larger of them, rounded up to whole quadrants, may start: 32 partitions at 0, 32, 64 or 96, 64 at 0 or 64, more at 0.',
    'shuffle_mask has 32 entries of 0 to 31, or 255, which leaves dst’s partition as it is.',
    'Only partitions of dst are written, and only partitions of src may be taken.',
  ],
  problems: (instruction, chip) => {
    const { engine, dst, sources } = instruction;
    const { src } = sources;
    const active = Math.ceil(Math.max(dst.partitions, src.partitions) / QUADRANT) * QUADRANT;
    const start = (name: string, partition: number): Problem => {
      const problem = partitionProblem(partition, active);
      return problem && `${name}: ${problem}`;
    };
    const [wanted, received] = [countOf(dst.dims), countOf(src.dims)];
    return [
      spaceProblem('dst', dst, ['sbuf', 'psum']),
      spaceProblem('src', src, ['sbuf', 'psum']),
      ...operandProblems({ dst, src }, engine, chip),
      start('dst', dst.partition),
      start('src', src.partition),
      dst.dtype === src.dtype
        ? undefined
        : `dst and src must be of one format, received ${dst.dtype} and ${src.dtype}.`,
      wanted === received
        ? undefined
        : `dst and src must have as many elements of each partition, received ${wanted} and ${received}.`,
      maskProblem(instruction),
    ];
  },
  parts: (instruction, operand) => {
    const moves = movesOf(instruction);
    if (operand === 'src') return moves.map(({ from }) => from);
    return operand === 'dst' ? moves.map(({ to }) => to) : undefined;
  },
  run: (instruction, machine) => {
    const moves = movesOf(instruction).map(({ to, from }) => ({ to, codes: machine.read('src', from) }));
    for (const { to, codes } of moves) machine.write(to, codes);
  },
  cost: {
    words: 'max(64, N) Vector cycles',
    documented: true,
    work: ({ sources: { src } }) => datapath(widthOf(src)),
  },
};
