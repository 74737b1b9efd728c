/** topk: see src/isa/gpsimd/topk.ts. */
import topkWgsl from '../../../../../shaders/interpreter/gpsimd/topk.wgsl';
import { accessedParts } from '../../../../isa';
import { CORE } from '../../../../isa/gpsimd/cores';
import { bytesOf, countOf } from '../../../../program';
import type { ChipPattern, Instruction } from '../../../../program';
import type { GpuEntry } from '../entry';
import { asideBytes, placeAside } from '../place';

const WORD = 4;

/** Positions of n elements, over the partitions of a core: words of each. */
const columnsOf = ({ attributes: { n } }: Instruction<'topk'>) => Math.ceil(n / CORE);

/** What src takes aside, which may be overwritten. */
const sourceBytes = (src: ChipPattern) => Math.ceil((countOf(src.dims) * bytesOf(src.dtype)) / WORD) * WORD;

export const topk: GpuEntry<'topk'> = {
  room: (instruction) => sourceBytes(instruction.sources.src) + 2 * columnsOf(instruction) * WORD,
  works: (instruction, { lowering }) => {
    const { dst, results, sources, attributes } = instruction;
    if (results === undefined) throw new Error('Invariant violation: topk without idx_dst');
    const src = lowering.read(sources.src);
    const positions = { ...src.place, dtype: 'uint32', width: columnsOf(instruction) } as const;
    const passed = placeAside(lowering.layout, positions, sourceBytes(sources.src));
    const sorted = { ...passed, base: passed.base + asideBytes(passed) };
    return lowering.lane('topk', topkWgsl, {
      operands: {
        dst: lowering.write(dst),
        idx_dst: lowering.write(results.idx_dst),
        src,
        passed: { place: passed, reads: true, writes: true },
        sorted: { place: sorted, reads: true, writes: true },
      },
      counted: 'dst',
      crosses: true,
      words: [attributes.n, countOf(dst.dims)],
      parts: {
        dst: accessedParts(instruction, 'dst') ?? [],
        idx_dst: accessedParts(instruction, 'idx_dst') ?? [],
      },
    });
  },
};
