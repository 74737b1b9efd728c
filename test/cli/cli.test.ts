/** The built command, as a child process: help, plans and mistakes. Nothing here opens a device. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIST, runNode, type Ended } from '../host/child';

const CLI = join(DIST, 'cli.js');
const systole = (...parameters: string[]): Promise<Ended> => runNode([CLI, ...parameters], {});

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
  const file = (name: string, bytes: string | Uint8Array): string => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const npy = file('bad.npy', 'not an array');
  const short = file('short.npy', '\x93');
  const garbage = file('garbage.safetensors', 'no header, but long enough to hold the length of one');
  const header = JSON.stringify({
    w: { dtype: 'F32', shape: [2 ** 20, 2 ** 20], data_offsets: [0, 2 ** 42] },
  });
  const length = new BigUint64Array([BigInt(header.length)]);
  const promising = file(
    'promising.safetensors',
    Buffer.concat([Buffer.from(length.buffer), Buffer.from(header)]),
  );
  const integers = file(
    'integers.npy',
    Buffer.from(
      `\x93NUMPY\x01\x00\x40\x00${"{'descr': '<i8', 'fortran_order': False, 'shape': (1, 1), }".padEnd(64)}12345678`,
      'latin1',
    ),
  );

  it.each([
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['bench', '--frobnicate'], /unknown option '--frobnicate'/],
    [['plan', '1', '2'], /missing required argument 'K'/],
    [['plan', '1', '2', '3', '4'], /too many arguments/],
    [['plan', '0', '2', '3'], /M must be an integer of at least 1, got "0"/],
    [['plan', '-1', '2', '3'], /M must be an integer of at least 1, got "-1"/],
    [['plan', '1', '2', '9007199254740993'], /K must be below 2\^53, got "9007199254740993"/],
    [['plan', '99999999', '99999999', '99999999'], /more than the 96 GiB of HBM of trn2: split the product/],
    [['plan', '1', '1', '1000000000'], /needs about 7812500 passes.*raise tile\.k or block\.k, or split k/],
    [
      ['plan', '100000', '100000', '100000', '--program'],
      /instructions, more than .*: take a smaller product/,
    ],
    [['plan', '1', '2', '3', '--tile', '129,,'], /tile\.m: a pass has at most 128 .* received 129/],
    [['plan', '1', '2', '3', '--dtype', 'fp8e4m3fn'], /trn2 does not multiply float8_e4m3fn: choose from/],
    [
      ['plan', '1', '2', '3', '--chip', 'trn3', '--dtype', 'fp8e4m3,fp8e4m3fn'],
      /float8_e4m3 and float8_e4m3fn cannot be mixed.*convert one/,
    ],
    [['plan', '1.5', '2', '3'], /M must be an integer of at least 1, got "1.5"/],
    [['plan', '1', 'two', '3'], /N must be an integer of at least 1, got "two"/],
    [['plan', '1', '2', '3', '--dtype', 'bf15'], /bf15.*bf16/],
    [['plan', '1', '2', '3', '--dtype', 'bf16,bf16,bf16'], /--dtype takes one dtype/],
    [['plan', '1', '2', '3', '--dtype', 'fp32,bf16'], /float32/],
    [['plan', '1', '2', '3', '--epilogue', 'activation=gellu'], /received "gellu"; the nearest is gelu/],
    [['plan', '1', '2', '3', '--epilogue', 'scale=1,scale=2'], /takes scale once/],
    [['plan', '1', '2', '3', '--epilogue', 'gelu'], /steps as name=value of scale, .* received "gelu"/],
    [['plan', '1', '2', '3', '--chip', 'trn9'], /No chip "trn9": choose one of trn1, trn2, trn3/],
    [['plan', '1', '2', '3', '--tile', '64'], /--tile takes m,n,k/],
    [['plan', '1', '2', '3', '--tile', '64,-1,64'], /Each extent of --tile must be an integer/],
    [['plan', '1', '2', '3', '--out', 'fp9'], /fp9/],
    [['bench', '--budget', 'soon'], /--budget takes seconds, a number above 0, got "soon"/],
    [['bench', '--budget', '0'], /a number above 0/],
    [['bench', '--seed', 'x'], /--seed must be an integer/],
    [['bench', '--seed', '-1'], /--seed must be an integer of at least 0, got "-1"/],
    [['bench', '--shape', '0x1x1'], /three integers of at least 1.* got "0x1x1"/],
    [['bench', '--shape', '-1x1x1'], /three integers of at least 1.* got "-1x1x1"/],
    [['bench', '--shape', '1.5x1x1'], /three integers of at least 1.* got "1.5x1x1"/],
    [['bench', '--shape', 'ax1x1'], /three integers of at least 1.* got "ax1x1"/],
    [['bench', '--shape', '99999999x99999999x99999999'], /more than the 96 GiB of HBM of trn2: split/],
    [['bench', '--dtype', ''], /Unknown number format "".*Known: fp32/],
    [['bench', '--dtype', 'fp32xbf16'], /float32 and tfloat32 multiply only .*received float32 and bfloat16/],
    [['bench', '--dtype', 'fp8e4m3xfp8e4m3fn'], /cannot be mixed/],
    [['bench', '--chip', 'trn9'], /choose one of trn1, trn2, trn3/],
    [['bench', '--case', '('], /--case takes a regular expression/],
    [['bench', '--case', 'nothing like it', '--list'], /No case has a name that matches/],
    [['bench', '--shape', '1x2'], /A shape is MxNxK/],
    [['bench', '--dtype', 'bf16,fp99'], /fp99/],
    [['bench', '--chip', 'trn2', '--dtype', 'fp8e4m3fn'], /trn2 does not multiply float8_e4m3fn/],
    [['bench', '--tensor', 'w'], /give it with --weights FILE/],
    [['bench', '--weights', 'w.npy', '--shape', '1x1x1'], /give one of them/],
    [['bench', '--weights', join(folder, 'none.npy')], /Cannot read the file .*none\.npy/],
    [['bench', '--weights', npy], /no \.npy file/],
    [['bench', '--weights', short], /truncated: 10 bytes were needed, the file has \d/],
    [['bench', '--weights', integers], /dtype i8 cannot be read; known: f8/],
    [['bench', '--weights', garbage], /no \.safetensors file, or is truncated/],
    [['bench', '--weights', promising], /bytes end at \d+, the file at \d+; it is truncated/],
    [['bench', '--weights', folder], /ends in \.safetensors or \.npy/],
    [['bench', '--weights', npy, '--weights-layout', 'kk'], /--weights-layout is nk or kn, got "kk"/],
    [['bench', '--json', join(folder, 'none', 'report.json')], /Cannot write .*report\.json/],
    [['bench', '--json', folder], /Cannot write .*: it is a folder\. Name a file/],
    [['bench', '--csv', ''], /Cannot write a report: the name is empty/],
    [['bench', '--csv', '/proc/report.csv'], /Cannot write \/proc\/report\.csv/],
    [['bench', '--json', 'report', '--csv', 'report'], /--csv and --json both name report/],
    [['devices', 'all'], /too many arguments for 'devices'/],
    [['devices', '--frobnicate'], /unknown option/],
  ])('%j', async (parameters, message) => {
    const { code, stdout, stderr } = await systole(...parameters);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n {4}at /); // no stack trace
    expect(stderr.trim().split('\n').length, stderr).toBeLessThanOrEqual(2); // commander may add "Did you mean ...?"
  });

  it('leaves no file behind', () => {
    expect(readdirSync(folder).filter((name) => !/\.(npy|safetensors)$/.test(name))).toEqual([]);
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

describe.runIf(process.platform === 'linux')('without any adapter', () => {
  it.each([['bench'], ['bench', '--adapter', 'x'], ['devices'], ['devices', '--json']])(
    '%s %s %s: one message and exit code 2',
    async (...parameters) => {
      const env = { VK_DRIVER_FILES: '/no/such/driver.json' };
      const { code, stdout, stderr } = await runNode([CLI, ...parameters], { env });
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(
        /^error: .*No WebGPU adapter: VK_DRIVER_FILES keeps every Vulkan driver out.*Unset it/m,
      );
    },
  );
});

it('lists the cases of a filter', async () => {
  const { code, stdout } = await systole('bench', '--list', '--case', '^gpt2/o/', '--dtype', 'bf16');
  expect(code).toBe(0);
  expect(stdout).toBe('gpt2/o/m1/bf16\ngpt2/o/m128/bf16\ngpt2/o/m512/bf16\n');
});
