/**
 * bn_stats (nki.isa.bn_stats): count, mean and variance x count of the even elements of each partition, then of the odd ones.
 * Named choices, as the vendor gives no order of operations: the sum in order, times the rounded reciprocal of the count, is the mean; the
 * squares of the rounded distances from it are summed in order.
 */
import { encodeWrite } from '../convert';
import { datapath } from '../cost';
import { ALL_CHIPS, type Entry } from '../entry';
import { widthOf } from '../rules';
import { bnProblems } from './bn-problems';
import { floatsOf } from './lanes';

const MAX_WIDTH = 512;
const RESULTS = 6;

/** [count, mean, variance x count] of every second element of a partition; of no element, zeros. */
function statistics(values: Float32Array, start: number): readonly number[] {
  let [count, sum] = [0, 0];
  for (let at = start; at < values.length; at += 2) {
    sum = Math.fround(sum + (values[at] ?? NaN));
    count++;
  }
  if (count === 0) return [0, 0, 0];
  const mean = Math.fround(sum * Math.fround(1 / count));
  let squares = 0;
  for (let at = start; at < values.length; at += 2) {
    const distance = Math.fround((values[at] ?? NaN) - mean);
    squares = Math.fround(squares + Math.fround(distance * distance));
  }
  return [count, mean, squares];
}

export const bnStats: Entry<'bn_stats'> = {
  summary:
    'dst = count, mean, variance x count of the even elements of each partition of data, then of the odd ones.',
  chips: ALL_CHIPS,
  engines: ['vector'],
  rules: [
    `data has at most ${MAX_WIDTH} elements of each partition, dst ${RESULTS}.`,
    'The mean is the float32 sum, in order, times the rounded reciprocal of the count; squared distances from it are summed in order.',
    'Without odd elements their three results are 0.',
  ],
  problems: (instruction, chip) => {
    const width = widthOf(instruction.sources.data);
    return [
      ...bnProblems(instruction, RESULTS, chip),
      width > MAX_WIDTH
        ? `data has at most ${MAX_WIDTH} elements of each partition, received ${width}.`
        : undefined,
    ];
  },
  run: ({ dst, sources: { data }, attributes }, machine) => {
    const values = floatsOf(machine, 'data', data);
    const width = widthOf(data);
    const results = new Float32Array(data.partitions * RESULTS);
    for (let p = 0; p < data.partitions; p++) {
      const lane = values.subarray(p * width, (p + 1) * width);
      results.set([...statistics(lane, 0), ...statistics(lane, 1)], p * RESULTS);
    }
    machine.write(dst, encodeWrite(dst, results, attributes));
  },
  cost: {
    words: 'max(64, N) Vector cycles',
    documented: true,
    work: ({ sources: { data } }) => datapath(widthOf(data)),
  },
};
