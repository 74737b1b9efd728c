/**
 * Where an access reaches along one axis, rows or columns: all between a first and an end, or, like the teeth of a comb, `run` of
 * every `stride` of it, so that columns of a tile that are taken in turn do not meet. Where combs are said to be apart they are; that
 * they meet may be said of two whose strides differ, if they are long.
 */
/** Teeth that are held against another comb one by one. */
const MAX_TEETH = 64;

/** Four numbers in a row of a table: first, end, run, stride; a stride of 0: all between first and end. */
export const COMB = 4;

export type Table = Int32Array;

const mod = (value: number, by: number) => ((value % by) + by) % by;

/** Whether the combs at `a` and `b` of a table have anything in common. */
export function meet(table: Table, a: number, b: number): boolean {
  const first = Math.max(table[a] ?? 0, table[b] ?? 0);
  const end = Math.min(table[a + 1] ?? 0, table[b + 1] ?? 0);
  if (first >= end) return false;
  const [strideA, strideB] = [table[a + 3] ?? 0, table[b + 3] ?? 0];
  if (strideA === 0) return strideB === 0 || meetsAll(table, b, first, end);
  if (strideB === 0) return meetsAll(table, a, first, end);
  if (strideA === strideB) {
    const apart = mod((table[b] ?? 0) - (table[a] ?? 0), strideA);
    return apart < (table[a + 2] ?? 0) || apart + (table[b + 2] ?? 0) > strideA;
  }
  const [wide, narrow] = strideA > strideB ? [a, b] : [b, a];
  return teethMeet(table, wide, narrow, first, end);
}

/** Whether a comb has anything of `first` to `end`, which is within its own. */
function meetsAll(table: Table, comb: number, first: number, end: number): boolean {
  const stride = table[comb + 3] ?? 0;
  const into = (first - (table[comb] ?? 0)) % stride;
  return into < (table[comb + 2] ?? 0) || into + end - first > stride;
}

/** Combs of different strides: tooth by tooth; where there are many, whether any two teeth can meet, however far along. */
function teethMeet(table: Table, wide: number, narrow: number, first: number, end: number): boolean {
  const [origin, run, stride] = [table[wide] ?? 0, table[wide + 2] ?? 0, table[wide + 3] ?? 1];
  if ((end - first) / stride > MAX_TEETH) {
    const step = commonDivisor(stride, table[narrow + 3] ?? 1);
    const apart = mod((table[narrow] ?? 0) - origin, step);
    return apart < run || apart + (table[narrow + 2] ?? 0) > step;
  }
  const skipped = Math.floor((first - origin) / stride);
  for (let tooth = origin + skipped * stride; tooth < end; tooth += stride) {
    const [from, to] = [Math.max(tooth, first), Math.min(tooth + run, end)];
    if (from < to && meetsAll(table, narrow, from, to)) return true;
  }
  return false;
}

function commonDivisor(a: number, b: number): number {
  let [large, small] = [a, b];
  while (small > 0) [large, small] = [small, large % small];
  return large;
}

/** Whether the comb at `a` has all of the comb at `b`. */
export function covers(table: Table, a: number, b: number): boolean {
  const [first, end] = [table[b] ?? 0, table[b + 1] ?? 0];
  if (first < (table[a] ?? 0) || end > (table[a + 1] ?? 0)) return false;
  const stride = table[a + 3] ?? 0;
  if (stride === 0) return true;
  const strideB = table[b + 3] ?? 0;
  const tooth = strideB > 0 && strideB % stride === 0 ? (table[b + 2] ?? 0) : end - first;
  return ((first - (table[a] ?? 0)) % stride) + tooth <= (table[a + 2] ?? 0);
}

/** Where an access pattern reaches along an axis, taken apart into combs. One is used again and again, since there are millions. */
export class Axis {
  /** How many combs; `take` sets the one that `first`, `end`, `run` and `stride` are of. */
  pieces = 1;
  first = 0;
  end = 0;
  run = 0;
  stride = 0;
  start = 0;
  /** How many steps there are; fewer when what is contiguous is joined. */
  steps = 0;
  /** Of each step, strides ascending. */
  readonly strides: number[] = [];
  readonly counts: number[] = [];

  /** `run` from `start` on. */
  set(start: number, run: number): void {
    this.start = start;
    this.run = run;
    this.steps = 0;
  }

  /** All of it again `count` times, each `stride` further. */
  repeat(stride: number, count: number): void {
    if (count === 1 || stride === 0) return;
    if (stride < 0) this.start += stride * (count - 1);
    const { strides, counts } = this;
    const size = Math.abs(stride);
    let at = this.steps++;
    for (; at > 0 && (strides[at - 1] ?? 0) > size; at--) {
      strides[at] = strides[at - 1] ?? 0;
      counts[at] = counts[at - 1] ?? 0;
    }
    strides[at] = size;
    counts[at] = count;
  }

  /** Takes steps that touch or overlap into the run, and joins steps that continue each other. */
  join(): void {
    const { strides, counts } = this;
    let [kept, next] = [0, 0];
    for (let at = 0; at < this.steps; at++) {
      const stride = strides[at] ?? 0;
      const count = counts[at] ?? 0;
      if (kept === 0 && stride <= this.run) this.run += stride * (count - 1);
      else {
        if (kept > 0 && stride === next) counts[kept - 1] = (counts[kept - 1] ?? 0) * count;
        else {
          strides[kept] = stride;
          counts[kept++] = count;
        }
        next = stride * count;
      }
    }
    this.steps = kept;
  }

  /** From the first to behind the last. */
  get span(): number {
    let span = this.run;
    for (let at = 0; at < this.steps; at++) span += (this.strides[at] ?? 0) * ((this.counts[at] ?? 0) - 1);
    return span;
  }

  /** Takes all steps but the smallest apart: into `most` combs at most, or else into one that has more than the pattern. */
  split(most: number): void {
    this.pieces = 1;
    if (this.steps < 2) return;
    for (let at = 1; at < this.steps; at++) this.pieces *= this.counts[at] ?? 1;
    if (this.pieces <= most) return;
    this.pieces = 1;
    const { span } = this;
    const [smallest = 0] = this.strides;
    let whole = true;
    for (let at = 1; at < this.steps; at++) whole &&= (this.strides[at] ?? 0) % smallest === 0;
    if (!whole) {
      this.set(this.start, span);
      return;
    }
    this.steps = 1;
    this.counts[0] = (span - this.run) / smallest + 1;
  }

  take(piece: number): void {
    let left = piece;
    this.first = this.start;
    for (let at = 1; at < this.steps; at++) {
      const count = this.counts[at] ?? 1;
      this.first += (left % count) * (this.strides[at] ?? 0);
      left = Math.floor(left / count);
    }
    this.stride = this.steps > 0 ? (this.strides[0] ?? 0) : 0;
    this.end = this.first + this.run + (this.steps > 0 ? this.stride * ((this.counts[0] ?? 1) - 1) : 0);
  }
}
