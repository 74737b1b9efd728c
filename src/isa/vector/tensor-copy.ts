/**
 * tensor_copy (nki.isa.tensor_copy): on-chip copy. Bits are kept where formats are equal and nothing is to be clamped, else one
 * rounding from float32.
 */
import { decodeArray } from '../../numerics';
import { encodeWrite, writeProblem } from '../convert';
import type { Entry } from '../entry';
import { operandProblems, shapeProblem, spaceProblem } from '../rules';

export const tensorCopy: Entry<'tensor_copy'> = {
  engines: ['vector', 'scalar', 'gpsimd'],
  problems: ({ engine, dst, sources, attributes }, chip) => [
    // NKI guide, trainium_inferentia2_arch.rst: Scalar of NeuronCore-v2 copies only by way of an activation.
    engine === 'scalar' && chip.name === 'trn1'
      ? 'trn1 has no tensor_copy on scalar: use vector.'
      : undefined,
    spaceProblem('dst', dst, ['sbuf', 'psum']),
    spaceProblem('src', sources.src, ['sbuf', 'psum']),
    ...operandProblems({ dst, ...sources }, engine, chip),
    shapeProblem({ dst, ...sources }),
    writeProblem(attributes),
  ],
  run: ({ dst, sources: { src }, attributes }, memory) => {
    const codes = memory.read('src', src);
    const kept = src.dtype === dst.dtype && attributes.saturate !== true;
    memory.write(dst, kept ? codes : encodeWrite(dst, decodeArray(src.dtype, codes), attributes));
  },
  cost: 'max(64, N) cycles; from trn2 on two or four elements a cycle between 16-bit formats in SBUF',
};
