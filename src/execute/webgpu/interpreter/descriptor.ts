/** An operand as a kernel sees it: what of it stands in the text (kernel.ts), and what in a descriptor (operand.wgsl). */
import type { EncodeOptions } from '../../../numerics';
import type { WriteOptions } from '../../../program';
import type { OperandKind } from './kernel';
import type { Use } from './use';

const words64 = (value: number): readonly [number, number] => [
  value >>> 0,
  Math.floor(value / 2 ** 32) >>> 0,
];

/** What the text of a kernel depends on. */
export function kindOf({ place: { memory, dtype, steps, aligned }, writes, options }: Use): OperandKind {
  const kind = { memory, dtype, rank: steps.length, aligned };
  return writes && options !== undefined ? { ...kind, encoding: encodingOf(options) } : kind;
}

function encodingOf({ rounding = 'nearest-even', saturate = false }: WriteOptions): EncodeOptions {
  return { rounding, saturate };
}

/** Its words in a descriptor, which the text reads in this order. */
export function appendOperand(words: number[], { place, options }: Use, width: number): void {
  words.push(place.base, place.partition, width);
  for (let at = place.steps.length - 1; at >= 0; at--) {
    const [stride, count] = place.steps[at] ?? [0, 1];
    words.push(stride >>> 0, count);
  }
  if (options?.rounding === 'stochastic') {
    const { seed = 0, element = 0, pitch = 0 } = options;
    words.push(...words64(seed), ...words64(element), ...words64(pitch));
  }
}
