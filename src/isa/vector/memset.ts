/** memset (nki.isa.memset): one code of dst's format, everywhere in dst. */
import { bitsOf, codeArray } from '../../numerics';
import { elementsOf } from '../../program';
import type { Entry } from '../entry';
import { operandProblems, spaceProblem } from '../rules';

export const memset: Entry<'memset'> = {
  engines: ['vector', 'gpsimd'],
  problems: ({ engine, dst, attributes: { code } }, chip) => [
    spaceProblem('dst', dst, ['sbuf', 'psum']),
    ...operandProblems({ dst }, engine, chip),
    code < 2 ** bitsOf(dst.dtype)
      ? undefined
      : `${dst.dtype} has codes 0 to ${2 ** bitsOf(dst.dtype) - 1}, received ${code}.`,
  ],
  run: ({ dst, attributes: { code } }, memory) => {
    memory.write(dst, codeArray(dst.dtype, elementsOf(dst)).fill(code));
  },
  cost: 'max(64, N) cycles; N / 2 for zeros of 16-bit formats',
};
