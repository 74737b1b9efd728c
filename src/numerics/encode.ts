/**
 * Values to codes, by integer arithmetic on float32 bit patterns; `shaders/convert.wgsl` is the twin of this file.
 * The rules are stated in docs/numerics.md, Encoding.
 */
import { codeArray } from './arrays';
import { float32ToBits } from './decode';
import type { CodeArray, Dtype } from './dtypes';
import { UserError } from './errors';
import { numberFormatOf, type Format } from './formats';

export const ROUNDINGS = ['nearest-even', 'toward-zero', 'stochastic'] as const;
export type Rounding = (typeof ROUNDINGS)[number];

export interface EncodeOptions {
  /** 'nearest-even' when left out. */
  readonly rounding?: Rounding;
  /** Clamp overflow and infinities to the largest finite value. Integers and float4 always clamp. */
  readonly saturate?: boolean;
}

const INFINITY_BITS = 0x7f800000;

/** `value / 2^shift` rounded to an integer; value < 2^31, and < 2^24 where shift > 23. Draws are u32. */
type RoundShift = (value: number, shift: number, draw: number) => number;

const ROUND_SHIFT = {
  'nearest-even': (value, shift) => {
    if (shift === 0) return value;
    const down = Math.min(shift, 31);
    return (value + (1 << (down - 1)) - 1 + ((value >>> down) & 1)) >>> down;
  },
  'toward-zero': (value, shift) => value >>> Math.min(shift, 31),
  // Up exactly when draw < discarded fraction * 2^32. The shift left drops the kept bits; a fraction narrower than
  // 2^-32 is compared through its ceiling, which is the same for an integer draw.
  stochastic: (value, shift, draw) => {
    if (shift === 0) return value;
    const narrow = Math.min(Math.max(shift - 32, 0), 31);
    const threshold = shift <= 32 ? (value << (32 - shift)) >>> 0 : (value + 2 ** narrow - 1) >>> narrow;
    return (value >>> Math.min(shift, 31)) + (draw < threshold ? 1 : 0);
  },
} as const satisfies Record<Rounding, RoundShift>;

/** float32 bits and a draw to a code. */
type Encoder = (bits: number, draw: number) => number;

function floatEncoder(format: Format, round: RoundShift, rounding: Rounding, saturate: boolean): Encoder {
  const { padding, mantissaBits, bias } = format;
  const max = format.maxFiniteCode >>> padding;
  const nan = (format.nanCode ?? format.maxFiniteCode) >>> padding;
  const infinity = saturate
    ? max
    : (format.infinityCode ?? format.nanCode ?? format.maxFiniteCode) >>> padding;
  const overflow = rounding === 'toward-zero' ? max : infinity;
  const largest = (format.infinityCode ?? format.maxFiniteCode) >>> padding;
  const signShift = 31 - (format.exponentBits + mantissaBits);
  const shift = 23 - mantissaBits;
  const minNormal = (128 - bias) << 23;
  const rebase = (127 - bias) << 23;
  return (bits, draw) => {
    const magnitude = bits & 0x7fffffff;
    if (magnitude > INFINITY_BITS) return (nan << padding) >>> 0;
    let code: number;
    if (magnitude === INFINITY_BITS) code = infinity;
    else {
      if (magnitude >= minNormal) code = round(magnitude - rebase, shift, draw);
      else {
        const exponent = Math.max(magnitude >>> 23, 1);
        const significand = magnitude - ((exponent - 1) << 23);
        code = round(significand, shift + (minNormal >>> 23) - exponent, draw);
      }
      if (code > max) code = overflow;
    }
    const sign = code > largest ? 0 : (bits & 0x80000000) >>> signShift;
    return ((sign | code) << padding) >>> 0;
  };
}

/** Powers of two: no sign and no zero, so everything below 2^-127 becomes code 0, and a negative value NaN. */
function scaleEncoder(format: Format, round: RoundShift, rounding: Rounding, saturate: boolean): Encoder {
  const max = format.maxFiniteCode;
  const nan = format.nanCode ?? max;
  return (bits, draw) => {
    const magnitude = bits & 0x7fffffff;
    if (magnitude > INFINITY_BITS || (bits >>> 31 === 1 && magnitude !== 0)) return nan;
    if (magnitude === INFINITY_BITS) return saturate ? max : nan;
    // Below 2^-126 float32 is subnormal: 2^-127 is 00400000, half way to the next code 00600000.
    const code =
      magnitude < 0x00800000
        ? round(Math.max(magnitude - 0x00400000, 0), 22, draw)
        : round(magnitude, 23, draw);
    return code <= max ? code : saturate || rounding === 'toward-zero' ? max : nan;
  };
}

function integerEncoder({ bits: width, signed, maxFinite }: Format, round: RoundShift): Encoder {
  const mask = 2 ** width - 1;
  const lowest = signed ? maxFinite + 1 : 0;
  return (bits, draw) => {
    const magnitude = bits & 0x7fffffff;
    if (magnitude > INFINITY_BITS) return 0;
    const negative = bits >>> 31 === 1;
    const limit = negative ? lowest : maxFinite;
    const exponent = Math.max(magnitude >>> 23, 1);
    const significand = magnitude - ((exponent - 1) << 23);
    let integer = limit; // 2^32 and beyond
    if (exponent < 150) integer = round(significand, 150 - exponent, draw);
    else if (exponent < 159) integer = (significand << (exponent - 150)) >>> 0;
    integer = Math.min(integer, limit);
    return ((negative ? -integer : integer) & mask) >>> 0;
  };
}

/** The function from float32 bits (and a draw, for stochastic rounding) to codes of `dtype`. */
function encoder(dtype: Dtype, { rounding = 'nearest-even', saturate = false }: EncodeOptions): Encoder {
  const format = numberFormatOf(dtype);
  if (!Object.hasOwn(ROUND_SHIFT, rounding)) {
    throw new UserError(`rounding is one of ${Object.keys(ROUND_SHIFT).join(', ')}; received ${rounding}.`);
  }
  const round = ROUND_SHIFT[rounding];
  if (format.kind === 'integer') return integerEncoder(format, round);
  return (format.signed ? floatEncoder : scaleEncoder)(format, round, rounding, saturate);
}

/**
 * The code of a float32 value. `draw`, an integer of 0 to 2^32 - 1, is required by stochastic rounding.
 * Throws UserError when `value` is a double that no float32 holds, or the draw is missing or out of range.
 */
export function encode(
  dtype: Dtype,
  value: number,
  options: EncodeOptions & { readonly draw?: number } = {},
): number {
  if (!Object.is(Math.fround(value), value)) {
    throw new UserError(
      `encode takes a float32 value; ${value} is not one. Round it first, with Math.fround(value).`,
    );
  }
  const { rounding, draw } = options;
  if (rounding === 'stochastic' && (draw === undefined || draw !== draw >>> 0)) {
    throw new UserError(
      `Stochastic rounding needs draw, an integer of 0 to 4294967295; received ${String(draw)}. Make it with stochasticDraw().`,
    );
  }
  return encoder(dtype, options)(float32ToBits(value), draw ?? 0);
}

/** The common case without a call for each element: normal values that do not overflow; `encodeBits` has the rest. */
function encodeNearest(format: Format, bits: Uint32Array, codes: CodeArray, encodeBits: Encoder): void {
  const { padding, mantissaBits, exponentBits, bias } = format;
  const min = (128 - bias) << 23;
  const max = float32ToBits(format.maxFinite);
  const rebase = (127 - bias) << 23;
  const signShift = 31 - (exponentBits + mantissaBits);
  const shift = 23 - mantissaBits;
  const odd = shift === 0 ? 0 : 1;
  const belowHalf = shift === 0 ? 0 : (1 << (shift - 1)) - 1;
  for (let index = 0; index < bits.length; index++) {
    const word = bits[index] ?? 0;
    const magnitude = word & 0x7fffffff;
    if (magnitude < min || magnitude > max) codes[index] = encodeBits(word, 0);
    else {
      const scaled = magnitude - rebase;
      const code = (scaled + belowHalf + ((scaled >>> shift) & odd)) >>> shift;
      codes[index] = (((word & 0x80000000) >>> signShift) | code) << padding;
    }
  }
}

/**
 * The code of every value, in order; equal to `encode` of each. `draws`, one u32 for each value, is required by
 * stochastic rounding. Throws UserError when there are fewer draws than values.
 */
export function encodeArray(
  dtype: Dtype,
  values: Float32Array,
  options: EncodeOptions & { readonly draws?: Uint32Array } = {},
): CodeArray {
  // A Float64Array's words, or a plain array's, would be taken for float32 bits without a word.
  if (!(values instanceof Float32Array)) {
    throw new UserError(
      'encodeArray takes a Float32Array: round other numbers with Float32Array.from(values).',
    );
  }
  const { draws } = options;
  if (options.rounding === 'stochastic' && (draws?.length ?? 0) < values.length) {
    throw new UserError(
      `Stochastic rounding needs one draw for each of ${values.length} values; received ${draws?.length ?? 0}. Make them with stochasticDraws().`,
    );
  }
  const format = numberFormatOf(dtype);
  const codes = codeArray(dtype, values.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const encodeBits = encoder(dtype, options);
  if (format.kind === 'float' && format.signed && (options.rounding ?? 'nearest-even') === 'nearest-even') {
    encodeNearest(format, bits, codes, encodeBits);
    return codes;
  }
  for (let index = 0; index < bits.length; index++)
    codes[index] = encodeBits(bits[index] ?? 0, draws?.[index] ?? 0);
  return codes;
}
