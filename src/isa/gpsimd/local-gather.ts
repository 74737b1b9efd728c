/**
 * local_gather (nki.isa.local_gather): every core gathers from each of its 16 partitions by one list of indices, which lies across
 * its partitions of index. Index k takes num_elem_per_idx elements from element index[k] on; bits are kept.
 *
 * Named choices: an index outside is gather.ts's; dst has just the elements that are gathered (what NKI 0.6 asks for in its known
 * issue, where other sizes have num_elem_per_idx ignored); all operands lie on the same partitions, since a core reaches no others.
 */
import { codeArray } from '../../numerics';
import { bytesOf } from '../../program';
import type { Instruction } from '../../program';
import { gpsimd } from '../cost';
import { ALL_CHIPS, type Entry, type Problem } from '../entry';
import { operandProblems, spaceProblem, widthOf } from '../rules';
import { CORE, readSnakes, samePartitionsProblem, snakeParts, wholeCoresProblem } from './cores';
import { reportOutside, sameFormatProblem } from './gather';

type Gather = Instruction<'local_gather'>;

const ELEMENTS: readonly number[] = [1, 2, 4, 8, 16, 32];
const MOST_INDICES = 4096;

interface Counts {
  /** Indices that a core has, and takes; elements that each takes. */
  readonly held: number;
  readonly valid: number;
  readonly each: number;
}

export function countsOf({ sources: { index }, attributes }: Gather): Counts {
  const held = widthOf(index) * CORE;
  const { num_elem_per_idx = 1, num_valid_indices = held } = attributes;
  return { held, valid: num_valid_indices, each: num_elem_per_idx };
}

function countsProblem(instruction: Gather): Problem {
  const { held, valid, each } = countsOf(instruction);
  if (!ELEMENTS.includes(each)) {
    return `num_elem_per_idx is one of ${ELEMENTS.join(', ')}, received ${each}.`;
  }
  if (valid > MOST_INDICES) return `a core takes at most ${MOST_INDICES} indices, received ${valid}.`;
  if (valid > held) {
    return `num_valid_indices is at most the ${held} indices of a core’s 16 partitions, received ${valid}.`;
  }
  const { dst, sources } = instruction;
  const [wanted, received, least] = [valid * each, widthOf(dst), widthOf(sources.src_buffer)];
  if (received !== wanted) {
    return `dst must have num_valid_indices x num_elem_per_idx elements of each partition, ${wanted}, received ${received}.`;
  }
  return least >= each
    ? undefined
    : `src_buffer must have num_elem_per_idx elements of each partition, ${each}, received ${least}.`;
}

export const localGather: Entry<'local_gather'> = {
  summary:
    'dst = for each index of a partition’s group of 16, num_elem_per_idx elements of the partition of src_buffer.',
  chips: ALL_CHIPS,
  engines: ['gpsimd'],
  rules: [
    'dst, src_buffer and index are in SBUF, on the same partitions, a multiple of 16.',
    'dst and src_buffer are of one format, and bits are kept; index is uint16.',
    'num_elem_per_idx is 1, 2, 4, 8, 16 or 32; a core takes at most 4096 indices, and at most the 16 x M that it has.',
    'dst has num_valid_indices x num_elem_per_idx elements of each partition.',
    'Index k of a core lies in its partition k mod 16, element floor(k / 16); what lies behind the last one is not read.',
    'An index counts elements of a partition of src_buffer; what lies outside is all zero bits, and a run reports it.',
  ],
  problems: (instruction, chip) => {
    const { engine, dst, sources } = instruction;
    const { src_buffer, index } = sources;
    return [
      spaceProblem('dst', dst, ['sbuf']),
      spaceProblem('src_buffer', src_buffer, ['sbuf']),
      spaceProblem('index', index, ['sbuf']),
      ...operandProblems({ dst, ...sources }, engine, chip),
      wholeCoresProblem(dst),
      samePartitionsProblem(dst, sources),
      sameFormatProblem('src_buffer', src_buffer, dst),
      index.dtype === 'uint16' ? undefined : `index must be uint16, received ${index.dtype}.`,
      countsProblem(instruction),
    ];
  },
  parts: (instruction, operand) =>
    operand === 'index' ? snakeParts(instruction.sources.index, countsOf(instruction).valid) : undefined,
  run: (instruction, machine) => {
    const { dst, sources } = instruction;
    const { src_buffer, index } = sources;
    const { valid, each } = countsOf(instruction);
    const width = widthOf(src_buffer);
    const codes = machine.read('src_buffer', src_buffer);
    const indices = readSnakes(machine, 'index', index, valid);
    const gathered = codeArray(dst.dtype, dst.partitions * valid * each);
    let at = 0;
    for (let p = 0; p < dst.partitions; p++) {
      const list = Math.floor(p / CORE) * valid;
      for (let k = 0; k < valid; k++) {
        const start = indices[list + k] ?? NaN;
        for (let element = start; element < start + each; element++, at++) {
          if (element < width) gathered[at] = codes[p * width + element] ?? NaN;
        }
      }
    }
    machine.write(dst, gathered);
    reportOutside(machine, 'index', indices, valid, 'core', width - each);
  },
  cost: {
    words:
      '150 + num_valid_indices x n / C GpSimd cycles, with n = num_elem_per_idx and C = ((28 + 4 n) / (4 n)) / min(4 / bytes of an element, n)',
    documented: true,
    work: (instruction) => {
      const { valid, each } = countsOf(instruction);
      const rate = (28 + 4 * each) / (4 * each) / Math.min(4 / bytesOf(instruction.dst.dtype), each);
      return gpsimd((valid * each) / rate);
    },
  },
};
