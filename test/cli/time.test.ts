/** `systole time`, in this process: what it prints of kernels, files, products and comparisons, and mistakes. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addTime } from '../../src/cli/time';
import { TIMING_CONSTANTS } from '../../src/chip';
import { planMatmul, planToProgram } from '../../src/lower';
import { printProgram, toJSON } from '../../src/program';
import { timeProgram } from '../../src/time';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'systole-time-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
});

/** What the command prints. */
async function time(...parameters: string[]): Promise<string> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const program = new Command('systole').exitOverride();
  addTime(program);
  for (const command of program.commands) {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
  }
  await program.parseAsync(['time', ...parameters], { from: 'user' });
  const text = log.mock.calls.flat().join('\n');
  log.mockRestore();
  return text;
}

const json = async (...parameters: string[]): Promise<unknown> =>
  JSON.parse(await time(...parameters, '--json')) as unknown;

const product = planToProgram(planMatmul({ m: 256, n: 512, k: 256, a: 'bfloat16', b: 'bfloat16' }));
const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

describe('what is timed', () => {
  it('is a product, whose first lines say how it is cut and scheduled', async () => {
    const lines = (await time('256', '512', '256')).split('\n');
    expect(lines[0]).toBe(
      'out[256, 512] = A[256, 256] B[256, 512] on trn2: bf16 x bf16 to fp32, A row-major, tiles of 128 x 512 x 128, blocks of 256 x 512 x 256',
    );
    expect(lines[1]).toMatch(/^Loads are moved earlier .* --no-schedule/);
    expect(lines[2]).toMatch(/^\d+ instructions on one core of the 8 of trn2\.$/);
    expect(lines[4]).toMatch(/ in total; limited by .* of the critical path$/);
  });

  it('is the same as a Program, as JSON and as text', async () => {
    const total = timeProgram(product).total;
    for (const path of [
      file('p.json', JSON.stringify(toJSON(product))),
      file('p.txt', printProgram(product)),
    ]) {
      expect(await json(path, '--no-schedule')).toMatchObject({ total, scheduled: false, chip: 'trn2' });
    }
    expect(await json('256', '512', '256', '--no-schedule')).toMatchObject({ total });
  });

  it('is a kernel of the library, of the sizes that are told', async () => {
    const text = await time('softmax', '--size', 'rows=64,columns=128', '--dtype', 'bf16', '--chip', 'trn1');
    expect(text).toMatch(/^softmax on trn1: x \[64, 128\] bf16\n/);
    expect(text).toMatch(/\nScalar +\d/);
    expect(text).toMatch(/\nCritical path: /);
  });

  it('has constants that are set, and cores that share HBM', async () => {
    const plain = (await json('softmax')) as { total: number };
    const late = await json('softmax', '--set', 'semaphore=5000', '--set', 'dmaStart=900', '--cores', '8');
    expect(late).toMatchObject({ cores: 8, timing: { semaphore: 5000, dmaStart: 900 } });
    expect((late as typeof plain).total).toBeGreaterThan(plain.total);
  });
});

describe('side by side', () => {
  it('are what --compare says, with options of their own, or options alone', async () => {
    const result = await json(
      'softmax',
      '--no-schedule',
      '--compare',
      '--dtype bf16',
      '--compare',
      '128 512 128 --k-major',
    );
    expect(result).toMatchObject({
      format: 'systole time',
      version: 1,
      compared: [
        { name: 'softmax', speedup: 1 },
        { name: 'softmax --dtype bf16' },
        { name: '128 512 128 --k-major' },
      ],
      subjects: [{ scheduled: false }, { scheduled: false }, { scheduled: false }],
    });
  });

  it('are chips', async () => {
    const text = await time('256', '512', '256', '--chips', 'trn1,trn2,trn3');
    expect(text.split('\n').filter((line) => line.startsWith('256 512 256'))).toEqual([
      expect.stringMatching(/ trn1 .* 1\.00 /),
      expect.stringMatching(/ trn2 /),
      expect.stringMatching(/ trn3 /),
    ]);
  });
});

describe('the trace', () => {
  it('is written as a whole', async () => {
    const path = join(folder, 'product.pftrace');
    expect(await time('256', '512', '256', '--trace', path)).toContain(`wrote ${path}`);
    expect(readFileSync(path).length).toBeGreaterThan(1000);
    expect(readdirSync(folder)).toEqual(['product.pftrace']);
  });

  it('is whole before anything is printed, since who reads that may stop reading', async () => {
    const path = join(folder, 'product.pftrace');
    const there: boolean[] = [];
    const program = new Command('systole').exitOverride();
    addTime(program);
    vi.spyOn(console, 'log').mockImplementation(() => there.push(existsSync(path)));
    await program.parseAsync(['time', '256', '512', '256', '--trace', path], { from: 'user' });
    expect(there).toEqual([true, true]);
  });

  it('never takes the place of what is read', async () => {
    const path = file('p.txt', printProgram(product));
    await expect(time(path, '--trace', path)).rejects.toThrow(
      /would take the place of .*p\.txt, which is read/,
    );
    expect(readFileSync(path, 'utf8')).toBe(printProgram(product));
  });

  it('is refused before anything is timed where it cannot be written, and nothing is left', async () => {
    const path = join(folder, 'none', 'x.pftrace');
    await expect(time('256', '512', '256', '--trace', path)).rejects.toThrow(/Cannot write .*x\.pftrace/);
    await expect(time('256', '512', '256', '--trace', folder)).rejects.toThrow(/it is a folder/);
    expect(readdirSync(folder)).toEqual([]);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });
});

it('an empty Program takes no time, and the report says why', async () => {
  expect(await time(file('empty.txt', 'program trn2\n'))).toMatch(
    /\n0 ns in total\n.*\n\nAssumed\n {2}Nothing of the Program was timed: it has no instructions\.$/,
  );
});

describe('the cost', () => {
  it('is printed with what it assumes', async () => {
    const text = await time('softmax', '--price', '2/chip', '--per', 'token=1/32', '--on', 'cores=8');
    expect(text).toMatch(/\nCost\n/);
    expect(text).toMatch(/for .*tokens?, one in/);
    expect(text).toMatch(/\n {2}Assumed:\n/);
  });

  it('is compared with a GPU', async () => {
    const gpu = 'peak=989,bandwidth=3350,efficiency=0.5,price=4.3';
    expect(await json('256', '512', '256', '--price', '2/core', '--gpu', gpu)).toMatchObject({
      cost: {
        chip: {
          unit: 'product',
          assumptions: expect.arrayContaining([expect.stringMatching(/predicted/)]) as object,
        },
        gpu: { name: 'the GPU' },
        assumptions: expect.arrayContaining([expect.stringMatching(/assumed, not measured/)]) as object,
      },
    });
  });
});

it('--constants prints every one with its source', async () => {
  const text = await time('--constants');
  for (const [name, { source }] of Object.entries(TIMING_CONSTANTS)) {
    expect(text).toMatch(new RegExp(`^${name} `, 'm'));
    expect(text).toContain(`${name}: ${source}`);
  }
});

describe('mistakes are one message', () => {
  const broken = { ...product, instructions: product.instructions.slice(1) };
  it.each([
    [[], /^time takes a kernel of the library/],
    [['sofmax'], /did you mean "softmax"/],
    [['./none.json'], /^Cannot read \.\/none\.json: there is no such place/],
    [['256', '512'], /three numbers, M N K.*received 2 numbers/],
    [['256', '512', '256', '1'], /received 4 numbers/],
    [['256', '512', '256k'], /K must be an integer of at least 1, got "256k"/],
    [['1e3', '512', '256'], /M must be an integer of at least 1, got "1e3"/],
    [['256', '512', '-1'], /K must be an integer of at least 1, got "-1"/],
    [['mxfp8_matmul', '--chips', 'trn2,trn3'], /mxfp8_matmul is for trn3, received trn2/],
    [['softmax', '--chips', 'trn1,trn9'], /No chip "trn9"/],
    [['softmax', '--trace', '-'], /--trace - is the standard output/],
    [['softmax', '--trace', ''], /the name is empty/],
    [['256', '512', '256', '--size', 'rows=4'], /has no use for --size/],
    [['softmax', '--tile', '128,512,128', '--no-double-row'], /has no use for --tile, --no-double-row/],
    [['softmax', '--set', 'semafore=1'], /no option "semafore": .* Did you mean semaphore\?/],
    [
      ['softmax', '--set', 'semaphore=-1'],
      /semaphore must be a number of ns from 0 to 1000000000, received -1\./,
    ],
    [['softmax', '--set', 'semaphore=soon'], /--set semaphore takes a number, received "soon"/],
    [['softmax', '--set', 'semaphore'], /--set takes name=number/],
    [['softmax', '--set', 'semaphore=1', '--set', 'semaphore=2'], /gives semaphore twice/],
    [['softmax', '--turns', 'i=0.5'], /--turns i must be an integer/],
    [['softmax', '--turns', 'nowhere=2'], /no loop of that id/],
    [['softmax', '--cores', '9'], /cores of trn2 must be a whole number from 1 to 8, received 9/],
    [['softmax', '--chip', 'trn4'], /trn4/],
    [[' '], /^time takes a kernel of the library/],
    [['softmax', '--schedule', '--no-schedule'], /--schedule and --no-schedule exclude each other/],
    [['softmax', '--compare', '--schedule --no-schedule'], /--schedule and --no-schedule exclude/],
    [
      ['softmax', '--compare', '--no-schedul'],
      /--compare "--no-schedul": unknown option '--no-schedul' \(Did you mean --no-schedule\?\)/,
    ],
    [['softmax', '--chip', 'trn1', '--chips', 'trn1,trn2'], /leave --chip out/],
    [['softmax', '--chips', 'trn1,trn1'], /once/],
    [['softmax', '--compare', '--frobnicate'], /--compare "--frobnicate": unknown option/],
    [['softmax', '--compare', ' '], /--compare takes what to compare with/],
    [['softmax', '--chips', 'trn1,trn2', '--trace', 'x.pftrace'], /--trace writes one timeline/],
    [['softmax', '--price', '-1/core'], /price must be above 0/],
    [['softmax', '--price', 'NaN/core'], /price must be above 0/],
    [['softmax', '--price', '-0/core'], /price must be above 0/],
    [['softmax', '--price', '2usd/core'], /price must be above 0.*received "2usd\/core"/],
    [['softmax', '--price', '1e308/core'], /price, in USD per hour, must be a number from 1e-12 to 1000000/],
    [
      ['softmax', '--price', '1/core', '--gpu', 'peak=989T,bandwidth=1,efficiency=1,price=1'],
      /peak of a GPU is a number without a unit, received "989T"/,
    ],
    [['softmax', '--price', '1/trn1.32xlarge'], /an instance with trn2/],
    [['softmax', '--price', '1/core', '--per', 'week'], /--per takes product, token or step/],
    [['softmax', '--price', '1/core', '--on', 'cores=1,cores=2'], /--on takes cores/],
    [['softmax', '--price', '1/core', '--scaling', '2'], /--scaling takes a share/],
    [['softmax', '--constants', '--cores', '2'], /leave softmax, --cores out/],
    [['--calibration', '--chip', 'trn1'], /leave --chip out/],
    [['softmax', '--per', 'token'], /--per goes with --price/],
    [['softmax', '--gpu', 'peak=1,bandwidth=1,efficiency=1,price=1'], /--gpu goes with --price/],
  ] as const)('%j', async (parameters, message) => {
    await expect(time(...parameters)).rejects.toThrow(message);
  });

  it('a Program that fails verification is refused with its findings', async () => {
    const path = file('broken.json', JSON.stringify(toJSON(broken)));
    await expect(time(path)).rejects.toThrow(
      /^A Program that fails verification is not timed\.\nerror SYS301/,
    );
  });

  it('an option that there is not', async () => {
    await expect(time('softmax', '--frobnicate')).rejects.toThrow(CommanderError);
  });
});
