import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { addVerify } from '../../src/cli/verify';
import { planMatmul, planToProgram } from '../../src/lower';
import { printProgram, toJSON } from '../../src/program';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'systole-verify-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

const sound = planToProgram(planMatmul({ m: 8, n: 8, k: 8, a: 'bfloat16', b: 'bfloat16' }));
const broken = { ...sound, instructions: sound.instructions.slice(1) };

/** What the command prints of a file, and its exit code. */
async function verify(name: string, content: string, ...options: string[]) {
  const path = join(folder, name);
  writeFileSync(path, content);
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const program = new Command('systole').exitOverride();
  addVerify(program);
  await program.parseAsync(['verify', path, ...options], { from: 'user' });
  return { text: log.mock.calls.flat().join('\n'), code: process.exitCode };
}

test('a sound Program, as JSON and as text', async () => {
  expect(await verify('p.json', JSON.stringify(toJSON(sound)))).toEqual({
    text: 'Sound: nothing found.',
    code: undefined,
  });
  expect((await verify('p.txt', printProgram(sound))).code).toBeUndefined();
});

test('a finding says code, rule, place, required, received and mend, and fails', async () => {
  const { text, code } = await verify('p.txt', printProgram(broken));
  expect(code).toBe(1);
  expect(text).toBe(
    [
      'error SYS301: read before written',
      '  where:    m0.n0.p0.t0.0, stationary',
      '  required: memory that was written before',
      '  received: element 0 of partition 0 of "a0", which nothing has written',
      '  mend:     Write it first, by a copy, a memset, or a matmul that does not accumulate; or read only what was written.',
      '',
      '1 error, 0 warnings.',
    ].join('\n'),
  );
});

test('--json prints the verdict', async () => {
  const { text } = await verify('p.json', JSON.stringify(toJSON(broken)), '--json');
  expect(JSON.parse(text)).toMatchObject({
    sound: false,
    findings: [{ code: 'SYS301', operand: 'stationary' }],
  });
});

test('what is no Program is refused with the place', async () => {
  await expect(verify('p.json', '{"format": 1}')).rejects.toThrow(/program\.format/);
  await expect(verify('p.txt', printProgram(sound), 'x.npy')).rejects.toThrow(/takes no inputs/);
});
