import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkWritable, writeAtomically } from '../../bench/node/write';
import { toCsv } from '../../bench/report';
import { bar, barChart } from '../../bench/report/chart';
import { toText } from '../../bench/report/table';
import { exitCode, type CaseResult } from '../../bench/result';
import type { Report } from '../../bench/report';
import { UserError } from '../../src/numerics';
import { FIRST_TUNING, forEachClass } from '../../src/execute/webgpu/tuning';

const measured: CaseResult = {
  name: 'llama3.1-8b/gate+up/m512/fp8e4m3xfp8e5m2',
  shape: { m: 512, n: 14336, k: 4096 },
  dtypes: { a: 'float8_e4m3', b: 'float8_e5m2', out: 'float32' },
  plan: {
    chip: 'trn2',
    aLayout: 'row-major',
    tile: { m: 128, n: 512, k: 256 },
    block: { m: 512, n: 512, k: 4096 },
    loopOrder: ['block-n', 'block-m', 'pass'],
    doubleRow: true,
    passes: 16,
    groups: 1,
  },
  check: {
    passed: true,
    kinds: [
      {
        name: 'a check',
        operands: 'random',
        coverage: 'tiles',
        elementsCompared: 9,
        elements: 10,
        mismatches: 0,
        maxUlp: 0,
      },
    ],
  },
  ms: {
    median: 1234.5,
    spread: { min: 1200, lowerQuartile: 1220, upperQuartile: 1260, max: 1300 },
    count: 5,
    runsPerSample: 1,
    discarded: 0,
  },
  gflops: 48.71,
  shareOfPeak: 0.812,
  memory: { operands: 5_000_000, result: 1_000_000, scratch: 100_000, transposition: 3, limit: 6_900_000 },
  compileMs: 12,
  kernel: 'outer "8x8", k-major',
  dispatches: 3,
};

const withheld: CaseResult = {
  ...measured,
  name: 'square/512/bf16',
  dtypes: { a: 'bfloat16', b: 'bfloat16', out: 'float32' },
  shape: { m: 512, n: 512, k: 512 },
  check: {
    passed: false,
    kinds: [],
    firstWrongTile: {
      check: 'random operands against an oracle',
      operands: 'random',
      row: 1,
      column: 0,
      window: { m0: 128, m1: 256, n0: 0, n1: 512 },
      mismatches: 7,
      firstWrong: {
        m: 130,
        n: 2,
        expected: { code: '3f800000', value: '1' },
        actual: { code: '7fc00000', value: 'NaN' },
      },
    },
  },
  ms: null,
  gflops: null,
  shareOfPeak: null,
};

const tuning = FIRST_TUNING;
const choice = { tuning, candidates: [{ tuning, compileMs: 1, gflops: 2 }], discarded: [] };

const baseline = {
  name: 'gpu.js (CPU mode)',
  shape: { m: 512, n: 512, k: 512 },
  ms: 500,
  gflops: 0.5,
  agrees: true,
  worstShareOfBound: 0.01,
} as const;

const report: Report = {
  systole: { version: '1.2.3', revision: 'abc' },
  started: '2026-01-01T00:00:00.000Z',
  environment: {
    host: 'node',
    runtime: 'Node v20.0.0',
    platform: 'linux-x64',
    cpu: 'a CPU',
    cores: 2,
    packages: { webgpu: '0.6.2' },
  },
  adapter: {
    name: 'An adapter',
    vendor: '',
    architecture: '',
    kind: 'software',
    reason: 'the only one',
    features: [],
    limits: {},
  },
  probe: {
    subnormals: 'flushed',
    fusesMultiplyAdd: false,
    reordersSums: false,
    keepsNaN: true,
    nearestEven: true,
    tunings: forEachClass(() => choice),
    kernels: {},
  },
  first: {
    shape: { m: 256, n: 256, k: 256 },
    dtypes: 'bf16',
    check: { passed: true, kinds: [] },
    afterMs: 900,
  },
  peaks: { fmaGflops: 60, readGigabytes: 12, bestFma: '8 chains of f32', bestRead: 'u32' },
  baseline,
  settings: { budgetSeconds: 60, seed: 1, arguments: ['bench'] },
  outcome: 'complete',
  cases: [measured, withheld],
  leftOut: Array.from({ length: 12 }, (_, index) => ({
    name: `square/${index}`,
    reason: index < 9 ? `reason ${index}` : 'too slow',
  })),
};

describe('text', () => {
  const text = toText({ ...report, cases: [measured, { ...measured, gflops: 24 }, withheld] });

  it('says what is unusual about the work, for which there is no column', () => {
    const { plan, dtypes } = measured;
    const other = {
      ...measured,
      plan: { ...plan, aLayout: 'k-major' as const },
      dtypes: { ...dtypes, out: 'bfloat16' as const },
    };
    expect(toText({ ...report, cases: [other] })).toMatch(/^work +output in bf16, A lies as \[K, M\]$/m);
    expect(toText({ ...report, cases: [measured] })).not.toMatch(/^work/m);
  });

  it('fits 100 columns, but for the sentences', () => {
    const table = text.slice(text.indexOf('case '), text.indexOf('CPU baseline'));
    expect(table).toContain('gate+up/m512');
    for (const line of table.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100);
  });

  it('gives the number of a checked case and none of a failed one', () => {
    const line = (text.split('\n').find((each) => each.startsWith('square/512')) ?? '').split(/\s+/);
    expect(line).toEqual(['square/512', 'bf16', '512x512x512', '-', '-', '-', '-', 'FAILED']);
    expect(text).toMatch(/512x14336x4096 +48\.7 +81% +1235 +3\.2% +ok, tiles$/m);
    expect(text).toContain(
      'square/512/bf16: check FAILED, numbers withheld. First wrong tile: row 1, column 0 of the tiles ' +
        '(m 128 to 255, n 0 to 511), 7 wrong in it; at m 130, n 2 expected 3f800000 (1), got 7fc00000 (NaN). Check: random operands against an oracle.',
    );
  });

  it('says whether every output was compared, and why not', () => {
    const [sampled] = measured.check.kinds;
    const onAdapter = {
      ...sampled,
      coverage: 'full',
      elementsCompared: 10,
    } as CaseResult['check']['kinds'][0];
    const whole = { ...measured, check: { ...measured.check, kinds: [...measured.check.kinds, onAdapter] } };
    expect(toText({ ...report, cases: [whole] })).toMatch(/ ok$/m);
    const leftOut = 'it would take 600 s';
    expect(toText({ ...report, cases: [{ ...measured, check: { ...measured.check, leftOut } }] })).toContain(
      `${measured.name}: only tiles compared; it would take 600 s\n`,
    );
  });

  it('shows the memory of the largest product against its bound, and what exceeds it', () => {
    expect(text).toContain(
      'memory  operands + result + scratch of the largest product: 6.10 MB of at most 6.90 MB\n',
    );
    expect(text).not.toContain('EXCEEDS');
    const greedy = { ...measured, memory: { ...measured.memory, limit: 2_000_000 } };
    expect(toText({ ...report, cases: [greedy] })).toContain(
      `${measured.name}: EXCEEDS its memory bound, 6.10 MB of at most 2.00 MB\n`,
    );
  });

  it('lists what was left out by reason, the first ten', () => {
    expect(text).toContain('Left out (12):\n  square/0: reason 0\n');
    expect(text).toContain('  square/9 and 2 more: too slow\n');
    const leftOut = Array.from({ length: 12 }, (_, index) => ({
      name: `case ${index}`,
      reason: `${index} s`,
    }));
    expect(toText({ ...report, leftOut })).toContain(
      '  case 9: 9 s\n  and 2 more (--json FILE lists them all)\n',
    );
  });

  it('says how the baseline compares, or why there is none', () => {
    expect(text).toContain(
      'gpu.js (CPU mode) 0.500 GFLOP/s on 512x512x512 float32; agrees within the float32 bound',
    );
    expect(toText({ ...report, baseline: { name: 'gpu.js (CPU mode)', missing: 'not here' } })).toContain(
      'none, not here',
    );
  });

  it('shows the error against float64 where weights were given', () => {
    const accuracy = {
      elementsCompared: 1,
      mismatches: 0,
      relativeFrobenius: 0.0123,
      maxAbs: 1,
      rowsCompared: 1,
      rows: 2,
    };
    expect(toText({ ...report, cases: [{ ...measured, accuracy }] })).toMatch(
      /error +check[^]* 1\.2e-2 +ok, tiles/,
    );
  });
});

it('draws bars in proportion, to an eighth of a column', () => {
  expect(bar(2)).toBe('██');
  expect(bar(1.5)).toBe('█▌');
  expect(bar(0)).toBe('▏');
  const lines = barChart(
    [
      { name: 'a', gflops: 40 },
      { name: 'bb', gflops: null },
      { name: 'ccc', gflops: 10 },
    ],
    28,
  ).split('\n');
  expect(lines).toEqual([`a   40.0 ${'█'.repeat(19)}`, 'ccc 10.0 ████▊', '']);
});

it('writes CSV by RFC 4180', () => {
  const [header, first, second, end] = toCsv(report).split('\r\n');
  expect(header?.split(',').slice(0, 4)).toEqual(['name', 'm', 'n', 'k']);
  expect(first).toContain(',"outer ""8x8"", k-major",');
  expect(first).toContain(',1234.5,');
  expect(second).toContain('square/512/bf16,512,512,512,bfloat16,bfloat16,float32,trn2,failed,,,,,,,,,');
  expect(end).toBe('');
});

it('is JSON as it stands', () => {
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

it('tells the outcome by the exit code', () => {
  const complete = { outcome: 'complete', cases: [measured], leftOut: [] } as const;
  expect(exitCode(complete)).toBe(0);
  expect(exitCode({ ...complete, cases: [measured, withheld] })).toBe(1);
  expect(exitCode({ ...complete, outcome: 'device-lost' })).toBe(1);
  expect(exitCode({ ...complete, outcome: 'failed' })).toBe(1);
  expect(exitCode({ ...complete, outcome: 'interrupted' })).toBe(130);
  expect(exitCode({ ...complete, cases: [] })).toBe(2);
  expect(exitCode(report)).toBe(1);
  expect(exitCode({ ...complete, baseline: { ...baseline, agrees: false } })).toBe(1);
  expect(exitCode({ ...complete, baseline })).toBe(0);
});

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'systole-report-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('replaces a file whole and leaves nothing beside it', async () => {
    const path = join(folder, 'report.json');
    await writeAtomically(path, 'first');
    await writeAtomically(path, 'second');
    expect(readFileSync(path, 'utf8')).toBe('second');
    expect(readdirSync(folder)).toEqual(['report.json']);
  });

  it('writes a file in parts, or not at all when one of them fails', async () => {
    const path = join(folder, 'parts.bin');
    const parts = function* (fails: boolean) {
      yield Uint8Array.of(1, 2);
      if (fails) throw new Error('no more');
      yield Uint8Array.of(3);
    };
    await writeAtomically(path, parts(false));
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
    await expect(writeAtomically(path, parts(true))).rejects.toThrow('no more');
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
    expect(readdirSync(folder).filter((name) => name.includes('parts'))).toEqual(['parts.bin']);
    rmSync(path);
  });

  it('finds a path that cannot be written before anything is run', async () => {
    for (const path of [join(folder, 'no', 'such', 'folder.json'), folder]) {
      await expect(checkWritable(path)).rejects.toThrow(`Cannot write ${path}`);
      await expect(checkWritable(path)).rejects.toBeInstanceOf(UserError);
    }
    await checkWritable(join(folder, 'new.json'));
    expect(existsSync(join(folder, 'new.json'))).toBe(false);
  });

  it('says so when writing fails after all', async () => {
    await expect(writeAtomically(folder, 'text')).rejects.toBeInstanceOf(UserError);
    expect(
      readdirSync(tmpdir()).filter((name) => name.includes('.partial') && name.startsWith('systole-report')),
    ).toEqual([]);
  });
});
