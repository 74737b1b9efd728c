import { readFileSync } from 'node:fs';
import { format } from 'prettier';
import { describe, expect, test } from 'vitest';
import { ACTIVATION_OPS } from '../../../src/program';
import { documentOf, rowsOf } from './document';
import { measure, randomInputs } from './measure';

const text = readFileSync('docs/functions.md', 'utf8');
const rows = rowsOf(text);

test('the document is what scripts/measure-functions.js writes of its measurements', async () => {
  expect(Object.keys(rows)).toEqual([...ACTIVATION_OPS]);
  expect(await format(documentOf(rows), { parser: 'markdown', printWidth: 110, singleQuote: true })).toBe(
    text,
  );
});

describe('on inputs drawn anew', () => {
  test.each(ACTIVATION_OPS)('%s keeps to its bound', (op) => {
    const { ulp, absolute } = measure(op, randomInputs(0x5eed, 10000));
    const row = rows[op];
    expect(ulp.error, `at ${ulp.at}`).toBeLessThanOrEqual(Number(row?.bound));
    // An absolute error near 1 is half a unit of 2^-24 and the same number of units over the bound as the relative one.
    expect(absolute.error, `at ${absolute.at}`).toBeLessThanOrEqual(Number(row?.bound) * 2 ** -24);
  });
});
