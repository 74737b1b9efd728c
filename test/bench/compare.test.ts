/** Two results side by side: ratios with their spread, what differs, and files that are no results. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareReports, type Comparison } from '../../bench/compare';
import { comparisonText } from '../../bench/compare/text';
import { UserError } from '../../src/numerics';

interface Times {
  readonly name: string;
  readonly ms: readonly [lower: number, median: number, upper: number] | null;
  readonly count?: number;
  readonly chip?: string;
}

const caseOf = ({ name, ms, count = 5, chip = 'trn2' }: Times) => ({
  name,
  shape: { m: 10, n: 10, k: 10 },
  dtypes: { a: 'bfloat16', b: 'bfloat16', out: 'float32' },
  plan: { chip },
  check: { passed: ms !== null },
  gflops: ms && 2 / ms[1],
  ms: ms && { median: ms[1], spread: { lowerQuartile: ms[0], upperQuartile: ms[2] }, count },
});

const report = (cases: readonly Times[], more: object = {}) => ({
  systole: { version: '1.0.0', revision: 'abc' },
  started: '2026-01-01T00:00:00.000Z',
  outcome: 'complete',
  environment: { host: 'node', runtime: 'Node v20', platform: 'linux-x64', cpu: 'a CPU', cores: 2, packages: { webgpu: '0.6.2' } },
  adapter: { name: 'An adapter', kind: 'gpu', vendor: '', features: ['shader-f16'], limits: { maxBufferSize: 4 } },
  peaks: { fmaGflops: 20, readGigabytes: 1 },
  cases: cases.map(caseOf),
  ...more,
}); // prettier-ignore

const compare = (left: unknown, right: unknown): Comparison =>
  compareReports({ name: 'a.json', report: left }, { name: 'b.json', report: right });

describe('cases', () => {
  it.each([
    [[9, 10, 11], [4, 5, 6], 'faster', 2],
    [[4, 5, 6], [9, 10, 11], 'slower', 0.5],
    [[9, 10, 11], [7, 8, 9.5], 'within-spread', 1.25],
    [[9, 10, 11], [9, 10, 11], 'within-spread', 1],
    [[9, 10, 11], [5, 10, 8.9], 'faster', 1],
  ] as const)('%j against %j is %s', (before, after, judgement, ratio) => {
    const { cases, judged, meanRatio } = compare(report([{ name: 'x', ms: before }]), report([{ name: 'x', ms: after }]));
    expect(cases[0]).toMatchObject({ judgement, ratio, otherWork: null });
    expect(judged[judgement]).toBe(1);
    expect(meanRatio).toBeCloseTo(ratio, 12);
    expect(cases[0]?.ratioRange).toEqual([before[0] / after[2], before[2] / after[0]]);
  }); // prettier-ignore

  it('one sample is judged by nothing', () => {
    const one = report([{ name: 'x', ms: [5, 5, 5], count: 1 }]);
    expect(compare(one, report([{ name: 'x', ms: [9, 10, 11] }])).cases[0]).toMatchObject({
      judgement: 'one-sample',
      ratioRange: null,
      left: { spread: null },
    });
  });

  it('withheld numbers stay withheld', () => {
    const comparison = compare(report([{ name: 'x', ms: null }]), report([{ name: 'x', ms: [9, 10, 11] }]));
    expect(comparison).toMatchObject({ meanRatio: null, judged: { withheld: 1, faster: 0 } });
    expect(comparison.cases[0]).toMatchObject({ ratio: null, left: { passed: false, gflops: null } });
    expect(comparisonText(comparison)).toMatch(/^x +FAILED +- +0\.200 +20% +- +withheld$/m);
    const cheating = {
      ...report([]),
      cases: [{ ...caseOf({ name: 'x', ms: [1, 1, 1] }), check: { passed: false } }],
    };
    expect(() => compare(cheating, report([]))).toThrow(
      /cases\[0\] must be a case without a number, because its check failed/,
    );
  });

  it('of one side only, and of other work under one name', () => {
    const left = report([{ name: 'x', ms: [1, 1, 1] }, { name: 'only a', ms: [1, 1, 1] }]);
    const right = report([{ name: 'only b', ms: [1, 1, 1] }, { name: 'x', ms: [1, 1, 1], chip: 'trn3' }]);
    const comparison = compare(left, right);
    expect(comparison).toMatchObject({ onlyLeft: ['only a'], onlyRight: ['only b'] });
    const text = comparisonText(comparison);
    expect(text).toContain('x: 10x10x10 bfloat16 bfloat16 float32 on trn2 against 10x10x10 bfloat16 bfloat16 float32 on trn3');
    expect(text).toMatch(/only left \(1\): only a\nonly right \(1\): only b/);
  }); // prettier-ignore

  it('exchanging the sides exchanges faster and slower', () => {
    const ms = fc
      .tuple(fc.integer({ min: 1, max: 99 }), fc.nat(9), fc.nat(9))
      .map(([low, x, y]) => [low, low + x, low + x + y] as const);
    fc.assert(
      fc.property(ms, ms, (x, y) => {
        const [there, back] = [
          compare(report([{ name: 'x', ms: x }]), report([{ name: 'x', ms: y }])),
          compare(report([{ name: 'x', ms: y }]), report([{ name: 'x', ms: x }])),
        ];
        expect(there.judged).toEqual({
          ...back.judged,
          faster: back.judged.slower,
          slower: back.judged.faster,
        });
        expect((there.cases[0]?.ratio ?? NaN) * (back.cases[0]?.ratio ?? NaN)).toBeCloseTo(1, 12);
      }),
    );
  });
});

describe('facts', () => {
  it('that differ are named, and nothing else', () => {
    const left = report([]);
    const right = report([], {
      systole: { version: '1.1.0', revision: 'abc' },
      environment: { ...left.environment, runtime: 'Chrome 147', cpu: null, packages: { webgpu: '0.6.3', 'gpu.js': null } },
      adapter: { ...left.adapter, limits: { maxBufferSize: 8 }, features: ['shader-f16', 'subgroups'] },
      peaks: { fmaGflops: 10, readGigabytes: 1 },
    });
    const comparison = compare(left, right);
    expect(comparison.differing).toEqual([
      { fact: 'systole', left: '1.0.0', right: '1.1.0' },
      { fact: 'runtime', left: 'Node v20', right: 'Chrome 147' },
      { fact: 'processor', left: 'a CPU', right: null },
      { fact: 'package webgpu', left: '0.6.2', right: '0.6.3' },
      { fact: 'features', left: 'shader-f16', right: 'shader-f16 subgroups' },
      { fact: 'limit maxBufferSize', left: '4', right: '8' },
      { fact: 'package gpu.js', left: null, right: 'none' },
    ]);
    const text = comparisonText(compare(report([{ name: 'x', ms: [1, 1, 1] }]), { ...right, cases: report([{ name: 'x', ms: [1, 1, 1] }]).cases }));
    expect(text).toMatch(/what differs +left +right\nsystole +1\.0\.0 +1\.1\.0\n/);
    expect(text).toContain("The peak that the right run measured is 0.50 times the left one's");
  }); // prettier-ignore

  it('of an older result that names Node alone', () => {
    const old = report([], { environment: { node: 'v20' } });
    const facts = compare(old, report([])).differing.map(({ fact }) => fact);
    expect(facts).toEqual(['platform', 'processor', 'logical processors', 'package webgpu']);
    const v20 = compare(report([], { environment: { node: 'v20' } }), report([], { environment: { runtime: 'Node v20' } }));
    expect(v20.differing).toEqual([]);
  }); // prettier-ignore
});

describe('what is no result', () => {
  const good = report([{ name: 'x', ms: [1, 2, 3] }]);
  it.each([
    ['nothing', null, /a\.json is no benchmark result: cases must be a list, received nothing/],
    ['a list', [], /cases must be a list/],
    ['text', 'cases', /cases must be a list/],
    ['cases of nothing', { cases: [null] }, /cases\[0\]\.check\.passed must be true or false, received nothing/],
    [
      'a rate that is text',
      { ...good, cases: [{ ...caseOf({ name: 'x', ms: [1, 2, 3] }), gflops: '9' }] },
      /cases\[0\]\.gflops must be a number above 0, received "9"/,
    ],
    ['two cases of one name', report([{ name: 'x', ms: null }, { name: 'x', ms: null }]), /two cases x/],
  ])('%s', (_, left, message) => {
    expect(() => compare(left, good)).toThrow(message);
    expect(() => compare(left, good)).toThrow(UserError);
  }); // prettier-ignore

  it('a comparison with the peers is told apart', () => {
    expect(() => compare({ shapes: [] }, good)).toThrow(/a\.json is a comparison with the peers/);
  });

  it('a result differs from itself in no fact', () => {
    expect(comparisonText(compare(good, good))).toMatch(/^no fact differs +left +right$/m);
  });

  it('what a terminal would take for commands is not handed on', () => {
    const name = '\u001b[31mred\u001b[0m\nsquare';
    const hostile = {
      ...report([{ name, ms: [1, 2, 3] }]),
      environment: { packages: { '\u0007': '\u009b' } },
    };
    expect(comparisonText(compare(hostile, hostile))).toContain('[31mred');
    expect(comparisonText(compare(hostile, good)).replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  it('a product of another layout of A is other work', () => {
    const [each] = good.cases;
    const other = { ...good, cases: [{ ...each, plan: { chip: 'trn2', aLayout: 'k-major' } }] };
    const same = { ...good, cases: [{ ...each, plan: { chip: 'trn2' } }] };
    expect(compare(same, other).cases[0]?.otherWork?.[1]).toContain('A k-major');
    expect(compare(same, same).cases[0]?.otherWork).toBeNull();
  });

  it('any JSON is compared or refused with one message', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.jsonValue().map((value) => ({ ...good, cases: [value] })), fc.jsonValue().map((value) => ({ ...good, environment: value, adapter: value }))), (left) => {
        try {
          expect(comparisonText(compare(left, good))).toContain('a.json');
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 500 },
    );
  }); // prettier-ignore
});
