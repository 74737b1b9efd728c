/** GFLOP/s by case as bars of Unicode block elements, an eighth of a column fine. */
import type { CaseResult } from '../result';

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** At most `width` columns; cases without a number are left out. */
export function barChart(cases: readonly Pick<CaseResult, 'name' | 'gflops'>[], width: number): string {
  const measured = cases.flatMap(({ name, gflops }) =>
    gflops === null ? [] : [{ name, gflops, label: gflops.toPrecision(3) }],
  );
  const largest = Math.max(...measured.map(({ gflops }) => gflops));
  const labelWidth = Math.max(...measured.map(({ label }) => label.length));
  const nameWidth = Math.min(width >> 1, Math.max(...measured.map(({ name }) => name.length)));
  const room = width - nameWidth - labelWidth - 2;
  return measured
    .map(
      ({ name, gflops, label }) =>
        `${fitted(name, nameWidth)} ${label.padStart(labelWidth)} ${bar((gflops / largest) * room)}\n`,
    )
    .join('');
}

export function bar(columns: number): string {
  const eighths = Math.max(1, Math.round(columns * 8));
  return '█'.repeat(eighths >> 3) + (EIGHTHS[eighths & 7] ?? '');
}

/** The end of a name says most: the dtypes. */
function fitted(name: string, width: number): string {
  return name.length <= width ? name.padEnd(width) : `…${name.slice(name.length - width + 1)}`;
}
