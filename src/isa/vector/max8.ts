/**
 * max8 (nki.isa.max8): the eight largest elements of each partition, in float32, descending. Named choices: NaN, canonical, comes
 * before +infinity, and +0 before -0, as in maximum; equal elements are all kept.
 */
import { decodeArray } from '../../numerics';
import { countOf } from '../../program';
import { encodeWrite, writeProblem } from '../convert';
import { datapath } from '../cost';
import { ALL_CHIPS, type Entry } from '../entry';
import { widthOf } from '../rules';
import { EIGHT, eightProblem, searchedProblem, searchProblems } from './search8';

/** The number that a float32 pattern ranks by: the patterns of negative numbers grow downwards. */
function rankOf(bits: number): number {
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return 0x7fc00000;
  return bits >>> 31 === 0 ? magnitude : -1 - magnitude;
}

const bitsOfRank = (rank: number) => (rank >= 0 ? rank : (-1 - rank) | 0x80000000);

export const max8: Entry<'max8'> = {
  summary: 'dst = the 8 largest elements of each partition of src, descending.',
  chips: ALL_CHIPS,
  engines: ['vector'],
  rules: [
    'src has 8 to 16384 elements of each partition, in at most 2 free dimensions; dst has 8.',
    'Elements are compared as float32; NaN comes before +infinity, +0 before -0; equal elements are all kept.',
  ],
  problems: ({ engine, dst, sources, attributes }, chip) => [
    ...searchProblems({ dst, ...sources }, engine, chip),
    searchedProblem('src', sources.src),
    eightProblem('dst', dst),
    writeProblem(attributes),
  ],
  run: ({ dst, sources: { src }, attributes }, machine) => {
    const values = decodeArray(src.dtype, machine.read('src', src));
    const ranks = Int32Array.from(new Uint32Array(values.buffer), rankOf);
    const width = countOf(src.dims);
    const largest = new Uint32Array(dst.partitions * EIGHT);
    for (let p = 0; p < dst.partitions; p++) {
      const sorted = ranks.slice(p * width, (p + 1) * width).sort();
      largest.set([...sorted.subarray(-EIGHT)].reverse().map(bitsOfRank), p * EIGHT);
    }
    machine.write(dst, encodeWrite(dst, new Float32Array(largest.buffer), attributes));
  },
  cost: {
    words: 'N Vector cycles',
    documented: true,
    work: ({ sources: { src } }) => datapath(widthOf(src)),
  },
};
