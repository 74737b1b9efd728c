/**
 * nc_match_replace8 (nki.isa.nc_match_replace8): data with the first element that equals each of eight values replaced. Values take
 * their elements from the last to the first, so that equal values have descending indices. Elements of dst's format keep their
 * bits unless they are to be clamped; others, and the constant, round once from float32.
 */
import { decodeArray } from '../../numerics';
import { encodeWrite, writeProblem } from '../convert';
import { datapath } from '../cost';
import { ALL_CHIPS, type Entry } from '../entry';
import { shapeProblem, widthOf } from '../rules';
import {
  EIGHT,
  eightProblem,
  findAll,
  indexCodes,
  indexProblem,
  searchedProblem,
  searchProblems,
} from './search8';

const DESCENDING = [7, 6, 5, 4, 3, 2, 1, 0] as const;

export const matchReplace8: Entry<'nc_match_replace8'> = {
  summary:
    'dst = data with the first element that equals each of the 8 values replaced by imm; dst_idx = where they were.',
  chips: ALL_CHIPS,
  engines: ['vector'],
  rules: [
    'data has 8 to 16384 elements of each partition, as dst; vals and dst_idx have 8; data and vals have at most 2 free dimensions.',
    'dst_idx is uint16 or uint32.',
    'Elements are compared as float32: -0 equals +0, NaN equals nothing.',
    'Values are taken from the last to the first, each the first element that equals it and was not taken; not found gives all ones.',
    'data of dst’s format keeps its bits, unless saturate is set; else it goes by way of float32.',
  ],
  problems: ({ engine, dst, results, sources, attributes }, chip) => {
    const index = results?.dst_idx;
    return [
      ...searchProblems({ dst, ...sources, ...(index && { dst_idx: index }) }, engine, chip),
      shapeProblem({ dst, data: sources.data }),
      searchedProblem('data', sources.data),
      searchedProblem('vals', sources.vals),
      eightProblem('vals', sources.vals),
      index && eightProblem('dst_idx', index),
      index && indexProblem('dst_idx', index),
      writeProblem(attributes),
    ];
  },
  run: ({ dst, results, sources: { data, vals }, attributes }, machine) => {
    const codes = machine.read('data', data);
    const searched = decodeArray(data.dtype, codes);
    const found = findAll(searched, decodeArray(vals.dtype, machine.read('vals', vals)), DESCENDING);
    const width = codes.length / dst.partitions;
    const kept = data.dtype === dst.dtype && attributes.saturate !== true;
    const written = kept ? codes.slice() : encodeWrite(dst, searched, attributes);
    // Encoded in place, because an element draws by where it is.
    const replaced = encodeWrite(dst, new Float32Array(codes.length).fill(attributes.imm), attributes);
    found.forEach((index, slot) => {
      const at = Math.floor(slot / EIGHT) * width + index;
      if (index >= 0) written[at] = replaced[at] ?? NaN;
    });
    machine.write(dst, written);
    const index = results?.dst_idx;
    if (index !== undefined) machine.write(index, indexCodes(index.dtype, found));
  },
  cost: {
    words: 'max(64, N) Vector cycles (named choice: the document prints min)',
    documented: true,
    work: ({ sources: { data } }) => datapath(widthOf(data)),
  },
};
