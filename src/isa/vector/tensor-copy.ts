/**
 * tensor_copy (nki.isa.tensor_copy): on-chip copy. Bits are kept where formats are equal and nothing is to be clamped, else one
 * rounding from float32.
 */
import { decodeArray } from '../../numerics';
import { encodeWrite, writeProblem } from '../convert';
import { COPY_MODES, copyMode, datapath, gpsimd, onEngine } from '../cost';
import { ALL_CHIPS, type Entry } from '../entry';
import { operandProblems, shapeProblem, widthOf } from '../rules';

/** Cycles at least where an address is known only while the Program runs (nki.isa.tensor_copy_dynamic_src of 2.26.1). */
const DYNAMIC = 600;

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
  cost: {
    words: `max(64, N) Vector or Scalar cycles, 150 + N on GpSimd. ${COPY_MODES}. Where a register is in an address max(600, N)`,
    documented: true,
    work: ({ engine, dst, sources: { src } }, chip) => {
      const width = widthOf(src);
      const dynamic = (dst.registers ?? src.registers) !== undefined;
      if (dynamic) return onEngine(engine, Math.max(DYNAMIC, width));
      return engine === 'gpsimd'
        ? gpsimd(width)
        : datapath(width, { mode: copyMode(engine, chip, dst, src) });
    },
  },
};
