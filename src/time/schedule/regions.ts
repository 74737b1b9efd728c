/** Parts of a tensor on chip, as far as it is known whether one is written all over before it is read. */
import { bytesOf, tensorBytes } from '../../program';
import type { Pattern, PsumTensor, SbufTensor } from '../../program';
import { bytesCovered, type Intervals } from '../../verify/extent';

/** Some partitions, and bytes of each of them within the tensor: half-open, ascending, apart from one another. */
export interface Region {
  readonly first: number;
  readonly end: number;
  readonly bytes: Intervals;
}

/** What is in more pieces is taken whole where it is read, and for nothing where it is written. */
const MAX_PIECES = 64;

export function wholeOf(tensor: SbufTensor | PsumTensor): Region {
  return {
    first: tensor.partition,
    end: tensor.partition + tensor.partitions,
    bytes: [0, tensorBytes(tensor)],
  };
}

/** At least what a pattern reads. */
export function regionRead(pattern: Pattern, tensor: SbufTensor | PsumTensor): Region {
  if (pattern.space === 'hbm' || pattern.registers !== undefined || pattern.index !== undefined) {
    return wholeOf(tensor);
  }
  const bytes = bytesCovered(pattern.offset, pattern.dims, bytesOf(pattern.dtype));
  if (bytes === undefined) return wholeOf(tensor);
  return {
    first: pattern.partition,
    end: pattern.partition + pattern.partitions,
    bytes: coarse(bytes),
  };
}

/** What a pattern writes for certain. */
export function regionWritten(pattern: Pattern): Region | undefined {
  if (pattern.space === 'hbm') return undefined;
  const bytes = bytesCovered(pattern.offset, pattern.dims, bytesOf(pattern.dtype));
  if (bytes === undefined || bytes.length > 2 * MAX_PIECES) return undefined;
  return {
    first: pattern.partition,
    end: pattern.partition + pattern.partitions,
    bytes,
  };
}

export const isEmpty = ({ first, end, bytes }: Region) => first >= end || bytes.length === 0;

function coarse(bytes: Intervals): Intervals {
  if (bytes.length <= 2 * MAX_PIECES) return bytes;
  return [bytes[0] ?? 0, bytes.at(-1) ?? 0];
}

/** At least both of them. */
export function joined(a: Region | undefined, b: Region): Region {
  if (a === undefined || isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  const bytes = sameBytes(a.bytes, b.bytes) ? a.bytes : coarse(unionOf(a.bytes, b.bytes));
  return { first: Math.min(a.first, b.first), end: Math.max(a.end, b.end), bytes };
}

/** At least what of `a` is not in `b`; undefined where nothing is left. */
export function without(a: Region, b: Region): Region | undefined {
  if (b.first <= a.first && b.end >= a.end) {
    const bytes = differenceOf(a.bytes, b.bytes);
    return bytes.length === 0 ? undefined : { ...a, bytes };
  }
  if (differenceOf(a.bytes, b.bytes).length > 0) return a;
  if (b.first <= a.first) return { ...a, first: Math.max(a.first, b.end) };
  return b.end >= a.end ? { ...a, end: Math.min(a.end, b.first) } : a;
}

const sameBytes = (a: Intervals, b: Intervals) =>
  a.length === b.length && a.every((value, at) => value === b[at]);

function unionOf(a: Intervals, b: Intervals): Intervals {
  const bytes: number[] = [];
  let [atA, atB] = [0, 0];
  while (atA < a.length || atB < b.length) {
    const fromA = (a[atA] ?? Infinity) <= (b[atB] ?? Infinity);
    const [start, end] = fromA ? [a[atA] ?? 0, a[atA + 1] ?? 0] : [b[atB] ?? 0, b[atB + 1] ?? 0];
    if (fromA) atA += 2;
    else atB += 2;
    const last = bytes.at(-1);
    if (last !== undefined && start <= last) bytes[bytes.length - 1] = Math.max(last, end);
    else bytes.push(start, end);
  }
  return bytes;
}

function differenceOf(a: Intervals, b: Intervals): Intervals {
  const bytes: number[] = [];
  let atB = 0;
  for (let atA = 0; atA < a.length; atA += 2) {
    let start = a[atA] ?? 0;
    const end = a[atA + 1] ?? 0;
    while (atB < b.length && (b[atB + 1] ?? 0) <= start) atB += 2;
    for (let at = atB; at < b.length && (b[at] ?? 0) < end; at += 2) {
      if ((b[at] ?? 0) > start) bytes.push(start, b[at] ?? 0);
      start = Math.max(start, b[at + 1] ?? 0);
    }
    if (start < end) bytes.push(start, end);
  }
  return bytes;
}
