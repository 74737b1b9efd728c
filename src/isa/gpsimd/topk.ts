/**
 * topk (nki.isa.topk, SDK 2.32): the K largest of the n elements in each group of 16 partitions, ascending, and where they were. The
 * source and both results are snakes (cores.ts): of the results the first K elements are written, ranks in the order of the
 * snake, as the NKI library's kernels read them (sparse_attention_indexer: rank j in partition j mod 16, element floor(j / 16)).
 *
 * Named choices: K is the elements of a partition of dst, and what lies behind the K-th element of a snake stays as it is. Elements
 * keep their bits. -0 is less than +0, NaN more than +infinity, and of equal ones the first is the largest: what max8 and
 * nc_find_index8 give, backwards. All operands lie on the same partitions.
 */
import { codeArray } from '../../numerics';
import type { Instruction } from '../../program';
import { datapath } from '../cost';
import { ALL_CHIPS, type Entry, type Problem } from '../entry';
import { operandProblems, spaceProblem, widthOf } from '../rules';
import { CORE, readSnakes, samePartitionsProblem, snakeParts, wholeCoresProblem, writeSnakes } from './cores';

type TopK = Instruction<'topk'>;

const [LEAST_N, MOST_N] = [8, 65535];
const MOST_K = 32767;

function countsProblem({ dst, results, sources: { src }, attributes: { n } }: TopK): Problem {
  const [k, held] = [widthOf(dst), widthOf(src)];
  if (n < LEAST_N || n > MOST_N) return `n is ${LEAST_N} to ${MOST_N}, received ${n}.`;
  if (k > Math.min(n, MOST_K)) {
    return `dst must have at most ${Math.min(n, MOST_K)} elements of each partition, received ${k}.`;
  }
  if (results !== undefined && widthOf(results.idx_dst) !== k) {
    return `idx_dst must have dst’s ${k} elements of each partition, received ${widthOf(results.idx_dst)}.`;
  }
  const columns = Math.ceil(n / CORE);
  return held >= columns
    ? undefined
    : `src must have at least ${columns} elements of each partition for n = ${n}, received ${held}.`;
}

/** Ascending as bfloat16 numbers do: negative codes grow downwards, and every NaN is above +infinity. */
function rankOf(code: number): number {
  if ((code & 0x7fff) > 0x7f80) return 0xffff;
  return code < 0x8000 ? code + 0x8000 : 0xffff - code;
}

/** A number that is greater the greater the rank, and of equal ranks the lower the position. */
const keyOf = (code: number, position: number) => rankOf(code) * 0x10000 + (0xffff - position);
const positionOf = (key: number) => 0xffff - (key & 0xffff);

export const topk: Entry<'topk'> = {
  summary:
    'dst = the K largest of the n elements that each 16 partitions of src hold, ascending; idx_dst = where they were.',
  chips: ALL_CHIPS,
  engines: ['gpsimd'],
  rules: [
    'dst and src are bfloat16, idx_dst is uint32, all in SBUF, on the same partitions, a multiple of 16.',
    'n is 8 to 65535; src has at least n / 16 elements of each partition; dst and idx_dst have K, 1 to 32767 and at most n.',
    'Element i of 16 partitions lies in partition i mod 16, element floor(i / 16): so src is read and results are written.',
    'Only the first n elements are read, and only the first K of each result written: the rest of dst and idx_dst stays as it is.',
    'Bits are kept; -0 is less than +0, NaN more than +infinity; of equal elements the first is the largest.',
  ],
  problems: (instruction, chip) => {
    const { engine, dst, results, sources } = instruction;
    if (results === undefined) return ['idx_dst must be a [P, K] tile, received none.'];
    const { idx_dst } = results;
    return [
      spaceProblem('dst', dst, ['sbuf']),
      spaceProblem('idx_dst', idx_dst, ['sbuf']),
      spaceProblem('src', sources.src, ['sbuf']),
      ...operandProblems({ dst, idx_dst, ...sources }, engine, chip),
      wholeCoresProblem(dst),
      samePartitionsProblem(dst, { idx_dst, ...sources }),
      dst.dtype === 'bfloat16' ? undefined : `dst must be bfloat16, received ${dst.dtype}.`,
      sources.src.dtype === 'bfloat16' ? undefined : `src must be bfloat16, received ${sources.src.dtype}.`,
      idx_dst.dtype === 'uint32' ? undefined : `idx_dst must be uint32, received ${idx_dst.dtype}.`,
      countsProblem(instruction),
    ];
  },
  parts: ({ dst, results, sources, attributes }, operand) => {
    if (operand === 'src') return snakeParts(sources.src, attributes.n);
    return snakeParts(operand === 'dst' ? dst : (results?.idx_dst ?? dst), widthOf(dst));
  },
  run: ({ dst, results, sources, attributes: { n } }, machine) => {
    const k = widthOf(dst);
    const codes = readSnakes(machine, 'src', sources.src, n);
    const cores = dst.partitions / CORE;
    const values = codeArray('bfloat16', cores * k);
    const positions = codeArray('uint32', cores * k);
    for (let core = 0; core < cores; core++) {
      const snake = codes.subarray(core * n, (core + 1) * n);
      const largest = Uint32Array.from(snake, keyOf).sort().subarray(-k).map(positionOf);
      positions.set(largest, core * k);
      values.set(
        Array.from(largest, (position) => snake[position] ?? NaN),
        core * k,
      );
    }
    writeSnakes(machine, dst, values, k);
    if (results !== undefined) writeSnakes(machine, results.idx_dst, positions, k);
  },
  cost: {
    words: '4 n + K GpSimd cycles for snakes of n elements (NKI 0.6)',
    documented: true,
    work: ({ dst, attributes: { n } }) => datapath(4 * n + widthOf(dst)),
  },
};
