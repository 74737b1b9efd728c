/** docs/program.md against the code: its Programs, its instruction, its limits. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  fromJSON,
  MAX_INSTRUCTIONS,
  MAX_LOOP_DEPTH,
  parseProgram,
  printProgram,
  toJSON,
} from '../../src/program';
import { verifyProgram } from '../../src/verify';

const page = readFileSync(new URL('../../docs/program.md', import.meta.url), 'utf8');
const [text = '', json = ''] = [...page.matchAll(/```(?:json)?\n(.*?)```/gs)].map((block) => block[1] ?? '');

test('the text of docs/program.md is a Program, printed as it would be', () => {
  expect(printProgram(parseProgram(text))).toBe(text);
});

test('the instruction of docs/program.md is the one of its text', () => {
  const program = toJSON(parseProgram(text));
  const read = fromJSON({ ...program, instructions: [JSON.parse(json) as unknown] });
  const [loop] = program.instructions;
  const twice = loop !== undefined && 'body' in loop ? loop.body[1] : undefined;
  expect(read.instructions).toEqual([{ ...twice, at: 'double.ts:12:5' }]);
});

test('the example of edges is a legal Program with one', () => {
  const [block = ''] = /(?<=## Edges.*?```\n).*?(?=```)/s.exec(page) ?? [];
  const program = parseProgram(block);
  expect(printProgram(program)).toBe(block);
  expect(verifyProgram(program).findings).toEqual([]);
  expect(toJSON(program).instructions).toContainEqual(
    expect.objectContaining({ id: 'keep', after: ['recip'] }),
  );
});

test('the limits of docs/program.md are those of the code', () => {
  expect(page).toContain(`at most ${MAX_INSTRUCTIONS.toLocaleString('en')} instructions and loops`);
  expect(page).toContain(`at most ${MAX_LOOP_DEPTH} loops within each other`);
});
