/**
 * The WGSL text that converts codes on the GPU: shaders/convert.wgsl plus one function for each conversion that a kernel
 * asks for, made from the same table of formats as src/numerics. Plain functions of u32: no bindings, no overrides.
 */
import convert from '../../../shaders/convert.wgsl';
import philox from '../../../shaders/philox.wgsl';
import { numberFormatOf, type Dtype, type EncodeOptions, type Format, type Rounding } from '../../numerics';

export interface Encoding extends EncodeOptions {
  readonly dtype: Dtype;
}

export interface Conversions {
  /** Function name to format: `fn name(code: u32) -> u32`, giving float32 bits. Codes are less than 2^bits. */
  readonly decode?: Readonly<Record<string, Dtype>>;
  /**
   * Function name to encoding: `fn name(bits: u32) -> u32`, from float32 bits to the code; with stochastic rounding
   * `fn name(bits: u32, draw: u32) -> u32`, and `stochastic_draw` of shaders/philox.wgsl is there to make the draw.
   */
  readonly encode?: Readonly<Record<string, Encoding>>;
  /** Whether `stochastic_draw` is there in any case. */
  readonly draws?: boolean;
}

const ROUNDINGS = {
  'nearest-even': 'ROUND_NEAREST_EVEN',
  'toward-zero': 'ROUND_TOWARD_ZERO',
  stochastic: 'ROUND_STOCHASTIC',
} as const satisfies Record<Rounding, string>;

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}u`;
}

/** The format as a FloatFormat of shaders/convert.wgsl. */
function floatFormat(format: Format): string {
  const { exponentBits, mantissaBits, bias, padding } = format;
  const codes = [
    format.maxFiniteCode,
    format.infinityCode ?? format.maxFiniteCode,
    format.nanCode ?? format.maxFiniteCode,
  ].map((code) => hex(code >>> padding));
  return `FloatFormat(${[exponentBits, mantissaBits, bias, padding].map((field) => `${field}u`).join(', ')}, ${codes.join(', ')})`;
}

/** The codes that infinities and finite values beyond the largest become, as a FloatOverflow of shaders/convert.wgsl. */
function floatOverflow(format: Format, { rounding, saturate = false }: EncodeOptions): string {
  const infinite = saturate
    ? format.maxFiniteCode
    : (format.infinityCode ?? format.nanCode ?? format.maxFiniteCode);
  const finite = rounding === 'toward-zero' ? format.maxFiniteCode : infinite;
  return `FloatOverflow(${hex(infinite >>> format.padding)}, ${hex(finite >>> format.padding)})`;
}

function decodeExpression(format: Format): string {
  const { kind, signed, bits, padding, exponentBits } = format;
  if (kind === 'integer') return signed ? `decode_signed(code, ${bits}u)` : 'decode_unsigned(code)';
  if (!signed) return 'decode_scale(code)';
  if (exponentBits < 8) return `decode_narrow(code, ${floatFormat(format)})`;
  // float32's own exponent: the code is the top of the float32.
  if (padding > 0) return `code & ${hex(-1 << padding)}`;
  return bits === 32 ? 'code' : `code << ${32 - bits}u`;
}

function encodeExpression(format: Format, encoding: Encoding): string {
  const { rounding = 'nearest-even' } = encoding;
  const how = `${ROUNDINGS[rounding]}, ${rounding === 'stochastic' ? 'draw' : '0u'}`;
  if (format.kind === 'integer') {
    const limits = [2 ** format.bits - 1, format.maxFinite, format.signed ? format.maxFinite + 1 : 0].map(
      hex,
    );
    return `encode_integer(bits, ${limits.join(', ')}, ${how})`;
  }
  const quick = quickEncoding(format, encoding);
  if (quick !== undefined) return quick;
  const overflow = floatOverflow(format, encoding);
  if (!format.signed) return `encode_scale(bits, ${overflow}, ${how})`;
  return `encode_float(bits, ${floatFormat(format)}, ${overflow}, ${how})`;
}

/**
 * Where the code is the top of the float32 and rounds to nearest even, in few operations: a carry goes into the exponent, and
 * from the largest value on to infinity, by itself. Only NaN has a code of its own.
 */
function quickEncoding(
  format: Format,
  { rounding = 'nearest-even', saturate }: EncodeOptions,
): string | undefined {
  const { exponentBits, signed, padding, bits, nanCode } = format;
  const fits = signed && exponentBits === 8 && padding === 0 && nanCode !== undefined;
  if (!fits || saturate === true || rounding !== 'nearest-even') return undefined;
  const down = 32 - bits;
  const code =
    down === 0 ? 'bits' : `(bits + ${hex(2 ** (down - 1) - 1)} + ((bits >> ${down}u) & 1u)) >> ${down}u`;
  return `select(${code}, ${hex(nanCode)}, (bits & 0x7fffffffu) > FLOAT32_INFINITY)`;
}

/** WGSL that defines the functions asked for and what they call. Bit for bit what decode and encode of src/numerics do. */
export function conversionsWgsl({ decode = {}, encode = {}, draws = false }: Conversions): string {
  const decoders = Object.entries(decode).map(
    ([name, dtype]) =>
      `fn ${name}(code: u32) -> u32 {\n  return ${decodeExpression(numberFormatOf(dtype))};\n}\n`,
  );
  const encoders = Object.entries(encode).map(([name, encoding]) => {
    const draw = encoding.rounding === 'stochastic' ? ', draw: u32' : '';
    return `fn ${name}(bits: u32${draw}) -> u32 {\n  return ${encodeExpression(numberFormatOf(encoding.dtype), encoding)};\n}\n`;
  });
  const stochastic = draws || Object.values(encode).some(({ rounding }) => rounding === 'stochastic');
  return [convert, ...(stochastic ? [philox] : []), ...decoders, ...encoders].join('\n');
}
