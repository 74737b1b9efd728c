/** The report as text for a terminal, readable at 100 columns. */
import { shortName } from '../../src/numerics';
import { pairName } from '../cases';
import { memoryOf, type CaseResult } from '../result';
import { barChart } from './chart';
import { megabytes, percent, significant } from './format';
import { plainTable } from './plain-table';
import type { Report } from './report';

const WIDTH = 100;
const NAME_WIDTH = 30;
/** Of cases left out. */
const LINES = 10;

export function toText(report: Report): string {
  return [
    heading,
    caseTable,
    chart,
    memoryLines,
    accuracyLines,
    baselineLine,
    faults,
    notCompared,
    disturbanceLines,
    discardedLines,
    leftOutLines,
  ]
    .map((part) => part(report))
    .filter((part) => part !== '')
    .join('\n');
}

function heading({ systole, adapter, environment, peaks, cases }: Report): string {
  const { runtime, platform, cpu, cores } = environment;
  return [
    `systole ${systole.version} (${systole.revision}), ${runtime} on ${platform}, ${cpu ?? 'processor not told'}, ${cores} cores`,
    `adapter ${adapter.name} (${adapter.kind}; ${adapter.reason})`,
    `peak    ${significant(peaks.fmaGflops)} GFLOP/s multiply-add, ${significant(peaks.readGigabytes)} GB/s read\n${workLine(cases)}`,
  ].join('\n');
}

/** What the table has no column for, where it is not as usual: the output's format, the chip, the layout of A. */
function workLine(cases: Report['cases']): string {
  const told = (words: readonly string[]): string => [...new Set(words)].join(' or ');
  const unusual = [
    ...(cases.some(({ dtypes }) => dtypes.out !== 'float32')
      ? [`output in ${told(cases.map(({ dtypes }) => shortName(dtypes.out)))}`]
      : []),
    ...(cases.some(({ plan }) => plan.chip === 'trn1') ? ['planned for trn1'] : []),
    ...(cases.some(({ plan }) => plan.aLayout === 'k-major') ? ['A lies as [K, M]'] : []),
  ];
  return unusual.length === 0 ? '' : `work    ${unusual.join(', ')}\n`;
}

function caseTable({ cases }: Report): string {
  if (cases.length === 0) return '';
  const weights = cases.some(({ accuracy }) => accuracy !== undefined);
  const table = plainTable(
    ['case', 'dtypes', 'M x N x K', 'GFLOP/s', 'peak', 'ms', 'spread', weights ? 'error' : '', 'check'],
    ['left', 'left', 'left', 'right', 'right', 'right', 'right', 'right', 'left'],
    cases.map(row),
  );
  return `${table}\n`;
}

/** Spread is the interquartile range as a share of the median, where there is more than one sample; error is relative, Frobenius, against float64. */
function row({ name, dtypes, shape, gflops, shareOfPeak, ms, accuracy, check }: CaseResult): string[] {
  const { m, n, k } = shape;
  const group = name.slice(0, name.lastIndexOf('/'));
  return [
    group.length <= NAME_WIDTH ? group : `…${group.slice(1 - NAME_WIDTH)}`,
    pairName(dtypes.a, dtypes.b),
    `${m}x${n}x${k}`,
    gflops === null ? '-' : significant(gflops),
    shareOfPeak === null ? '-' : percent(shareOfPeak),
    ms === null ? '-' : significant(ms.median),
    ms === null || ms.count < 2
      ? '-'
      : percent((ms.spread.upperQuartile - ms.spread.lowerQuartile) / ms.median),
    accuracy === undefined ? '' : (accuracy.relativeFrobenius?.toExponential(1) ?? 'not finite'),
    verdict(check),
  ];
}

/**
 * `tiles` where only sampled tiles of the random operands' result were compared, on no side all of it; `ftz` where they were
 * compared with what an adapter does that flushes subnormals.
 */
function verdict({ passed, kinds }: CaseResult['check']): string {
  if (!passed) return 'FAILED';
  const whole = kinds.some(({ operands, coverage }) => operands === 'random' && coverage === 'full');
  const flushed = kinds.some(({ subnormals }) => subnormals === 'ftz');
  return ['ok', ...(whole ? [] : ['tiles']), ...(flushed ? ['ftz'] : [])].join(', ');
}

function chart({ cases }: Report): string {
  return cases.filter(({ gflops }) => gflops !== null).length > 1 ? barChart(cases, WIDTH) : '';
}

/** The product that takes most on the adapter, against the bound that is promised; and every one beyond its bound. */
function memoryLines({ cases }: Report): string {
  const products = cases.flatMap((each) => {
    const memory = memoryOf(each);
    return memory === undefined ? [] : [{ name: each.name, ...memory }];
  });
  const [first, ...more] = products;
  if (first === undefined) return '';
  const largest = more.reduce((most, each) => (each.bytes > most.bytes ? each : most), first);
  const over = products.filter(({ exceeds }) => exceeds);
  return [
    `memory  operands + result + scratch of the largest product: ${megabytes(largest.bytes)} of at most ${megabytes(largest.limit)}\n`,
    ...over.map(
      ({ name, bytes, limit }) =>
        `${name}: EXCEEDS its memory bound, ${megabytes(bytes)} of at most ${megabytes(limit)}\n`,
    ),
  ].join('');
}

/** Cases that are checked in tiles only, with the reason. */
function notCompared({ cases }: Report): string {
  return cases
    .flatMap(({ name, check: { leftOut } }) =>
      leftOut === undefined ? [] : [`${name}: only tiles compared; ${leftOut}\n`],
    )
    .join('');
}

/** Timings taken again because the tab was hidden. */
function discardedLines({ cases }: Report): string {
  return cases
    .flatMap(({ name, ms }) =>
      ms === null || ms.discarded === 0
        ? []
        : [`${name}: the tab was hidden; ${ms.discarded} timing(s) thrown away and taken again\n`],
    )
    .join('');
}

function disturbanceLines({ disturbances = [] }: Report): string {
  return disturbances.map((each) => `DISTURBED: ${each}\n`).join('');
}

function baselineLine({ baseline }: Report): string {
  if (baseline === null) return '';
  if ('missing' in baseline) return `CPU baseline: none, ${baseline.missing}\n`;
  const { m, n, k } = baseline.shape;
  const share = `worst difference ${percent(baseline.worstShareOfBound)} of it`;
  const agreement = baseline.agrees
    ? `agrees within the float32 bound (${share})`
    : `DISAGREES beyond the float32 bound (${share})`;
  return `CPU baseline: ${baseline.name} ${significant(baseline.gflops)} GFLOP/s on ${m}x${n}x${k} float32; ${agreement}\n`;
}

function faults({ cases }: Report): string {
  return cases
    .filter(({ check }) => !check.passed)
    .map((result) => `${result.name}: check FAILED, numbers withheld.${firstWrong(result)}\n`)
    .join('');
}

function firstWrong({ check: { firstWrongTile: tile }, accuracy }: CaseResult): string {
  if (tile === undefined) {
    return ` ${accuracy?.mismatches ?? 0} of ${accuracy?.elementsCompared ?? 0} outputs on the weights differ from the CPU checker's.`;
  }
  const { window, firstWrong: wrong } = tile;
  return [
    ` First wrong tile: row ${tile.row}, column ${tile.column} of the tiles`,
    ` (m ${window.m0} to ${window.m1 - 1}, n ${window.n0} to ${window.n1 - 1}), ${tile.mismatches} wrong in it;`,
    ` at m ${wrong.m}, n ${wrong.n} expected ${wrong.expected.code} (${wrong.expected.value}),`,
    ` got ${wrong.actual.code} (${wrong.actual.value}). Check: ${tile.check}.`,
  ].join('');
}

/** Cases that share a reason are one line. */
function leftOutLines({ leftOut }: Report): string {
  if (leftOut.length === 0) return '';
  const byReason = new Map<string, string[]>();
  for (const { name, reason } of leftOut) byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  const lines = [...byReason].map(([reason, [first = '', ...others]]) => {
    const more = others.length > 0 ? ` and ${others.length} more` : '';
    return { cases: 1 + others.length, text: `  ${first}${more}: ${reason}\n` };
  });
  const hidden = lines.slice(LINES).reduce((sum, { cases }) => sum + cases, 0);
  const rest = hidden > 0 ? `  and ${hidden} more (--json FILE lists them all)\n` : '';
  const shown = lines.slice(0, LINES).map(({ text }) => text);
  return `Left out (${leftOut.length}):\n${shown.join('')}${rest}`;
}

/** What the error column is, and what it was computed on. */
function accuracyLines({ cases }: Report): string {
  return cases
    .flatMap(({ name, accuracy }) => (accuracy === undefined ? [] : [{ name, ...accuracy }]))
    .map(({ name, relativeFrobenius, maxAbs, rowsCompared, rows }) => {
      const size =
        relativeFrobenius === null
          ? 'not finite'
          : `${relativeFrobenius.toExponential(2)} relative (Frobenius)`;
      const most = maxAbs === null ? '' : `, ${maxAbs.toExponential(2)} at most`;
      const sample = rowsCompared === rows ? `all ${rows} rows` : `${rowsCompared} of ${rows} rows, sampled`;
      return `${name}: error against float64 ${size}${most}; ${sample}; no scale factors\n`;
    })
    .join('');
}
