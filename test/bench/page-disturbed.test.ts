/** A run that another tab disturbed says so in whatever is made of its report. */
import { expect, it } from 'vitest';
import { DISTURBED } from '../../bench/page/neighbours';
import { toText } from '../../bench/report/table';
import { toHtml } from '../../bench/report/html';
import { caseResult, report } from './page-results';

it('is told in the text and in the file, and only of such a run', () => {
  const calm = report([caseResult('a/b/bf16')]);
  const disturbed = { ...calm, disturbances: [DISTURBED] };
  expect(toText(disturbed)).toContain(`DISTURBED: ${DISTURBED}\n`);
  expect(toHtml(disturbed)).toContain(
    '<li>Another tab of this page, a check of a tiling or a kernel ran at the same time: timings are disturbed.</li>',
  );
  for (const made of [toText(calm), toHtml(calm)]) expect(made).not.toMatch(/disturbed/i);
});
