/** A comparison as text for a terminal, readable at 100 columns: first what differs between the machines, then the cases. */
import { significant } from '../report/format';
import { plainTable } from '../report/plain-table';
import type { CaseComparison, Comparison, Judgement, Rate, Side } from './compare';

const NAME_WIDTH = 40;
const FACT_WIDTH = 34;
/** Of facts and of cases that only one side has. */
const LINES = 12;

const JUDGEMENTS = {
  faster: 'faster',
  slower: 'slower',
  'within-spread': 'within spread',
  'one-sample': 'one sample',
  withheld: 'withheld',
} as const satisfies Record<Judgement, string>;

/** Peaks of one adapter on a quiet machine repeat within this factor. */
const PEAK_MOVED = 1.1;

export function comparisonText(comparison: Comparison): string {
  return [heading, factTable, caseTable, otherWork, onlyLines, summary]
    .map((part) => part(comparison))
    .filter((part) => part !== '')
    .join('\n\n');
}

function heading({ left, right }: Comparison): string {
  const side = (label: string, { name, started, outcome }: Side): string => {
    const unfinished = outcome === null || outcome === 'complete' ? '' : `, ${outcome}`;
    return `${label}  ${name}${started === null ? '' : `, ${started}`}${unfinished}`;
  };
  return [side('left ', left), side('right', right)].join('\n');
}

function factTable({ left, right, differing }: Comparison): string {
  const peaks = [
    ['peak GFLOP/s, multiply-add', left.peaks.fmaGflops, right.peaks.fmaGflops],
    ['peak GB/s, read', left.peaks.readGigabytes, right.peaks.readGigabytes],
  ] as const;
  const shown = differing.slice(0, LINES);
  const rows = [
    ...shown.map(({ fact, left: before, right: after }) => [fact, clipped(before), clipped(after)]),
    ...peaks.map(([label, before, after]) => [label, rate(before), rate(after)]),
  ];
  const head = differing.length === 0 ? 'no fact differs' : 'what differs';
  const more =
    differing.length > LINES ? `\nand ${differing.length - LINES} more facts (--json lists them all)` : '';
  return `${plainTable([head, 'left', 'right'], ['left', 'left', 'left'], rows)}${more}`;
}

function caseTable({ cases }: Comparison): string {
  if (cases.length === 0) return 'No case is in both.';
  return plainTable(
    ['case', 'left', 'spread', 'right', 'spread', 'ratio', ''],
    ['left', 'right', 'right', 'right', 'right', 'right', 'left'],
    cases.map(row),
  );
}

function row({ name, left, right, ratio, judgement, otherWork: other }: CaseComparison): string[] {
  return [
    name.length <= NAME_WIDTH ? name : `…${name.slice(1 - NAME_WIDTH)}`,
    side(left),
    share(left.spread),
    side(right),
    share(right.spread),
    ratio === null ? '-' : ratio.toFixed(2),
    JUDGEMENTS[judgement] + (other === null ? '' : ', other work'),
  ];
}

function side({ passed, gflops }: Rate): string {
  return passed ? rate(gflops) : 'FAILED';
}

function otherWork({ cases }: Comparison): string {
  return cases
    .flatMap(({ name, otherWork: other }) => (other ? [`${name}: ${other[0]} against ${other[1]}`] : []))
    .join('\n');
}

function onlyLines({ onlyLeft, onlyRight }: Comparison): string {
  const only = (label: string, names: readonly string[]): readonly string[] =>
    names.length === 0
      ? []
      : [
          `only ${label} (${names.length}): ${names.slice(0, LINES).join(', ')}${names.length > LINES ? ', ...' : ''}`,
        ];
  return [...only('left', onlyLeft), ...only('right', onlyRight)].join('\n');
}

function summary({ cases, judged, meanRatio, left, right }: Comparison): string {
  if (cases.length === 0) return '';
  const counted = Object.entries(JUDGEMENTS)
    .map(([judgement, text]) => [judged[judgement as Judgement], text] as const)
    .filter(([count]) => count > 0)
    .map(([count, text]) => `${count} ${text}`);
  const mean = meanRatio === null ? '' : `; geometric mean of the ratios ${meanRatio.toFixed(2)}`;
  return [
    `GFLOP/s; ratio is right over left, and ${cases.length === 1 ? 'the case is' : `the ${cases.length} cases are`}: ${counted.join(', ') || 'none'}${mean}`,
    'Within spread: the middle halves of the two timings overlap, so that the difference may be noise.',
    ...peakLines(left, right),
  ].join('\n');
}

/** A peak is measured in the same run, so one that moved tells of another machine, or of a busier one. */
function peakLines({ peaks: left }: Side, { peaks: right }: Side): readonly string[] {
  if (left.fmaGflops === null || right.fmaGflops === null) return [];
  const ratio = right.fmaGflops / left.fmaGflops;
  if (Math.abs(Math.log(ratio)) < Math.log(PEAK_MOVED)) return [];
  return [
    `The peak that the right run measured is ${ratio.toFixed(2)} times the left one's: another adapter, or a busier machine.`,
  ];
}

function rate(value: number | null): string {
  return value === null ? '-' : significant(value);
}

function share(value: number | null): string {
  return value === null ? '-' : `${(100 * value).toFixed(value < 0.1 ? 1 : 0)}%`;
}

function clipped(text: string | null): string {
  if (text === null) return 'not told';
  return text.length <= FACT_WIDTH ? text : `${text.slice(0, FACT_WIDTH - 1)}…`;
}
