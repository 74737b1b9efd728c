/**
 * What a DMA asks of the 16 DMA engines of a core: which of them take part, and how many descriptors of how many contiguous bytes
 * each moves. Facts: each engine serves 8 partitions of SBUF, and a descriptor moves contiguous bytes (NKI DMA overview,
 * examples 1 and 2; trainium_inferentia2_arch.rst, data movement). What moves within HBM is dealt out to all engines evenly, a
 * named choice.
 */
import { CHIPS, type ChipName, type Timing } from '../chip';
import { workOf } from '../isa';
import { bytesOf, countOf } from '../program';
import type { Dim, Instruction, Pattern, Patterns } from '../program';

export const DMA_ENGINES = 16;
const PARTITIONS_OF_ENGINE = 8;

/** The operands that a DMA moves to dst; none of what is no DMA. */
export function movedOf(instruction: Instruction, chip: ChipName): readonly Pattern[] {
  if (instruction.dst === undefined) return [];
  const work = workOf(instruction, CHIPS[chip]);
  if (work.unit !== 'dma') return [];
  const sources: Patterns = instruction.sources;
  return work.moved.flatMap((name) => sources[name] ?? []);
}

/** Descriptors of each engine, and bytes of each descriptor; overwritten by the next `deal`. */
export interface Dealt {
  readonly descriptors: Float64Array;
  bytes: number;
}

/** Elements of a row that lie one after the other, before the first step elsewhere. */
function runOf(dims: readonly Dim[]): number {
  let run = 1;
  for (let at = dims.length - 1; at >= 0; at--) {
    const dim = dims[at];
    if (dim === undefined || dim[1] === 1) continue;
    if (dim[0] !== run) break;
    run *= dim[1];
  }
  return run;
}

/** Deals one source's way to dst out to the engines. */
export function deal(src: Pattern, dst: Pattern, into: Dealt): void {
  const { descriptors } = into;
  descriptors.fill(0);
  const chip = dst.space === 'hbm' ? src : dst;
  const elements = countOf(dst.dims) * (dst.space === 'hbm' ? 1 : dst.partitions);
  const size = Math.max(bytesOf(src.dtype), bytesOf(dst.dtype));
  const run = Math.max(1, Math.min(runOf(src.dims), runOf(dst.dims)));
  if (chip.space === 'hbm') {
    const share = Math.ceil(elements / DMA_ENGINES);
    const piece = Math.min(run, share);
    into.bytes = piece * size;
    let left = Math.ceil(elements / piece);
    for (let engine = 0; engine < DMA_ENGINES && left > 0; engine++) {
      const own = Math.ceil(left / (DMA_ENGINES - engine));
      descriptors[engine] = own;
      left -= own;
    }
    return;
  }
  const row = elements / chip.partitions;
  into.bytes = Math.min(run, row) * size;
  const perRow = Math.ceil(row / Math.min(run, row));
  const end = chip.partition + chip.partitions;
  for (let partition = chip.partition; partition < end;) {
    const engine = Math.floor(partition / PARTITIONS_OF_ENGINE);
    const next = Math.min(end, (engine + 1) * PARTITIONS_OF_ENGINE);
    descriptors[engine] = (next - partition) * perRow;
    partition = next;
  }
}

/** ns that an engine moves data: at the rate that it sustains, and no descriptor faster than the least. */
export function dataTime(descriptors: number, bytes: number, share: number, timing: Timing): number {
  return descriptors * Math.max(bytes / (timing.dmaSustained * share), timing.dmaDescriptor);
}

/** ns that they keep an engine from the next transfer, without the overhead of the transfer. */
export function engineTime(descriptors: number, bytes: number, share: number, timing: Timing): number {
  return descriptors * Math.max(bytes / (timing.dmaPeak * share), timing.dmaDescriptor);
}
