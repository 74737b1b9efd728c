/**
 * nc_n_gather (nki.isa.nc_n_gather): in each partition, the elements of data that the partition's own indices name. Bits are kept.
 * Named choice: an index outside is gather.ts's.
 */
import { codeArray } from '../../numerics';
import { datapath, GPSIMD_START } from '../cost';
import { ALL_CHIPS, type Entry } from '../entry';
import { operandProblems, shapeProblem, spaceProblem, widthOf } from '../rules';
import { reportOutside, sameFormatProblem } from './gather';

/** Elements of a partition that an instruction of the hardware gathers (nki.isa.nc_n_gather). */
const PIECE = 512;

export const ncNGather: Entry<'nc_n_gather'> = {
  summary: 'dst = in each partition, the elements of data that indices name.',
  chips: ALL_CHIPS,
  engines: ['gpsimd'],
  rules: [
    'dst, data and indices are in SBUF and have as many partitions; dst has as many elements of each as indices.',
    'dst and data are of one format, and bits are kept; indices is uint32.',
    'An index counts elements of a partition of data, in the order of its dimensions; one outside gives all zero bits, and a run reports it.',
  ],
  problems: ({ engine, dst, sources }, chip) => {
    const { data, indices } = sources;
    return [
      spaceProblem('dst', dst, ['sbuf']),
      spaceProblem('data', data, ['sbuf']),
      spaceProblem('indices', indices, ['sbuf']),
      ...operandProblems({ dst, ...sources }, engine, chip),
      shapeProblem({ dst, indices }),
      data.partitions === dst.partitions
        ? undefined
        : `data must have dst’s ${dst.partitions} partitions, received ${data.partitions}.`,
      sameFormatProblem('data', data, dst),
      indices.dtype === 'uint32' ? undefined : `indices must be uint32, received ${indices.dtype}.`,
    ];
  },
  run: ({ dst, sources: { data, indices } }, machine) => {
    const [width, each] = [widthOf(data), widthOf(indices)];
    const codes = machine.read('data', data);
    const wanted = machine.read('indices', indices);
    const gathered = codeArray(dst.dtype, wanted.length);
    wanted.forEach((index, at) => {
      if (index < width) gathered[at] = codes[Math.floor(at / each) * width + index] ?? NaN;
    });
    machine.write(dst, gathered);
    reportOutside(machine, 'indices', wanted, each, 'partition', width - 1);
  },
  cost: {
    words:
      '150 GpSimd cycles for each 512 elements of a partition, which are an instruction of the hardware, and N',
    documented: false,
    work: ({ dst }) => {
      const width = widthOf(dst);
      return datapath(GPSIMD_START * Math.ceil(width / PIECE) + width);
    },
  },
};
