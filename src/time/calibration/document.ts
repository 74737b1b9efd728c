/** The part of docs/calibration.md that is made from the code: every row. */
import { calibrationReport } from './report';
import { calibrationTable, summaryText } from './text';
import type { CalibrationReport } from './types';

const START = '<!-- rows: made by scripts/docs.js from src/time/calibration -->';
const END = '<!-- end of rows -->';

/** The page with the rows as they are now. @throws Error for a page that has no place for them. */
export function withRows(page: string, report: CalibrationReport = calibrationReport()): string {
  const [start, end] = [page.indexOf(START), page.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`docs/calibration.md lacks "${START}" before "${END}"`);
  return `${page.slice(0, start + START.length)}\n\n${calibrationTable(report)}\n\n${summaryText(report)}\n\n${page.slice(end)}`;
}
