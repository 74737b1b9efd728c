import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { isaDocument } from '../../src/isa/document';
import { OPCODES } from '../../src/program';

const page = fileURLToPath(new URL('../../docs/isa.md', import.meta.url));

test('docs/isa.md is what `npm run docs` makes of the instructions', async () => {
  const made = await format(isaDocument(), { ...(await resolveConfig(page)), filepath: page });
  expect(readFileSync(page, 'utf8')).toBe(made);
});

test('every instruction has its section, with what it does, where it runs and what it costs', () => {
  const sections = isaDocument().split('\n### ').slice(1);
  expect(sections.map((section) => section.split('\n', 1)[0])).toEqual(OPCODES);
  for (const section of sections) {
    expect(section).toMatch(/^\w+\n\n\S.*\.\n\nIssued to .+\. On .+\.\n/);
    expect(section).toMatch(/\nCost( \(a choice: no document gives it\))?: \S/);
  }
});
