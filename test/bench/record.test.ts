/** Records of runs: their names, that none replaces another, and that they tell no path. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkRecords, recordName, RECORDS, writeRecord } from '../../bench/node/record';
import type { NetworksReport } from '../../bench/networks/report';
import { SIZES } from '../../bench/networks/workloads';
import type { PeersReport } from '../../bench/peers/report';
import type { AdapterFacts } from '../../src/host';
import { UserError } from '../../src/numerics';
import { ENVIRONMENT } from './peers-bench';
import { report as benchmarkOf } from './page-results';

const benchmark = benchmarkOf([]);
const folder = mkdtempSync(join(tmpdir(), 'systole-record-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const adapter = (name: string): AdapterFacts => ({
  name,
  vendor: '',
  architecture: '',
  kind: 'software',
  reason: '',
  features: [],
  limits: {},
});

const peers = (fields: PeersReport['fields']): PeersReport => ({
  systole: { version: '0.1.0', revision: 'abc' },
  started: '2026-01-02T03:04:05.678Z',
  environment: ENVIRONMENT,
  settings: { seed: 1, budgetSeconds: 60, rounds: 9 },
  outcome: 'complete',
  fields,
});
const EMPTY = { outcome: 'complete', shapes: [], leftOut: [] } as const;

describe('a record', () => {
  it('is named by date, kind, host and adapter', () => {
    const webgpu = {
      field: 'webgpu',
      adapter: adapter('llvmpipe (LLVM 15.0.6, 256 bits)'),
      ...EMPTY,
    } as const;
    expect(recordName(peers([webgpu, { field: 'wasm', ...EMPTY }]))).toBe('2026-01-02-peers-node-llvmpipe');
    expect(recordName(peers([{ field: 'wasm', ...EMPTY }]))).toBe('2026-01-02-peers-node-wasm');
    const { systole, started, environment, outcome, settings } = peers([]);
    const networks: NetworksReport = {
      ...{ kind: 'networks', systole, started, environment, outcome, workloads: [], leftOut: [] },
      settings: { ...settings, sizes: SIZES },
      adapter: adapter('llvmpipe (LLVM 15.0.6, 256 bits)'),
    };
    expect(recordName(networks)).toBe('2026-01-02-networks-node-llvmpipe');
    const inChrome = {
      ...benchmark,
      started: '2026-01-02T03:04:05.678Z',
      environment: { ...ENVIRONMENT, host: 'browser', runtime: 'Chrome (headless) 147.0.0.0' } as const,
      adapter: adapter('SwiftShader Device (Subzero)'),
    };
    expect(recordName(inChrome)).toBe('2026-01-02-bench-chrome-swiftshader-device');
  });

  it('replaces none', async () => {
    const place = join(folder, 'new/results');
    await checkRecords(place);
    const paths = [await writeRecord(place, peers([])), await writeRecord(place, peers([]))];
    expect(paths.map((path) => path.slice(place.length + 1))).toEqual([
      '2026-01-02-peers-node-wasm.json',
      '2026-01-02-peers-node-wasm-2.json',
    ]);
    expect(readdirSync(place)).toHaveLength(2);
    expect(JSON.parse(readFileSync(paths[1] ?? '', 'utf8'))).toEqual(peers([]));
  });

  it('has the command without the files that it named', async () => {
    const given = ['bench', '--json', '/home/me/a.json', '--seed', '3', '--html=/tmp/x.html', '--record'];
    const path = await writeRecord(folder, {
      ...benchmark,
      settings: { ...benchmark.settings, arguments: [...given, '--budget', '5'] },
    });
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      settings: { arguments: ['bench', '--seed', '3', '--budget', '5'] },
    });
  });

  it('is refused where there is no folder, before the run', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expect(checkRecords(join(file, 'inside'))).rejects.toThrow(UserError);
  });
});

describe('the records that are kept', () => {
  const kept = new URL(`../../${RECORDS}/`, import.meta.url);
  const names = readdirSync(kept).filter((name) => name.endsWith('.json'));

  it('have the names that their content gives', () => {
    for (const name of names) {
      const record = JSON.parse(readFileSync(new URL(name, kept), 'utf8')) as PeersReport;
      expect(name.replace(/(-\d)?\.json$/, '')).toBe(recordName(record));
    }
  });

  it('tell no path of the machine', () => {
    for (const name of names)
      expect(readFileSync(new URL(name, kept), 'utf8')).not.toMatch(/\/(home|root|work|tmp|Users)\//);
  });
});
