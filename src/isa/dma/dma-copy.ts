/**
 * dma_copy (nki.isa.dma_copy): moves elements between HBM and SBUF, or within either, from any access pattern to any
 * other of as many elements, and converts by way of float32. A matrix that lies row-major is loaded transposed by a
 * pattern that strides over single elements.
 *
 * Named choice: such element-strided patterns are legal on every chip and for every format. They are slow on the chip (a
 * descriptor for each element), which is why `k-major` exists; dma_transpose would serve 2- and 4-byte formats from trn2 on.
 */
import { dtypeProblem, partitionProblem } from '../../chip';
import { elementsOf } from '../../program';
import type { Pattern } from '../../program';
import { convert } from '../convert';
import type { Entry, Problem } from '../entry';
import { spaceProblem } from '../rules';

function placeProblem(name: string, pattern: Pattern): Problem {
  if (pattern.space === 'hbm') return undefined;
  // DMA addresses any partition: the start-partition rule is of the engines, and only the range holds here.
  const { partition, partitions } = pattern;
  if (partition >= 0 && partitions >= 1 && partition + partitions <= 128) return undefined;
  return `${name}: ${partitionProblem(0, partitions) ?? `partitions 0..127 exist, received ${partition}..${partition + partitions - 1}.`}`;
}

function countProblem(dst: Pattern, src: Pattern): Problem {
  if (elementsOf(dst) === elementsOf(src)) return undefined;
  return `dst and src must have equal element counts, received ${elementsOf(dst)} and ${elementsOf(src)}.`;
}

export const dmaCopy: Entry<'dma_copy'> = {
  engines: ['dma', 'sync', 'scalar', 'gpsimd'],
  problems: ({ dst, sources: { src } }, chip) => [
    spaceProblem('dst', dst, ['hbm', 'sbuf']),
    spaceProblem('src', src, ['hbm', 'sbuf']),
    placeProblem('dst', dst),
    placeProblem('src', src),
    dtypeProblem(chip, dst.dtype),
    dtypeProblem(chip, src.dtype),
    countProblem(dst, src),
  ],
  run: ({ dst, sources: { src } }, memory) => {
    memory.write(dst, convert(src.dtype, dst.dtype, memory.read('src', src)));
  },
  cost: 'About 1.3 us to start, then bytes / 16 engines at their rate; below 512 contiguous bytes a descriptor costs more than its bytes (DMA bandwidth guide)',
};
