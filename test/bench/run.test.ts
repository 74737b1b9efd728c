import { describe, expect, it } from 'vitest';
import { selectCases, type BenchCase } from '../../bench/cases';
import type { BenchEvent } from '../../bench/events';
import { runCases, type RunSettings } from '../../bench/run';
import type { BenchTools, MatmulDevice, PreparedProduct } from '../../bench/tools';
import type { MatmulOperands } from '../../src/execute/matmul';
import { referenceMatmul } from '../../src/execute/reference/matmul';
import type { MatmulPlan } from '../../src/lower';
import { UserError, type CodeArray } from '../../src/numerics';

/** A clock that only the fake device moves, so that budgets are exact. */
class FakeTime {
  ms = 0;
  #readings = 0;
  /** Each reading is a thousandth later, as a clock's quantum. */
  readonly now = (): number => this.ms + this.#readings++ / 1000;
}

interface FakeOptions {
  readonly time?: FakeTime;
  /** Milliseconds per run. */
  readonly runMs?: number;
  /** What the device makes of the right result. */
  readonly corrupt?: (codes: CodeArray, plan: MatmulPlan, reads: number) => void;
  /** Called at each run. */
  readonly onRun?: (plan: MatmulPlan) => Promise<void> | void;
}

class FakeDevice implements MatmulDevice {
  readonly subnormals = 'exact';
  held = 0;
  prepared = 0;
  private readonly options: FakeOptions;

  constructor(options: FakeOptions) {
    this.options = options;
  }

  prepare(plan: MatmulPlan, operands: MatmulOperands): Promise<PreparedProduct> {
    const { time, runMs = 1, corrupt, onRun } = this.options;
    const right = referenceMatmul(plan, operands);
    let reads = 0;
    this.held++;
    this.prepared++;
    const runMany = async (count: number): Promise<number> => {
      await onRun?.(plan);
      if (time) time.ms += count * runMs;
      return count * runMs;
    };
    return Promise.resolve({
      run: async () => {
        await runMany(1);
      },
      runMany,
      read: ({ m0, m1, n0, n1 } = { m0: 0, m1: plan.m, n0: 0, n1: plan.n }) => {
        const codes = right.slice();
        corrupt?.(codes, plan, reads++);
        const rows = Array.from({ length: m1 - m0 }, (_, row) =>
          codes.slice((m0 + row) * plan.n + n0, (m0 + row) * plan.n + n1),
        );
        const window = codes.slice(0, (m1 - m0) * (n1 - n0));
        rows.forEach((codesOfRow, row) => {
          window.set(codesOfRow, row * (n1 - n0));
        });
        return Promise.resolve(window);
      },
      memory: { operands: 1 },
      compileMs: 2,
      kernel: 'fake',
      dispatches: 1,
      release: () => {
        this.held--;
      },
    });
  }
}

const never = new Promise<never>(() => undefined);

function toolsOf(device: MatmulDevice, time = new FakeTime(), lost: BenchTools['lost'] = never): BenchTools {
  return { device, lost, reference: referenceMatmul, now: time.now };
}

const settings: RunSettings = { budgetMs: 60_000, seed: 1, peakGflops: 0.002 };
const two = selectCases({ shapes: ['17x9x33', '16x16x16'], dtypes: ['bf16'] }).cases;
const names = (found: readonly { name: string }[]): string[] => found.map(({ name }) => name);

describe('a device that is right', () => {
  it('gives checked numbers: 2 M N K over the median, and the share of the peak', async () => {
    const time = new FakeTime();
    const device = new FakeDevice({ time });
    const events: BenchEvent[] = [];
    const onEvent = (event: BenchEvent): void => void events.push(event);
    const result = await runCases(two, toolsOf(device, time), { ...settings, onEvent });
    expect(result).toMatchObject({ outcome: 'complete', leftOut: [] });
    expect(names(result.cases)).toEqual(names(two));
    const flops = 2 * 17 * 9 * 33;
    expect(result.cases[0]).toMatchObject({
      check: { passed: true },
      gflops: flops / 1e6,
      shareOfPeak: flops / 1e6 / 0.002,
      ms: { median: 1, spread: { min: 1, max: 1 } },
      plan: { chip: 'trn2', passes: 1, groups: 1 },
      kernel: 'fake',
    });
    expect(events.map((event) => (event.type === 'stage' ? event.stage : event.type))).toEqual([
      'calibrate',
      'check',
      'time',
      'result',
      'check',
      'time',
      'result',
    ]);
    expect(events.at(-1)).toMatchObject({ done: 2, total: 2, result: { name: two[1]?.name } });
    expect(device.held).toBe(0);
  });
});

describe('a device that is wrong', () => {
  it('gets no number for the wrong case, and keeps those of the others', async () => {
    const device = new FakeDevice({
      corrupt: (codes, plan) => {
        if (plan.m === 17) codes[codes.length - 1] = (codes.at(-1) ?? 0) ^ 1;
      },
    });
    const { cases, outcome } = await runCases(two, toolsOf(device), settings);
    expect(outcome).toBe('complete');
    expect(cases[0]).toMatchObject({ check: { passed: false }, ms: null, gflops: null, shareOfPeak: null });
    expect(cases[1]).toMatchObject({ check: { passed: true } });
    expect(cases[1]?.gflops).toBeGreaterThan(0);
  });

  it('gets no number when the bits change while it is timed', async () => {
    const device = new FakeDevice({
      // Reads of one product: the check's, one before timing, one after.
      corrupt: (codes, plan, reads) => {
        if (plan.m === 17 && reads === 2) codes[5] = (codes[5] ?? 0) + 1;
      },
    });
    const { cases, outcome, leftOut } = await runCases(two, toolsOf(device), settings);
    expect(outcome).toBe('failed');
    expect(names(cases)).toEqual(['shape/16x16x16/bf16']);
    expect(leftOut).toEqual([
      { name: 'shape/17x9x33/bf16', reason: 'element 5 of the result changed while it was being timed' },
    ]);
    expect(device.held).toBe(0);
  });

  it('leaves out a case that the adapter cannot hold, and goes on', async () => {
    const device = new FakeDevice({
      onRun: ({ m }) => {
        if (m === 17) throw new UserError('the adapter’s buffers end at 1 byte');
      },
    });
    const { cases, outcome, leftOut } = await runCases(two, toolsOf(device), settings);
    expect(outcome).toBe('complete');
    expect(names(cases)).toEqual(['shape/16x16x16/bf16']);
    expect(leftOut).toEqual([{ name: 'shape/17x9x33/bf16', reason: 'the adapter’s buffers end at 1 byte' }]);
  });
});

describe('a run that ends early', () => {
  const three = [...two, ...selectCases({ shapes: ['8x8x8'], dtypes: ['bf16'] }).cases];

  it('keeps what it has when the device is lost, even if the device never answers again', async () => {
    let lose: (info: { reason: string; message: string }) => void = () => undefined;
    const lost = new Promise<{ reason: string; message: string }>((resolve) => (lose = resolve));
    const device = new FakeDevice({
      onRun: async ({ m }) => {
        if (m !== 16) return;
        lose({ reason: 'unknown', message: 'it fell over' });
        await never;
      },
    });
    const result = await runCases(three, toolsOf(device, new FakeTime(), lost), settings);
    expect(result.outcome).toBe('device-lost');
    expect(names(result.cases)).toEqual(['shape/17x9x33/bf16']);
    const reason = 'not run: the device was lost (unknown: it fell over)';
    expect(result.leftOut).toEqual(three.slice(1).map(({ name }) => ({ name, reason })));
  });

  it('takes an error for the loss when the loss follows', async () => {
    let lose: (info: { reason: string; message: string }) => void = () => undefined;
    const lost = new Promise<{ reason: string; message: string }>((resolve) => (lose = resolve));
    const device = new FakeDevice({
      onRun: ({ m }) => {
        if (m !== 16) return;
        queueMicrotask(() => {
          lose({ reason: 'unknown', message: '' });
        });
        throw new Error('mapAsync failed');
      },
    });
    const { outcome, leftOut } = await runCases(three, toolsOf(device, new FakeTime(), lost), settings);
    expect(outcome).toBe('device-lost');
    expect(leftOut.map(({ reason }) => reason)).toEqual(
      Array(2).fill('not run: the device was lost (unknown)'),
    );
  });

  it('keeps what it has when it is interrupted', async () => {
    const controller = new AbortController();
    const device = new FakeDevice({
      onRun: async ({ m }) => {
        if (m !== 16) return;
        controller.abort();
        await never;
      },
    });
    const result = await runCases(three, toolsOf(device), { ...settings, signal: controller.signal });
    expect(result.outcome).toBe('interrupted');
    expect(names(result.cases)).toEqual(['shape/17x9x33/bf16']);
    expect(result.leftOut.map(({ reason }) => reason)).toEqual(
      Array(2).fill('not run: the run was interrupted'),
    );
  });

  it('runs nothing when it was interrupted before', async () => {
    const device = new FakeDevice({});
    const result = await runCases(three, toolsOf(device), { ...settings, signal: AbortSignal.abort() });
    expect(result).toMatchObject({ outcome: 'interrupted', cases: [] });
    expect(device.prepared).toBe(0);
  });

  const large: BenchCase = { ...two[0], name: 'shape/large/bf16', m: 512, n: 512, k: 512 } as BenchCase;

  it('leaves out what the budget does not admit, with the estimate, and goes on to what it does', async () => {
    const time = new FakeTime();
    const slow = new FakeDevice({ time, runMs: 1000 });
    const result = await runCases([large, ...two], toolsOf(slow, time), { ...settings, budgetMs: 50_000 });
    // The calibration at 256 took 1 s a run; 512 takes eight times that, five times at least.
    expect(result.leftOut[0]).toMatchObject({ name: 'shape/large/bf16' });
    expect(result.leftOut[0]?.reason).toMatch(
      /^estimated 4\d\.\d s, 2\d\.\d s of the budget of 50\.0 s were left$/,
    );
    expect(names(result.cases)).toEqual(names(two));
    expect(result.outcome).toBe('complete');
  });

  it('lets a case that takes much of what is left wait for the others', async () => {
    const time = new FakeTime();
    const slow = new FakeDevice({ time, runMs: 100 });
    const result = await runCases([large, ...two], toolsOf(slow, time), { ...settings, budgetMs: 11_000 });
    expect(names(result.cases)).toEqual([...names(two), 'shape/large/bf16']);
  });

  it('shows one small case where the budget was spent before the first began', async () => {
    const { reference, lost } = toolsOf(new FakeDevice({}));
    const tools = { device: new FakeDevice({}), reference, lost, now: () => performance.now() };
    const startMs = performance.now() - 60_000;
    const result = await runCases(two, tools, { ...settings, budgetMs: 1000, startMs });
    expect(names(result.cases)).toEqual(['shape/17x9x33/bf16']);
    expect(result.cases[0]?.gflops).not.toBeNull();
    expect(result.leftOut).toHaveLength(1);
  });

  it('gives up a case that is still not finished half a budget after the end, and lists it', async () => {
    const device = new FakeDevice({
      onRun: async ({ m }) => {
        if (m === 16) await never;
      },
    });
    const { reference, lost } = toolsOf(device);
    const tools = { device, reference, lost, now: () => performance.now() };
    const result = await runCases(three, tools, { ...settings, budgetMs: 3000 });
    expect(result.outcome).toBe('complete');
    expect(names(result.cases)).toEqual(['shape/17x9x33/bf16']);
    expect(result.leftOut[0]).toEqual({
      name: 'shape/16x16x16/bf16',
      reason: 'given up: not finished 1.5 s after the budget of 3.0 s was spent',
    });
    expect(result.leftOut[1]?.reason).toMatch(
      /^estimated \d+\.\d s, 0\.0 s of the budget of 3\.0 s were left$/,
    );
  });
});
