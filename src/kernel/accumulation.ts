/**
 * The accumulation that the author of nc_matmul or nc_matmul_mx left to be inferred, as NKI does for `accumulate=None`: the first matmul into a
 * region of PSUM overwrites it, later ones add to it, until another instruction reads or writes any of it. A region is open
 * from its first matmul to that instruction.
 */
import { UserError } from '../numerics';
import { bytesOf, countOf, offsetsOf } from '../program';
import type { ChipPattern } from '../program';

interface Region {
  readonly pattern: ChipPattern;
  /** Partitions first to last and bytes low to high of each, ends included; all bytes where a register or an index decides. */
  readonly first: number;
  readonly last: number;
  readonly low: number;
  readonly high: number;
  /** Whether it takes every byte from low to high. */
  readonly dense: boolean;
}

const isUnknown = ({ registers, index }: ChipPattern) => registers !== undefined || index !== undefined;

function regionOf(pattern: ChipPattern): Region {
  const { partition, partitions, dims } = pattern;
  const place = { pattern, first: partition, last: partition + partitions - 1 };
  if (isUnknown(pattern)) return { ...place, low: -Infinity, high: Infinity, dense: true };
  let [low, high] = [pattern.offset, pattern.offset];
  for (const [stride, count] of dims) {
    const reach = stride * (count - 1);
    low += Math.min(reach, 0);
    high += Math.max(reach, 0);
  }
  const size = bytesOf(pattern.dtype);
  const dense = high - low + 1 === countOf(dims);
  return { ...place, low: low * size, high: (high + 1) * size - 1, dense };
}

/** Each byte of a partition that it takes. */
function bytesIn({ pattern }: Region): number[] {
  const size = bytesOf(pattern.dtype);
  return [...offsetsOf(pattern)].flatMap((offset) =>
    Array.from({ length: size }, (_, byte) => offset * size + byte),
  );
}

function meet(a: Region, b: Region): boolean {
  if (a.first > b.last || b.first > a.last || a.low > b.high || b.low > a.high) return false;
  if (a.dense && b.dense) return true;
  if (a.high === Infinity || b.high === Infinity) return true;
  const taken = new Set(bytesIn(a));
  return bytesIn(b).some((byte) => taken.has(byte));
}

function bounds({ pattern, first, last, low, high }: Region): string {
  const size = bytesOf(pattern.dtype);
  const chooser = pattern.index === undefined ? 'a register' : 'an index';
  const elements = isUnknown(pattern) ? `that ${chooser} chooses` : `${low / size}..${(high + 1) / size - 1}`;
  return `partitions ${first}..${last}, elements ${elements}`;
}

function same(a: ChipPattern, b: ChipPattern): boolean {
  return (
    a.partition === b.partition &&
    a.partitions === b.partitions &&
    a.offset === b.offset &&
    a.registers === b.registers &&
    a.index === b.index &&
    a.dtype === b.dtype &&
    a.dims.length === b.dims.length &&
    a.dims.every(([stride, count], index) => stride === b.dims[index]?.[0] && count === b.dims[index][1])
  );
}

export class Accumulation {
  /** Open regions by PSUM tensor. */
  readonly #open = new Map<string, Region[]>();

  /** Another instruction reads or writes PSUM. */
  close(pattern: ChipPattern): void {
    const open = this.#open.get(pattern.tensor);
    if (open === undefined) return;
    const touched = regionOf(pattern);
    const left = open.filter((region) => !meet(region, touched));
    if (left.length === 0) this.#open.delete(pattern.tensor);
    else this.#open.set(pattern.tensor, left);
  }

  /** A matmul whose author said whether it adds: what follows into the same region adds. */
  open(pattern: ChipPattern): void {
    this.close(pattern);
    const open = this.#open.get(pattern.tensor);
    if (open === undefined) this.#open.set(pattern.tensor, [regionOf(pattern)]);
    else open.push(regionOf(pattern));
  }

  /** Whether a matmul adds to its dst. @throws UserError when dst is open in part, or in another order. */
  infer(pattern: ChipPattern): boolean {
    if (isUnknown(pattern)) {
      const by = pattern.index === undefined ? 'a register moves' : 'an index scatters';
      throw new UserError(`accumulate cannot be inferred where ${by} dst: give accumulate: true or false.`);
    }
    const wanted = regionOf(pattern);
    const met = (this.#open.get(pattern.tensor) ?? []).filter((region) => meet(region, wanted));
    if (met.some((region) => same(region.pattern, pattern))) return true;
    const [other] = met;
    if (other === undefined) {
      this.open(pattern);
      return false;
    }
    throw new UserError(
      `accumulate can be inferred where dst is all of an open accumulation region or none of it, received ${bounds(wanted)} of "${pattern.tensor}" where ${bounds(other)} are open: give accumulate: true or false.`,
    );
  }
}
