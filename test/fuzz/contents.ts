/** What inputs hold, as data: a kind of value, and a seed for those that are drawn. */
import { bitsOf, codeArray, decodeArray, encodeArray, FORMATS, isPacked } from '../../src/numerics';
import type { CodeArray, Dtype } from '../../src/numerics';
import type { Choices } from './choices';

/** `exactly`: one whole number everywhere; `below`: whole numbers from 0 on; `ordered`: each number once, from 0 on; `identity`: 1 where row and column are equal; `codes`: any bits; `nasty`: mixed trouble. */
export type Content =
  | { readonly kind: 'zeros' }
  | { readonly kind: 'identity'; readonly width: number }
  | { readonly kind: 'below'; readonly count: number; readonly seed: number }
  | { readonly kind: 'ordered'; readonly seed: number }
  | { readonly kind: 'exactly'; readonly value: number }
  | { readonly kind: 'whole' | 'plain' | 'tiny' | 'ties' | 'codes' | 'nasty'; readonly seed: number };

const KINDS = ['whole', 'plain', 'nasty', 'codes', 'tiny', 'ties'] as const;
const SEEDS = 2 ** 20;

export function anyContent(choices: Choices): Content {
  if (choices.below(16) === 0) return { kind: 'zeros' };
  return { kind: choices.of(KINDS), seed: choices.below(SEEDS) };
}

export const wholeBelow = (choices: Choices, count: number): Content => ({
  kind: 'below',
  count,
  seed: choices.below(SEEDS),
});

/** Zeros, ones, subnormals, limits, infinities, NaNs, and neighbours of powers of two, as float32 codes. */
const TROUBLE = [
  0, 0x80000000, 0x3f800000, 0xbf800000, 1, 0x80000001, 0x007fffff, 0x00800000, 0x80800000, 0x7f7fffff, 0xff7fffff,
  0x7f800000, 0xff800000, 0x7fc00000, 0xffc12345, 0x7f800001, 0x4b800000, 0x4b7fffff, 0x3f800001, 0x3f7fffff, 0x4f000000,
  0xcf000000, 0x42b17218, 0xc2ce8ed0, 0x00400000, 0x1f800000, 0x5f800000, 0x7effffff,
]; // prettier-ignore

/** A linear congruence: its upper bits are random enough for values. */
function numbersFrom(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return () => (state = Math.imul(state, 1664525) + 1013904223) >>> 0;
}

/** The codes of `count` elements. */
export function codesOf(content: Content, dtype: Dtype, count: number): CodeArray {
  const codes = codeArray(dtype, count);
  if (content.kind === 'zeros') return codes;
  if (content.kind === 'identity') {
    const one = encodeArray(dtype, Float32Array.of(1))[0] ?? 1;
    return codes.map((_, at) => (at % (content.width + 1) === 0 ? one : 0));
  }
  if (content.kind === 'exactly') return codes.fill(content.value);
  if (content.kind === 'ordered') return codes.map((_, at) => (at + content.seed) % count);
  const next = numbersFrom(content.seed);
  if (content.kind === 'below') {
    const values = Float32Array.from(codes, () => (next() >>> 8) % content.count);
    return FORMATS[dtype].kind === 'integer'
      ? codes.map((_, at) => values[at] ?? 0)
      : encodeArray(dtype, values);
  }
  const mask = bitsOf(dtype) === 32 ? 0xffffffff : 2 ** bitsOf(dtype) - 1;
  const random = () => (next() >>> 3) ^ (next() & 0xe0000000);
  if (content.kind === 'codes' || isPacked(dtype))
    return withoutPadding(
      dtype,
      codes.map(() => random() & mask),
    );
  const values = valuesOf(content.kind, count, next);
  if (content.kind !== 'nasty') return encodeArray(dtype, values);
  const encoded = encodeArray(dtype, values);
  return withoutPadding(
    dtype,
    encoded.map((code) => (next() >>> 28 === 0 ? random() & mask : code)),
  );
}

/** tfloat32 has bits that are always 0. */
const withoutPadding = (dtype: Dtype, codes: CodeArray): CodeArray =>
  FORMATS[dtype].padding === 0 ? codes : encodeArray(dtype, decodeArray(dtype, codes));

function valuesOf(
  kind: 'whole' | 'plain' | 'tiny' | 'ties' | 'nasty',
  count: number,
  next: () => number,
): Float32Array<ArrayBuffer> {
  const unit = () => next() / 2 ** 31 - 1;
  const trouble = new Float32Array(Uint32Array.from(TROUBLE).buffer);
  const make = {
    whole: () => ((next() >>> 20) % 13) - 4,
    plain: () => unit() * 2 ** ((next() >>> 28) - 6),
    tiny: () => unit() * 2 ** (-110 - (next() >>> 26)),
    // Numbers with one bit more than a format of 2 to 11 bits holds.
    ties: () => Math.sign(unit()) * (2 * (next() >>> (20 + (next() >>> 29))) + 1) * 2 ** -8,
    nasty: () => trouble[(next() >>> 16) % trouble.length] ?? NaN,
  } as const satisfies Record<typeof kind, () => number>;
  return Float32Array.from({ length: count }, make[kind]);
}
