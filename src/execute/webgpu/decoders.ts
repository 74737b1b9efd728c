/** Which WGSL decodes the words of an operand in the inner loop (shaders/decode.wgsl), by format and by what the codes hold. */
import decode from '../../../shaders/decode.wgsl';
import { bitsOf, FORMATS, type Dtype } from '../../numerics';
import { render } from './template';

/**
 * `general` holds for every code. `finite` is quicker and holds where no code is infinite or NaN. Of float16 alone: `native` is
 * the conversion of the extension shader-f16, `unpack` WGSL's unpack2x16float, each taken where a probe found it exact.
 */
export type Decoder = 'general' | 'finite' | 'native' | 'unpack';

const WHOLE = {
  float32: 'DECODE_FLOAT32',
  tfloat32: 'DECODE_TFLOAT32',
  bfloat16: 'DECODE_BFLOAT16',
} as const;
const KINDS = [
  'DECODE_FLOAT32',
  'DECODE_TFLOAT32',
  'DECODE_BFLOAT16',
  'DECODE_NATIVE',
  'DECODE_UNPACK',
  'DECODE_FINITE',
  'DECODE_GENERAL',
] as const;

/** WGSL of `fn name(word: u32) -> array<f32, codes per word>`. */
export function decoderWgsl(name: string, dtype: Dtype, decoder: Decoder): string {
  const { exponentBits, bias } = FORMATS[dtype];
  const bits = bitsOf(dtype);
  const kind = kindOf(dtype, decoder);
  // The code stands at the top of a word: its magnitude moves right until the exponent ends where float32's does.
  const shift = 8 - exponentBits;
  return render(decode, {
    ...Object.fromEntries(KINDS.map((each) => [each, Number(each === kind)])),
    NAME: name,
    BITS: bits,
    PER_WORD: 32 / bits,
    MASK: maskOf(bits),
    MAGNITUDE: hex(maskOf(bits - 1) * 2 ** (32 - bits)),
    SHIFT: shift,
    REBIAS: hex((127 - bias) * 2 ** 23),
    MIN_NORMAL: hex((128 - bias) * 2 ** 23),
  });
}

/** The general conversions that decoders named so need beside them. */
export function generalDecoders(
  decoders: Readonly<Record<string, readonly [Dtype, Decoder]>>,
): Record<string, Dtype> {
  const needed = Object.entries(decoders).filter(
    ([, [dtype, decoder]]) => kindOf(dtype, decoder) === 'DECODE_GENERAL',
  );
  return Object.fromEntries(needed.map(([name, [dtype]]) => [`${name}_code`, dtype]));
}

export const maskOf = (bits: number): number => 2 ** bits - 1;

function kindOf(dtype: Dtype, decoder: Decoder): (typeof KINDS)[number] {
  if (dtype === 'float32' || dtype === 'tfloat32' || dtype === 'bfloat16') return WHOLE[dtype];
  if (dtype === 'float16' && (decoder === 'native' || decoder === 'unpack'))
    return decoder === 'native' ? 'DECODE_NATIVE' : 'DECODE_UNPACK';
  return decoder === 'general' ? 'DECODE_GENERAL' : 'DECODE_FINITE';
}

const hex = (value: number): string => `0x${value.toString(16)}`;
