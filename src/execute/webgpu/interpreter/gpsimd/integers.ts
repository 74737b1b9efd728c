/** How 32-bit integers are written: see src/isa/gpsimd/integers.ts. */
import type { Pattern } from '../../../../program';
import type { Conversions } from '../../conversions';

/** `decode_int32`: the float32 of an integer, which other formats round once more. */
export const INTEGERS = { decode: { decode_int32: 'int32' } } as const satisfies Conversions;

/** Whether a format takes the bits as they are. */
export const isExact = ({ dtype }: Pattern): boolean => dtype === 'int32' || dtype === 'uint32';
