/** Reading and writing patterns in parts, some of which are left out: what an index skips is neither read nor written. */
import { codeArray } from '../../numerics';
import type { CodeArray, Dtype } from '../../numerics';
import { elementsOf } from '../../program';
import type { Pattern } from '../../program';
import type { Machine } from '../entry';

/** The parts of an operand, equally long, in their order; undefined ones are left out. */
export type Parts = readonly (Pattern | undefined)[];

/** For each element that is moved, 1; 0 where it is left out. */
export type Kept = Uint8Array<ArrayBuffer>;

/** Of `elements`, those that no side leaves out. */
export function keptOf(elements: number, ...sides: readonly Parts[]): Kept {
  const kept = new Uint8Array(elements).fill(1);
  for (const parts of sides) {
    const length = elements / parts.length;
    parts.forEach((part, at) => {
      if (part === undefined) kept.fill(0, at * length, (at + 1) * length);
    });
  }
  return kept;
}

/** The kept elements of an operand; zeros for the others. */
export function gather(machine: Machine, name: string, dtype: Dtype, parts: Parts, kept: Kept): CodeArray {
  const codes = codeArray(dtype, kept.length);
  eachKept(parts, kept, (pattern, from) => {
    codes.set(machine.read(name, pattern), from);
  });
  return codes;
}

/** Writes the kept elements. */
export function scatter(machine: Machine, parts: Parts, codes: CodeArray, kept: Kept): void {
  eachKept(parts, kept, (pattern, from) => {
    machine.write(pattern, codes.subarray(from, from + elementsOf(pattern)));
  });
}

/** Visits patterns of which every element is kept, with the place of their first one. */
export function eachKept(parts: Parts, kept: Kept, visit: (pattern: Pattern, from: number) => void): void {
  const length = kept.length / parts.length;
  parts.forEach((part, at) => {
    if (part !== undefined) halve(part, at * length, kept, visit);
  });
}

/** Halves a pattern until its elements are all kept, or none of them. */
function halve(
  pattern: Pattern,
  from: number,
  kept: Kept,
  visit: (pattern: Pattern, from: number) => void,
): void {
  const range = kept.subarray(from, from + elementsOf(pattern));
  if (!range.includes(0)) visit(pattern, from);
  else if (range.includes(1)) {
    const [first, second] = halvesOf(pattern);
    halve(first, from, kept, visit);
    halve(second, from + elementsOf(first), kept, visit);
  }
}

/** A pattern of at least two elements as two, the elements of the first before those of the second. */
function halvesOf(pattern: Pattern): readonly [Pattern, Pattern] {
  if (pattern.space !== 'hbm' && pattern.partitions > 1) {
    const { partition, partitions } = pattern;
    const half = partitions >> 1;
    return [
      { ...pattern, partitions: half },
      { ...pattern, partition: partition + half, partitions: partitions - half },
    ];
  }
  const { offset, dims } = pattern;
  const axis = dims.findIndex(([, count]) => count > 1);
  const [stride, count] = dims[axis] ?? [0, 0];
  const half = count >> 1;
  return [
    { ...pattern, dims: dims.with(axis, [stride, half]) },
    { ...pattern, offset: offset + half * stride, dims: dims.with(axis, [stride, count - half]) },
  ];
}
