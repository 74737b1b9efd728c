/** rng (nki.isa.rng): 32 random bits for each element, of which an integer format takes the lowest. */
import { codeArray, FORMATS } from '../../numerics';
import { onEngine } from '../cost';
import { ALL_CHIPS, type Entry } from '../entry';
import { operandProblems, widthOf } from '../rules';
import { drawsFor, randomEngine } from './generators';

export const rng: Entry<'rng'> = {
  summary: 'dst = random bits.',
  chips: ALL_CHIPS,
  engines: ['vector', 'gpsimd'],
  rules: [
    'dst has an integer format, and takes the lowest bits of a 32-bit draw.',
    'gpsimd draws from trn2 on, and does not reach PSUM.',
    'Each element takes one draw of its partition’s generators, in the order of the access pattern.',
  ],
  problems: ({ engine, dst }, chip) => [
    engine === 'gpsimd' && chip.name === 'trn1' ? 'trn1 has no rng on gpsimd: use vector.' : undefined,
    ...operandProblems({ dst }, engine, chip),
    FORMATS[dst.dtype].kind === 'integer'
      ? undefined
      : `dst must have an integer format, received ${dst.dtype}.`,
  ],
  run: ({ engine, dst }, machine) => {
    const draws = drawsFor(machine, randomEngine(engine), dst);
    const codes = codeArray(dst.dtype, draws.length);
    // An element of a code array keeps the low bits.
    codes.set(draws);
    machine.write(dst, codes);
  },
  cost: {
    words:
      'max(64, N) Vector cycles, on trn3 N / 4 (4 draws a cycle, trainium3_arch.rst), or 150 + N GpSimd cycles',
    documented: false,
    work: ({ engine, dst }, { name }) =>
      onEngine(engine, engine === 'vector' && name === 'trn3' ? Math.ceil(widthOf(dst) / 4) : widthOf(dst)),
  },
};
