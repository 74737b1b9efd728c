/** The report as lines of text and as a table for documents. */
import { medianError } from './median';
import type { CalibrationReport, CalibrationRow } from './types';

const DIGITS = 4;

const number = (value: number): string => String(Number(value.toPrecision(DIGITS)));

const signed = (error: number): string => `${error < 0 ? '' : '+'}${error.toFixed(1)} %`;

/** One row as it is printed while others are still being computed. */
export function rowText({
  name,
  chip,
  what,
  unit,
  published,
  predicted,
  error,
  bound,
}: CalibrationRow): string {
  const failed = bound !== undefined && Math.abs(error) > bound;
  return [
    signed(error).padStart(9),
    `${number(predicted)} ${unit}`.padStart(12),
    `published ${number(published)} ${unit}`.padEnd(22),
    `${chip}  ${name}: ${what}${failed ? `  (more than ${bound} %)` : ''}`,
  ].join('  ');
}

/** The line below the rows: how many, the median of the absolute errors, and whether it is what is required. */
export function summaryText({ rows, median }: CalibrationReport): string {
  const bounded = rows.filter(({ bound }) => bound !== undefined);
  const kept = bounded.filter(({ error, bound = 0 }) => Math.abs(error) <= bound);
  const others = rows.filter(({ own }) => own === undefined);
  return [
    `${rows.length} measurements, median error ${median.toFixed(1)} %`,
    ...(others.length === 0 || others.length === rows.length
      ? []
      : [`${medianError(others).toFixed(1)} % of the ${others.length} that no constant was taken from`]),
    `${kept.length} of ${bounded.length} required bounds are kept.`,
  ].join('; ');
}

/** All rows, and the line below them. */
export function calibrationText(report: CalibrationReport): string {
  return [...report.rows.map(rowText), '', summaryText(report)].join('\n');
}

const cells = (values: readonly string[]): string => `| ${values.join(' | ')} |`;

/** For docs: with sources and remarks. */
export function calibrationTable({ rows }: CalibrationReport): string {
  const head = ['Program', 'chip', 'what', 'published', 'predicted', 'error', 'source', 'remark'];
  return [
    cells(head),
    cells(head.map(() => '---')),
    ...rows.map((row) =>
      cells([
        row.name,
        row.chip,
        row.what,
        `${row.reading === 'figure' ? 'about ' : ''}${number(row.published)} ${row.unit}`,
        `${number(row.predicted)} ${row.unit}`,
        signed(row.error),
        row.source,
        [...(row.own ? ['A constant or a rule of the model was taken from it.'] : []), row.remark]
          .join(' ')
          .trim(),
      ]),
    ),
  ].join('\n');
}
