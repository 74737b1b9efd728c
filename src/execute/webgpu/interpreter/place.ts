/** Where the elements of an operand lie on the adapter, in bytes, and what of two operands coincides. */
import { bitsOf, type Dtype } from '../../../numerics';
import { bytesOf, countOf, elementsOf } from '../../../program';
import type { Dim, Pattern } from '../../../program';
import type { Layout, Memory, StateName } from './layout';
import { meet, type Touch } from './work';

/** [stride in bytes, count], outermost first, as few as possible and at least one. */
export type Steps = readonly Dim[];

export interface Place {
  readonly memory: Memory;
  readonly dtype: Dtype;
  /** The byte of the first element: of a partition, on chip. */
  readonly base: number;
  /** On chip; in HBM 0 and 1. */
  readonly partition: number;
  readonly partitions: number;
  /** Elements of each partition; in HBM all. */
  readonly width: number;
  readonly steps: Steps;
  /** Whether elements lie at multiples of their size, so that none is cut by a word. */
  readonly aligned: boolean;
  /** The bytes that it may touch, where values of the run decide which of them. */
  readonly reach?: readonly [low: number, high: number];
}

/** Where an operand lies now; at home where `start`, the first byte of its tensor, is given. */
export function placeOf(layout: Layout, pattern: Pattern, start?: number): Place {
  const size = bytesOf(pattern.dtype);
  let base = (start ?? layout.startOf(pattern)) + pattern.offset * size;
  if (start === undefined && pattern.space !== 'hbm') base += layout.names.shiftAt(base, pattern.partition);
  const steps = stepsOf(pattern.dims, size);
  const common = { dtype: pattern.dtype, base, steps, aligned: base % size === 0 };
  if (pattern.space === 'hbm') {
    return { memory: 'hbm', partition: 0, partitions: 1, width: elementsOf(pattern), ...common };
  }
  const { partition, partitions } = pattern;
  return { memory: 'chip', partition, partitions, width: countOf(pattern.dims), ...common };
}

/** A piece of the engines' state: `width` words of some partitions. */
export function placeOfState(
  layout: Layout,
  name: StateName,
  partition: number,
  partitions: number,
  width = 1,
): Place {
  const base = layout.stateOf(name);
  return {
    memory: 'chip',
    dtype: 'uint32',
    base,
    partition,
    partitions,
    width,
    steps: [[4, width]],
    aligned: true,
  };
}

/** Bytes that an operand takes where it is written aside. */
export const asideBytes = ({ dtype, width }: Place): number => Math.ceil((width * bytesOf(dtype)) / 4) * 4;

/** Rows of elements, dense, from a byte of HBM on. */
export function placeInHbm(dtype: Dtype, base: number, width: number): Place {
  const size = bytesOf(dtype);
  return {
    memory: 'hbm',
    dtype,
    base,
    partition: 0,
    partitions: 1,
    width,
    steps: [[size, width]],
    aligned: true,
  };
}

/** As much room as an operand takes, dense, where things are written aside. */
export function placeAside(layout: Layout, place: Place, offset: number): Place {
  const size = bytesOf(place.dtype);
  const base = layout.aside[place.memory] + offset;
  const { memory, dtype, partition, partitions, width } = place;
  return { memory, dtype, base, partition, partitions, width, steps: [[size, width]], aligned: true };
}

/** The same bytes as 32-bit words, in the same order; undefined where an element shares a word with another than its neighbour. */
export function asWords(place: Place): Place | undefined {
  const { base, steps, width, reach } = place;
  const size = bytesOf(place.dtype);
  if (reach !== undefined || base % 4 !== 0) return undefined;
  const [stride, count] = steps.at(-1) ?? [0, 0];
  const outer = steps.slice(0, -1);
  if (stride !== size || (count * size) % 4 !== 0 || outer.some(([step]) => step % 4 !== 0)) return undefined;
  const words = (count * size) / 4;
  return {
    ...place,
    dtype: 'uint32',
    width: (width * size) / 4,
    steps: [...outer, [4, words]],
    aligned: true,
  };
}

/** Both of two operands as words, where both can be. */
export function bothAsWords(a: Place, b: Place): readonly [a: Place, b: Place] {
  if (bytesOf(a.dtype) === 4 && a.aligned && b.aligned) return [a, b];
  const [left, right] = [asWords(a), asWords(b)];
  return left === undefined || right === undefined ? [a, b] : [left, right];
}

/** Dimensions that continue each other are one. */
function stepsOf(dims: readonly Dim[], size: number): Steps {
  const steps: Dim[] = [];
  for (const [stride, count] of dims) {
    if (count === 1) continue;
    const outer = steps.at(-1);
    if (outer !== undefined && outer[0] === stride * size * count)
      steps[steps.length - 1] = [stride * size, outer[1] * count];
    else steps.push([stride * size, count]);
  }
  return steps.length > 0 ? steps : [[size, 1]];
}

/** First byte, and the one behind the last. */
export function rangeOf({ base, steps, dtype, reach }: Place): readonly [low: number, high: number] {
  if (reach !== undefined) return reach;
  let [low, high] = [base, base];
  for (const [stride, count] of steps) {
    const reach = stride * (count - 1);
    low += Math.min(reach, 0);
    high += Math.max(reach, 0);
  }
  return [low, high + bytesOf(dtype)];
}

/** What reading or writing an operand touches. */
export function touchOf(place: Place, writes: boolean): Touch {
  const { memory, partition, partitions } = place;
  const [low, high] = rangeOf(place);
  return { region: memory, low, high, partition, partitions, writes };
}

/** Whether two operands may have a byte in common. */
export const mayOverlap = (a: Place, b: Place): boolean => meet(touchOf(a, false), touchOf(b, false));

/** Whether two operands on chip may have a 32-bit word in common. */
export function mayShareWords(a: Place, b: Place): boolean {
  const rounded = (place: Place): Place => {
    const [low, high] = rangeOf(place);
    return { ...place, reach: [Math.floor(low / 4) * 4, Math.ceil(high / 4) * 4] };
  };
  return mayOverlap(rounded(a), rounded(b));
}

/** Whether element i of one is element i of the other. */
export function coincide(a: Place, b: Place): boolean {
  return (
    a.reach === undefined &&
    b.reach === undefined &&
    a.memory === b.memory &&
    a.base === b.base &&
    a.partition === b.partition &&
    bitsOf(a.dtype) === bitsOf(b.dtype) &&
    a.steps.length === b.steps.length &&
    a.steps.every(([stride, count], at) => {
      const [otherStride, otherCount] = b.steps[at] ?? [];
      return stride === otherStride && count === otherCount;
    })
  );
}

/** Whether several elements of an operand may be the same one. */
export const mayRepeat = ({ steps, dtype }: Place): boolean => stepsRepeat(steps, bytesOf(dtype));

/** Whether steps may lead to one place in several ways, where an element takes `size`; in bytes, or in elements. */
export function stepsRepeat(steps: Steps, size: number): boolean {
  let span = size;
  for (const [stride, count] of steps.toSorted(([a], [b]) => Math.abs(a) - Math.abs(b))) {
    if (count > 1 && Math.abs(stride) < span) return true;
    span += Math.abs(stride) * (count - 1);
  }
  return false;
}

/**
 * Whether an operand's elements may be written by several invocations, cut at multiples of four elements: none shares a word
 * with an element of another chunk.
 */
export function isWordSafe(place: Place): boolean {
  if (mayRepeat(place)) return false;
  const size = bytesOf(place.dtype);
  if (place.aligned && size === 4) return true;
  const [only, more] = place.steps;
  return place.aligned && more === undefined && only?.[0] === size && place.base % 4 === 0;
}
