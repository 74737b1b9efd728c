/** Findings as text, for a person at a terminal. */
import type { Finding, Verdict } from './finding';

/** A finding as a few lines: code and rule; who and where; required and received; how to mend it. */
export function findingText({ severity, code, rule, operand, at, mend, ...finding }: Finding): string {
  const who = [
    ...(finding.instruction === undefined ? [] : [finding.instruction]),
    ...(operand === undefined ? [] : [operand]),
  ].join(', ');
  const where = `${who || 'Program'}${at === undefined ? '' : ` at ${at}`}`;
  return [
    `${severity} ${code}: ${rule}`,
    `  where:    ${where}`,
    `  required: ${finding.required}`,
    `  received: ${finding.received}`,
    `  mend:     ${mend}`,
  ].join('\n');
}

export function verdictText(findings: readonly Finding[]): string {
  return findings.map(findingText).join('\n\n');
}

/** The last line of a verdict. */
export function summaryText({ findings, more, unfollowed }: Verdict): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
  const found = `${count(errors, 'error')}, ${count(findings.length - errors, 'warning')}`;
  return [
    findings.length + more === 0
      ? 'Sound: nothing found.'
      : `${found}${more > 0 ? `, ${more} more not listed` : ''}.`,
    ...(unfollowed.length > 0
      ? [`Not followed to the byte, because accessed in too many pieces: ${unfollowed.join(', ')}.`]
      : []),
  ].join('\n');
}
