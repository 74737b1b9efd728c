/** The run in one line: how many cases, all of them checked, how many wrong, and whether it came to its end. */
import type { ReportView } from './view';
import { counted } from './format';

const ENDINGS = {
  complete: '',
  running: 'The run goes on.',
  interrupted: 'The run was stopped.',
  'device-lost': 'The device was lost before the end.',
  failed: 'The run broke.',
} as const satisfies Record<ReportView['outcome'], string>;

const CASE_BROKE = 'At least one case broke; see below.';

export function Verdict({ outcome, cases, leftOut }: Pick<ReportView, 'outcome' | 'cases' | 'leftOut'>) {
  const wrong = cases.filter(({ check }) => !check.passed).length;
  // Why each case broke is among what was left out.
  const ending = outcome === 'failed' && leftOut.length > 0 ? CASE_BROKE : ENDINGS[outcome];
  const fine = wrong === 0 && cases.length > 0 && (outcome === 'complete' || outcome === 'running');
  return (
    <p class={`verdict ${wrong > 0 || outcome === 'failed' ? 'bad' : fine ? 'good' : 'open'}`}>
      <strong>{summary(cases.length, wrong)}</strong>
      {leftOut.length > 0 && ` ${counted(leftOut.length, 'case')} left out.`} {ending}
    </p>
  );
}

export function summary(cases: number, wrong: number): string {
  if (cases === 0) return 'No case was finished.';
  if (wrong === 0) return `${counted(cases, 'case')}, every result checked bit for bit, none wrong.`;
  return `${counted(cases, 'case')}, every result checked: ${wrong} WRONG, their numbers withheld.`;
}
