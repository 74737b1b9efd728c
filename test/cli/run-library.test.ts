/** `systole run NAME` as built: kernels of the library by name, their inputs and sizes, the check against float64, and mistakes. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobSource, npyBytes, readArray } from '../../bench/weights';
import { LIBRARY } from '../../src/kernels/library';
import { decodeArray, encodeArray } from '../../src/numerics';
import { DIST, runNode, type Ended } from '../host/child';

const CLI = join(DIST, 'cli.js');
const systole = (...parameters: string[]): Promise<Ended> => runNode([CLI, 'run', ...parameters], {});

const folder = mkdtempSync(join(tmpdir(), 'systole-library-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeAll(() => {
  if (!existsSync(CLI)) throw new Error('dist/cli.js is missing: npm run build');
});

function npy(name: string, shape: readonly number[], value: (index: number) => number): string {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const values = Float32Array.from({ length: count }, (_, index) => value(index));
  const path = join(folder, name);
  writeFileSync(path, npyBytes({ shape, dtype: 'float32', codes: encodeArray('float32', values) }));
  return path;
}

async function read(path: string): Promise<{ shape: readonly number[]; values: number[] }> {
  const blob = new Blob([new Uint8Array(readFileSync(path))]);
  const { shape, dtype, codes } = await readArray(blobSource(blob, path));
  return { shape, values: Array.from(decodeArray(dtype, codes)) };
}

const matching = (pattern: RegExp): string => expect.stringMatching(pattern) as string;

describe('the list', () => {
  it('has every kernel with its sizes, formats and chips', async () => {
    const { code, stdout } = await systole('--list');
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n').slice(1);
    expect(lines.map((line) => line.split(' ')[0])).toEqual(LIBRARY.map(({ name }) => name));
    expect(stdout).toMatch(
      /^top_k +rows=128,columns=1024,k=16 +fp32 bf16 fp16 +trn1 trn2 trn3 +the k largest/m,
    );
  });

  it('tells the sizes, limits and inputs of one', async () => {
    const { code, stdout } = await systole('top_k', '--list');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: matching(/^top_k: [^]*x \[128, 1024\] fp32[^]*columns +1024 +8 +16384 +columns of x/),
    });
  });
});

describe('a kernel by its name', () => {
  it('runs on random inputs of the sizes and format, and is within its bound of float64', async () => {
    const out = join(folder, 'norms');
    const told = ['--size', 'rows=5,columns=40', '--dtype', 'bf16', '--chip', 'trn1', '--out', out];
    const { code, stdout, stderr } = await systole('rmsnorm', ...told);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = [
      'rmsnorm on trn1: x \\[5, 40\\] bf16, gain \\[1, 40\\] bf16',
      'Sound: nothing found\\.',
      '\\d+ instructions; at most SBUF [\\d.]+ KiB of 24 MiB, PSUM 0 B of 2 MiB in use at one time\\.',
      'Ran in [\\d.e-]+ s on the reference executor\\.',
      '',
      'output .*',
      'result +bfloat16 +5x40 .*',
      'wrote .*result\\.npy',
      '',
      'result: within its bound of float64 everywhere; largest error [\\d.e-]+, at most [\\d.]+% of the bound',
    ];
    expect(stdout).toMatch(new RegExp(`^${lines.join('\n')}\n$`));
    expect((await read(join(out, 'result.npy'))).shape).toEqual([5, 40]);
  });

  it('takes the same random inputs of the same seed, and others of another', async () => {
    const results = ['1', '1', '2'].map(async (seed, index) => {
      const out = join(folder, `seed-${index}`);
      await systole('softmax', '--size', 'rows=2', '--size', 'columns=8', '--seed', seed, '--out', out);
      return (await read(join(out, 'result.npy'))).values;
    });
    const [first, again, other] = await Promise.all(results);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('runs on files, and on files with random inputs of the sizes that go with them', async () => {
    const x = npy('x.npy', [3, 10], (index) => (index * 7) % 11);
    const out = join(folder, 'largest');
    const { code, stdout } = await systole('top_k', x, '--size', 'k=2', '--out', out);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: matching(
        /^top_k on trn2: x \[3, 10\] fp32, k 2\n[^]*values: equals float64 everywhere\nindices: equals float64 everywhere\n$/,
      ),
    });
    expect(await read(join(out, 'values.npy'))).toEqual({ shape: [3, 2], values: [10, 9, 10, 9, 10, 9] });

    const mixed = await systole('rmsnorm', x, '--size', 'rows=3,columns=10');
    expect(mixed).toMatchObject({ code: 0, stdout: matching(/x \[3, 10\] fp32, gain \[1, 10\] fp32/) });
    const wrong = await systole('rmsnorm', x);
    expect(wrong).toMatchObject({
      code: 2,
      stderr: matching(/"x" is \[3, 10\], and random inputs of rows=256,columns=512 go with \[256, 512\]/),
    });
  });

  it('is for the chips that it says, without being told which', async () => {
    const { code, stdout } = await systole('rmsnorm_quantize_e4m3fn', '--size', 'rows=2,columns=8');
    expect({ code, stdout }).toEqual({ code: 0, stdout: matching(/ on trn3: [^]*result: within/) });
  });

  it('tells the first wrong element and exits with 1', async () => {
    // What top_k says that it does not take: of -infinity it cannot know what it took before.
    const x = npy('infinite.npy', [2, 16], (index) =>
      index === 0 ? 1 : index < 16 ? -Infinity : 16 - index,
    );
    const { code, stdout } = await systole('top_k', x, '--size', 'k=9');
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: matching(
        /indices: WRONG: 1 of 18 elements are outside their bound, the first at \[0, 8\]: received 0, expected 8 within 0; largest error 8\n$/,
      ),
    });
  });

  it('tells on stdout that the run had findings, and elements that are not finite', async () => {
    const x = npy('nan.npy', [2, 8], (index) => (index === 0 ? NaN : index));
    const { code, stdout, stderr } = await systole('layernorm', x, '--size', 'rows=2,columns=8');
    const findings = stderr.match(/^(error|warning) SYS/gm)?.length ?? 0;
    const told = findings === 0 ? '' : `The run had ${findings} findings?, told on stderr\\.\n`;
    expect({ code, stdout }).toEqual({
      code: findings === 0 ? 0 : 1,
      stdout: matching(new RegExp(`; 8 of 16 elements are not finite\n${told}$`)),
    });
  });

  it('its Program is printed, stepped through and looked into as any other', async () => {
    const small = ['softmax', '--size', 'rows=2,columns=8'];
    const { stdout } = await systole(...small, '--program');
    const [, store] = /^(\S+) dma dma_copy result/m.exec(stdout) ?? [];
    const stopped = await systole(...small, '--until', '1', '--show', 'x');
    expect(stopped).toMatchObject({
      code: 0,
      stdout: matching(/hbm x[^]*stopped after 1 step, before \w+ \S+\n$/),
    });
    expect(store, stdout).toBeDefined();
    expect(stdout, 'places in the bundle').not.toContain('cli.js');
    const end = await systole(...small, '--until', store ?? '');
    expect(end.stdout).toContain(`before dma_copy ${store ?? ''}`);
  });

  it('ends when it is interrupted, and says where', async () => {
    const child = spawn(process.execPath, [
      CLI,
      'run',
      'selective_scan',
      '--size',
      'channels=512,steps=4096',
    ]);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      const before = stderr;
      stderr += chunk.toString();
      // Once: a second one would quit at once.
      if (stderr.includes('running') && !before.includes('running')) child.kill('SIGINT');
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ code, stdout }, stderr).toEqual({
      code: 130,
      stdout: matching(/in use at one time\.\nstopped after \d+ steps, before \w+ \w+/),
    });
  });
});

describe('a mistake is one message and exit code 2', () => {
  it.each([
    [['sofmax'], /no kernel "sofmax"; did you mean "softmax"\? It has matmul_tile, /],
    [['./softmax'], /Cannot read \.\/softmax/],
    [['softmax', '--size', 'cols=4'], /softmax has no size "cols": it has rows, columns/],
    [['softmax', '--size', 'rows=0'], /rows of softmax is a whole number of 1 to 8192, received 0/],
    [['softmax', '--size', 'rows'], /--size takes name=number, as in rows=64,columns=512, received "rows"/],
    [['softmax', '--size', 'rows=1,rows=2'], /Size "rows" is given twice/],
    [['softmax', '--dtype', 'fp8e4m3'], /softmax takes data of float32, bfloat16, received float8_e4m3/],
    [['softmax', 'y=random'], /Kernel softmax has no input "y": it takes x/],
    [
      ['softmax', 'x=random:4x4'],
      /Random inputs of softmax have its sizes: give x=random, and --size rows=256/,
    ],
    [['nosuch'], /There is no file nosuch\. The library has no kernel "nosuch"\. It has matmul_tile, /],
    [['docs'], /docs is a folder\. The library has no kernel "docs"/],
    [['./docs'], /Cannot read \.\/docs: it is a folder\./],
    [['softmax', '--out', '/proc/x'], /Cannot make the folder \/proc\/x: there is no such place\./],
    [
      ['softmax', '--program', '--until', '1', '--show', 'x', '--executor', 'webgpu', '--no-verify'],
      /--program prints the Program instead of running it: leave --executor, --until, --show, --no-verify out/,
    ],
    [
      ['softmax', '--list', '--seed', '3'],
      /--list prints what the library has, and runs nothing: leave --seed out/,
    ],
    [['softmax', '--kernel', 'x'], /--kernel chooses among those of a file; softmax is no file/],
    [['rmsnorm_quantize_e4m3fn', '--chip', 'trn2'], /rmsnorm_quantize_e4m3fn is for trn3, received trn2/],
    [['top_k', '--size', 'columns=8,k=9'], /top_k[^]*at least 9 columns for k = 9, received 8/],
    [['kernel.ts', '--size', 'rows=4'], /--size and --dtype are for kernels of the library/],
    [['softmax', '--executor', 'cuda'], /--executor is reference or webgpu, received "cuda"/],
    [['softmax', '--adapter', 'swiftshader'], /--adapter chooses for --executor webgpu or --browser/],
    [['softmax', '--browser', '--until', '1'], /--until and --show look into a run in this process/],
    [[], /--list tells those of the library/],
  ])('%j', async (parameters, message) => {
    const { code, stderr } = await systole(...parameters);
    expect({ code, stderr }).toEqual({ code: 2, stderr: matching(message) });
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('a format of random inputs where none is random', async () => {
    const { code, stderr } = await systole(
      'softmax',
      npy('z.npy', [2, 8], () => 1),
      '--dtype',
      'bf16',
    );
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: matching(/--dtype is for random.*z\.npy:bf16\.\n$/),
    });
  });

  it('sizes of random inputs where none is random', async () => {
    const { code, stderr } = await systole(
      'softmax',
      npy('y.npy', [2, 8], () => 1),
      '--size',
      'rows=2',
    );
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: matching(/Size rows of softmax is for random inputs, and all are given: leave --size rows out/),
    });
  });
});
