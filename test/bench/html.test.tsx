import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { render } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import {
  arithmeticIntensity,
  CaseTable,
  COLUMNS,
  LeftOut,
  PeakShareChart,
  rooflinePoints,
  Roofline,
  sortCases,
  ThroughputChart,
  toHtml,
  Verdict,
  WrongTileView,
} from '../../bench/report/html';
import { logTicks } from '../../bench/report/html/axis';
import { shortened } from '../../bench/report/html/format';
import { commonReason } from '../../bench/report/html/left-out';
import { roof } from '../../bench/report/html/roofline';
import type { Report } from '../../bench/report';
import type { CaseResult } from '../../bench/result';
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
        subnormals: 'ftz',
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
    discarded: 2,
  },
  gflops: 48.71,
  shareOfPeak: 0.812,
  memory: { operands: 5_000_000, result: 1_000_000, scratch: 100_000, limit: 6_900_000 },
  compileMs: 12,
  kernel: 'outer',
  dispatches: 3,
};

/** As no run writes it: the numbers of a wrong result are there. */
const wrong: CaseResult = {
  ...measured,
  name: 'square/512/bf16',
  dtypes: { a: 'bfloat16', b: 'bfloat16', out: 'float32' },
  shape: { m: 512, n: 512, k: 512 },
  plan: { ...measured.plan, tile: { m: 128, n: 256, k: 128 } },
  check: {
    passed: false,
    kinds: [],
    firstWrongTile: {
      check: 'random operands against an oracle',
      operands: 'random',
      row: 1,
      column: 1,
      window: { m0: 128, m1: 256, n0: 256, n1: 512 },
      mismatches: 7,
      firstWrong: {
        m: 192,
        n: 511,
        expected: { code: '3f800000', value: '1' },
        actual: { code: '7fc00000', value: 'NaN' },
      },
    },
  },
  ms: {
    median: 7777.5,
    spread: { min: 7776.5, lowerQuartile: 7776.5, upperQuartile: 7778.5, max: 7779.5 },
    count: 5,
    runsPerSample: 1,
    discarded: 0,
  },
  gflops: 666.25,
  shareOfPeak: 0.55555,
};

const tuning = FIRST_TUNING;
const choice = { tuning, candidates: [{ tuning, compileMs: 1, gflops: 2 }], discarded: [] };

const report: Report = {
  systole: { version: '1.2.3', revision: 'abc' },
  started: '2026-01-01T00:00:00.000Z',
  environment: {
    host: 'node',
    runtime: 'Node v20.0.0',
    platform: 'linux-x64',
    cpu: 'a CPU',
    cores: 2,
    packages: { webgpu: '0.6.2', 'gpu.js': null },
  },
  adapter: {
    name: 'An adapter',
    vendor: 'a vendor',
    architecture: '',
    kind: 'software',
    reason: 'the only one',
    features: [],
    limits: {},
  },
  probe: {
    subnormals: 'flushed',
    fusesMultiplyAdd: true,
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
    afterMs: 1500,
  },
  peaks: { fmaGflops: 60, readGigabytes: 12, bestFma: '8 chains of f32', bestRead: 'u32' },
  baseline: null,
  settings: { budgetSeconds: 60, seed: 1, arguments: ['bench', '--case', "it's"] },
  outcome: 'complete',
  cases: [measured, wrong],
  leftOut: [
    { name: 'square/2048/bf16', reason: 'estimated 5.6 s, 5.4 s of the budget of 60.0 s were left' },
    { name: 'square/4096/bf16', reason: 'estimated 50.0 s, 1.0 s of the budget of 60.0 s were left' },
    { name: 'square/256/fp8e4m3fn', reason: 'trn2 has no fp8e4m3fn' },
  ],
};

/** Whether the number is somewhere in the text, not as part of another one. */
function shows(text: string, number: string): boolean {
  return new RegExp(`(?<![\\d.])${number.replace('.', '\\.')}(?![\\d.])`).test(text);
}

describe('the file', () => {
  const html = toHtml(report);

  it('stays as it was, but for its style', async () => {
    const body = html.slice(html.indexOf('<body>'), html.indexOf('<script'));
    await expect(`${body.replaceAll('><', '>\n<')}\n`).toMatchFileSnapshot('../golden/report-html.txt');
  });

  it('holds its own data', () => {
    const json = /<script type="application\/json" id="systole-report">(.*)<\/script>/s.exec(html)?.[1] ?? '';
    const [first] = report.cases;
    expect(JSON.parse(json)).toEqual({
      ...report,
      cases: [first, { ...wrong, ms: null, gflops: null, shareOfPeak: null }],
    });
  });

  it('loads and runs nothing', () => {
    expect(html).toContain("default-src 'none'");
    // the test runner takes the style out of what it imports
    const css = readFileSync(new URL('../../bench/report/html/report.css', import.meta.url), 'utf8');
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toMatch(/<(link|iframe|object|img)\b|\s(src|href|on[a-z]+)=/);
    expect(css).not.toMatch(/url\(|@import|<\//);
  });

  it('never shows a number that a failed check withholds, though the report has it', () => {
    for (const number of ['666', '666.25', '7778', '7776', '7777.5', '0.55555', '56 %'])
      expect(shows(html, number), number).toBe(false);
    expect(html).toContain('withheld: check failed');
    // the same numbers, where the check passed, are shown: the search above can fail
    const passed = toHtml({ ...report, cases: [{ ...wrong, check: measured.check }] });
    for (const number of ['666', '7778', '56 %']) expect(shows(passed, number), number).toBe(true);
  });

  it('nor does a component alone', () => {
    const parts = render(
      <>
        <CaseTable cases={[wrong]} />
        <ThroughputChart cases={[measured, wrong]} />
        <PeakShareChart cases={[measured, wrong]} />
        <Roofline cases={[measured, wrong]} peaks={report.peaks} />
        <WrongTileView result={wrong} />
      </>,
    );
    for (const number of ['666', '666.25', '7778', '7777.5', '56 %'])
      expect(shows(parts, number), number).toBe(false);
  });

  it('keeps text that looks like markup as text', () => {
    const hostile = '</script><img src=x onerror=alert(1)><!--<script>"\'&';
    const attacked = toHtml({
      ...report,
      adapter: { ...report.adapter, name: hostile, reason: hostile, vendor: hostile },
      environment: {
        ...report.environment,
        runtime: hostile,
        cpu: hostile,
        packages: { [hostile]: hostile },
      },
      settings: { ...report.settings, arguments: [hostile] },
      cases: [measured, wrong].map((each) => ({ ...each, name: `${hostile}/${each.name}` })),
      leftOut: [{ name: hostile, reason: hostile }],
    });
    expect(attacked).not.toMatch(/<img|<!--/);
    expect(attacked.match(/<script/g)).toHaveLength(1);
    expect(attacked.match(/<\/script/g)).toHaveLength(1);
    expect(attacked).toContain('&lt;img src=x onerror=alert(1)>');
  });

  it('says what an empty report, and one of an unfinished run, do not have', () => {
    const empty = toHtml({
      ...report,
      cases: [],
      leftOut: [],
      outcome: 'device-lost',
      peaks: null,
      probe: null,
    });
    for (const text of ['No case was finished.', 'The device was lost', 'not measured yet', 'not probed yet'])
      expect(empty).toContain(text);
    const unmeasured = toHtml({ ...report, cases: [wrong] });
    expect(unmeasured.match(/No case has a number to show/g)).toHaveLength(3);
  });

  it('has every case of 410 in its table and every measured one in its charts', () => {
    const cases = Array.from({ length: 410 }, (_, index) => ({
      ...measured,
      name: `model/p${index % 41}/m${index}/bf16`,
      gflops: 1 + index,
    }));
    const page = toHtml({ ...report, cases });
    const table = page.slice(page.indexOf('<table'), page.indexOf('</table>'));
    expect(cases.filter(({ name }) => !table.includes(`title="${name}"`))).toEqual([]);
    const charts = page.slice(0, page.indexOf('<table'));
    expect(cases.filter(({ name }) => !charts.includes(`<title>${name}: `))).toEqual([]);
    expect(/NaN|Infinity|undefined/.exec(page.slice(0, page.indexOf('<script')))).toBeNull();
  });
});

describe('the table', () => {
  it('sorts by every column, and what has no value comes last', () => {
    const slow = { ...measured, name: 'slow', gflops: 2 };
    const cases = [wrong, slow, measured];
    expect(sortCases(cases, { by: 'gflops', descending: true })).toEqual([measured, slow, wrong]);
    expect(sortCases(cases, { by: 'gflops', descending: false })).toEqual([slow, measured, wrong]);
    for (const by of Object.keys(COLUMNS) as (keyof typeof COLUMNS)[])
      expect(sortCases(cases, { by, descending: true })).toHaveLength(3);
  });

  it('tells coverage, flushed subnormals and discarded timings', () => {
    const text = render(<CaseTable cases={[measured]} />);
    expect(text).toMatch(/ok, <abbr [^>]*>tiles<\/abbr>, <abbr [^>]*>ftz<\/abbr>/);
    expect(text).toContain('2 discarded');
    expect(text).not.toContain('<button');
  });

  it('has buttons as heads where it can be sorted', () => {
    const sorting = { by: 'ms', descending: true, onSort: () => undefined } as const;
    const text = render(<CaseTable cases={[measured]} sorting={sorting} />);
    expect(text).toMatch(/<th [^>]*aria-sort="descending"[^>]*><button type="button">ms/);
    expect(text.match(/<button/g)).toHaveLength(8);
  });
});

describe('the roofline', () => {
  it('counts the bytes of the packed operands and the result', () => {
    const [m, n, k] = [512, 14336, 4096];
    expect(arithmeticIntensity(measured)).toBe((2 * m * n * k) / (m * k + k * n + 4 * m * n));
    expect(arithmeticIntensity(wrong)).toBe((2 * 512) / (2 + 2 + 4));
    const fp4 = { ...wrong, dtypes: { a: 'float4_e2m1fn', b: 'float4_e2m1fn', out: 'bfloat16' } } as const;
    expect(arithmeticIntensity(fp4)).toBe((2 * 512) / (0.5 + 0.5 + 2));
  });

  it('has a point for each case that has a number, under the lower of the two roofs', () => {
    expect(rooflinePoints(report.cases)).toEqual([
      { intensity: arithmeticIntensity(measured), gflops: 48.71, result: measured },
    ]);
    expect(roof(2, report.peaks)).toBe(24);
    expect(roof(5, report.peaks)).toBe(60);
    expect(roof(500, report.peaks)).toBe(60);
  });

  it('draws points without roofs until the peaks are measured', () => {
    expect(render(<Roofline cases={[measured]} peaks={report.peaks} />)).toContain('12.0 GB/s read');
    const bare = render(<Roofline cases={[measured]} peaks={null} />);
    expect(bare).toContain('The roofs are not measured yet.');
    expect(bare).not.toContain('polyline');
    expect(bare).toContain(`<title>${measured.name}`);
  });

  it('ticks logarithmic scales at 1, 2 and 5, or at the powers of ten alone', () => {
    expect(logTicks([0.08, 3], 10)).toEqual([0.1, 0.2, 0.5, 1, 2]);
    expect(logTicks([0.08, 30], 4)).toEqual([0.1, 1, 10]);
    expect(logTicks([2.1, 4.9], 4)).toEqual([]);
  });
});

describe('the wrong tile', () => {
  const text = render(<WrongTileView result={wrong} />);

  it('is marked where it is, and in it the first wrong element', () => {
    // 512 x 512 in a picture 200 high: columns from 256 on are at 100, rows from 128 on at 50
    expect(text).toContain('<rect class="wrong" x="100" y="50" width="100" height="50"');
    // row 64 of 128 and the last of 256 columns, in a picture 300 wide: at least 4 pixels, within the frame
    expect(text).toContain('<rect class="wrong" x="296" y="75" width="4" height="4"');
    for (const part of ['3f800000', '7fc00000', 'm 192, n 511', '7 elements', 'against an oracle'])
      expect(text).toContain(part);
  });

  it('is not there for a result that is right, and is said where only weights were wrong', () => {
    expect(render(<WrongTileView result={measured} />)).toBe('');
    const accuracy = {
      elementsCompared: 20,
      mismatches: 3,
      relativeFrobenius: 1,
      maxAbs: 1,
      rowsCompared: 1,
      rows: 1,
    };
    const weights = { ...measured, accuracy, check: { passed: false, kinds: [] } };
    expect(render(<WrongTileView result={weights} />)).toContain('3 of 20 outputs on the weights differ');
  });
});

describe('words', () => {
  it('gives the verdict in one line', () => {
    const text = (part: Partial<Report>): string => render(<Verdict {...report} {...part} />);
    expect(text({ cases: [measured], leftOut: [] })).toContain(
      '1 case, every result checked bit for bit, none wrong.',
    );
    expect(text({})).toMatch(/class="verdict bad".*2 cases.*1 WRONG.*3 cases left out/);
    expect(text({ cases: [], outcome: 'interrupted' })).toMatch(/class="verdict open".*No case was finished/);
  });

  it('makes reasons that differ in their numbers one', () => {
    const text = render(<LeftOut leftOut={report.leftOut} />);
    expect(text.match(/<details/g)).toHaveLength(2);
    expect(text).toContain(
      '<strong>2 cases</strong> estimated 5.6 to 50.0 s, 1.0 to 5.4 s of the budget of 60.0 s were left',
    );
    expect(commonReason(['trn2 has no fp8e4m3fn'])).toBe('trn2 has no fp8e4m3fn');
  });

  it('shortens in the middle to the length that is asked', () => {
    expect(shortened('llama3.1-8b/gate+up/m512', 12)).toBe('llama3…/m512');
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 3, max: 40 }), (text, most) => {
        const short = shortened(text, most);
        expect(short.length).toBe(Math.min(text.length, most));
        expect(short.startsWith(text.slice(0, 1))).toBe(true);
        expect(short.endsWith(text.slice(-1))).toBe(true);
      }),
    );
  });
});
