import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { overheadsInBrowser } from '../../bench/browser/overheads';
import { overheadsInNode, type NodeOverheadsRequest } from '../../bench/node/overheads';
import { coldStart } from '../../bench/overheads/cold';
import { measureOverheads } from '../../bench/overheads/measure';
import { COLD_STAGES, OVERHEADS, type OverheadsReport } from '../../bench/overheads/report';
import { overheadsText } from '../../bench/overheads/text';
import { openDevice } from '../../src/host/node';
import { ADAPTERS, open } from '../execute/webgpu/devices';
import { DIST } from '../host/child';

const sampled = (median: number) => ({
  median,
  spread: { min: median, lowerQuartile: median / 2, upperQuartile: median * 2, max: median },
  count: 9,
  runsPerSample: 1,
});

const stages = { load: 100, adapter: 50, device: 0, probe: 20, kernel: 200, product: 30, check: 0.4 };

function report(verified = true): OverheadsReport {
  return {
    systole: { version: '1', revision: 'r' },
    started: '2020-01-01T00:00:00.000Z',
    environment: { host: 'node', runtime: 'Node', platform: 'p', cpu: 'a cpu', cores: 2, packages: {} },
    adapter: { name: 'an adapter', vendor: '', architecture: '', kind: 'software', reason: 'why', features: [], limits: {} },
    cold: [{ stages, verified }],
    overheads: Object.fromEntries(Object.keys(OVERHEADS).map((name) => [name, sampled(0.25)])) as OverheadsReport['overheads'],
    pool: { bytes: 0, peakBytes: 3 * 2 ** 20, hits: 4, misses: 5, handedBack: 6 },
  }; // prettier-ignore
}

describe('the text', () => {
  it('adds up a start from cold, with and without the adapter request, and leaves out what a host cannot tell', () => {
    const text = overheadsText(report());
    expect(text).toMatch(/all: a first verified product +400 ms +400 ms to 400 ms +1\n/);
    expect(text).toMatch(/beyond the adapter request +350 ms/);
    expect(text).not.toContain(COLD_STAGES.device);
    expect(text).toMatch(/check on the CPU +400 us/);
    expect(text).toMatch(/an empty submission, awaited +250 us +125 us to 500 us +9\n/);
    expect(text).toContain('4 buffers taken from it, 5 made, 6 handed back; 3.00 MiB at most');
  });

  it('gives no times of a product that is wrong', () => {
    const text = overheadsText(report(false));
    expect(text).toContain('check FAILED');
    expect(text).not.toContain(COLD_STAGES.kernel);
  });
});

describe.each(ADAPTERS)('on %s', (name) => {
  it('every row is sampled', async () => {
    const host = await open(name);
    try {
      const rows: string[] = [];
      const { overheads, pool } = await measureOverheads(host.device, {
        now: () => performance.now() * 100, // so that enough is seen soon
        onRow: (row) => rows.push(row),
      });
      expect(rows).toEqual(Object.keys(OVERHEADS));
      for (const { median, count } of Object.values(overheads)) {
        expect(count).toBeGreaterThanOrEqual(9);
        expect(median).toBeGreaterThan(0);
      }
      expect(pool.hits).toBeGreaterThan(0);
    } finally {
      host.close();
    }
  });

  it('stops between two samples', async () => {
    const host = await open(name);
    const stop = new AbortController();
    try {
      const measuring = measureOverheads(host.device, {
        now: () => performance.now() * 100,
        signal: stop.signal,
        onRow: (row) => {
          if (row === 'pipeline-cold') stop.abort(new Error('enough'));
        },
      });
      await expect(measuring).rejects.toThrow('enough');
    } finally {
      host.close();
    }
  });
});

it('a start from cold is verified, and its stages add up to all of it', async () => {
  let clock = 0; // each look takes 1
  const { stages: seen, verified, host } = await coldStart({ now: () => clock++, open: () => openDevice() });
  host.close();
  expect(verified).toBe(true);
  // The first look is that of `load`; between two stages one look is nobody's.
  expect(seen).toMatchObject({ load: 0, adapter: 1, device: 0, probe: 1 });
  expect(seen.kernel).toBeGreaterThan(0);
  expect(seen.product).toBeGreaterThan(0);
});

describe('starts in processes of their own', () => {
  const root = mkdtempSync(join(tmpdir(), 'systole-cold-'));
  afterAll(() => {
    rmSync(root, { recursive: true });
  });
  const request = (script: string, more: Partial<NodeOverheadsRequest> = {}): NodeOverheadsRequest => {
    const file = join(root, 'cold.mjs');
    writeFileSync(file, script);
    return {
      coldCommand: [process.execPath, file],
      starts: 2,
      signal: new AbortController().signal,
      onProgress: () => undefined,
      ...more,
    };
  };

  it('what a process printed before it failed is told', async () => {
    const failing = overheadsInNode(request('console.error("no luck"); process.exit(3);'));
    await expect(failing).rejects.toThrow('A start from cold failed: no luck');
  });

  it('an interruption ends the process', async () => {
    const stop = new AbortController();
    const waiting = overheadsInNode(
      request('setTimeout(() => {}, 60_000);', {
        signal: stop.signal,
        onProgress: () => {
          setTimeout(() => {
            stop.abort(new Error('enough'));
          });
        },
      }),
    );
    await expect(waiting).rejects.toThrow('enough');
  });
});

it('a browser starts from cold each time, and measures the rest in the last one', async () => {
  const shown: string[] = [];
  const found = await overheadsInBrowser(
    {
      adapter: 'swiftshader',
      starts: 2,
      signal: new AbortController().signal,
      onProgress: (progress) =>
        shown.push(progress.stage === 'cold' ? `cold ${progress.done}` : progress.name),
    },
    join(DIST, 'page'),
  );
  expect(found.cold.map(({ verified }) => verified)).toEqual([true, true]);
  expect(shown).toEqual(['cold 0', 'cold 1', ...Object.keys(OVERHEADS)]);
  expect(found.environment.host).toBe('browser');
  expect(Object.keys(found.overheads)).toEqual(Object.keys(OVERHEADS));
});
