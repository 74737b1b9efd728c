/**
 * What lies in SBUF and PSUM while a timeline runs. A tensor is there from the start of its first write to the end of its last
 * use. A write of all of it, by an instruction that does not read it, begins a new version: what it held is of no use between the
 * end of its last use and that write, so that the buffers of a pipeline are counted only while they hold something.
 */
import { CHIPS, type Chip } from '../chip';
import { bytesOf, countOf, tensorBytes } from '../program';
import type { Instruction, Pattern, Patterns, PsumTensor, SbufTensor } from '../program';
import { keepsSome } from './keeps';
import type { Timeline } from './types';

/** A step function of time: values[i] from times[i] to times[i + 1], and 0 before the first. */
export interface Steps {
  /** ns, ascending. */
  readonly times: Float64Array;
  readonly values: Float64Array;
}

export interface Occupancy {
  /** The tensors of the Program that are on the chip. */
  readonly tensors: readonly (SbufTensor | PsumTensor)[];
  /** Versions of tensors, by the time from which they are there: index in `tensors`, and which of its versions, from 0. */
  readonly tensor: Int32Array;
  readonly version: Int32Array;
  /** ns from and until when each is there. */
  readonly from: Float64Array;
  readonly to: Float64Array;
  /** Bytes used of the fullest partition of SBUF. */
  readonly sbuf: Steps;
  /** Banks of PSUM in use, of any of their partitions. */
  readonly psum: Steps;
  /** The latest `to` of halves of halves of the versions, for `aliveAt`. */
  readonly latest: Float64Array;
}

export function occupancyOf(timeline: Timeline): Occupancy {
  const chip = CHIPS[timeline.chip];
  const tensors = timeline.program.tensors.filter((tensor) => tensor.space !== 'hbm');
  const lives = new Lives(tensors);
  timeline.instructions.forEach((instruction, at) => {
    const { moving, start, end } = timeline;
    const moved = moving[at] ?? NaN;
    lives.visit(instruction, at, Number.isNaN(moved) ? (start[at] ?? 0) : moved, end[at] ?? 0);
  });
  return { tensors, ...lives.sorted(chip) };
}

/** The value of a step function at a time. */
export function valueAt({ times, values }: Steps, time: number): number {
  const after = firstAfter(times, time);
  return after === 0 ? 0 : (values[after - 1] ?? 0);
}

/** The versions that are there at a time, as indices in the order of `from`. */
export function aliveAt({ from, to, latest }: Occupancy, time: number): number[] {
  const alive: number[] = [];
  const begun = firstAfter(from, time);
  const width = latest.length / 2;
  const search = (node: number, first: number, size: number): void => {
    if (first >= begun || !((latest[node] ?? 0) > time)) return;
    if (size === 1) {
      if ((to[first] ?? 0) > time) alive.push(first);
      return;
    }
    search(2 * node, first, size / 2);
    search(2 * node + 1, first + size / 2, size / 2);
  };
  if (width >= 1) search(1, 0, width);
  return alive;
}

/** The bytes of a partition where a tensor lies, the end excluded; of PSUM, whole banks. */
export function bytesAt(tensor: SbufTensor | PsumTensor, { psum }: Chip): { start: number; end: number } {
  const bytes = tensorBytes(tensor);
  if (tensor.space === 'sbuf') return { start: tensor.address, end: tensor.address + bytes };
  const banks = Math.max(1, Math.ceil(bytes / psum.bankBytes));
  return { start: tensor.bank * psum.bankBytes, end: (tensor.bank + banks) * psum.bankBytes };
}

/** How many of ascending times are not after `time`. */
function firstAfter(times: Float64Array, time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Collects versions in the order of the instructions. */
class Lives {
  readonly #tensors: readonly (SbufTensor | PsumTensor)[];
  readonly #numbers: ReadonlyMap<string, number>;
  /** Of each tensor: its last version, and the last instruction that read it. */
  readonly #last: Int32Array;
  readonly #readBy: Int32Array;
  readonly #tensor: number[] = [];
  readonly #version: number[] = [];
  readonly #from: number[] = [];
  readonly #to: number[] = [];

  constructor(tensors: readonly (SbufTensor | PsumTensor)[]) {
    this.#tensors = tensors;
    this.#numbers = new Map(tensors.map(({ name }, index) => [name, index]));
    this.#last = new Int32Array(tensors.length).fill(-1);
    this.#readBy = new Int32Array(tensors.length).fill(-1);
  }

  visit(instruction: Instruction, at: number, from: number, to: number): void {
    const { dst, results, sources } = instruction;
    const all: Patterns = sources;
    for (const name in all) this.#read(all[name], at, from, to);
    this.#read(dst?.index, at, from, to);
    if (dst !== undefined) this.#write(instruction, 'dst', dst, at, from, to);
    const others: Patterns = results ?? {};
    for (const name in others) {
      const pattern = others[name];
      if (pattern !== undefined) this.#write(instruction, name, pattern, at, from, to);
    }
  }

  #read(pattern: Pattern | undefined, at: number, from: number, to: number): void {
    if (pattern === undefined) return;
    const tensor = this.#numbers.get(pattern.tensor);
    if (tensor !== undefined) {
      this.#readBy[tensor] = at;
      this.#use(tensor, from, to);
    }
    this.#read(pattern.index, at, from, to);
  }

  #write(
    instruction: Instruction,
    name: string,
    pattern: Pattern,
    at: number,
    from: number,
    to: number,
  ): void {
    const tensor = this.#numbers.get(pattern.tensor);
    if (tensor === undefined) return;
    const last = this.#last[tensor] ?? -1;
    const fresh =
      last >= 0 && this.#readBy[tensor] !== at && this.#replaces(instruction, name, pattern, tensor);
    if (fresh) this.#begin(tensor, from, to);
    else this.#use(tensor, from, to);
  }

  /** Whether nothing is left of what the tensor held. */
  #replaces(instruction: Instruction, name: string, pattern: Pattern, index: number): boolean {
    const tensor = this.#tensors[index];
    if (tensor === undefined || pattern.space === 'hbm') return false;
    return (
      pattern.partitions === tensor.partitions &&
      countOf(pattern.dims) * bytesOf(pattern.dtype) >= tensorBytes(tensor) &&
      pattern.dims.every(([stride, count]) => stride !== 0 || count === 1) &&
      !keepsSome(instruction, name, pattern)
    );
  }

  #use(tensor: number, from: number, to: number): void {
    const life = this.#last[tensor] ?? -1;
    if (life < 0) {
      this.#begin(tensor, from, to);
      return;
    }
    this.#from[life] = Math.min(this.#from[life] ?? from, from);
    this.#to[life] = Math.max(this.#to[life] ?? to, to);
  }

  #begin(tensor: number, from: number, to: number): void {
    const before = this.#last[tensor] ?? -1;
    this.#last[tensor] = this.#tensor.length;
    this.#version.push(before < 0 ? 0 : (this.#version[before] ?? 0) + 1);
    this.#tensor.push(tensor);
    this.#from.push(from);
    this.#to.push(to);
  }

  sorted(chip: Chip): Omit<Occupancy, 'tensors'> {
    this.#part();
    const order = Int32Array.from(this.#tensor.keys());
    const start = (life: number): number => this.#from[life] ?? 0;
    order.sort((a, b) => start(a) - start(b) || a - b);
    const from = Float64Array.from(order, start);
    const to = Float64Array.from(order, (life) => this.#to[life] ?? 0);
    const tensor = Int32Array.from(order, (life) => this.#tensor[life] ?? 0);
    return {
      tensor,
      version: Int32Array.from(order, (life) => this.#version[life] ?? 0),
      from,
      to,
      ...this.#steps(tensor, from, to, chip),
      latest: latestOf(to),
    };
  }

  /** A version ends when the next one begins, if an engine writes it while another still works on the one before. */
  #part(): void {
    const next = new Float64Array(this.#tensors.length).fill(Infinity);
    for (let life = this.#tensor.length - 1; life >= 0; life--) {
      const tensor = this.#tensor[life] ?? 0;
      const from = this.#from[life] ?? 0;
      const until = Math.min(this.#to[life] ?? 0, next[tensor] ?? Infinity);
      this.#to[life] = Math.max(from, until);
      next[tensor] = Math.min(from, next[tensor] ?? from);
    }
  }

  #steps(
    tensor: Int32Array,
    from: Float64Array,
    to: Float64Array,
    chip: Chip,
  ): { readonly sbuf: Steps; readonly psum: Steps } {
    const ends = Int32Array.from(to.keys()).sort((a, b) => (to[a] ?? 0) - (to[b] ?? 0) || a - b);
    const sbuf = new Recorder(chip.sbuf.partitions, (used) =>
      used.reduce((most, bytes) => Math.max(most, bytes), 0),
    );
    const psum = new Recorder(chip.psum.banks, (used) =>
      used.reduce((count, tensors) => count + (tensors > 0 ? 1 : 0), 0),
    );
    const change = (life: number, time: number, sign: 1 | -1): void => {
      const which = this.#tensors[tensor[life] ?? 0];
      if (which === undefined) return;
      const { start, end } = bytesAt(which, chip);
      if (which.space === 'sbuf') {
        sbuf.add(time, which.partition, which.partition + which.partitions, sign * (end - start));
      } else {
        const { bankBytes } = chip.psum;
        psum.add(time, start / bankBytes, end / bankBytes, sign);
      }
    };
    let begun = 0;
    for (const life of ends) {
      const time = to[life] ?? 0;
      // What begins when another ends comes after it; what ends as it begins is there for no time at all.
      for (; begun < from.length && ((from[begun] ?? 0) < time || begun <= life); begun++) {
        change(begun, from[begun] ?? 0, 1);
      }
      change(life, time, -1);
    }
    return { sbuf: sbuf.steps(), psum: psum.steps() };
  }
}

/** Records what a measure of some cells is whenever they change. */
class Recorder {
  readonly #cells: Float64Array;
  readonly #measure: (cells: Float64Array) => number;
  readonly #times: number[] = [];
  readonly #values: number[] = [];

  constructor(cells: number, measure: (cells: Float64Array) => number) {
    this.#cells = new Float64Array(cells);
    this.#measure = measure;
  }

  add(time: number, first: number, end: number, amount: number): void {
    for (let cell = first; cell < end; cell++) this.#cells[cell] = (this.#cells[cell] ?? 0) + amount;
    if (this.#times.at(-1) === time) {
      this.#times.pop();
      this.#values.pop();
    }
    const value = this.#measure(this.#cells);
    if (value === (this.#values.at(-1) ?? 0)) return;
    this.#times.push(time);
    this.#values.push(value);
  }

  steps(): Steps {
    return { times: Float64Array.from(this.#times), values: Float64Array.from(this.#values) };
  }
}

/** A binary tree of maxima: node n is over 2 n and 2 n + 1, the leaves are the second half. */
function latestOf(to: Float64Array): Float64Array {
  if (to.length === 0) return new Float64Array(0);
  const width = 2 ** Math.ceil(Math.log2(to.length));
  const latest = new Float64Array(2 * width).fill(-Infinity);
  latest.set(to, width);
  for (let node = width - 1; node >= 1; node--) {
    latest[node] = Math.max(latest[2 * node] ?? -Infinity, latest[2 * node + 1] ?? -Infinity);
  }
  return latest;
}
