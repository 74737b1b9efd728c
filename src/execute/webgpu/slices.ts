/**
 * Cuts a product into dispatches that the adapter finishes in about 80 ms, so that watchdogs stay quiet and a stop is
 * immediate. First by workgroups; where as many as keep an adapter busy take longer, also between passes, with the sums kept in
 * scratch. The cut changes no bit: every output takes its passes in the plan's order.
 */

/** Workgroups first .. first+count-1 take passes passBegin .. passEnd-1 of panel `panel`. */
export interface Slice {
  readonly panel: number;
  readonly firstWorkgroup: number;
  readonly workgroups: number;
  readonly passBegin: number;
  readonly passEnd: number;
}

export interface SliceWork {
  /** Workgroups of each panel. */
  readonly panels: readonly number[];
  /** Multiply-adds of one workgroup in each pass. */
  readonly passWork: readonly number[];
  /** Workgroups whose sums fit scratch, which are resumed together; 0 when the kernel cannot resume. */
  readonly resumable: number;
  /** Workgroups of a slice at most: fewer where each pass of a split kernel has its own. */
  readonly most: number;
  /** Passes of a slice at most, where the kernel can resume. */
  readonly deepest: number;
}

/** Workgroups that keep an adapter busy whose workgroups take tens of milliseconds: a processor's, or a small GPU's. */
const TOGETHER = 16;

export const TARGET_MS = 80;
/** As many as WebGPU promises along a dimension. */
export const MAX_WORKGROUPS = 65535;

/** The slices of one product, in order. `rate` is asked anew before each: multiply-adds per millisecond, as measured so far. */
export function* slices(work: SliceWork, rate: () => number): Generator<Slice> {
  const whole = work.passWork.reduce((sum, each) => sum + each, 0);
  const last = work.passWork.length;
  const deepest = work.resumable > 0 ? work.deepest : last;
  const deep = work.passWork.slice(0, deepest).reduce((sum, each) => sum + each, 0);
  for (const [panel, total] of work.panels.entries()) {
    let first = 0;
    while (first < total) {
      const fitting = Math.floor((TARGET_MS * rate()) / whole);
      const most = Math.min(work.resumable, total - first);
      if (most === 0 || (deepest >= last && fitting >= Math.min(most, TOGETHER))) {
        const workgroups = Math.min(Math.max(1, fitting), total - first, work.most);
        yield { panel, firstWorkgroup: first, workgroups, passBegin: 0, passEnd: last };
        first += workgroups;
      } else {
        const together = Math.min(most, Math.max(TOGETHER, Math.floor((TARGET_MS * rate()) / deep)));
        for (let passBegin = 0; passBegin < last;) {
          const end = passesFitting(work.passWork, passBegin, (TARGET_MS * rate()) / together);
          const passEnd = Math.min(end, passBegin + deepest);
          yield { panel, firstWorkgroup: first, workgroups: together, passBegin, passEnd };
          passBegin = passEnd;
        }
        first += together;
      }
    }
  }
}

function passesFitting(passWork: readonly number[], begin: number, budget: number): number {
  let end = begin;
  let used = 0;
  do {
    used += passWork[end] ?? 0;
    end++;
  } while (end < passWork.length && used + (passWork[end] ?? 0) <= budget);
  return end;
}

/** How fast the adapter takes multiply-adds, learnt from finished submissions: careful at first, quick to slow down. */
export class Rate {
  #perMs: number;
  readonly #noticeMs: number;

  /** @param noticeMs after which finished work is noticed at the latest (gpu.ts). */
  constructor(perMs: number, noticeMs = 0) {
    this.#perMs = perMs;
    this.#noticeMs = noticeMs;
  }

  get perMs(): number {
    return this.#perMs;
  }

  /** Grows at most fourfold a time: a first submission may be too small to show more than its own overhead. */
  learn(work: number, ms: number): void {
    if (ms <= this.#noticeMs / 2) return; // noticed together with the submission before
    const own = ms - this.#noticeMs;
    const perMs = own > 0 ? work / own : Infinity;
    this.#perMs = Math.max(MIN_RATE, Math.min(perMs, this.#perMs * 4));
  }
}

const MIN_RATE = 1000;
