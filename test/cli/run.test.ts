/** `systole run` and `verify` as built, on kernel files and Programs: results, findings, stepping, mistakes, endless loops. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobSource, npyBytes, readArray } from '../../bench/weights';
import { decodeArray, encodeArray } from '../../src/numerics';
import { DIST, runNode, type Ended } from '../host/child';

const CLI = join(DIST, 'cli.js');
const systole = (...parameters: string[]): Promise<Ended> => runNode([CLI, ...parameters], {});

const folder = mkdtempSync(join(tmpdir(), 'systole-run-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeAll(() => {
  if (!existsSync(CLI)) throw new Error('dist/cli.js is missing: npm run build');
});

const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

const values = Float32Array.from({ length: 32 }, (_, index) => index - 16.5);
const x = file('x.npy', npyBytes({ shape: [4, 8], dtype: 'float32', codes: encodeArray('float32', values) }));

const KERNELS = file(
  'kernels.ts',
  `import { kernel, type Nc, type ChipView } from 'systole/kernel';

const twice = (nc: Nc, out: ChipView, x: ChipView) => nc.tensor_tensor(out, { data1: x, data2: x, op: 'add' });

export default kernel('double', ['x'], (nc, { x }) => {
  const out = nc.hbm('out', x.shape, x.dtype);
  const t = nc.sbuf(x.shape, x.dtype, { name: 't' });
  nc.dma_copy(t, { src: x, name: 'load' });
  const u = nc.sbuf(x.shape, x.dtype, { name: 'u' });
  twice(nc, u, t);
  nc.dma_copy(out, { src: u, name: 'store' });
});
export const spin = kernel('spin', ['x'], () => { for (;;); });
export const forever = kernel('forever', ['x'], (nc, { x }) => {
  const t = nc.sbuf([4, 8], x.dtype);
  for (;;) nc.memset(t, { value: 0 });
});
export const thrower = kernel('thrower', ['x'], (nc, { x }) => {
  const t = nc.sbuf([4, 8], x.dtype);
  nc.memset(t, { value: 0 });
  throw new RangeError('out of luck');
});
export const illegal = kernel('illegal', ['x'], (nc, { x }) => {
  const t = nc.sbuf([4, 8], x.dtype, { partition: 3 });
  nc.memset(t, { value: 0 });
});
export const unwritten = kernel('unwritten', ['x'], (nc, { x }) => {
  const out = nc.hbm('out', [4, 8], x.dtype);
  nc.dma_copy(out, { src: nc.sbuf([4, 8], x.dtype) });
});
export const logs = kernel('logs', ['x'], (nc, { x }) => {
  const out = nc.hbm('out', x.shape, x.dtype);
  const t = nc.sbuf(x.shape, x.dtype);
  nc.dma_copy(t, { src: x });
  const u = nc.sbuf(x.shape, x.dtype);
  nc.activation(u, { op: 'log', data: t });
  nc.dma_copy(out, { src: u });
});
export const registers = kernel('registers', ['x'], (nc, { x }) => {
  const t = nc.sbuf([4, 8], x.dtype);
  nc.fori_loop(0, 3, (i) => { if ((i as never) < 2) nc.memset(t, { value: 0 }); });
});
export const misspelt = kernel('misspelt', ['x'], (nc, { x }) => {
  nc.sbuf([4, 8], x.dtype, { adress: 4 } as object);
});
`,
);

describe('systole run', () => {
  it('runs a kernel of a TypeScript file on .npy inputs, and writes its outputs', async () => {
    const results = join(folder, 'results');
    const { code, stdout } = await systole('run', KERNELS, x, '--kernel', 'double', '--out', results);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^output +dtype[^]*\nout +float32 +4x8 +-33 +29 +-2 +0 +-33 -31 -29 -27\nwrote /,
      ) as string,
    });
    const bytes = new Uint8Array(readFileSync(join(results, 'out.npy')));
    const { codes, shape } = await readArray(blobSource(new Blob([bytes]), 'out.npy'));
    expect(shape).toEqual([4, 8]);
    expect(decodeArray('float32', codes)).toEqual(values.map((value) => 2 * value));
  });

  it('the Program as text and as JSON runs alike', async () => {
    const shown = await systole('run', KERNELS, 'x=random:4x8:bf16', '--kernel', 'double');
    for (const flags of [[], ['--json']]) {
      const { stdout } = await systole(
        'run',
        KERNELS,
        'x=random:4x8:bf16',
        '--kernel',
        'double',
        '--program',
        ...flags,
      );
      const again = await systole('run', file('program.txt', stdout), 'x=random');
      expect(again).toEqual(shown);
    }
  });

  it('stops before an instruction, by its id or number, and shows what is there', async () => {
    const { code, stdout } = await systole(
      ...['run', KERNELS, x, '--kernel', 'double', '--until', 'store', '--show', 't', '--show', 'u'],
    );
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^sbuf t float32 \[4, 8\]\n +0: +-16\.5 [^]*\n\nsbuf u float32[^]*stopped after 2 steps, before dma_copy store \(kernels\.ts:11:6\)\n$/,
      ) as string,
    });
    expect(stdout).toContain('-33');
    const start = await systole('run', KERNELS, x, '--kernel', 'double', '--until', '1', '--show', 'u');
    expect(start.stdout).toMatch(/0: +\. +\./);
    const part = await systole(
      'run',
      KERNELS,
      x,
      '--kernel',
      'double',
      '--show',
      't p1:2 +1 [2,3]',
      '--show',
      'accumulators:scalar',
    );
    expect(part.stdout).toMatch(
      /^sbuf t, from partition 1, float32 \[2, 3\]\n +0: +-7\.5 +-5\.5 +-3\.5\n[^]*accumulators of scalar, by partition: \. \./,
    );
    const wrong = await systole('run', KERNELS, x, '--kernel', 'double', '--show', 't p1:2 [2,99]');
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/tensor "t" has 8 elements/) as string,
    });
  });

  it('does not run what the verifier refuses, unless it is told to', async () => {
    const refused = await systole('run', KERNELS, x, '--kernel', 'unwritten');
    expect(refused).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /SYS\d+[^]*kernels\.ts:29:6[^]*nothing has written[^]*Not run:/,
      ) as string,
    });
    const forced = await systole('run', KERNELS, x, '--kernel', 'unwritten', '--no-verify');
    expect(forced).toMatchObject({ code: 1, stderr: expect.stringContaining('was never written') as string });
  });

  it('tells what only the values show, and goes on', async () => {
    const { code, stdout, stderr } = await systole('run', KERNELS, x, '--kernel', 'logs');
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: expect.stringMatching(
        /\nout +float32[^]* NaN NaN NaN NaN\nThe run had 1 finding, told on stderr\.\n$/,
      ) as string,
      stderr: expect.stringMatching(
        /SYS701: outside the valid range[^]*kernels\.ts:36:6[^]*17 of 32 outside, the first -16\.5/,
      ) as string,
    });
  });
});

describe('a kernel that goes wrong is one message and exit code 2', () => {
  it.each([
    ['spin', [], /did not come to an end in 2 s\. Mend the loop/],
    [
      'forever',
      ['--budget', '1000'],
      /"forever", memset at .*kernels\.ts:16:15: 1000 instructions.*budget is 1000/,
    ],
    ['thrower', [], /"thrower": out of luck \(thrown by the kernel, after memset at .*kernels\.ts:20:6\)/],
    [
      'illegal',
      [],
      /"illegal", memset at .*kernels\.ts:25:6: dst: 4 partitions must start at .*, received 3/,
    ],
    [
      'registers',
      [],
      /"registers", fori_loop at .*kernels\.ts:41:6: register "i" has no value while the kernel is traced/,
    ],
    ['misspelt', [], /"misspelt", sbuf at .*kernels\.ts:44:6: sbuf has no option "adress"/],
    ['nothing', [], /has no kernel "nothing": it exports default, forever/],
  ])('%s', async (kernel, flags, message) => {
    const ended = await systole('run', KERNELS, x, '--kernel', kernel, '--time-limit', '2', ...flags);
    expect(ended).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(message) as string });
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('what cannot be used is one message and exit code 2', () => {
  const syntax = file('syntax.ts', 'export default {');
  const thrown = file('thrown.ts', '\nthrow new Error("at the top");\n');
  const empty = file('empty.ts', 'export const n = 1;');
  const chip = file('chip.json', '{"format":"systole program","version":2,"chip":"trn9"}');
  const broken = file('broken.json', '{');
  const text = file('text.txt', 'program trn2\nsbuf\n');
  it.each([
    [[KERNELS, '--kernel', 'double'], /"x" is not given: add x=FILE\.npy/],
    [[KERNELS, '--kernel', 'double', 'y=random:4x8'], /has no input "y": it takes x/],
    [[KERNELS, '--kernel', 'double', x, x], /takes 1 inputs \(x\), received 2/],
    [[KERNELS, '--kernel', 'double', 'x=random'], /needs a shape/],
    [[KERNELS, '--kernel', 'double', 'x.txt'], /An input is name=FILE\.npy/],
    [[join(folder, 'none.ts')], /Cannot read the kernel file/],
    [[syntax], /does not compile/],
    [[empty], /exports no kernel/],
    [[thrown], /^error: at the top \(at .*thrown\.ts:2:7\)\n$/],
    [[KERNELS, x, '--time-limit', 'abc'], /--time-limit takes seconds/],
    [[KERNELS, x, '--kernel', 'double', '--out', '/proc/nope/deep'], /Cannot make the folder/],
    [[chip], /program\.chip must be one of trn1, trn2, trn3, received "trn9"/],
    [[broken], /is no JSON/],
    [[text], /line 2/],
  ])('%j', async (parameters, message) => {
    const { code, stdout, stderr } = await systole('run', ...parameters);
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(message) as string,
    });
  });
});

describe('what the documents show runs', () => {
  const guide = readFileSync(new URL('../../docs/kernel-authoring.md', import.meta.url), 'utf8');
  const [, shown = ''] = /```ts\n(import [^]*?)```/.exec(guide) ?? [];
  it.each([
    ['docs/kernel-authoring.md', file('guide.ts', shown), ['a=random:300x64:bf16', 'b=random:300x64:bf16']],
    [
      'examples/kernel.ts',
      new URL('../../examples/kernel.ts', import.meta.url).pathname,
      ['x=random:300x64:bf16'],
    ],
  ])('%s', async (_, path, inputs) => {
    const { code, stdout } = await systole('run', path, ...inputs);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/\nout +bfloat16 +300x64/) as string,
    });
  });
});

it('the package gives the same: a kernel traced, verified and run', async () => {
  const source = `
    import { kernel, trace } from '${DIST}kernel.js';
    import { runProgram, verifyProgram } from '${DIST}index.js';
    const copy = kernel('copy', ['x'], (nc, { x }) => {
      const t = nc.sbuf(x.shape, x.dtype);
      nc.dma_copy(t, { src: x });
      nc.dma_copy(nc.hbm('out', x.shape, x.dtype), { src: t });
    });
    const { program } = trace(copy, { chip: 'trn3', inputs: { x: { shape: [2, 2], dtype: 'uint8' } } });
    const { out } = runProgram(program, { x: Uint8Array.of(1, 2, 3, 4) });
    console.log(JSON.stringify([verifyProgram(program).findings, [...out]]));`;
  const { stdout, stderr } = await runNode(['--input-type=module', '--eval', source], {});
  expect({ stdout, stderr }).toEqual({ stdout: '[[],[1,2,3,4]]\n', stderr: '' });
});

describe('systole verify', () => {
  it('finds nothing in a sound kernel, and names the line of what is wrong', async () => {
    expect(await systole('verify', KERNELS, 'x=random:4x8', '--kernel', 'double')).toMatchObject({ code: 0 });
    const { code, stdout } = await systole('verify', KERNELS, 'x=random:4x8', '--kernel', 'unwritten');
    expect(code).toBe(1);
    expect(stdout).toMatch(/SYS\d+: .*\n +where: .*kernels\.ts:29:6/);
  });
});
