/**
 * nc_find_index8 (nki.isa.nc_find_index8): the index, in its partition of data, of each of eight values. Values take their
 * elements in order, so that equal values have ascending indices; a value that is not there has all ones.
 */
import { decodeArray } from '../../numerics';
import { datapath } from '../cost';
import { ALL_CHIPS, type Entry } from '../entry';
import { widthOf } from '../rules';
import { eightProblem, findAll, indexCodes, indexProblem, searchedProblem, searchProblems } from './search8';

const ASCENDING = [0, 1, 2, 3, 4, 5, 6, 7] as const;

export const findIndex8: Entry<'nc_find_index8'> = {
  summary: 'dst = the index in data of the first element that equals each of the 8 values.',
  chips: ALL_CHIPS,
  engines: ['vector'],
  rules: [
    'data has 8 to 16384 elements of each partition, vals and dst have 8; data and vals have at most 2 free dimensions.',
    'dst is uint16 or uint32.',
    'Elements are compared as float32: -0 equals +0, NaN equals nothing.',
    'A value that occurs again in vals takes the next element that equals it; one that is not found gives all ones.',
  ],
  problems: ({ engine, dst, sources }, chip) => [
    ...searchProblems({ dst, ...sources }, engine, chip),
    searchedProblem('data', sources.data),
    searchedProblem('vals', sources.vals),
    eightProblem('vals', sources.vals),
    eightProblem('dst', dst),
    indexProblem('dst', dst),
  ],
  run: ({ dst, sources: { data, vals } }, machine) => {
    const values = decodeArray(vals.dtype, machine.read('vals', vals));
    const searched = decodeArray(data.dtype, machine.read('data', data));
    machine.write(dst, indexCodes(dst.dtype, findAll(searched, values, ASCENDING)));
  },
  cost: {
    words: 'N Vector cycles',
    documented: true,
    work: ({ sources: { data } }) => datapath(widthOf(data)),
  },
};
