/** Free dimensions of random access patterns: any ranks, orders, strides and signs that reach so many elements and stay in a tensor. */
import type { Dim, RegisterTerm } from '../../src/program';
import type { Choices } from './choices';

export interface Access {
  readonly offset: number;
  readonly dims: readonly Dim[];
}

/** `count` as a product of `rank` counts. */
function factors(choices: Choices, count: number, rank: number): number[] {
  const list: number[] = [];
  let rest = count;
  for (let left = rank - 1; left > 0; left--) {
    const divisors = Array.from({ length: rest }, (_, at) => at + 1).filter((each) => rest % each === 0);
    const first = choices.of(divisors.length > 1 && !choices.oneIn(5) ? divisors.slice(1) : divisors);
    list.push(first);
    rest /= first;
  }
  return [...list, rest];
}

/** How far dims reach below and above their offset. */
function reachOf(dims: readonly Dim[]): readonly [low: number, high: number] {
  let [low, high] = [0, 0];
  for (const [stride, count] of dims) {
    low += Math.min(stride * (count - 1), 0);
    high += Math.max(stride * (count - 1), 0);
  }
  return [low, high];
}

export interface Wanted {
  /** Elements that the pattern has. */
  readonly count: number;
  /** Elements that there are. */
  readonly elements: number;
  /** Whether elements may be taken more than once. */
  readonly repeats: boolean;
  /** How many dimensions there may be. */
  readonly ranks: readonly number[];
  /** Most dimensions; any when left out. */
  readonly rank?: number;
}

/** Undefined where there are too few elements. */
export function anyAccess(choices: Choices, wanted: Wanted): Access | undefined {
  const { count, elements, repeats, ranks, rank = Infinity } = wanted;
  if (elements < 1) return undefined;
  const counts = factors(choices, count, Math.min(choices.of(ranks), rank));
  const strides = stridesOf(choices, counts, elements);
  const dims = counts.map((each, at): Dim => {
    const stride = strides[at] ?? 0;
    const sign = choices.oneIn(6) ? -1 : 1;
    return [repeats && choices.oneIn(12) ? 0 : sign * stride, each];
  });
  const [low, high] = reachOf(dims);
  const slack = elements - 1 - (high - low);
  if (slack < 0) return repeats ? repeated(choices, counts, elements) : undefined;
  return { offset: choices.below(slack + 1) - low, dims };
}

/** Dense, in any order of the dimensions, sometimes with gaps where there is room. */
function stridesOf(choices: Choices, counts: readonly number[], elements: number): readonly number[] {
  const order = counts.map((_, at) => counts.length - 1 - at);
  const strides: number[] = [];
  const total = counts.reduce((product, each) => product * each, 1);
  let [stride, room] = [1, Math.floor(elements / total)];
  for (const at of choices.oneIn(3) ? choices.shuffled(order) : order) {
    const gap = room > 1 ? choices.between(1, Math.min(room, 4)) : 1;
    room = Math.floor(room / gap);
    strides[at] = stride * gap;
    stride *= gap * (counts[at] ?? 1);
  }
  return strides;
}

/** Of fewer elements than there are to take: the outer dimensions repeat. */
function repeated(choices: Choices, counts: readonly number[], elements: number): Access {
  let [left, stride] = [elements, 1];
  const dims = counts.toReversed().map((each): Dim => {
    if (each > left) return [0, each];
    const dim: Dim = [stride, each];
    left = Math.floor(left / each);
    stride *= each;
    return dim;
  });
  const [, high] = reachOf(dims);
  return { offset: choices.below(elements - high), dims: dims.toReversed() };
}

/** A register that holds 0 to `most`. */
export interface Mover {
  readonly name: string;
  readonly most: number;
}

/** Sometimes a register that moves a pattern, whatever it holds, within so many elements. */
export function anyRegisters(
  choices: Choices,
  movers: readonly Mover[],
  { offset, dims }: Access,
  elements: number,
): { readonly registers?: readonly RegisterTerm[] } {
  if (movers.length === 0 || !choices.oneIn(2)) return {};
  const { name, most } = choices.of(movers);
  const [low, high] = reachOf(dims);
  const up = most === 0 ? 0 : Math.floor((elements - 1 - high - offset) / most);
  const down = most === 0 ? 0 : Math.floor((offset + low) / most);
  const stride = choices.oneIn(3) ? 0 - choices.below(down + 1) : choices.below(up + 1);
  return { registers: [[name, stride]] };
}
