/** memset (nki.isa.memset): one code of dst's format, everywhere in dst. */
import { codesProblem } from '../../chip';
import { bitsOf, codeArray, isPacked } from '../../numerics';
import type { Dtype } from '../../numerics';
import { elementsOf } from '../../program';
import { onEngine } from '../cost';
import { ALL_CHIPS, type Entry } from '../entry';
import { operandProblems, widthOf } from '../rules';

/** Formats of which two zeros are written a cycle (nki.isa.memset of 2.26.1). */
const PAIRED: readonly Dtype[] = ['bfloat16', 'float16'];

export const memset: Entry<'memset'> = {
  summary: 'dst = one code, everywhere.',
  chips: ALL_CHIPS,
  engines: ['vector', 'gpsimd'],
  rules: [
    'code is one of dst’s format: 0 to 2^bits - 1; of a packed format 0 alone.',
    'gpsimd does not reach PSUM.',
  ],
  problems: ({ engine, dst, attributes: { code } }, chip) => [
    ...operandProblems({ dst }, engine, chip, codesProblem),
    isPacked(dst.dtype) && code !== 0
      ? `${dst.dtype} is packed: memset writes code 0 alone, received ${code}.`
      : undefined,
    code < 2 ** bitsOf(dst.dtype)
      ? undefined
      : `${dst.dtype} has codes 0 to ${2 ** bitsOf(dst.dtype) - 1}, received ${code}.`,
  ],
  run: ({ dst, attributes: { code } }, machine) => {
    machine.write(dst, codeArray(dst.dtype, elementsOf(dst)).fill(code));
  },
  cost: {
    words: 'max(64, N) Vector cycles, N / 2 for zeros of bfloat16 and float16; 150 + N on GpSimd',
    documented: true,
    work: ({ engine, dst, attributes: { code } }) => {
      const width = widthOf(dst);
      const paired = engine === 'vector' && code === 0 && PAIRED.includes(dst.dtype);
      return onEngine(engine, paired ? Math.ceil(width / 2) : width);
    },
  },
};
