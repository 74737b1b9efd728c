/**
 * tensor_copy_predicated (nki.isa.tensor_copy_predicated): dst = src where the predicate is not zero; elsewhere dst stays as it is,
 * written or not. Bits are copied, formats being equal; a constant is rounded to float32, then to dst's format.
 */
import { codeArray, encode } from '../../numerics';
import type { CodeArray, Dtype } from '../../numerics';
import { elementsOf } from '../../program';
import type { Instruction } from '../../program';
import { datapath, fromTwoMemories } from '../cost';
import { ALL_CHIPS, type Entry, type Problem } from '../entry';
import { bothInPsumProblem, operandProblems, shapeProblem, widthOf } from '../rules';

type Predicated = Instruction<'tensor_copy_predicated'>;

const PREDICATES: readonly Dtype[] = ['uint8', 'uint16', 'uint32'];

function sourceProblem({ dst, sources: { src }, attributes }: Predicated): Problem {
  if ((src === undefined) === (attributes.src === undefined)) {
    return `src must be a tensor or a constant, received ${src === undefined ? 'neither' : 'both'}.`;
  }
  if (src === undefined || src.dtype === dst.dtype) return undefined;
  return `src and dst must have one format, received ${src.dtype} and ${dst.dtype}.`;
}

/** For each element of the predicate 1, where its element is copied. */
export function copiedBy(
  { reverse_pred = false }: Predicated['attributes'],
  predicate: CodeArray,
): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(predicate, (flag) => ((flag === 0) === reverse_pred ? 1 : 0));
}

export const tensorCopyPredicated: Entry<'tensor_copy_predicated'> = {
  summary:
    'dst = src where the predicate is not zero (zero, with reverse_pred); elsewhere dst stays as it is.',
  chips: ALL_CHIPS,
  engines: ['vector'],
  indirect: { sources: ['predicate'] },
  rules: [
    'dst, predicate and src have equal partitions and elements; src and predicate are not both in PSUM.',
    'predicate is uint8, uint16 or uint32.',
    'src has dst’s format, and its bits are kept; or it is a constant, rounded to float32 and then to dst’s format.',
    'Elements that are not copied stay as they are, also where nothing was written yet.',
  ],
  problems: (instruction, chip) => {
    const { engine, dst, sources } = instruction;
    const { src, predicate } = sources;
    return [
      bothInPsumProblem('src', src, 'predicate', predicate),
      ...operandProblems({ dst, ...sources }, engine, chip),
      shapeProblem({ dst, predicate, src }),
      PREDICATES.includes(predicate.dtype)
        ? undefined
        : `predicate must be ${PREDICATES.join(', ')}, received ${predicate.dtype}.`,
      sourceProblem(instruction),
    ];
  },
  run: ({ dst, sources: { src, predicate }, attributes }, machine) => {
    const codes =
      src === undefined
        ? codeArray(dst.dtype, elementsOf(dst)).fill(encode(dst.dtype, Math.fround(attributes.src ?? NaN)))
        : machine.read('src', src);
    machine.write(dst, codes, copiedBy(attributes, machine.read('predicate', predicate)));
  },
  cost: {
    words:
      'max(64, N) Vector cycles when one of src and predicate is in PSUM and the other in SBUF, else max(64, 2 N)',
    documented: true,
    work: ({ dst, sources: { src, predicate } }) =>
      datapath(fromTwoMemories(src, predicate) ? widthOf(dst) : 2 * widthOf(dst)),
  },
};
