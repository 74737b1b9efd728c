/** The built command on this machine's adapter: one small product, checked, timed and reported. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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

it('keeps what was obtained when interrupted, and exits with 130', async () => {
  const place = mkdtempSync(join(folder, 'interrupted-'));
  const json = join(place, 'report.json');
  const sizes = ['--shape', '32x32x32', '--shape', '2048x2048x2048'];
  const options = [...sizes, '--dtype', 'bf16', '--budget', '600', '--no-baseline', '--json', json];
  const child = spawn(process.execPath, [CLI, 'bench', ...options]);
  let stdout = '';
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  let stderr = '';
  let told = false;
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString();
    if (!told && stderr.includes('32x32x32/bf16: ')) told = child.kill('SIGINT'); // a second one would quit at once
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(code, stderr).toBe(130);
  expect(stdout).toMatch(/shape\/32x32x32 .* ok$/m);
  expect(stdout).toMatch(/shape\/2048x2048x2048\/bf16: not run: the run was interrupted/);
  expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({
    outcome: 'interrupted',
    cases: [{ name: 'shape/32x32x32/bf16' }],
    leftOut: [{ name: 'shape/2048x2048x2048/bf16' }],
  });
  expect(readdirSync(place)).toEqual(['report.json']);
});

it('lists every adapter with what was measured of it', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'devices', '--json']);
  const devices = JSON.parse(stdout) as { adapter: { name: string } }[];
  expect(devices.length).toBeGreaterThan(0);
  for (const device of devices) {
    expect(device).toMatchObject({
      adapter: { limits: { maxBufferSize: expect.any(Number) as number } },
      measured: { probe: { nearestEven: true }, peaks: { fmaGflops: expect.any(Number) as number } },
    });
  }
  const name = devices[0]?.adapter.name ?? '';
  const text = await promisify(execFile)(process.execPath, [CLI, 'devices', '--adapter', name]);
  expect(text.stdout.startsWith(`${name} (`)).toBe(true);
  expect(text.stdout).toMatch(/^ {2}peaks +[\d.e+]+ GFLOP\/s multiply-add, /m);
  expect(Math.max(...text.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});
