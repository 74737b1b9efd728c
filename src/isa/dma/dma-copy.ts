/**
 * dma_copy (nki.isa.dma_copy): moves elements between HBM and SBUF, or within either, from any access pattern to any
 * other of as many elements, and converts by way of float32. A matrix that lies row-major is loaded transposed by a
 * pattern that strides over single elements. Everything is read before anything is written.
 *
 * Named choice: such element-strided patterns are legal on every chip and for every format. They are slow on the chip (a
 * descriptor for each element), which is why `k-major` exists; dma_transpose would serve 2- and 4-byte formats from trn2 on.
 */
import { isPacked } from '../../numerics';
import { elementsOf } from '../../program';
import type { Instruction } from '../../program';
import { convert } from '../convert';
import { ALL_CHIPS, type Entry, type Problem } from '../entry';
import { widthOf } from '../rules';
import { indexProblem, isVector, partsOf, readIndices, type Side } from './indirect';
import { gather, keptOf, scatter } from './move';
import { DGE_RULES, dgeProblem, DMA_ENGINES, dmaOperandProblem } from './queue';

type Copy = Instruction<'dma_copy'>;

/** The two operands, with their indices. */
export function sidesOf({ dst, sources, attributes }: Copy): { readonly from: Side; readonly to: Side } {
  const { src, src_index, dst_index } = sources;
  const { src_stride, dst_stride } = attributes;
  return {
    from: { name: 'src', pattern: src, indexName: 'src_index', index: src_index, stride: src_stride },
    to: { name: 'dst', pattern: dst, indexName: 'dst_index', index: dst_index, stride: dst_stride },
  };
}

function countProblem({ dst, sources: { src } }: Copy): Problem {
  const [wanted, received] = [elementsOf(dst), elementsOf(src)];
  if (wanted === received) return undefined;
  return `dst and src must have equal element counts, received ${wanted} and ${received}.`;
}

/** Packed codes are no numbers: there is nothing to convert (nki.isa.dma_copy: no cast of MX formats). */
function castProblem({ dst, sources: { src } }: Copy): Problem {
  if (src.dtype === dst.dtype || (!isPacked(src.dtype) && !isPacked(dst.dtype))) return undefined;
  return `packed formats are moved and not converted: dst and src must have one format, received ${dst.dtype} and ${src.dtype}.`;
}

/** Indices of several columns are a form of the gather alone (nki.isa.dma_copy, "DMA batching"). */
function batchProblem({ dst, sources: { src, src_index, dst_index } }: Copy): Problem {
  if (dst_index !== undefined && widthOf(dst_index) > 1) {
    return `dst_index has one column, received ${widthOf(dst_index)}: scatter column by column.`;
  }
  if (src_index === undefined || widthOf(src_index) === 1 || src.dtype === dst.dtype) return undefined;
  return `src_index of several columns converts nothing, received ${src.dtype} to ${dst.dtype}.`;
}

function skipProblem({ sources: { src_index, dst_index }, attributes: { oob_mode } }: Copy): Problem {
  if (oob_mode !== 'skip' || src_index !== undefined || dst_index !== undefined) return undefined;
  return 'oob_mode skip takes an index: what registers address is always checked.';
}

export const dmaCopy: Entry<'dma_copy'> = {
  summary: 'dst = src, converted to dst’s format; rows of either can be chosen by indices in SBUF.',
  chips: ALL_CHIPS,
  engines: DMA_ENGINES,
  rules: [
    'dst and src are in HBM or SBUF, of equal element counts, with any strides.',
    'Equal formats keep their bits; others go by way of float32, packed ones not at all.',
    'All of src is read before dst is written; where elements of dst coincide, the last one stays.',
    'An index belongs to an operand in HBM, and is uint32 or int32: 1 element, or one for each step of the outermost dimension.',
    'Indices of several columns have 128 partitions, are taken column by column, gather only, and convert nothing.',
    'An index of which any element lies outside the tensor is an error before anything is written, or skipped: nothing is read or written for it.',
    ...DGE_RULES,
  ],
  problems: (instruction, chip) => {
    const { engine, dst, sources, attributes } = instruction;
    const { src, src_index, dst_index } = sources;
    const plain =
      dmaOperandProblem('dst', dst, chip) ??
      dmaOperandProblem('src', src, chip) ??
      countProblem(instruction) ??
      castProblem(instruction);
    const { dge_mode: mode, src_stride, dst_stride, oob_mode } = attributes;
    const indexed = src_index ?? dst_index ?? src_stride ?? dst_stride ?? oob_mode;
    if (plain !== undefined || (indexed === undefined && mode === undefined)) return [plain];
    const { from, to } = sidesOf(instruction);
    return [
      indexProblem(from, chip),
      indexProblem(to, chip),
      batchProblem(instruction),
      skipProblem(instruction),
      dgeProblem(
        {
          engine,
          mode,
          vector: isVector(from) || isVector(to),
          dynamic: (src_index ?? dst_index ?? src.registers ?? dst.registers) !== undefined,
          from: src.dtype,
          to: dst.dtype,
        },
        chip,
      ),
    ];
  },
  run: (instruction, machine) => {
    const { dst, sources, attributes } = instruction;
    const { src, src_index, dst_index } = sources;
    if (src_index === undefined && dst_index === undefined) {
      machine.write(dst, convert(src.dtype, dst.dtype, machine.read('src', src)));
      return;
    }
    const { from, to } = sidesOf(instruction);
    const reads = partsOf(machine, from, readIndices(machine, from), attributes.oob_mode);
    const writes = partsOf(machine, to, readIndices(machine, to), attributes.oob_mode);
    const kept = keptOf(elementsOf(src), reads, writes);
    const codes = gather(machine, 'src', src.dtype, reads, kept);
    scatter(machine, writes, convert(src.dtype, dst.dtype, codes), kept);
  },
  cost: {
    words:
      'Bytes at the rate of the 16 DMA engines, after about 0.8 us to start; below 512 contiguous bytes a descriptor costs more than its bytes (DMA bandwidth guide)',
    documented: true,
    work: () => ({ unit: 'dma', share: 1, moved: ['src'] }),
  },
};
