/**
 * The number formats as data: widths, exponents, special codes and limits, one row per dtype.
 * Layouts are those of IEEE 754, OCP OFP8 and OCP Microscaling; which chip has which format is in src/chip.
 * docs/numerics.md has the same table in words.
 */
import { DTYPES, type Dtype } from './dtypes';
import { UserError } from './errors';

export interface Format {
  /** Bits that one code takes in memory. */
  readonly bits: number;
  /** A packed code is no number: what follows is zero or NaN (src/numerics/packed.ts). */
  readonly kind: 'float' | 'integer' | 'packed';
  readonly signed: boolean;
  /** Zero for integers. */
  readonly exponentBits: number;
  /** Stored mantissa bits, without the implied one; for integers, the bits of the magnitude. */
  readonly mantissaBits: number;
  readonly bias: number;
  /** Unused low bits of the code: 13 in tfloat32, which is stored in 32 bits; they are written as zero and not read. */
  readonly padding: number;
  readonly infinity: boolean;
  readonly nan: boolean;
  /** Code of the largest finite value, and of +infinity and the canonical NaN where the format has them. */
  readonly maxFiniteCode: number;
  readonly infinityCode: number | undefined;
  readonly nanCode: number | undefined;
  readonly maxFinite: number;
  /** Smallest positive normal value; 1 for integers. */
  readonly minNormal: number;
  /** Smallest positive subnormal value; undefined where there is none. */
  readonly minSubnormal: number | undefined;
}

type Codes = { readonly max: number; readonly infinity?: number; readonly nan?: number };

/** 2^exponent, exact over the range of a double; built by multiplication because `**` is not specified to be exact. */
function powerOfTwo(exponent: number): number {
  let power = 1;
  for (let step = 0; step < Math.abs(exponent); step++) power *= exponent < 0 ? 0.5 : 2;
  return power;
}

function float(exponentBits: number, mantissaBits: number, bias: number, codes: Codes, padding = 0): Format {
  const scale = powerOfTwo(mantissaBits);
  const max = codes.max / powerOfTwo(padding);
  const minNormal = powerOfTwo(1 - bias);
  return {
    bits: 1 + exponentBits + mantissaBits + padding,
    kind: 'float',
    signed: true,
    exponentBits,
    mantissaBits,
    bias,
    padding,
    infinity: codes.infinity !== undefined,
    nan: codes.nan !== undefined,
    maxFiniteCode: codes.max,
    infinityCode: codes.infinity,
    nanCode: codes.nan,
    maxFinite: (1 + (max % scale) / scale) * powerOfTwo(Math.floor(max / scale) - bias),
    minNormal,
    minSubnormal: minNormal / scale,
  };
}

function integer(bits: number, signed: boolean): Format {
  const mantissaBits = signed ? bits - 1 : bits;
  const max = powerOfTwo(mantissaBits) - 1;
  return {
    bits,
    kind: 'integer',
    signed,
    exponentBits: 0,
    mantissaBits,
    bias: 0,
    padding: 0,
    infinity: false,
    nan: false,
    maxFiniteCode: max,
    infinityCode: undefined,
    nanCode: undefined,
    maxFinite: max,
    minNormal: 1,
    minSubnormal: undefined,
  };
}

/** Four elements in one code, which is moved as it is. */
function packed(elementBits: number): Format {
  return {
    bits: 4 * elementBits,
    kind: 'packed',
    signed: false,
    exponentBits: 0,
    mantissaBits: 0,
    bias: 0,
    padding: 0,
    infinity: false,
    nan: false,
    maxFiniteCode: 0,
    infinityCode: undefined,
    nanCode: undefined,
    maxFinite: NaN,
    minNormal: NaN,
    minSubnormal: undefined,
  };
}

/** A power of two: no sign, no mantissa, no zero. Code 0 is 2^-127. */
const scale: Format = {
  bits: 8,
  kind: 'float',
  signed: false,
  exponentBits: 8,
  mantissaBits: 0,
  bias: 127,
  padding: 0,
  infinity: false,
  nan: true,
  maxFiniteCode: 0xfe,
  infinityCode: undefined,
  nanCode: 0xff,
  maxFinite: powerOfTwo(127),
  minNormal: powerOfTwo(-127),
  minSubnormal: undefined,
};

export const FORMATS = {
  float32: float(8, 23, 127, { max: 0x7f7fffff, infinity: 0x7f800000, nan: 0x7fc00000 }),
  tfloat32: float(8, 10, 127, { max: 0x7f7fe000, infinity: 0x7f800000, nan: 0x7fc00000 }, 13),
  bfloat16: float(8, 7, 127, { max: 0x7f7f, infinity: 0x7f80, nan: 0x7fc0 }),
  float16: float(5, 10, 15, { max: 0x7bff, infinity: 0x7c00, nan: 0x7e00 }),
  float8_e4m3: float(4, 3, 7, { max: 0x77, infinity: 0x78, nan: 0x7f }),
  float8_e4m3fn: float(4, 3, 7, { max: 0x7e, nan: 0x7f }),
  float8_e5m2: float(5, 2, 15, { max: 0x7b, infinity: 0x7c, nan: 0x7f }),
  float8_e3m4: float(3, 4, 3, { max: 0x6f, infinity: 0x70, nan: 0x7f }),
  float8_e8m0fnu: scale,
  float4_e2m1fn: float(2, 1, 1, { max: 0x7 }),
  int8: integer(8, true),
  uint8: integer(8, false),
  int16: integer(16, true),
  uint16: integer(16, false),
  int32: integer(32, true),
  uint32: integer(32, false),
  float8_e5m2_x4: packed(8),
  float8_e4m3fn_x4: packed(8),
  float4_e2m1fn_x4: packed(4),
} as const satisfies Record<Dtype, Format>;

/** Bits that one code takes in memory. */
export function bitsOf(dtype: Dtype): number {
  return formatOf(dtype).bits;
}

/** The format of numbers. @throws UserError for a packed one, whose codes are no numbers, and for what is no name of a format. */
export function numberFormatOf(dtype: Dtype): Format {
  const format = formatOf(dtype);
  if (format.kind !== 'packed') return format;
  throw new UserError(
    `A code of ${dtype} is four elements and no number: take them apart with unpackLanes(), or join codes of elements with packLanes().`,
  );
}

/** The format by its name. @throws UserError for what is no name of one: callers without types reach this too. */
export function formatOf(dtype: Dtype): Format {
  if (Object.hasOwn(FORMATS, dtype)) return FORMATS[dtype];
  throw new UserError(
    `A dtype is one of ${DTYPES.join(', ')}; received ${dtype}. parseDtype() takes short names.`,
  );
}
