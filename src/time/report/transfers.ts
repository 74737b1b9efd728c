/** What DMA moves: bytes by HBM tensor and how often each is loaded, descriptors and their size, and the rate that is reached. */
import { bytesOf, elementsOf, readsOf, tensorBytes, writesOf } from '../../program';
import type { HbmTensor, Pattern } from '../../program';
import { deal, DMA_ENGINES, engineTime, movedOf, type Dealt } from '../transfers';
import type { Timeline } from '../types';

export interface TensorTraffic {
  readonly name: string;
  readonly role: HbmTensor['role'];
  readonly bytes: number;
  /** Bytes of it that were read and written, and how often that is all of it. */
  readonly read: number;
  readonly written: number;
  readonly timesRead: number;
  readonly timesWritten: number;
}

/** HBM tensors in the Program's order. */
export function tensorTraffic({ program, instructions }: Timeline): readonly TensorTraffic[] {
  const moved = new Map<string, { read: number; written: number }>();
  for (const tensor of program.tensors) {
    if (tensor.space === 'hbm') moved.set(tensor.name, { read: 0, written: 0 });
  }
  const bytes = (pattern: Pattern): number => elementsOf(pattern) * bytesOf(pattern.dtype);
  for (const instruction of instructions) {
    for (const { pattern } of readsOf(instruction)) {
      const sum = pattern.space === 'hbm' ? moved.get(pattern.tensor) : undefined;
      if (sum !== undefined) sum.read += bytes(pattern);
    }
    for (const { pattern } of writesOf(instruction)) {
      const sum = pattern.space === 'hbm' ? moved.get(pattern.tensor) : undefined;
      if (sum !== undefined) sum.written += bytes(pattern);
    }
  }
  return program.tensors.flatMap((tensor) => {
    if (tensor.space !== 'hbm') return [];
    const { read, written } = moved.get(tensor.name) ?? { read: 0, written: 0 };
    const size = tensorBytes(tensor);
    const times = (count: number): number => (size === 0 ? 0 : count / size);
    const { name, role } = tensor;
    return [{ name, role, bytes: size, read, written, timesRead: times(read), timesWritten: times(written) }];
  });
}

export interface DmaReport {
  readonly transfers: number;
  /** What moved, each byte once, and in how many descriptors. */
  readonly bytes: number;
  readonly descriptors: number;
  readonly bytesPerDescriptor: number;
  /** Of the bytes: those in descriptors of fewer than 512 bytes, below which a descriptor costs more than its bytes. */
  readonly inSmall: number;
  /** Of the time that descriptors take of the engines: that of such small ones. */
  readonly timeInSmall: number;
  /** B/ns over the whole time, while the engines were busy, and at most of all engines. */
  readonly rate: number;
  readonly rateWhileBusy: number;
  readonly peak: number;
  /** ns that each of the engines was busy, no longer than the total; their mean and the busiest as shares of it. */
  readonly busy: readonly number[];
  readonly meanShare: number;
  readonly mostShare: number;
}

/** Descriptors below this cost more than their bytes (nki-dma-bandwidth-guide.rst). */
export const SMALL_DESCRIPTOR = 512;

/** Of a timeline with DMAs; undefined of others. */
export function dmaOf(timeline: Timeline): DmaReport | undefined {
  const { instructions, moving, dmaBusy, total, timing } = timeline;
  const dealt: Dealt = { descriptors: new Float64Array(DMA_ENGINES), bytes: 0 };
  let [transfers, bytes, descriptors, small, time, smallTime] = [0, 0, 0, 0, 0, 0];
  instructions.forEach((instruction, at) => {
    if (Number.isNaN(moving[at] ?? NaN) || instruction.dst === undefined) return;
    transfers++;
    for (const source of movedOf(instruction, timeline.chip)) {
      deal(source, instruction.dst, dealt);
      const count = dealt.descriptors.reduce((all, own) => all + own, 0);
      descriptors += count;
      bytes += count * dealt.bytes;
      const taken = engineTime(count, dealt.bytes, 1, timing);
      time += taken;
      if (dealt.bytes >= SMALL_DESCRIPTOR) continue;
      small += count * dealt.bytes;
      smallTime += taken;
    }
  });
  if (transfers === 0) return undefined;
  // What an engine still does for a transfer when its last byte is there is of no use to the Program.
  const busy = Array.from(dmaBusy, (taken) => Math.min(taken, total));
  const sum = (all: readonly number[]): number => all.reduce((ns, own) => ns + own, 0);
  const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  return {
    transfers,
    bytes,
    descriptors,
    bytesPerDescriptor: ratio(bytes, descriptors),
    inSmall: ratio(small, bytes),
    timeInSmall: ratio(smallTime, time),
    rate: ratio(bytes, total),
    rateWhileBusy: ratio(DMA_ENGINES * bytes, sum([...dmaBusy])),
    peak: DMA_ENGINES * timing.dmaPeak,
    busy,
    meanShare: ratio(sum(busy) / DMA_ENGINES, total),
    mostShare: ratio(Math.max(...busy), total),
  };
}
