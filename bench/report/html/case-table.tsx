/** The cases as a table: the data behind every chart. A number whose check failed is nowhere in it. */
import type { ComponentChildren } from 'preact';
import { flops } from '../../cases';
import type { CaseResult } from '../../result';
import { counted, extents, percent, shortened, significant } from './format';
import { hueClass, Marker, spelled } from './marks';
import { groupName, isMeasured, pairOf, spreadOf, type MeasuredCase } from './view';

interface Column {
  readonly head: string;
  /** What the head means, where it is short. */
  readonly meaning?: string;
  readonly numeric: boolean;
  /** What the rows are sorted by; null comes last. */
  readonly value: (result: CaseResult) => number | string | null;
}

/** Of a measured case, or null. */
const ofMeasured =
  (value: (result: MeasuredCase) => number | null) =>
  (result: CaseResult): number | null =>
    isMeasured(result) ? value(result) : null;

/** In the order of the table: what a narrow screen must show comes first. */
export const COLUMNS = {
  case: { head: 'case', numeric: false, value: ({ name }) => name },
  dtypes: { head: 'dtypes', numeric: false, value: pairOf },
  gflops: {
    head: 'GFLOP/s',
    meaning: '10^9 multiplications and additions a second, 2 M N K of them to a product',
    numeric: true,
    value: ofMeasured(({ gflops }) => gflops),
  },
  check: { head: 'check', numeric: false, value: ({ check }) => verdictOf(check).join() },
  share: {
    head: 'of peak',
    meaning: 'share of what the adapter reached in a multiply-add micro-benchmark in the same run',
    numeric: true,
    value: ofMeasured(({ shareOfPeak }) => shareOfPeak),
  },
  ms: {
    head: 'ms',
    meaning: 'milliseconds of one product, median of the samples',
    numeric: true,
    value: ofMeasured(({ ms }) => ms.median),
  },
  spread: {
    head: 'spread',
    meaning: 'interquartile range of the samples as a share of the median',
    numeric: true,
    value: ofMeasured(({ ms }) => spreadOf(ms)),
  },
  error: {
    head: 'error',
    meaning: 'relative Frobenius distance from the same product in float64, before rounding to the dtype',
    numeric: true,
    value: ({ accuracy }) => accuracy?.relativeFrobenius ?? null,
  },
  shape: { head: 'M × N × K', numeric: true, value: ({ shape }) => flops(shape) },
} as const satisfies Record<string, Column>;

export type ColumnName = keyof typeof COLUMNS;

export interface Sorting {
  /** Null is the order of the run. */
  readonly by: ColumnName | null;
  readonly descending: boolean;
  readonly onSort: (by: ColumnName) => void;
}

/** The cases by one column; what has no value there comes last either way. */
export function sortCases(
  cases: readonly CaseResult[],
  { by, descending }: { readonly by: ColumnName; readonly descending: boolean },
): CaseResult[] {
  const { value } = COLUMNS[by];
  return [...cases].sort((left, right) => {
    const [a, b] = [value(left), value(right)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    const order =
      typeof a === 'number' && typeof b === 'number'
        ? a - b
        : String(a).localeCompare(String(b), 'en', { numeric: true });
    return descending ? -order : order;
  });
}

interface CaseTableProps {
  readonly cases: readonly CaseResult[];
  readonly caption?: ComponentChildren;
  /** With it the heads are buttons. */
  readonly sorting?: Sorting;
}

export function CaseTable({ cases, caption = 'Every case of the run', sorting }: CaseTableProps) {
  if (cases.length === 0) return <p class="empty">No case was finished.</p>;
  const weights = cases.some(({ accuracy }) => accuracy !== undefined);
  const names = (Object.keys(COLUMNS) as ColumnName[]).filter((name) => weights || name !== 'error');
  return (
    <div class="scroll" role="region" aria-label="Cases" tabIndex={0}>
      <table class="cases">
        <caption>{caption}</caption>
        <thead>
          <tr>
            {names.map((name) => (
              <Head key={name} name={name} sorting={sorting} />
            ))}
          </tr>
        </thead>
        <tbody>
          {cases.map((result) => (
            <Row key={result.name} result={result} weights={weights} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Head({ name, sorting }: { name: ColumnName; sorting: Sorting | undefined }) {
  const { head, numeric, meaning }: Column = COLUMNS[name];
  const sorted = sorting?.by === name ? (sorting.descending ? 'descending' : 'ascending') : undefined;
  return (
    <th scope="col" class={numeric ? 'number' : undefined} title={meaning} aria-sort={sorted}>
      {sorting ? (
        <button
          type="button"
          onClick={() => {
            sorting.onSort(name);
          }}
        >
          {head}
        </button>
      ) : (
        head
      )}
    </th>
  );
}

/** Characters of a case's name; the whole of it is the cell's title. */
const NAME = 40;

function Row({ result, weights }: { result: CaseResult; weights: boolean }) {
  const { name, dtypes, shape, check, accuracy } = result;
  return (
    <tr class={check.passed ? undefined : 'failed'}>
      <th scope="row" title={name}>
        <Breakable text={shortened(groupName(result), NAME)} after={/(?<=\/)/} />
      </th>
      <td class={`dtypes ${hueClass(dtypes.a)}`} title={spelled(dtypes)}>
        <svg class="key" viewBox="-7 -7 14 14" aria-hidden="true">
          <Marker {...dtypes} x={0} y={0} />
        </svg>
        <Breakable text={pairOf(result)} after={/(?<=\dx|fnx)/} />
      </td>
      {isMeasured(result) ? (
        <td class="number strong">{significant(result.gflops)}</td>
      ) : (
        <td class="withheld" title={check.passed ? undefined : 'withheld: check failed'}>
          {check.passed ? 'not timed' : 'withheld'}
        </td>
      )}
      <td>
        <Check check={check} />
      </td>
      {isMeasured(result) ? <Numbers result={result} /> : <td colSpan={3} />}
      {weights && (
        <td class="number">
          {check.passed && accuracy ? (accuracy.relativeFrobenius?.toExponential(1) ?? 'not finite') : ''}
        </td>
      )}
      <td class="number">{extents(shape)}</td>
    </tr>
  );
}

/** Text that a narrow cell may break where `after` matches. */
function Breakable({ text, after }: { text: string; after: RegExp }) {
  return (
    <>
      {text.split(after).map((part, index) => (
        <>
          {index > 0 && <wbr />}
          {part}
        </>
      ))}
    </>
  );
}

function Numbers({ result: { shareOfPeak, ms } }: { result: MeasuredCase }) {
  const spread = spreadOf(ms);
  const samples = `${counted(ms.count, 'sample')} of ${counted(ms.runsPerSample, 'run')}; ${significant(ms.spread.min)} to ${significant(ms.spread.max)} ms`;
  return (
    <>
      <td class="number">{shareOfPeak === null ? '–' : percent(shareOfPeak)}</td>
      <td class="number" title={samples}>
        {significant(ms.median)}
        {ms.discarded > 0 && <small>{ms.discarded} discarded</small>}
      </td>
      <td class="number" title={samples}>
        {spread === null ? 'one sample' : percent(spread)}
      </td>
    </>
  );
}

/** What each word of a verdict says; `HowToRead` says it at length. */
const WORDS = {
  ok: 'the result is right, bit for bit',
  FAILED: 'the result is wrong, so its numbers are withheld',
  tiles: 'on random operands only sampled tiles of the result were compared',
  ftz: 'compared with what an adapter does that flushes subnormals to zero',
} as const;

/**
 * `tiles` where only sampled tiles of the random operands' result were compared, on no side all of it; `ftz` where they were
 * compared with what an adapter does that flushes subnormals.
 */
export function verdictOf({ passed, kinds }: CaseResult['check']): (keyof typeof WORDS)[] {
  if (!passed) return ['FAILED'];
  const whole = kinds.some(({ operands, coverage }) => operands === 'random' && coverage === 'full');
  const flushed = kinds.some(({ subnormals }) => subnormals === 'ftz');
  return ['ok', ...(whole ? [] : (['tiles'] as const)), ...(flushed ? (['ftz'] as const) : [])];
}

function Check({ check }: { check: CaseResult['check'] }) {
  const compared = check.kinds
    .map(({ name, elementsCompared, elements }) => `${name}: ${elementsCompared} of ${elements} elements`)
    .join('; ');
  return (
    <span class={check.passed ? 'badge good' : 'badge bad'} title={compared || undefined}>
      {verdictOf(check).map((word, index) => (
        <>
          {index > 0 && ', '}
          {word in WORDS && index > 0 ? <abbr title={WORDS[word]}>{word}</abbr> : word}
        </>
      ))}
    </span>
  );
}
