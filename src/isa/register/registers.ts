/** What the instructions on registers share. */
import type { EngineName } from '../../chip';
import { FORMATS } from '../../numerics';
import type { Dtype } from '../../numerics';
import { elementsOf } from '../../program';
import type { Pattern } from '../../program';
import type { Problem } from '../entry';
import { spaceProblem } from '../rules';

/** Engines with a sequencer, which has registers; DMA has none. */
export const SEQUENCERS: readonly EngineName[] = ['tensor', 'vector', 'scalar', 'gpsimd', 'sync'];

/** The register that holds a code's integer; from 2^31 on, a uint32 is the negative number of the same bits. */
export function registerOf(dtype: Dtype, code: number): number {
  const { bits, signed } = FORMATS[dtype];
  const up = code << (32 - bits);
  return signed ? up >> (32 - bits) : (up >>> (32 - bits)) | 0;
}

/** The low bits of a register, as a code. */
export function codeOf(dtype: Dtype, register: number): number {
  const { bits } = FORMATS[dtype];
  return (register << (32 - bits)) >>> (32 - bits);
}

/** Named choice: registers hold integers, and are loaded from and stored to integer formats only. */
export function wordProblems(name: string, pattern: Pattern): readonly Problem[] {
  const elements = elementsOf(pattern);
  return [
    spaceProblem(name, pattern, ['hbm', 'sbuf']),
    elements === 1 ? undefined : `${name} must be one element, received ${elements}.`,
    FORMATS[pattern.dtype].kind === 'integer'
      ? undefined
      : `${name} must be of an integer format, received ${pattern.dtype}.`,
  ];
}
