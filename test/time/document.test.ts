import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { CHIP_NAMES, TIMING_CONSTANTS, TIMINGS } from '../../src/chip';
import type { TimingName } from '../../src/chip';
import { withConstants } from '../../src/time/document';

const file = fileURLToPath(new URL('../../docs/time.md', import.meta.url));
const page = readFileSync(file, 'utf8');

test('the constants of docs/time.md are what `npm run docs` makes of them', async () => {
  const made = await format(withConstants(page), { ...(await resolveConfig(file)), filepath: file });
  expect(page).toBe(made);
});

test('every constant is there with its values on every chip', () => {
  for (const name of Object.keys(TIMING_CONSTANTS) as TimingName[]) {
    const [, ...cells] = (page.split('\n').find((line) => line.startsWith(`| \`${name}\``)) ?? '').split('|');
    expect(cells.slice(2, 5).map(Number)).toEqual(CHIP_NAMES.map((chip) => TIMINGS[chip][name]));
  }
});

test('a page without a place for them is refused', () => {
  expect(() => withConstants('# Time')).toThrow(/lacks/);
});
