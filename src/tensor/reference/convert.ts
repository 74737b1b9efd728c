/** Other formats, and random words. */
import {
  codeArray,
  encodeArray,
  stochasticDraws,
  UserError,
  type CodeArray,
  type Dtype,
  type DrawKey,
} from '../../numerics';
import type { OpOf } from '../graph';
import { clamped, floatsOf, integersOf, isWide, type Values } from './values';

/** Words of a key: (seed low, seed high, instance, launch). */
function drawKey({ codes }: Values): DrawKey {
  const [low = 0, high = 0, instance = 0, launch = 0] = codes;
  const seed = high * 2 ** 32 + low;
  if (!Number.isSafeInteger(seed))
    throw new UserError(`A key's seed is at most 2^53 - 1; received the words ${low} and ${high}.`);
  return { seed, instance, launch, element: 0 };
}

export const randomWords = (key: Values, size: number): Uint32Array<ArrayBuffer> =>
  stochasticDraws(drawKey(key), size);

export function converted(
  x: Values,
  key: Values | undefined,
  { rounding, saturate }: OpOf<'cast'>,
  dtype: Dtype,
): CodeArray {
  if (x.dtype === dtype) return x.codes;
  if (isWide(x.dtype) && isWide(dtype)) {
    const codes = codeArray(dtype, x.codes.length);
    for (const [i, value] of integersOf(x.dtype, x.codes).entries()) codes[i] = clamped(dtype, value);
    return codes;
  }
  const draws = key === undefined ? {} : { draws: randomWords(key, x.codes.length) };
  return encodeArray(dtype, floatsOf(x), { rounding, saturate, ...draws });
}

/** The same bytes. */
export function recast({ codes }: Values, dtype: Dtype): CodeArray {
  const result = codeArray(dtype, codes.length);
  if (result.BYTES_PER_ELEMENT !== codes.BYTES_PER_ELEMENT)
    throw new Error(`Invariant violation: bitcast to ${dtype} of codes of another width`);
  result.set(codes);
  return result;
}
