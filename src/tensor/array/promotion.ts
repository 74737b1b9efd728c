/**
 * Which format arrays of two formats meet in: NKI's table (nki.language, Type promotion), as rules.
 * A float beats an integer; of two floats or two integers the one that holds the other, else the narrowest that holds both. Numbers of
 * the host are weak: they take the array's format, but a fraction makes float32 of integers.
 */
import { FORMATS, UserError, type Dtype } from '../../numerics';

/** What no two formats of a kind need beyond these, the narrowest first. */
const WIDER_FLOATS = ['bfloat16', 'float32'] as const satisfies readonly Dtype[];
const WIDER_INTEGERS = ['int16', 'int32'] as const satisfies readonly Dtype[];

export const isFloat = (dtype: Dtype): boolean => FORMATS[dtype].kind === 'float';
export const isInteger = (dtype: Dtype): boolean => FORMATS[dtype].kind === 'integer';
export const isWide = (dtype: Dtype): boolean => dtype === 'int32' || dtype === 'uint32';

/** Whether the first holds every number of the second, but for subnormals. */
function holds(wide: Dtype, narrow: Dtype): boolean {
  const [a, b] = [FORMATS[wide], FORMATS[narrow]];
  const signs = a.signed || !b.signed;
  return signs && a.exponentBits >= b.exponentBits && a.mantissaBits >= b.mantissaBits;
}

/** Two codes for the same thing, so that a mix is a mistake; and one that is a scale, not a number to compute with. */
const VARIANTS: readonly Dtype[] = ['float8_e4m3', 'float8_e4m3fn'];
const SCALE: Dtype = 'float8_e8m0fnu';

/** @throws UserError for formats that cannot meet. */
export function promote(op: string, a: Dtype, b: Dtype): Dtype {
  if (a === b) return a;
  if (a === SCALE || b === SCALE || (VARIANTS.includes(a) && VARIANTS.includes(b)))
    throw new UserError(`${op}: ${a} and ${b} cannot meet: convert one of them with astype().`);
  if (isFloat(a) !== isFloat(b)) return isFloat(a) ? a : b;
  if (holds(a, b)) return a;
  if (holds(b, a)) return b;
  const wider: readonly Dtype[] = isFloat(a) ? WIDER_FLOATS : WIDER_INTEGERS;
  return wider.find((dtype) => holds(dtype, a) && holds(dtype, b)) ?? 'float32';
}

/** The format of an array of this format and a number of the host. */
export const promoteNumber = (dtype: Dtype, value: number): Dtype =>
  isInteger(dtype) && !Number.isInteger(value) ? 'float32' : dtype;

/** Of functions whose values are no integers: integers are computed in float32. */
export const floating = (dtype: Dtype): Dtype => (isFloat(dtype) ? dtype : 'float32');

/** Of sums and products: narrow integers are added in 32 bits. */
export const totalling = (dtype: Dtype): Dtype =>
  isFloat(dtype) ? dtype : FORMATS[dtype].signed ? 'int32' : 'uint32';
