/** Marks of a run at the lines of the source: findings, and what it failed of. */
import type { Finding } from '../../../src/verify';
import type { Mark } from './editor';
import { lineIn } from './sandbox/answer';
import { endText } from './outcome';
import type { Shown } from './use-run';

export function marksOf({ report, end }: Pick<Shown, 'report' | 'end'>): readonly Mark[] {
  const marks = [...(report?.findings ?? []), ...(end && 'findings' in end ? end.findings : [])].flatMap(
    markOf,
  );
  if (end && 'line' in end && end.line !== null) {
    marks.push({ line: end.line, severity: 'error', message: endText(end) });
  }
  return marks;
}

function markOf({ at, severity, code, rule, required, received, mend }: Finding): Mark[] {
  const line = lineIn(at);
  if (line === null) return [];
  const message = `${code}: ${rule}.\nrequired: ${required}\nreceived: ${received}\n${mend}`;
  return [{ line, severity, message }];
}
