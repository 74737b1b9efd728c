/** Indices for operands on trn3 that may have one (src/isa/indirection.ts). */
import type { Chip } from '../../src/chip';
import { groupOf, instructionProblem, ISA } from '../../src/isa';
import { countOf } from '../../src/program';
import type { ChipPattern, Instruction, Pattern } from '../../src/program';
import type { Content } from './contents';
import type { Choices } from './choices';
import type { ChipWanted } from './wanted';

/** What draws an instruction: a draft of a Program. */
interface Drawing {
  readonly chip: Chip;
  readonly choices: Choices;
  start(partitions: number): number;
  of<T>(list: readonly T[]): T;
  elementsBehind(pattern: Pattern): number;
  source(wanted: ChipWanted): ChipPattern;
}

/** Once in some times, the instruction with an index for one of its operands, whose tile is loaded before. */
export function indirectly(draft: Drawing, instruction: Instruction): Instruction {
  const { choices, chip } = draft;
  const { indirect } = ISA[instruction.opcode];
  if (indirect === undefined || chip.name !== 'trn3' || !choices.oneIn(5)) return instruction;
  const name = choices.of([...indirect.sources, 'dst']);
  const sources: Readonly<Record<string, Pattern | undefined>> = instruction.sources;
  const pattern = name === 'dst' ? instruction.dst : sources[name];
  if (pattern === undefined || pattern.space === 'hbm') return instruction;
  const first = sources[indirect.sources[0] ?? ''];
  const { space, tensor, dtype, partition, partitions } = pattern;
  const width = countOf(pattern.dims);
  const columns = Math.ceil(width / groupOf(instruction.engine));
  const start =
    name !== 'dst' ? partition : first?.space === 'sbuf' ? first.partition : draft.start(partitions);
  const offsets = draft.of(['uint16', 'uint32', 'int32'] as const);
  const given = (index: ChipPattern): Instruction => {
    const dims = [[0, width]] as const;
    const chosen: ChipPattern = { space, tensor, dtype, partition, partitions, offset: 0, dims, index };
    const changed = name === 'dst' ? { dst: chosen } : { sources: { ...sources, [name]: chosen } };
    return { ...instruction, ...changed } as Instruction;
  };
  const common = { partitions, dtype: offsets } as const;
  const tried: ChipPattern = {
    space: 'sbuf',
    tensor: 'tried',
    partition: start,
    ...common,
    offset: 0,
    dims: [[1, columns]],
  };
  if (instructionProblem(given(tried), chip) !== undefined) return instruction;
  const count = draft.elementsBehind(pattern) * (choices.oneIn(40) ? 2 : 1);
  const content: Content = { kind: 'below', count, seed: choices.below(2 ** 20) };
  return given(
    draft.source({ partitions, width: columns, dtypes: [offsets], spaces: ['sbuf'], start, content }),
  );
}
