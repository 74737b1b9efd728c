/** `systole check`, in process: what it prints, its exit codes, and mistakes. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { addCheck } from '../../src/cli/check';
import { planMatmul } from '../../src/lower';
import { UserError } from '../../src/numerics';
import { fromJSON, parseProgram } from '../../src/program';
import { verifyProgram } from '../../src/verify';
import { tilingText } from '../verify/tilings';

const folder = mkdtempSync(join(tmpdir(), 'systole-check-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

async function check(...parameters: string[]): Promise<{ stdout: string; code: unknown }> {
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => {
    lines.push(line);
  });
  const program = new Command('systole').exitOverride();
  addCheck(program);
  await program.parseAsync(['check', ...parameters], { from: 'user' });
  return { stdout: lines.join('\n'), code: process.exitCode };
}

const huge = file('huge.json', '');
truncateSync(huge, 2 ** 26 + 1); // a file of no blocks

const PASS = { m: [0, 4], n: [0, 6], k: [0, 5], bank: 0, start: true, stop: true };
const sound = file('sound.json', tilingText({ tile: { m: 2, n: 3, k: 2 } }));
const dropped = file(
  'dropped.json',
  tilingText({
    passes: [
      { ...PASS, n: [0, 3] },
      { ...PASS, n: [3, 6], k: [0, 4] },
    ],
  }),
);

describe('verdicts', () => {
  it('ours is right: exit code 0', async () => {
    const { stdout, code } = await check('30', '40', '200', '--no-gpu');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^plan of out\[30, 40\][^]*canonical ones on any operands[^]*The tiling is right\.$/,
    );
  });

  it('a tiling by hand, on every chip', async () => {
    for (const chip of ['trn1', 'trn2', 'trn3']) {
      const { stdout, code } = await check('4', '6', '5', '--plan', sound, '--no-gpu', '--chip', chip);
      expect([code, stdout.split('\n')[0]]).toEqual([
        0,
        `tiling of out[4, 6] = A[4, 5] B[5, 6], bf16 x bf16 to fp32, A row-major, on ${chip}`,
      ]);
    }
  });

  it('a wrong one: the picture, the first wrong tile, exit code 1', async () => {
    const { stdout, code } = await check('4', '6', '5', '--plan', dropped, '--no-gpu');
    expect(code).toBe(1);
    expect(stdout).toContain('WRONG     each (m, n, k) once');
    expect(stdout).toContain('missing: m 0..3, n 3..5, k 4: no pass takes it');
    expect(stdout).toContain('The output in 1 x 2 tiles\n  . M\n');
    expect(stdout).toMatch(
      /First wrong tile: row 0, column 1 [^]*element {3}m 0, n 3[^]*expected[^]*received/,
    );
    expect(stdout).toMatch(
      /pass {6}1 \(m 0\.\.3, n 3\.\.5, k 0\.\.3\), instruction p1\.matmul\n {2}stored by dma_copy p1\.store/,
    );
  });

  it('--json is the verdict', async () => {
    const { stdout } = await check('4', '6', '5', '--plan', dropped, '--no-gpu', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ right: false, given: 'tiling', passes: 2, instructions: 10 },
      coverage: { missing: 12, doubled: 0, gaps: [{ m: [0, 4], n: [3, 6], k: [4, 5], times: 0 }] },
      firstWrong: { row: 0, column: 1, writtenBy: { id: 'p1.store' } },
    });
  });

  it('a plan from its JSON, whose product and formats need not be said again', async () => {
    const plan = planMatmul({
      m: 8,
      n: 8,
      k: 300,
      a: 'float8_e4m3',
      b: 'float8_e5m2',
      out: 'bfloat16',
      chip: 'trn3',
    });
    const path = file('plan.json', JSON.stringify(plan));
    const { stdout, code } = await check('8', '8', '300', '--plan', path, '--no-gpu');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^plan of .* fp8e4m3 x fp8e5m2 to bf16, A row-major, on trn3\n/);
  });

  it('on the adapter of this machine too', async () => {
    const { stdout, code } = await check(
      '40',
      '70',
      '300',
      '--plan',
      file('tile.json', tilingText({ tile: { m: 16, n: 64, k: 96 }, group: 192 })),
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /ok {8}on the WebGPU adapter .*: the fused kernel, given this order, equals the same loop/,
    );
  });

  it('--program prints it, as text and as JSON, and it verifies', async () => {
    const text = (await check('4', '6', '5', '--plan', sound, '--program')).stdout;
    const json = (await check('4', '6', '5', '--plan', sound, '--program', '--json')).stdout;
    const program = fromJSON(JSON.parse(json));
    expect(parseProgram(`${text}\n`)).toEqual(program);
    expect(verifyProgram(program)).toMatchObject({ sound: true, findings: [] });
  });
});

it('Ctrl-C ends it with code 130, and says what was checked so far', async () => {
  const lines: string[] = [];
  vi.spyOn(console, 'error').mockImplementation((line: string) => {
    lines.push(line);
  });
  const ended = check(
    '64',
    '64',
    '64',
    '--plan',
    file('tile64.json', tilingText({ tile: { m: 1, n: 8, k: 8 } })),
    '--no-gpu',
  );
  const listening = (): boolean => process.listenerCount('SIGINT') > 0;
  await vi.waitUntil(listening, { interval: 1, timeout: 60_000 });
  process.emit('SIGINT');
  const { code, stdout } = await ended;
  expect([code, stdout]).toEqual([130, '']);
  expect(lines.join('\n')).toMatch(
    /^interrupted while [a-z ]+; (nothing was checked before|checked before:\nok: each)/i,
  );
});

it('a plan that accumulates says that C is added', async () => {
  const plan = planMatmul({ m: 8, n: 8, k: 30, a: 'bfloat16', b: 'bfloat16', accumulate: true });
  const { stdout, code } = await check(
    '8',
    '8',
    '30',
    '--plan',
    file('c.json', JSON.stringify(plan)),
    '--no-gpu',
  );
  expect([code, stdout.split(',')[0]]).toEqual([0, 'plan of out[8']);
  expect(stdout).toContain('plan of out[8, 8] = C[8, 8] + A[8, 30] B[30, 8]');
});

describe('mistakes are a UserError, which the command ends with code 2 for', () => {
  it.each([
    [['0', '2', '3'], /M must be an integer of at least 1/],
    [['4', '6', '5', '--plan', join(folder, 'none.json')], /Cannot read .*none\.json/],
    [['4', '6', '5', '--plan', file('text.json', 'tiles')], /is no JSON/],
    [['4', '6', '5', '--plan', file('deep.json', '['.repeat(200_000))], /is no JSON: line 1, column 200001/],
    [
      ['4', '6', '5', '--plan', file('nested.json', `{"format":${'['.repeat(99)}${']'.repeat(99)}}`)],
      /format must be "systole tiling", received \[\[\[\[…\]\]\]\]\./,
    ],
    [['4', '6', '5', '--plan', huge], /huge\.json has 67108865 bytes, more than the 67108864/],
    [
      ['4', '6', '5', '--plan', file('bad.json', tilingText({ passes: [{ ...PASS, k: 5 }] }))],
      /tiling\.passes\[0\]\.k must be \[begin, end\]/,
    ],
    [
      [
        '4',
        '6',
        '5',
        '--plan',
        file('chip.json', tilingText({ tile: { m: 1, n: 1, k: 1 }, chip: 'trn1' })),
        '--chip',
        'trn2',
      ],
      /tiling\.chip is trn1, and trn2 was asked for/,
    ],
    [
      ['65536', '65536', '65536', '--no-gpu'],
      /passes, more than the 131072 that are checked: take larger tiles, or check a smaller product/,
    ],
    [['4', '6', '5', '--dtype', 'fp8e4m3fn'], /trn2 does not multiply float8_e4m3fn/],
    [['4', '6', '5', '--no-gpu', '--adapter', 'x'], /do not go together/],
    [['4', '6', '5', '--adapter', 'no such adapter'], /No adapter is named like "no such adapter"/],
  ])('%j', async (parameters, message) => {
    await expect(check(...parameters)).rejects.toThrow(UserError);
    await expect(check(...parameters)).rejects.toThrow(message);
  });
});

it('--help has the format, the exit codes and examples', async () => {
  const program = new Command('systole').exitOverride();
  addCheck(program);
  let help = '';
  program.commands[0]?.configureOutput({ writeOut: (text) => (help += text) });
  await expect(program.parseAsync(['check', '--help'], { from: 'user' })).rejects.toThrow();
  expect(help).toMatch(
    /"format": "systole tiling"[^]*Exit code: 0 right; 1 wrong; 2[^]*Examples:\n {2}systole check/,
  );
});
