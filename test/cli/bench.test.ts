/** The built command on this machine's adapter: one small product, checked, timed and reported. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';

const CLI = new URL('../../dist/cli.js', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'systole-bench-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('runs a case to a report in text, JSON and CSV', async () => {
  const [json, csv] = [join(folder, 'report.json'), join(folder, 'report.csv')];
  const options = ['--shape', '33x40x300', '--dtype', 'bf16', '--json', json, '--csv', csv];
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'bench', ...options]);
  expect(stdout).toMatch(/shape\/33x40x300 +bf16 +33x40x300 .* ok$/m);
  expect(stdout).toMatch(/CPU baseline: gpu\.js/);
  const report: unknown = JSON.parse(readFileSync(json, 'utf8'));
  expect(report).toMatchObject({
    outcome: 'complete',
    settings: { seed: 1, budgetSeconds: 60, arguments: ['bench', ...options] },
    cases: [
      {
        name: 'shape/33x40x300/bf16',
        check: {
          passed: true,
          kinds: [
            { coverage: 'full', mismatches: 0 },
            { coverage: 'full', mismatches: 0 },
          ],
        },
        plan: { chip: 'trn2', passes: 3, groups: 1 },
      },
    ],
    leftOut: [],
  });
  expect(readFileSync(csv, 'utf8').split('\r\n')).toHaveLength(3);
});
