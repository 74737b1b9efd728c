/** Rates over time: bytes that DMA moved and what the systolic array multiplied, in equal parts of a timeline. */
import { CHIPS, type ChipName } from '../chip';
import { workOf } from '../isa';
import type { Instruction } from '../program';
import { bytesMoved, visitTransfers } from './moves';
import { peakTime } from './report/matmuls';
import { isTranspose } from './traffic';
import { movedOf } from './transfers';
import type { Timeline } from './types';

/** values[i] is the mean from i * width to (i + 1) * width. */
export interface Binned {
  /** ns. */
  readonly width: number;
  readonly values: Float64Array;
}

/** B/ns, which is GB/s: each DMA engine moves its part of a transfer evenly. */
export function dmaThroughput(timeline: Timeline, bins: number): Binned {
  const parts = new Bins(timeline.total, bins);
  visitTransfers(timeline, (_, bytes, engines) => {
    const dealt = engines.bytes.reduce((sum, own) => sum + own, 0);
    engines.bytes.forEach((own, engine) => {
      if (own > 0) parts.spread(engines.from[engine] ?? 0, engines.until[engine] ?? 0, (bytes * own) / dealt);
    });
  });
  return parts.rates();
}

/** Share of the peak of the systolic array that matmuls reach, without transposes (MFU), and from 0 to 1. */
export function arrayUse(timeline: Timeline, bins: number): Binned {
  const { chip: name, instructions, start, free, total } = timeline;
  const chip = CHIPS[name];
  const parts = new Bins(total, bins);
  instructions.forEach((instruction, at) => {
    if (instruction.engine !== 'tensor' || isTranspose(instruction)) return;
    const work = workOf(instruction, chip);
    if (work.unit !== 'array') return;
    parts.spread(start[at] ?? 0, free[at] ?? 0, peakTime(instruction, work, chip));
  });
  return parts.rates();
}

/** Bytes that a DMA moves to dst, of the wider of both formats; 0 of what is no DMA. */
export function dmaBytes(instruction: Instruction, chip: ChipName): number {
  const { dst } = instruction;
  if (dst === undefined) return 0;
  let bytes = 0;
  for (const source of movedOf(instruction, chip)) {
    bytes += bytesMoved(source, dst);
  }
  return bytes;
}

class Bins {
  readonly #amounts: Float64Array;
  readonly #width: number;

  constructor(total: number, bins: number) {
    this.#amounts = new Float64Array(total > 0 ? bins : 0);
    this.#width = total / bins;
  }

  /** Deals an amount out to the parts of the time in which it fell. */
  spread(from: number, to: number, amount: number): void {
    const bins = this.#amounts.length;
    const width = this.#width;
    const at = (time: number): number => Math.max(0, Math.min(bins - 1, Math.floor(time / width)));
    const [first, last] = [at(from), at(to)];
    for (let bin = first; bin <= last && bin < bins; bin++) {
      const begin = bin === first ? from : bin * width;
      const end = bin === last ? to : (bin + 1) * width;
      const share = to > from ? (end - begin) / (to - from) : 1;
      this.#amounts[bin] = (this.#amounts[bin] ?? 0) + amount * share;
    }
  }

  rates(): Binned {
    return { width: this.#width, values: this.#amounts.map((amount) => amount / this.#width) };
  }
}
