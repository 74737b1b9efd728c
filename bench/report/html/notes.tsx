/** What a reader should know beside the table: what disturbed the timings, memory against its bound, error on real weights, checks of tiles only. */
import type { CaseResult } from '../../result';
import { megabytes, sentence } from './format';
import type { ReportView } from './view';

export function Notes({ cases, disturbances = [] }: Pick<ReportView, 'cases' | 'disturbances'>) {
  const notes = [...disturbances.map(sentence), ...memory(cases), ...accuracy(cases), ...sampled(cases)];
  return notes.length === 0 ? null : (
    <ul class="notes">
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}

/** The product that takes most on the adapter, and every one beyond the bound that is promised. */
function memory(cases: readonly CaseResult[]): string[] {
  const products = cases.flatMap(({ name, memory: { operands = 0, result = 0, scratch = 0, limit } }) =>
    limit === undefined ? [] : [{ name, bytes: operands + result + scratch, limit }],
  );
  const [largest] = products.toSorted((a, b) => b.bytes - a.bytes);
  if (largest === undefined) return [];
  const amount = ({ bytes, limit }: typeof largest): string =>
    `${megabytes(bytes)} of at most ${megabytes(limit)}`;
  return [
    `Memory of the largest product, ${largest.name}: ${amount(largest)} for operands, result and scratch.`,
    ...products
      .filter(({ bytes, limit }) => bytes > limit)
      .map((each) => `${each.name} exceeds its memory bound: ${amount(each)}.`),
  ];
}

function accuracy(cases: readonly CaseResult[]): string[] {
  return cases
    .filter(({ check }) => check.passed)
    .flatMap(({ name, accuracy: found }) => (found === undefined ? [] : [{ name, ...found }]))
    .map(({ name, relativeFrobenius, maxAbs, rowsCompared, rows }) => {
      const size = relativeFrobenius?.toExponential(2) ?? 'not finite';
      const most = maxAbs === null ? '' : `, ${maxAbs.toExponential(2)} at most`;
      const sample = rowsCompared === rows ? `all ${rows} rows` : `${rowsCompared} of ${rows} rows, sampled`;
      return `${name}: error against float64 ${size}, relative (Frobenius)${most}; ${sample}; no scale factors.`;
    });
}

function sampled(cases: readonly CaseResult[]): string[] {
  return cases.flatMap(({ name, check: { leftOut } }) =>
    leftOut === undefined ? [] : [`${name}: only tiles compared; ${leftOut}.`],
  );
}
