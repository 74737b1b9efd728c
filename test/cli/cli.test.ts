/** The built command, as a child process: help, plans and mistakes. Nothing here opens a device. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const CLI = new URL('../../dist/cli.js', import.meta.url).pathname;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function systole(...parameters: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [CLI, ...parameters], (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

const folder = mkdtempSync(join(tmpdir(), 'systole-cli-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

beforeAll(() => {
  if (!existsSync(CLI)) throw new Error('dist/cli.js is missing: npm run build');
});

describe('help', () => {
  it.each([
    [['--help'], /Commands:\s+bench [^]*plan [^]*devices/],
    [['bench', '--help'], /--budget <seconds>[^]*Examples:\n {2}systole bench/],
    [['plan', '--help'], /--tile <m,n,k>[^]*Examples:/],
    [['devices', '--help'], /--json[^]*Examples:/],
    [['--version'], /^\d+\.\d+\.\d+ \(.+\)\n$/],
  ])('%j', async (parameters, text) => {
    const { code, stdout, stderr } = await systole(...parameters);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(text);
  });
});

describe('mistakes are one message and exit code 2', () => {
  const npy = join(folder, 'bad.npy');
  writeFileSync(npy, 'not an array');

  it.each([
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['bench', '--frobnicate'], /unknown option '--frobnicate'/],
    [['plan', '1', '2'], /missing required argument 'K'/],
    [['plan', '1', '2', '3', '4'], /too many arguments/],
    [['plan', '0', '2', '3'], /M must be an integer of at least 1, got "0"/],
    [['plan', '1.5', '2', '3'], /M must be an integer of at least 1, got "1.5"/],
    [['plan', '1', 'two', '3'], /N must be an integer of at least 1, got "two"/],
    [['plan', '1', '2', '3', '--dtype', 'bf15'], /bf15.*bf16/],
    [['plan', '1', '2', '3', '--dtype', 'bf16,bf16,bf16'], /--dtype takes one dtype/],
    [['plan', '1', '2', '3', '--dtype', 'fp32,bf16'], /float32/],
    [['plan', '1', '2', '3', '--chip', 'trn9'], /No chip "trn9": choose one of trn1, trn2, trn3/],
    [['plan', '1', '2', '3', '--tile', '64'], /--tile takes m,n,k/],
    [['plan', '1', '2', '3', '--tile', '64,-1,64'], /Each extent of --tile must be an integer/],
    [['plan', '1', '2', '3', '--out', 'fp9'], /fp9/],
    [['bench', '--budget', 'soon'], /--budget takes seconds, a number above 0, got "soon"/],
    [['bench', '--budget', '0'], /a number above 0/],
    [['bench', '--seed', 'x'], /--seed must be an integer/],
    [['bench', '--case', '('], /--case takes a regular expression/],
    [['bench', '--case', 'nothing like it', '--list'], /No case has a name that matches/],
    [['bench', '--shape', '1x2'], /A shape is MxNxK/],
    [['bench', '--dtype', 'bf16,fp99'], /fp99/],
    [['bench', '--chip', 'trn2', '--dtype', 'fp8e4m3fn'], /trn2 does not multiply float8_e4m3fn/],
    [['bench', '--tensor', 'w'], /give it with --weights FILE/],
    [['bench', '--weights', 'w.npy', '--shape', '1x1x1'], /give one of them/],
    [['bench', '--weights', join(folder, 'none.npy')], /Cannot read the weights file/],
    [['bench', '--weights', npy], /no \.npy file/],
    [['bench', '--weights', npy, '--weights-layout', 'kk'], /--weights-layout is nk or kn, got "kk"/],
    [['bench', '--json', join(folder, 'none', 'report.json')], /Cannot write .*report\.json/],
  ])('%j', async (parameters, message) => {
    const { code, stdout, stderr } = await systole(...parameters);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n {4}at /); // no stack trace
    expect(stderr.trim().split('\n').length, stderr).toBeLessThanOrEqual(2); // commander may add "Did you mean ...?"
  });

  it('shows the help and exits with 2 without a command', async () => {
    const { code, stderr } = await systole();
    expect(code).toBe(2);
    expect(stderr).toContain('Usage: systole');
  });
});

describe('plan', () => {
  it('describes the plan', async () => {
    const { code, stdout, stderr } = await systole(
      'plan',
      '300',
      '200',
      '500',
      '--dtype',
      'fp8e4m3,fp8e5m2',
      '--out',
      'bf16',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('300');
  });

  it('gives the plan as JSON, with every option in it', async () => {
    const options = [
      '--chip',
      'trn3',
      '--tile',
      '64,,128',
      '--block',
      ',,256',
      '--k-major',
      '--accumulate',
      '--no-double-row',
    ];
    const { stdout } = await systole('plan', '300', '200', '500', '--dtype', 'fp8e4m3', ...options, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      m: 300,
      n: 200,
      k: 500,
      a: 'float8_e4m3',
      b: 'float8_e4m3',
      out: 'float32',
      chip: 'trn3',
      tile: { m: 64, k: 128 },
      block: { k: 256 },
      aLayout: 'k-major',
      accumulate: true,
      doubleRow: false,
    });
  });

  it('prints the Program, and the Program as JSON', async () => {
    const { stdout } = await systole('plan', '3', '5', '7', '--program');
    expect(stdout).toMatch(/nc_matmul/);
    const asJson = await systole('plan', '3', '5', '7', '--program', '--json');
    expect(JSON.parse(asJson.stdout)).toHaveProperty('chip', 'trn2');
  });
});

it('lists the cases of a filter', async () => {
  const { code, stdout } = await systole('bench', '--list', '--case', '^gpt2/o/', '--dtype', 'bf16');
  expect(code).toBe(0);
  expect(stdout).toBe('gpt2/o/m1/bf16\ngpt2/o/m128/bf16\ngpt2/o/m512/bf16\n');
});
