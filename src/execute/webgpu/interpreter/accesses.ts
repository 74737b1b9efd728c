/** What an instruction accesses on chip, for the renaming of what it overwrites (names.ts). */
import { bytesOf, readsOf, writesOf } from '../../../program';
import type { ChipPattern, Instruction, NamedOperand, Opcode, Pattern } from '../../../program';
import type { Layout } from './layout';
import { overlap, type Rectangle } from './names';
import { placeOf, rangeOf } from './place';

/** Instructions that write every element of what they write, whatever the values, and leave their dst unread unless they accumulate. */
const WHOLLY: ReadonlySet<Opcode> = new Set([
  'activation',
  'activation_reduce',
  'dma_copy',
  'dma_transpose',
  'exponential',
  'iota',
  'memset',
  'nc_matmul',
  'nc_transpose',
  'reciprocal',
  'scalar_tensor_tensor',
  'tensor_copy',
  'tensor_reduce',
  'tensor_scalar',
  'tensor_tensor',
] as const satisfies readonly Opcode[]);

/** What an instruction accesses on chip at most, at home; and which rectangles of what it writes it overwrites whole, and reads nothing of. */
export interface Accesses {
  readonly read: readonly Rectangle[];
  readonly written: readonly Rectangle[];
  readonly whole: readonly Rectangle[];
}

/** Of an instruction without registers. */
export function accessesOf(layout: Layout, instruction: Instruction): Accesses {
  const known = WHOLLY.has(instruction.opcode) && !choosesParts(instruction);
  const rectangles = (operands: readonly NamedOperand[]): Rectangle[] =>
    operands.flatMap(({ pattern }) =>
      pattern.space === 'hbm' ? [] : [known ? exactly(layout, pattern) : allOf(layout, pattern)],
    );
  const [read, written] = [rectangles(readsOf(instruction)), rectangles(writesOf(instruction))];
  const { attributes } = instruction;
  const accumulates = 'accumulate' in attributes && attributes.accumulate;
  if (!known || accumulates) return { read, written, whole: [] };
  const whole = writesOf(instruction).flatMap(({ pattern }): Rectangle[] => {
    if (pattern.space === 'hbm' || !isDense(layout, pattern)) return [];
    const own = exactly(layout, pattern);
    // It is one of those that are written itself.
    const alone =
      !read.some((other) => overlap(other, own)) &&
      written.filter((other) => overlap(other, own)).length === 1;
    return alone ? [own] : [];
  });
  return { read, written, whole };
}

/** Whether values say which elements are accessed, by an index, or whether that can be done at all. */
function choosesParts({ dst, sources, attributes }: Instruction): boolean {
  return (
    ('transpose' in attributes && attributes.transpose) ||
    'src_index' in sources ||
    'dst_index' in sources ||
    [dst, ...Object.values<Pattern | undefined>(sources)].some((pattern) => pattern?.index !== undefined)
  );
}

function exactly(layout: Layout, pattern: ChipPattern): Rectangle {
  const [low, high] = rangeOf(placeOf(layout, pattern, layout.startOf(pattern)));
  return { low, high, partition: pattern.partition, partitions: pattern.partitions };
}

/** All of its tensor, which no instruction reaches beyond. */
const allOf = (layout: Layout, { tensor }: ChipPattern): Rectangle => layout.rectangleOf(tensor);

/** Whether a pattern has every byte between its first and its last, in whole words. */
function isDense(layout: Layout, pattern: Pattern): boolean {
  const place = placeOf(layout, pattern, layout.startOf(pattern));
  const [low, high] = rangeOf(place);
  const [step, more] = place.steps;
  return low % 4 === 0 && high % 4 === 0 && more === undefined && step?.[0] === bytesOf(place.dtype);
}
