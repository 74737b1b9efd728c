/** A Program in a headless Chromium: the real page gives the reference's bits, and pages made for it show how every ending arrives. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runProgramInBrowser } from '../../bench/browser/program';
import { EXECUTOR_NAMES, type ExecutorName } from '../../bench/page/kernel/settings';
import { runProgram, startProgram } from '../../src/execute/reference';
import { kernel, trace } from '../../src/kernel';
import { encodeArray, UserError } from '../../src/numerics';
import { DIST } from '../host/child';

const root = mkdtempSync(join(tmpdir(), 'systole-program-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

/** A page that does what `loading` says before it is there, and `script` when it has the Program; beside the index that a server of pages asks for. */
function pageThat(script: string, loading = ''): string {
  const folder = mkdtempSync(join(root, 'page-'));
  writeFileSync(join(folder, 'index.html'), '');
  writeFileSync(join(folder, 'program.html'), `<html><body><script src="script.js"></script></body></html>`);
  writeFileSync(
    join(folder, 'script.js'),
    `const tell = (message) => fetch('driver/message', { method: 'POST', body: JSON.stringify(message) });
     ${loading} (async () => { await (await fetch('driver/request')).json(); ${script} })();`,
  );
  return folder;
}

const { program } = trace(
  kernel('logs', ['x', 'y'], (nc, { x, y }) => {
    const result = nc.hbm('result', x.shape, 'bfloat16');
    const both = nc.sbuf(x.shape, 'float32');
    nc.dma_copy(both, { src: x });
    const other = nc.sbuf(y.shape, y.dtype);
    nc.dma_copy(other, { src: y });
    nc.tensor_tensor(both, { data1: both, data2: other, op: 'multiply' });
    const logs = nc.sbuf(x.shape, 'bfloat16');
    nc.activation(logs, { op: 'log', data: both });
    nc.dma_copy(result, { src: logs });
  }),
  {
    chip: 'trn2',
    inputs: { x: { shape: [3, 5], dtype: 'float32' }, y: { shape: [3, 5], dtype: 'float8_e4m3' } },
  },
);
// One of them is 0, and 0 is outside the valid range of log: a finding.
const inputs = {
  x: encodeArray(
    'float32',
    Float32Array.from({ length: 15 }, (_, index) => index),
  ),
  y: encodeArray(
    'float8_e4m3',
    Float32Array.from({ length: 15 }, (_, index) => 1 + index / 8),
  ),
};

interface Driven {
  readonly folder: string;
  readonly executor?: ExecutorName;
  readonly budget?: number;
  readonly signal?: AbortSignal;
  readonly onSteps?: (steps: number) => void;
}

const driven = ({ folder, executor = 'reference', budget = 100, signal, onSteps }: Driven) =>
  runProgramInBrowser({
    program,
    inputs,
    executor,
    budget,
    adapter: 'swiftshader',
    signal: signal ?? new AbortController().signal,
    onSteps: onSteps ?? (() => undefined),
    folder,
  });

describe('the page of this package', () => {
  const folder = join(DIST, 'page');

  it.each(EXECUTOR_NAMES)('gives the outputs and findings of the reference: %s', async (executor) => {
    if (!existsSync(join(folder, 'program.html'))) throw new Error('dist/page is missing: npm run build');
    const ran = await driven({ folder, executor });
    expect(ran?.outputs).toEqual(runProgram(program, inputs));
    expect(ran?.findings).toStrictEqual(startProgram(program, inputs).runToEnd().findings);
    expect(ran?.findings).toMatchObject([{ rule: 'activation-range' }]);
    expect(ran?.failure).toBeUndefined();
    expect(ran?.adapter).toEqual(executor === 'webgpu' ? expect.stringContaining('swiftshader') : undefined);
  });

  it.each(EXECUTOR_NAMES)('refuses what the executor refuses: %s', async (executor) => {
    const refused = driven({ folder, executor, budget: 4 });
    await expect(refused).rejects.toBeInstanceOf(UserError);
    await expect(refused).rejects.toThrow(/has 5 instructions and loops; a run may take 4 steps/);
  });
});

describe('a page', () => {
  it('hands on its steps, and the failure of a run', async () => {
    const steps: number[] = [];
    const folder = pageThat(
      `await tell({ type: 'progress', steps: 3 }); await tell({ type: 'progress', steps: 4 });
       await tell({ type: 'ended', ran: { steps: 4, findings: [], failure: { message: 'no luck', at: 'k.ts:1:2' }, ms: 1 } });`,
    );
    const ran = await driven({ folder, onSteps: (taken) => steps.push(taken) });
    expect(steps).toEqual([3, 4]);
    expect(ran).toMatchObject({ outputs: undefined, failure: { message: 'no luck' } });
  });

  it('that breaks is told', async () => {
    const folder = pageThat(`await tell({ type: 'failed', message: 'out of memory' });`);
    await expect(driven({ folder })).rejects.toMatchObject({ name: 'PageError', message: 'out of memory' });
  });

  it.each([
    ['runs', `await tell({ type: 'progress', steps: 1 });`, ''],
    // A request that the page waits for before it is loaded.
    [
      'opens',
      '',
      `const early = new XMLHttpRequest(); early.open('POST', 'driver/message', false);
       early.send(JSON.stringify({ type: 'progress', steps: 1 }));`,
    ],
  ])(
    'is closed when the run is stopped while it %s',
    async (_, script, loading) => {
      const stop = new AbortController();
      const onSteps = (): void => {
        stop.abort();
      };
      const folder = pageThat(script, loading);
      expect(await driven({ folder, signal: stop.signal, onSteps })).toBeUndefined();
    },
    30_000, // half of what a page may take to ask for the Program, which would end it too
  );

  it('is not opened when the run was stopped before', async () => {
    expect(await driven({ folder: pageThat(''), signal: AbortSignal.abort() })).toBeUndefined();
  });
});
