/** What the words and numbers of a report mean, for a reader who has nothing but the file. */

const TERMS = {
  checked:
    'Every case is run on small integers, for which any order of additions is exact, and on random numbers, whose result depends on the order. The result must equal the reference in every bit, in the order of the 128-row passes of the chip’s systolic array. Only then is the case timed.',
  withheld: 'Where a check fails, no GFLOP/s, time or share is given; instead the first wrong tile is shown.',
  'GFLOP/s':
    'Multiplications and additions of the product, 2 × M × N × K, over the median time of one run. Operands are random, never zeros; warm-up is not counted.',
  'of peak':
    'The same number over what this adapter reached in a micro-benchmark of multiply-adds in the same run.',
  spread:
    'Difference between the upper and the lower quartile of the samples over their median: small is steady. Samples taken while a browser hid the page are discarded and taken again.',
  tiles:
    'The result on random numbers was too large to compare whole on any side: only a sample of whole tiles was compared, the corners among them.',
  ftz: 'The adapter flushes subnormals to zero and the operands could meet some: the reference did the same.',
  roofline:
    'Intensity is the FLOP of the product over the bytes of its packed operands and result, each moved once. A case cannot be faster than the flat roof, and without caches not faster than the slope.',
} as const;

export function HowToRead() {
  return (
    <dl class="terms">
      {Object.entries(TERMS).map(([term, meaning]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
  );
}
