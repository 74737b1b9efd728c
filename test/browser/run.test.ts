/** The page driven headless: how each ending of a run arrives, with pages made for it; and the command, with the real one. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { benchmarkInBrowser } from '../../bench/browser/run';
import type { BenchEvent } from '../../bench/events';
import { DEFAULTS } from '../../bench/settings';
import { UserError } from '../../src/numerics';
import { DIST } from '../host/child';

const root = mkdtempSync(join(tmpdir(), 'systole-driven-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

/** A page whose button does what the script says; `tell` dispatches a message as the real page does. */
function pageThat(script: string, button = '<button id="run">Run</button><button id="stop">Stop</button>') {
  const folder = mkdtempSync(join(root, 'page-'));
  writeFileSync(
    join(folder, 'index.html'),
    `<html><head><meta http-equiv="Content-Security-Policy" content="default-src 'self'"></head><body>${button}<script src="main.js"></script></body></html>`,
  );
  writeFileSync(
    join(folder, 'main.js'),
    `const tell = (detail) => dispatchEvent(new CustomEvent('systole', { detail }));
     const result = { type: 'event', event: { type: 'result', done: 1, total: 2, result: { name: 'square/8', gflops: 1.5 } } };
     const on = (id, act) => document.getElementById(id)?.addEventListener('click', act);
     ${script}`,
  );
  return folder;
}

const SETTINGS = { ...DEFAULTS, budgetSeconds: 7 };
async function drive(script: string, { signal, button }: { signal?: AbortSignal; button?: string } = {}) {
  const events: BenchEvent[] = [];
  const report: unknown = await benchmarkInBrowser({
    settings: SETTINGS,
    browser: 'chromium',
    adapter: 'swiftshader',
    folder: pageThat(script, button),
    signal,
    onEvent: (event) => events.push(event),
  }).catch((error: unknown) => error);
  return { events, report };
}

describe('a driven page', () => {
  it('gets the settings, is started, hands on events and its report, and the processor is filled in', async () => {
    const { events, report } = await drive(
      `on('run', () => {
         tell(result);
         tell({ type: 'report', report: {
           environment: { cpu: null, runtime: location.hash }, adapter: { name: 'it', reason: 'its own' },
         } });
       });`,
    );
    expect(events.map(({ type }) => type)).toEqual(['result']);
    expect(report).toEqual({
      environment: { cpu: expect.any(String) as string, runtime: '#budget=7' },
      // Where the machine has no GPU, who started the browser on its software adapter tells why.
      adapter: { name: 'it', reason: expect.stringMatching(/its own|software adapter|asked for/) as string },
    });
  });

  it('that refuses is the user’s to mend', async () => {
    const { report } = await drive(`on('run', () => tell({ type: 'refused', message: 'no adapter' }));`);
    expect(report).toBeInstanceOf(UserError);
    expect(report).toMatchObject({ message: 'no adapter' });
  });

  it.each([
    ['fails', `tell({ type: 'failed', message: 'out of memory' })`, /^out of memory; until/],
    ['throws', `setTimeout(() => { throw new Error('broken'); })`, /^the page had an error: .*broken; until/],
    ['rejects', `Promise.reject(new Error('later'))`, /^the page had an error: .*later; until/],
    [
      'breaks its policy',
      `new Image().src = 'https://192.0.2.1/x'`,
      /policy refused https:\/\/192.0.2.1.*; until/,
    ],
  ])('that %s says so, with what was measured', async (_, act, message) => {
    const { report } = await drive(`on('run', () => { tell(result); ${act}; });`);
    expect(report).toMatchObject({ name: 'PageError', message: expect.stringMatching(message) as string });
    expect(String(report)).toContain('\nsquare/8: 1.50 GFLOP/s');
  });

  it('without a button says so', async () => {
    const { report } = await drive('', { button: '' });
    expect(String(report)).toContain('the page has no button #run; nothing had been measured yet');
  });

  it('is stopped by its button', async () => {
    const stop = new AbortController();
    const { report } = await drive(
      `on('run', () => tell(result));
       on('stop', () => tell({ type: 'stopped', outcome: 'interrupted', message: 'stopped' }));`,
      { signal: AbortSignal.any([stop.signal, AbortSignal.abort()]) },
    );
    expect(report).toMatchObject({ message: expect.stringMatching(/^stopped/) as string });
  });
});

describe('systole bench --browser', () => {
  it('prints the table of the page; an interruption ends it with what was obtained', async () => {
    const parameters = ['bench', '--browser', '--budget', '300'];
    const child = spawn(process.execPath, [join(DIST, 'cli.js'), ...parameters]);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => {
      const before = stderr;
      stderr += chunk.toString();
      // Once: a second interruption would end it without a report.
      if (stderr.includes('GFLOP/s') && !before.includes('GFLOP/s')) child.kill('SIGINT');
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ code, stdout }, stderr).toEqual({
      code: 130,
      stdout: expect.stringMatching(/Chrome.*\nadapter [^]*square\/512 +bf16 [^]* ok\n/) as string,
    });
    expect(stdout).toContain('not run: the run was interrupted');
  });
});
