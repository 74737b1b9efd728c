import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { errorsDocument, findingOf, RULE_CODES, RULES } from '../../src/verify';
import { RUNTIME_CODES } from '../../src/verify/rules';

const page = fileURLToPath(new URL('../../docs/errors.md', import.meta.url));

test('docs/errors.md is what `npm run docs` makes of the rules', async () => {
  const made = await format(errorsDocument(), { ...(await resolveConfig(page)), filepath: page });
  expect(readFileSync(page, 'utf8')).toBe(made);
});

test('codes ascend within the eight families, and every rule says how to mend it', () => {
  expect(RULE_CODES).toEqual([...RULE_CODES].sort());
  for (const code of RULE_CODES) {
    expect(code).toMatch(/^SYS[1-8]\d\d$/);
    expect(RULES[code].explanation).toMatch(/^\S.*\.$/);
    expect(RULES[code].mend).toMatch(/^[A-Z].*\.$/);
  }
});

test('what a run reports becomes a finding with the code of its rule', () => {
  for (const [rule, code] of Object.entries(RUNTIME_CODES)) {
    const report = {
      instruction: 'a1',
      at: 'k.ts:3:5',
      operand: 'data',
      required: '-pi to pi',
      received: '9',
    };
    const finding = findingOf({ ...report, rule: rule as keyof typeof RUNTIME_CODES });
    expect(finding).toMatchObject({ ...report, code, rule: RULES[code].title, severity: 'error' });
    expect(finding.message).toBe(
      `a1, operand data (at k.ts:3:5): ${RULES[code].title}: required -pi to pi; received 9.`,
    );
  }
});
