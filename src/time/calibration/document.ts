/** What is made from the calibration: every row of docs/calibration.md, and the medians that each report tells (src/time/accuracy.ts). */
import { CHIP_NAMES } from '../../chip';
import { medianError } from './median';
import { calibrationReport } from './report';
import { calibrationTable, summaryText } from './text';
import type { CalibrationReport, CalibrationRow } from './types';

const ROWS = [
  '<!-- rows: made by scripts/docs.js from src/time/calibration -->',
  '<!-- end of rows -->',
] as const;
const MEDIANS = [
  '// medians: made by scripts/docs.js from src/time/calibration',
  '// end of medians',
] as const;

/** @throws Error for a page that has no place for it. */
function between(page: string, name: string, [start, end]: readonly [string, string], made: string): string {
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${name} lacks "${start}" before "${end}"`);
  return `${page.slice(0, from + start.length)}\n${made}\n${page.slice(to)}`;
}

/** The page with the rows as they are now. @throws Error for a page that has no place for them. */
export function withRows(page: string, report = known()): string {
  const rows = `\n${calibrationTable(report)}\n\n${summaryText(report)}\n`;
  return between(page, 'docs/calibration.md', ROWS, rows);
}

/** The file with the medians as they are now: those of measurements that no constant or rule was taken from. */
export function withMedians(file: string, report = known()): string {
  const medians = CHIP_NAMES.map(
    (chip) => `${chip}: ${held(report.rows.filter((row) => row.chip === chip))}`,
  );
  return between(
    file,
    'src/time/accuracy.ts',
    MEDIANS,
    `const MEDIANS: Readonly<Record<ChipName, Median>> = { ${medians.join(', ')} };\nconst ALL: Median = ${held(report.rows)};`,
  );
}

function held(rows: readonly CalibrationRow[]): string {
  const others = rows.filter(({ own }) => own === undefined);
  return `{ rows: ${others.length}, median: ${others.length === 0 ? 0 : medianError(others).toFixed(1)} }`;
}

let last: CalibrationReport | undefined;

/** Simulated once for all that is made from it. */
const known = (): CalibrationReport => (last ??= calibrationReport());
