/**
 * dma_transpose (nki.isa.dma_transpose, NKI 0.6.0): dst = src with its first and last dimensions exchanged, codes as they are.
 * All three permutations are that: [1, 0], [2, 1, 0] and [3, 1, 2, 0]. With indices src is gathered first: they replace the
 * steps of its first dimension.
 */
import type { Chip } from '../../chip';
import { codeArray } from '../../numerics';
import type { CodeArray } from '../../numerics';
import { bytesOf, elementsOf } from '../../program';
import type { Instruction, Pattern } from '../../program';
import type { Entry, Problem } from '../entry';
import { spaceProblem, widthOf } from '../rules';
import { indexProblem, partsOf, readIndices, type Side } from './indirect';
import { gather, keptOf, scatter } from './move';
import { DGE_RULES, dgeProblem, DMA_ENGINES, dmaOperandProblem } from './queue';

type Transpose = Instruction<'dma_transpose'>;

/** By how many dimensions src has. */
const PERMUTATIONS: readonly (readonly number[] | undefined)[] = [
  undefined,
  undefined,
  [1, 0],
  [2, 1, 0],
  [3, 1, 2, 0],
];

function shapeOf(pattern: Pattern): readonly number[] {
  const counts = pattern.dims.map(([, count]) => count);
  return pattern.space === 'hbm' ? counts : [pattern.partitions, ...counts];
}

/** First and last dimension, and the product of those between. */
export function endsOf(pattern: Pattern): readonly [first: number, middle: number, last: number] {
  const shape = shapeOf(pattern);
  const [first, last] = [shape[0] ?? 1, shape.at(-1) ?? 1];
  return [first, elementsOf(pattern) / (first * last), last];
}

/** [first, middle, last] to [last, middle, first]. */
export function exchangeEnds<A extends CodeArray>(
  from: CodeArray,
  to: A,
  [first, middle, last]: readonly [number, number, number],
): A {
  for (let a = 0; a < first; a++) {
    for (let b = 0; b < middle; b++) {
      for (let c = 0; c < last; c++) {
        to[(c * middle + b) * first + a] = from[(a * middle + b) * last + c] ?? NaN;
      }
    }
  }
  return to;
}

function shapeProblem({ dst, sources: { src }, attributes: { axes } }: Transpose): Problem {
  const shape = shapeOf(src);
  const wanted = PERMUTATIONS[shape.length];
  if (wanted === undefined) return `src must have 2 to 4 dimensions, received ${shape.length}.`;
  if (axes.length !== wanted.length || axes.some((axis, at) => axis !== wanted[at])) {
    return `axes of ${shape.length} dimensions are [${wanted.join(', ')}], received [${axes.join(', ')}].`;
  }
  const [first, middle, last] = endsOf(src);
  if (dst.partitions === last && widthOf(dst) === middle * first) return undefined;
  return `dst must be ${last} partitions x ${middle * first}, the permuted shape, received ${dst.partitions} x ${widthOf(dst)}.`;
}

function formatProblem({ dst, sources: { src } }: Transpose): Problem {
  const bytes = bytesOf(src.dtype);
  if (bytes !== 2 && bytes !== 4) return `src must have elements of 2 or 4 bytes, received ${src.dtype}.`;
  if (dst.dtype === src.dtype) return undefined;
  return `dst must have src’s format, ${src.dtype}, received ${dst.dtype}.`;
}

/** What the hardware's descriptors can do. */
function hardwareProblem({ sources: { src }, attributes: { dge_mode } }: Transpose): Problem {
  if (dge_mode !== 'hwdge') return undefined;
  const shape = shapeOf(src);
  const [first = 1] = shape;
  if (bytesOf(src.dtype) !== 2) return `hwdge transposes elements of 2 bytes, received ${src.dtype}.`;
  if (shape.length === 2) {
    return first === 16 ? undefined : `hwdge: src of 2 dimensions has 16 rows, received ${first}.`;
  }
  const rows = first * (shape.at(-2) ?? 1);
  if ([1, 2, 4, 8, 16].includes(first) && rows % 16 === 0) return undefined;
  return `hwdge: src’s first dimension is 1, 2, 4, 8 or 16, and times its last but one a multiple of 16, received ${first} and ${rows}.`;
}

function gatherProblem({ sources: { src, src_index: index } }: Transpose): Problem {
  if (index === undefined) return undefined;
  const shape = shapeOf(src);
  const [first = 1, second = 1, third = 1] = shape;
  if (index.dtype !== 'uint32') return `src_index must be uint32, received ${index.dtype}.`;
  if (index.partitions < 16 || index.partitions % 16 !== 0) {
    return `src_index must have 16 to 128 partitions, a multiple of 16, received ${index.partitions}.`;
  }
  if (bytesOf(src.dtype) !== 2)
    return `with an index src must have elements of 2 bytes, received ${src.dtype}.`;
  if (first % 16 !== 0) return `with an index src’s first dimension is a multiple of 16, received ${first}.`;
  if (shape.length < 4 || second === 1 || third === 1) return undefined;
  return `with an index one of src’s middle dimensions is 1, received ${second} and ${third}.`;
}

function modeProblem({ sources: { src_index: index }, attributes }: Transpose): Problem {
  const { dge_mode: mode = 'unknown', oob_mode } = attributes;
  if (index === undefined && oob_mode === 'skip') return 'oob_mode skip takes an index.';
  const wanted = index === undefined ? 'hwdge' : 'swdge';
  if (mode === 'unknown' || mode === wanted) return undefined;
  return `dge_mode must be unknown or ${wanted} ${index ? 'with' : 'without'} an index, received ${mode}.`;
}

/** src, with its index. */
export function sideOf({ sources: { src, src_index }, attributes: { src_stride } }: Transpose): Side {
  return { name: 'src', pattern: src, indexName: 'src_index', index: src_index, stride: src_stride };
}

function placeProblem({ dst, sources: { src } }: Transpose, chip: Chip): Problem {
  return (
    spaceProblem('dst', dst, ['sbuf']) ??
    dmaOperandProblem('dst', dst, chip) ??
    dmaOperandProblem('src', src, chip)
  );
}

export const dmaTranspose: Entry<'dma_transpose'> = {
  summary: 'dst = src with its first and last dimensions exchanged.',
  chips: ['trn2', 'trn3'],
  engines: DMA_ENGINES,
  rules: [
    'src is in HBM or SBUF and has 2 to 4 dimensions, of which the partitions are one; axes are [1, 0], [2, 1, 0] or [3, 1, 2, 0].',
    'dst is in SBUF: src’s last dimension, of at most 128, is its partitions, and its elements the others, in the order of axes.',
    'Elements have 2 or 4 bytes; dst has src’s format and codes.',
    'hwdge takes 2-byte elements; 16 rows of 2 dimensions, else a first of 1, 2, 4, 8 or 16 whose product with the last but one is a multiple of 16.',
    'With an index (dge_mode unknown or swdge): src is in HBM, of 2 bytes, first dimension a multiple of 16, one of two middle ones 1.',
    'src_index is uint32, of 16 to 128 partitions (a multiple of 16; 128 where it has several columns), taken column by column; what is over is not used.',
    'An index outside is an error before anything is written, or skipped: the elements of dst that it would give keep what they held.',
    ...DGE_RULES,
  ],
  problems: (instruction, chip) => {
    const { engine, dst, sources, attributes } = instruction;
    const { src, src_index } = sources;
    return [
      placeProblem(instruction, chip),
      formatProblem(instruction),
      shapeProblem(instruction),
      indexProblem(sideOf(instruction), chip, { spare: true }),
      gatherProblem(instruction),
      modeProblem(instruction),
      hardwareProblem(instruction),
      dgeProblem(
        {
          engine,
          mode: attributes.dge_mode,
          vector: src_index !== undefined,
          dynamic: (src_index ?? src.registers ?? dst.registers) !== undefined,
          from: src.dtype,
          to: dst.dtype,
        },
        chip,
      ),
    ];
  },
  run: (instruction, machine) => {
    const { dst, sources, attributes } = instruction;
    const { src } = sources;
    const side = sideOf(instruction);
    const parts = partsOf(machine, side, readIndices(machine, side), attributes.oob_mode);
    const kept = keptOf(elementsOf(src), parts);
    const codes = gather(machine, 'src', src.dtype, parts, kept);
    const ends = endsOf(src);
    scatter(
      machine,
      [dst],
      exchangeEnds(codes, codeArray(dst.dtype, codes.length), ends),
      exchangeEnds(kept, new Uint8Array(kept.length), ends),
    );
  },
  cost: {
    words:
      'As dma_copy, at best at 90 % of its rate from HBM and 50 % within SBUF (trainium2_arch.rst, DMA transpose)',
    documented: true,
    work: ({ sources: { src } }) => ({ unit: 'dma', share: src.space === 'hbm' ? 0.9 : 0.5, moved: ['src'] }),
  },
};
