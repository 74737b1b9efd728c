/** The cases as CSV by RFC 4180: a header line, CRLF, fields quoted where they hold a comma, a quote or a line break. */
import type { CaseResult } from '../result';
import type { Report } from './report';

const COLUMNS = {
  name: ({ name }) => name,
  m: ({ shape }) => shape.m,
  n: ({ shape }) => shape.n,
  k: ({ shape }) => shape.k,
  a: ({ dtypes }) => dtypes.a,
  b: ({ dtypes }) => dtypes.b,
  out: ({ dtypes }) => dtypes.out,
  chip: ({ plan }) => plan.chip,
  check: ({ check }) => (check.passed ? 'passed' : 'failed'),
  median_ms: ({ ms }) => ms?.median,
  lower_quartile_ms: ({ ms }) => ms?.spread.lowerQuartile,
  upper_quartile_ms: ({ ms }) => ms?.spread.upperQuartile,
  min_ms: ({ ms }) => ms?.spread.min,
  max_ms: ({ ms }) => ms?.spread.max,
  samples: ({ ms }) => ms?.count,
  gflops: ({ gflops }) => gflops,
  share_of_peak: ({ shareOfPeak }) => shareOfPeak,
  compile_ms: ({ compileMs }) => compileMs,
  kernel: ({ kernel }) => kernel,
  dispatches: ({ dispatches }) => dispatches,
  relative_error: ({ accuracy }) => accuracy?.relativeFrobenius,
  max_abs_error: ({ accuracy }) => accuracy?.maxAbs,
} as const satisfies Record<string, (result: CaseResult) => string | number | null | undefined>;

export function toCsv({ cases }: Pick<Report, 'cases'>): string {
  const rows = cases.map((result) => Object.values(COLUMNS).map((field) => field(result)));
  return [Object.keys(COLUMNS), ...rows].map((row) => `${row.map(quoted).join(',')}\r\n`).join('');
}

function quoted(value: string | number | null | undefined): string {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
