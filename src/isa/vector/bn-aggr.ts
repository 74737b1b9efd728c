/**
 * bn_aggr (nki.isa.bn_aggr): mean and variance of all elements that triples of count, mean and variance x count, as bn_stats leaves
 * them, speak of. Named choices, as the vendor gives no order of operations: triples join one after another by the
 * update of Chan, Golub and LeVeque ("Updating formulae and a pairwise algorithm", 1979), each operation rounded to float32.
 */
import { encodeWrite } from '../convert';
import { datapath } from '../cost';
import { ALL_CHIPS, type Entry } from '../entry';
import { widthOf } from '../rules';
import { bnProblems } from './bn-problems';
import { floatsOf } from './lanes';

const TRIPLE = 3;
const RESULTS = 2;

const { fround } = Math;

/** [mean, variance] of a partition's triples; NaN where they count no element. */
function aggregate(triples: Float32Array): readonly [number, number] {
  let [count, mean, squares] = [0, NaN, NaN];
  for (let at = 0; at < triples.length; at += TRIPLE) {
    const [more = NaN, itsMean = NaN, itsSquares = NaN] = triples.subarray(at, at + TRIPLE);
    if (more === 0) continue;
    if (count === 0) {
      [count, mean, squares] = [more, itsMean, itsSquares];
      continue;
    }
    const total = fround(count + more);
    const share = fround(more * fround(1 / total));
    const apart = fround(itsMean - mean);
    const between = fround(fround(apart * apart) * fround(count * share));
    mean = fround(mean + fround(apart * share));
    squares = fround(fround(squares + itsSquares) + between);
    count = total;
  }
  return [mean, fround(squares * fround(1 / count))];
}

export const bnAggr: Entry<'bn_aggr'> = {
  summary: 'dst = mean and variance of all elements that the triples of data speak of.',
  chips: ALL_CHIPS,
  engines: ['vector'],
  rules: [
    'data has a multiple of 3 elements of each partition: count, mean, variance x count; dst has 2.',
    'The first triple is taken as it is, the others join it in order; one that counts no element is passed over; mean and variance of no element are NaN.',
    'With n elements so far and m more: share = m (1 / (n + m)), d = its mean - mean, mean + d share, variance x count + its own + d^2 (n share).',
  ],
  problems: (instruction, chip) => {
    const width = widthOf(instruction.sources.data);
    return [
      ...bnProblems(instruction, RESULTS, chip),
      width % TRIPLE === 0
        ? undefined
        : `data must have a multiple of ${TRIPLE} elements of each partition, received ${width}.`,
    ];
  },
  run: ({ dst, sources: { data }, attributes }, machine) => {
    const values = floatsOf(machine, 'data', data);
    const width = widthOf(data);
    const results = new Float32Array(data.partitions * RESULTS);
    for (let p = 0; p < data.partitions; p++) {
      results.set(aggregate(values.subarray(p * width, (p + 1) * width)), p * RESULTS);
    }
    machine.write(dst, encodeWrite(dst, results, attributes));
  },
  cost: {
    words: 'max(64, 13 N / 3) Vector cycles',
    documented: true,
    work: ({ sources: { data } }) => datapath(13 * (widthOf(data) / TRIPLE)),
  },
};
