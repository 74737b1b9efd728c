/** Results and messages that the page's tests are made of. */
import { SYSTOLE } from '../../bench/environment';
import type { BenchEvent } from '../../bench/events';
import type { FromWorker } from '../../bench/page/protocol';
import type { Report } from '../../bench/report';
import type { CaseResult } from '../../bench/result';
import { FIRST_TUNING, forEachClass } from '../../src/execute/webgpu/tuning';

export function caseResult(name: string, passed = true): CaseResult {
  return {
    name,
    shape: { m: 256, n: 256, k: 256 },
    dtypes: { a: 'bfloat16', b: 'bfloat16', out: 'float32' },
    plan: {
      chip: 'trn2',
      aLayout: 'row-major',
      tile: { m: 128, n: 256, k: 128 },
      block: { m: 256, n: 256, k: 256 },
      loopOrder: [],
      doubleRow: false,
      passes: 2,
      groups: 1,
    },
    check: {
      passed,
      kinds: [
        {
          name: 'random',
          operands: 'random',
          coverage: 'full',
          elementsCompared: 65_536,
          elements: 65_536,
          mismatches: passed ? 0 : 1,
          maxUlp: passed ? 0 : 1,
        },
      ],
    },
    ms: passed
      ? {
          median: 2,
          spread: { min: 1, lowerQuartile: 2, upperQuartile: 2, max: 3 },
          count: 5,
          runsPerSample: 1,
          discarded: 0,
        }
      : null,
    gflops: passed ? 16 : null,
    shareOfPeak: passed ? 0.5 : null,
    memory: {},
    compileMs: 1,
    kernel: 'fused',
    dispatches: 1,
  };
}

export const ADAPTER: Extract<BenchEvent, { type: 'adapter' }> = {
  type: 'adapter',
  adapter: {
    name: 'an adapter',
    vendor: '',
    architecture: '',
    kind: 'gpu',
    reason: 'the only one',
    features: [],
    limits: {},
  },
  environment: { host: 'browser', runtime: 'Chrome 1', platform: 'X', cpu: null, cores: 2, packages: {} },
};

export const FIRST: Extract<BenchEvent, { type: 'first' }> = {
  type: 'first',
  first: {
    shape: { m: 256, n: 256, k: 256 },
    dtypes: 'bf16',
    check: caseResult('first').check,
    afterMs: 800,
  },
};

export const event = (each: BenchEvent): FromWorker => ({ type: 'event', event: each });

export const result = (name: string, done: number, passed = true): FromWorker =>
  event({ type: 'result', result: caseResult(name, passed), done, total: 10 });

const UNTUNED = { tuning: FIRST_TUNING, candidates: [], discarded: [] };

export function report(cases: readonly CaseResult[], outcome: Report['outcome'] = 'complete'): Report {
  const probe: Report['probe'] = {
    subnormals: 'kept',
    fusesMultiplyAdd: false,
    reordersSums: false,
    keepsNaN: true,
    nearestEven: true,
    float16: 'unpack',
    tunings: forEachClass(() => UNTUNED),
    kernels: {},
  };
  return {
    systole: SYSTOLE,
    started: '2026-01-31T12:03:00.000Z',
    environment: ADAPTER.environment,
    adapter: ADAPTER.adapter,
    probe,
    first: FIRST.first,
    peaks: { fmaGflops: 32, bestFma: 'vec4', readGigabytes: 4, bestRead: 'vec4<u32>' },
    baseline: null,
    settings: { budgetSeconds: 60, seed: 1, arguments: ['#'] },
    outcome,
    cases,
    leftOut: [],
  };
}
