/**
 * A second definition of the number formats, slow and plain: a table of every positive value, made with powers of two in
 * doubles, and encoding as a search among them. It shares nothing with src/numerics but the names.
 */
import type { Dtype, Rounding } from '../../src/numerics';

interface Layout {
  readonly exponentBits: number;
  readonly mantissaBits: number;
  readonly bias: number;
  readonly infinity?: number;
  readonly nan?: number;
  /** Largest finite code, without padding. */
  readonly max: number;
  readonly padding?: number;
}

/** Signed float formats, from docs/numerics.md; codes without padding. */
export const LAYOUTS = {
  tfloat32: {
    exponentBits: 8,
    mantissaBits: 10,
    bias: 127,
    max: 0x3fbff,
    infinity: 0x3fc00,
    nan: 0x3fe00,
    padding: 13,
  },
  bfloat16: { exponentBits: 8, mantissaBits: 7, bias: 127, max: 0x7f7f, infinity: 0x7f80, nan: 0x7fc0 },
  float16: { exponentBits: 5, mantissaBits: 10, bias: 15, max: 0x7bff, infinity: 0x7c00, nan: 0x7e00 },
  float8_e4m3: { exponentBits: 4, mantissaBits: 3, bias: 7, max: 0x77, infinity: 0x78, nan: 0x7f },
  float8_e4m3fn: { exponentBits: 4, mantissaBits: 3, bias: 7, max: 0x7e, nan: 0x7f },
  float8_e5m2: { exponentBits: 5, mantissaBits: 2, bias: 15, max: 0x7b, infinity: 0x7c, nan: 0x7f },
  float8_e3m4: { exponentBits: 3, mantissaBits: 4, bias: 3, max: 0x6f, infinity: 0x70, nan: 0x7f },
  float4_e2m1fn: { exponentBits: 2, mantissaBits: 1, bias: 1, max: 0x7 },
} as const satisfies Partial<Record<Dtype, Layout>>;

export type FloatName = keyof typeof LAYOUTS;
export const FLOAT_NAMES = Object.keys(LAYOUTS) as FloatName[];

function valueOf({ mantissaBits, bias }: Layout, code: number): number {
  const exponent = Math.floor(code / 2 ** mantissaBits);
  const mantissa = (code % 2 ** mantissaBits) / 2 ** mantissaBits;
  return exponent === 0 ? mantissa * 2 ** (1 - bias) : (1 + mantissa) * 2 ** (exponent - bias);
}

const tables = new Map(
  FLOAT_NAMES.map((name) => [
    name,
    Float64Array.from({ length: LAYOUTS[name].max + 3 }, (_, code) => valueOf(LAYOUTS[name], code)),
  ]),
);

/** The value of a positive code as if no exponent were reserved, so that max + 1 is where overflow begins. */
export function positiveValue(name: FloatName, code: number): number {
  return tables.get(name)?.[code] ?? NaN;
}

/** The last code whose value is not above `magnitude`, among 0 .. max + 1. */
function floorCode(name: FloatName, magnitude: number): number {
  let low = 0;
  let high = LAYOUTS[name].max + 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (positiveValue(name, middle) <= magnitude) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** How much of the way from the value below to the value above a magnitude is, 0 <= fraction < 1, and the code below. */
export function split(name: FloatName, magnitude: number): { below: number; fraction: number } {
  const below = floorCode(name, magnitude);
  const [low, high] = [positiveValue(name, below), positiveValue(name, below + 1)];
  return { below, fraction: below > LAYOUTS[name].max ? 0 : (magnitude - low) / (high - low) };
}

/** Whether a fraction rounds up, by the words of docs/numerics.md. */
export function roundsUp(fraction: number, belowIsOdd: boolean, rounding: Rounding, draw: number): boolean {
  if (rounding === 'toward-zero') return false;
  if (rounding === 'stochastic') return draw < fraction * 2 ** 32;
  return fraction > 0.5 || (fraction === 0.5 && belowIsOdd);
}

export interface OracleOptions {
  readonly rounding: Rounding;
  readonly saturate: boolean;
  readonly draw: number;
}

export function oracleEncode(
  name: FloatName,
  value: number,
  { rounding, saturate, draw }: OracleOptions,
): number {
  const { exponentBits, mantissaBits, max, infinity, nan, padding = 0 }: Layout = LAYOUTS[name];
  const scale = 2 ** padding;
  if (Number.isNaN(value)) return (nan ?? max) * scale;
  const sign = value < 0 || Object.is(value, -0) ? 2 ** (exponentBits + mantissaBits) : 0;
  const clamp = saturate || (infinity ?? nan) === undefined;
  const beyond = clamp ? sign + max : infinity === undefined ? (nan ?? max) : sign + infinity;
  if (Math.abs(value) === Infinity) return beyond * scale;
  const { below, fraction } = split(name, Math.abs(value));
  const code = below + (roundsUp(fraction, below % 2 === 1, rounding, draw) ? 1 : 0);
  if (code <= max) return (sign + code) * scale;
  return (rounding === 'toward-zero' ? sign + max : beyond) * scale;
}

const floats = new Float32Array(1);
const words = new Int32Array(floats.buffer);

/** The float32 `steps` above `value` (towards zero when negative), for positive values. */
export function float32Step(value: number, steps: number): number {
  floats[0] = value;
  words[0] = (words[0] ?? 0) + steps;
  return floats[0];
}

/** A number that float32 holds, from its bits. */
export function float32(bits: number): number {
  words[0] = bits;
  return floats[0] ?? NaN;
}
