/**
 * tensor_copy (nki.isa.tensor_copy): on-chip copy. Bits are kept where formats are equal and nothing is to be clamped, else one
 * rounding from float32.
 */
import { decodeArray } from '../../numerics';
import { encodeWrite, writeProblem } from '../convert';
import { ALL_CHIPS, type Entry } from '../entry';
import { operandProblems, shapeProblem } from '../rules';

export const tensorCopy: Entry<'tensor_copy'> = {
  summary: 'dst = src, converted to dst’s format.',
  chips: ALL_CHIPS,
  engines: ['vector', 'scalar', 'gpsimd'],
  indirect: { sources: ['src'], engines: ['vector', 'scalar'] },
  rules: [
    'dst and src have equal partitions and elements; gpsimd does not reach PSUM.',
    'scalar copies on trn2 and trn3 only; on trn1 it copies by an activation.',
    'Equal formats keep their bits, unless saturate is set; others go by way of float32.',
  ],
  problems: ({ engine, dst, sources, attributes }, chip) => [
    // NKI guide, trainium_inferentia2_arch.rst: Scalar of NeuronCore-v2 copies only by way of an activation.
    engine === 'scalar' && chip.name === 'trn1'
      ? 'trn1 has no tensor_copy on scalar: use vector.'
      : undefined,
    ...operandProblems({ dst, ...sources }, engine, chip),
    shapeProblem({ dst, ...sources }),
    writeProblem(attributes),
  ],
  run: ({ dst, sources: { src }, attributes }, machine) => {
    const codes = machine.read('src', src);
    const kept = src.dtype === dst.dtype && attributes.saturate !== true;
    machine.write(dst, kept ? codes : encodeWrite(dst, decodeArray(src.dtype, codes), attributes));
  },
  cost: 'max(64, N) cycles; from trn2 on two or four elements a cycle between 16-bit formats in SBUF',
};
