/**
 * The 16 DMA engines of a core, and the HBM behind them. An engine takes transfers one after the other. A transfer keeps it for
 * its descriptors at the peak rate and an overhead (src/chip/timing.ts, `transferOverhead`); its bytes are there when they have
 * come at the rate that the engine sustains, and when HBM, which other cores use too, has moved them.
 */
import { transferOverhead, type Timing } from '../chip';
import type { Pattern } from '../program';
import { dataTime, deal, DMA_ENGINES, engineTime, type Dealt } from './transfers';
import type { Timeline } from './types';

/** B/ns of HBM for one core, where `cores` of the chip share its stacks evenly. */
export function hbmRateOf({ timing, cores }: Pick<Timeline, 'timing' | 'cores'>): number {
  return timing.hbmStackRate / Math.ceil(cores / timing.hbmStacks);
}

export class DmaEngines {
  /** ns that each engine was taken. */
  readonly busy = new Float64Array(DMA_ENGINES);
  /** Of the transfer between `begin` and `finish`: when its first byte moved and its last one was there. */
  first = 0;
  end = 0;
  /** Of each engine that takes part in it: its bytes, as they were dealt out, and when the first and the last of them moved. */
  readonly bytes = new Float64Array(DMA_ENGINES);
  readonly from = new Float64Array(DMA_ENGINES);
  readonly until = new Float64Array(DMA_ENGINES);
  /** What kept it, and the transfer that did. */
  cause: 'dma' | 'hbm' | undefined;
  blocker = -1;
  readonly #timing: Timing;
  readonly #overhead: number;
  readonly #hbmRate: number;
  readonly #free = new Float64Array(DMA_ENGINES);
  readonly #last = new Int32Array(DMA_ENGINES).fill(-1);
  readonly #dealt: Dealt = { descriptors: new Float64Array(DMA_ENGINES), bytes: 0 };
  #hbmFree = 0;
  #hbmLast = -1;
  #at = -1;
  #time = 0;
  #share = 1;
  #hbmBytes = 0;

  /** `hbmRate`: bytes per ns that this core can have of HBM. */
  constructor(timing: Timing, hbmRate: number) {
    this.#timing = timing;
    this.#overhead = transferOverhead(timing);
    this.#hbmRate = hbmRate;
  }

  /** Instruction `at` comes to the engines, at a share of their rate. */
  begin(at: number, time: number, share: number): void {
    this.#at = at;
    this.#time = time;
    this.#share = share;
    this.#hbmBytes = 0;
    this.bytes.fill(0);
    this.first = Infinity;
    this.end = time;
    this.cause = undefined;
    this.blocker = -1;
  }

  /** One of its sources goes through the engines, each when it is free. */
  move(source: Pattern, dst: Pattern): void {
    const { descriptors } = this.#dealt;
    deal(source, dst, this.#dealt);
    const { bytes } = this.#dealt;
    let [rank, count] = [0, 0];
    for (let engine = 0; engine < DMA_ENGINES; engine++) {
      const own = descriptors[engine] ?? 0;
      if (own === 0) continue;
      count += own;
      this.#take(engine, own, bytes, this.#time + rank++ * this.#timing.dmaStagger);
    }
    if (source.space === 'hbm') this.#hbmBytes += count * bytes;
    if (dst.space === 'hbm') this.#hbmBytes += count * bytes;
  }

  #take(engine: number, descriptors: number, bytes: number, here: number): void {
    const free = this.#free[engine] ?? 0;
    const start = Math.max(here, free);
    const taken = this.#overhead + engineTime(descriptors, bytes, this.#share, this.#timing);
    const done = start + Math.min(taken, dataTime(descriptors, bytes, this.#share, this.#timing));
    this.first = Math.min(this.first, start);
    if (this.bytes[engine] === 0) this.from[engine] = start;
    this.bytes[engine] = (this.bytes[engine] ?? 0) + descriptors * bytes;
    this.until[engine] = done;
    if (done > this.end) {
      this.end = done;
      const last = this.#last[engine] ?? -1;
      // Behind its own earlier source, what kept that one counts.
      if (last !== this.#at) {
        this.cause = free > here ? 'dma' : undefined;
        this.blocker = free > here ? last : -1;
      }
    }
    this.#free[engine] = start + taken;
    this.#last[engine] = this.#at;
    this.busy[engine] = (this.busy[engine] ?? 0) + taken;
  }

  /** All sources are dealt out: HBM may need longer than the engines, which then wait for it. */
  finish(): void {
    if (this.first === Infinity) this.first = this.#time;
    if (this.#hbmBytes === 0) return;
    const behind = this.#hbmFree > this.first;
    this.#hbmFree = Math.max(this.#hbmFree, this.first) + this.#hbmBytes / this.#hbmRate;
    if (this.#hbmFree > this.end) {
      this.end = this.#hbmFree;
      if (behind) {
        this.cause = 'hbm';
        this.blocker = this.#hbmLast;
      }
      for (let engine = 0; engine < DMA_ENGINES; engine++) {
        if (this.bytes[engine] === 0) continue;
        this.until[engine] = this.#hbmFree;
        this.#free[engine] = Math.max(this.#free[engine] ?? 0, this.#hbmFree);
      }
    }
    this.#hbmLast = this.#at;
  }
}
