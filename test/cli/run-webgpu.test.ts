/** `systole run --executor webgpu` as built: the bits, steps, endings and exit codes of the reference, on the software adapter. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIST, runNode, type Ended } from '../host/child';

const CLI = join(DIST, 'cli.js');
/** What Dawn says of an adapter's limits on stderr, of lavapipe for one, is none of ours. */
const OF_THE_ADAPTER = /^Warning: max\w+ artificially reduced .*\n/gm;

const systole = async (...parameters: string[]): Promise<Ended> => {
  const ended = await runNode([CLI, 'run', ...parameters], {});
  return { ...ended, stderr: ended.stderr.replace(OF_THE_ADAPTER, '') };
};

const folder = mkdtempSync(join(tmpdir(), 'systole-webgpu-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeAll(() => {
  if (!existsSync(CLI)) throw new Error('dist/cli.js is missing: npm run build');
});

const SUMS = join(folder, 'sums.ts');
writeFileSync(
  SUMS,
  `import { kernel } from 'systole/kernel';
const sums = (name, turns) => kernel(name, ['x'], (nc, { x }) => {
  const out = nc.hbm('out', x.shape, x.dtype);
  const a = nc.sbuf(x.shape, x.dtype, { name: 'a' });
  nc.dma_copy(a, { src: x, name: 'load' });
  const sum = nc.sbuf(x.shape, x.dtype, { name: 'sum' });
  nc.tensor_copy(sum, { src: a });
  nc.fori_loop(0, turns, () => {
    nc.tensor_tensor(sum, { data1: sum, data2: a, op: 'add', name: 'more' });
  });
  nc.dma_copy(out, { src: sum, name: 'store' });
});
export const few = sums('few', 5);
export const many = sums('many', 1000000);
`,
);
const few = (x: string) => [SUMS, x, '--kernel', 'few'];
const ON_WEBGPU = ['--executor', 'webgpu', '--adapter', 'swiftshader'];
const SMALL = 'x=random:100x24:bf16';

const matching = (pattern: RegExp): string => expect.stringMatching(pattern) as string;

describe('--executor webgpu', () => {
  it('gives the outputs of the reference, and names its adapter', async () => {
    const [expected, received] = [join(folder, 'reference'), join(folder, 'webgpu')];
    await systole(...few(SMALL), '--out', expected);
    const { code, stdout } = await systole(...few(SMALL), ...ON_WEBGPU, '--out', received);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: matching(/^Ran in [\d.e-]+ s on WebGPU \(SwiftShader[^\n]*\)\.\n\noutput [^]*\nout +bfloat16 /),
    });
    expect(readFileSync(join(received, 'out.npy'))).toEqual(readFileSync(join(expected, 'out.npy')));
  });

  it('stops where it is told, and shows what the reference shows', async () => {
    const looks = ['a', 'sum p0:4 [1,8]', 'bank:3', 'register:i', 'accumulators:vector'];
    const until = ['--until', 'more:3', ...looks.flatMap((look) => ['--show', look])];
    const reference = await systole(...few(SMALL), ...until);
    const { code, stdout } = await systole(...few(SMALL), ...until, ...ON_WEBGPU);
    expect(reference.stdout).toMatch(/sbuf sum[^]*turn 3 of [^]*sums\.ts:9/);
    expect({ code, stdout: stdout.replace(/, on WebGPU \(SwiftShader.*\)\n$/, '\n') }).toEqual({
      code: 0,
      stdout: reference.stdout,
    });
  });

  it('writes every kernel that ran', async () => {
    const shaders = join(folder, 'shaders');
    const { code, stdout } = await systole(...few(SMALL), ...ON_WEBGPU, '--shaders', shaders);
    const files = readdirSync(shaders).sort();
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: matching(new RegExp(`^wrote ${files.length} kernels into ${shaders}\n`)),
    });
    expect(files.filter((file) => /^\d{3}-tensor_tensor\.wgsl$/.test(file))).toHaveLength(1);
    for (const file of files) {
      const text = readFileSync(join(shaders, file), 'utf8');
      expect(text).toMatch(/^\/\/ \w+\|[^]*@compute @workgroup_size/);
    }
  });

  it('a run that fails is told as on the reference: exit code 1', async () => {
    const short = [SUMS, SMALL, '--kernel', 'many', '--budget', '1000'];
    const reference = await systole(...short);
    expect(reference).toMatchObject({ code: 1, stderr: matching(/^error: .*it has taken 1000 steps/) });
    const { code, stderr } = await systole(...short, ...ON_WEBGPU);
    expect({ code, stderr }).toEqual({ code: 1, stderr: reference.stderr });
  });

  it('what values show is told as on the reference: exit code 1', async () => {
    const logs = join(folder, 'logs.ts');
    writeFileSync(
      logs,
      `import { kernel } from 'systole/kernel';
export default kernel('logs', ['x'], (nc, { x }) => {
  const out = nc.hbm('out', x.shape, x.dtype);
  const t = nc.sbuf(x.shape, x.dtype);
  nc.dma_copy(t, { src: x });
  const u = nc.sbuf(x.shape, x.dtype);
  nc.activation(u, { op: 'log', data: t });
  nc.dma_copy(out, { src: u });
});`,
    );
    const reference = await systole(logs, SMALL);
    expect(reference).toMatchObject({ code: 1, stderr: matching(/logs\.ts:7/) });
    const { code, stdout, stderr } = await systole(logs, SMALL, ...ON_WEBGPU);
    expect({ code, stderr }).toEqual({ code: 1, stderr: reference.stderr });
    expect(stdout.split('\n\n')[1]).toBe(reference.stdout);
  });

  it('runs kernels of the library, and holds them to float64', async () => {
    const { code, stdout } = await systole('softmax', '--size', 'rows=130,columns=40', ...ON_WEBGPU);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: matching(/\nRan in [\d.e-]+ s on WebGPU \(SwiftShader[^]*result: within its bound of float64/),
    });
  });

  it('runs on several cores, each with the inputs of a seed of its own', async () => {
    const received = join(folder, 'cores');
    const softmax = ['softmax', '--size', 'rows=130,columns=40'];
    const { code, stdout } = await systole(...softmax, ...ON_WEBGPU, '--cores', '3', '--out', received);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: matching(
        /\), 3 cores at once\.\n\nCore 0:\n[^]*\nCore 1:\n[^]*\nCore 2:\n[^]*: within its bound/,
      ),
    });
    const outputs: Buffer[] = [];
    for (const core of [0, 1, 2]) {
      const expected = join(folder, `seed${core + 1}`);
      await systole(...softmax, '--seed', String(core + 1), '--out', expected);
      outputs.push(readFileSync(join(expected, 'result.npy')));
      expect(readFileSync(join(received, `core${core}`, 'result.npy'))).toEqual(outputs[core]);
    }
    expect(outputs[0]).not.toEqual(outputs[1]);
  });

  it('ends when it is interrupted, and says where', async () => {
    const child = spawn(process.execPath, [
      ...[CLI, 'run', SUMS, 'x=random:128x512:fp32', '--kernel', 'many'],
      ...ON_WEBGPU,
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
      stdout: matching(/^stopped after \d+ steps, before [^]*, on WebGPU \(SwiftShader[^\n]*\)\n$/),
    });
  });

  it('gives the same in a headless Chromium', async () => {
    const reference = await systole(...few(SMALL));
    const { code, stdout } = await systole(...few(SMALL), ...ON_WEBGPU, '--browser');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: matching(/^Ran in [\d.e-]+ s on WebGPU in Chromium \(.*swiftshader.*\)\.\n\n/i),
    });
    expect(stdout.split('\n\n')[1]).toBe(reference.stdout);
  });
});

describe('a mistake is one message and exit code 2', () => {
  it.each([
    [['--executor', 'webgpu', '--adapter', 'voodoo'], /No adapter is named like "voodoo"\. Found: /],
    [['--adapter', 'swiftshader'], /--adapter chooses for --executor webgpu or --browser/],
    [['--shaders', folder], /--shaders writes the kernels of a run on WebGPU in this process/],
    [[...ON_WEBGPU, '--browser', '--shaders', folder], /--shaders writes the kernels of a run on WebGPU/],
    [['--cores', '2'], /--cores runs on several cores at once on WebGPU in this process/],
    [[...ON_WEBGPU, '--cores', '2', '--until', '3'], /--until and --show look into a run of one core/],
    [[...ON_WEBGPU, '--cores', '9'], /runs on 1 to 8 cores of trn2, received inputs for 9/],
    [[...ON_WEBGPU, '--until', 'nowhere'], /has no instruction and no loop "nowhere"/],
    [[...ON_WEBGPU, '--show', 'nothing'], /The Program has no tensor "nothing"/],
  ])('%j', async (parameters, message) => {
    const { code, stderr } = await systole(...few(SMALL), ...parameters);
    expect({ code, stderr }).toEqual({ code: 2, stderr: matching(message) });
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
