/** The fields of the comparison with the peers, the processes that they run in, and the report of all. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import { PeersTable } from '../../bench/page/peers-table';
import { withoutResult } from '../../bench/peers/field';
import { fieldsOf } from '../../bench/peers/fields';
import { inProcess } from '../../bench/peers/node';
import { peersExitCode, runFields, type PeersReport, type PeersResult } from '../../bench/peers/report';
import { comparePeers } from '../../bench/peers/run';
import { peersText } from '../../bench/peers/text';
import { bench, ENVIRONMENT } from './peers-bench';

describe('runFields', () => {
  const given = (outcome: PeersReport['outcome']): PeersResult => ({ outcome, shapes: [], leftOut: [] });

  it('gives each field its part of the budget, and says of what each tells which field it is', async () => {
    const { request } = bench();
    const told: unknown[] = [];
    const report = await runFields(
      ['wasm', 'wasm-threads'],
      request({ budgetSeconds: 10, onProgress: ({ field, name }) => told.push([field, name]) }),
      ENVIRONMENT,
      (field, { budgetSeconds, onProgress }) => {
        onProgress?.({ name: `${budgetSeconds} s`, dtype: 'float32', stage: 'open' });
        return Promise.resolve({ field, ...given('complete') });
      },
    );
    expect(told).toEqual([
      ['wasm', '5 s'],
      ['wasm-threads', '5 s'],
    ]);
    expect(report.settings.budgetSeconds).toBe(10);
  });

  it('begins no field after an interrupt, and reports those that were run', async () => {
    const { request } = bench();
    const controller = new AbortController();
    const report = await runFields(
      fieldsOf(),
      request({ signal: controller.signal }),
      ENVIRONMENT,
      (field) => {
        controller.abort();
        return Promise.resolve({ field, ...given('interrupted') });
      },
    );
    expect(report.fields.map(({ field }) => field)).toEqual(['webgpu']);
    expect(peersExitCode(report)).toBe(130);
  });

  it('fails where one field did', async () => {
    const { request } = bench();
    const report = await runFields(fieldsOf(), request(), ENVIRONMENT, (field) =>
      Promise.resolve({ field, ...given(field === 'wasm' ? 'failed' : 'complete') }),
    );
    expect(peersExitCode(report)).toBe(1);
  });
});

describe('a field in a process of its own', () => {
  const script = (text: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'systole-field-'));
    const file = join(folder, 'field.mjs');
    writeFileSync(file, text);
    return {
      file,
      remove: () => {
        rmSync(folder, { recursive: true });
      },
    };
  };

  it('passes on what the process tells, and its report', async () => {
    const { file, remove } = script(`
      process.send({ type: 'progress', progress: { name: process.argv[2], dtype: 'float32', stage: 'open' } });
      process.send({ type: 'report', report: { field: 'wasm', outcome: 'complete', shapes: [], leftOut: [] } });
      process.disconnect();`);
    const told: string[] = [];
    const report = await inProcess('wasm', [file, 'given'], { onProgress: ({ name }) => told.push(name) });
    remove();
    expect(told).toEqual(['given']);
    expect(report).toEqual({ field: 'wasm', outcome: 'complete', shapes: [], leftOut: [] });
  });

  it('is a problem of that field when the process dies', async () => {
    const { file, remove } = script(
      'process.kill(process.pid, "SIGKILL"); setTimeout(() => undefined, 60_000);',
    );
    const report = await inProcess('webgpu', [file], {});
    remove();
    expect(report).toMatchObject({ field: 'webgpu', problem: 'its process ended with SIGKILL', shapes: [] });
  });

  it('is told to stop when the caller gives up', async () => {
    const { file, remove } = script(`
      process.once('message', (text) => {
        process.send({ type: 'failed', message: 'told to ' + text });
        process.disconnect();
      });
      process.send({ type: 'progress', progress: { name: 'ready', dtype: 'float32', stage: 'open' } });`);
    const controller = new AbortController();
    const report = await inProcess('wasm', [file], {
      signal: controller.signal,
      onProgress: () => {
        controller.abort();
      },
    });
    remove();
    expect(report.problem).toBe('told to stop');
  });
});

describe('the report', () => {
  const reported = async () => {
    const { contestant, request } = bench();
    const asked = request();
    const contestants = [
      contestant('ours', 10, { ours: true }),
      contestant('peer', 25),
      contestant('wrong', 1, { spoil: (result) => result.fill(0) }),
      contestant('absent', 1, {
        open: () => {
          throw new Error('no adapter');
        },
      }),
    ];
    const adapter = {
      name: 'an adapter',
      vendor: '',
      architecture: '',
      kind: 'software',
      reason: 'the only one',
      features: [],
      limits: {},
    } as const;
    return runFields(fieldsOf(), asked, ENVIRONMENT, async (field, part) => {
      if (field === 'webgpu') return { field, adapter, ...(await comparePeers(contestants, part)) };
      if (field === 'wasm') return { field, ...(await comparePeers(contestants.slice(0, 2), part)) };
      return withoutResult(field, new Error('no SharedArrayBuffer'));
    });
  };

  it('is plain data', async () => {
    const report = await reported();
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('as text has a line for each contestant, the ratios with their spread, and who was left out and why', async () => {
    const lines = peersText(await reported()).split('\n');
    expect(lines.find((line) => line.startsWith('peer'))).toMatch(/2\.50 \(2\.50 to 2\.50\)/);
    expect(lines.find((line) => line.startsWith('wrong'))).toMatch(/fp32 +- +- .*WRONG/);
    expect(lines).toContain('WebGPU: an adapter (software; the only one)');
    const summary = lines.slice(lines.findIndex((line) => line.startsWith('against the fastest peer')));
    expect(summary.slice(1, 4).map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['WebGPU', '5x7x9', 'peer', '2.50 (2.50 to 2.50)'],
      ['WASM, one thread', '5x7x9', 'peer', '2.50 (2.50 to 2.50)'],
      [''],
    ]);
    expect(lines).toContain('not run: no SharedArrayBuffer');
    expect(lines).toContain('  absent 1.0.0 (fp32): no adapter');
  });

  it('as HTML has them too', async () => {
    const html = renderToString(h(PeersTable, await reported()));
    expect(html).toMatch(/<tr><th scope="row">peer .*<b>2\.50<\/b>/);
    expect(html).toContain('Against the fastest peer, peer: ours in fp32 2.50 times as fast.');
    expect(html).toMatch(/<tr class="failed"><th scope="row">wrong .*WRONG/);
    expect(html).toContain('absent 1.0.0 (fp32): no adapter');
    expect(html).toContain('Not run: no SharedArrayBuffer');
  });
});
