/** WASM as what a benchmark multiplies by: checked against the reference loop, alone and with threads. */
import { describe, expect, it } from 'vitest';
import { selectCases } from '../../bench/cases';
import { wasmExecutor } from '../../bench/executors';
import { benchmark } from '../../bench/benchmark';
import { toText } from '../../bench/report/table';
import { startNodeThread } from '../../src/host/node-thread';
import { ENVIRONMENT } from './peers-bench';

const filter = { shapes: ['1x64x300', '33x40x257'], dtypes: ['bf16', 'fp8e4m3', 'fp32'] };

const run = async (threads: number) => {
  const executor = await wasmExecutor(2, { threads, startThread: startNodeThread });
  try {
    return await benchmark(
      { filter, budgetSeconds: 60, seed: 1, arguments: [] },
      {
        open: () => Promise.resolve(executor),
        facts: executor.facts,
        lost: new Promise(() => undefined),
        environment: ENVIRONMENT,
      },
    );
  } finally {
    executor.close();
  }
};

describe('a benchmark of WASM', () => {
  it.each([
    [1, 'WASM, one thread'],
    [2, 'WASM, 2 threads'],
  ])('checks every case in full against the reference loop, on %i thread(s)', async (threads, name) => {
    const report = await run(threads);
    expect(report).toMatchObject({ outcome: 'complete', leftOut: [], adapter: { name, kind: 'software' } });
    expect(report.cases.map((each) => each.name).sort()).toEqual(
      selectCases(filter)
        .cases.map((each) => each.name)
        .sort(),
    );
    for (const { check, memory } of report.cases) {
      expect(check.passed).toBe(true);
      expect(check.kinds.every(({ coverage, mismatches }) => coverage === 'full' && mismatches === 0)).toBe(
        true,
      );
      const { operands = 0, result = 0, scratch = 0, limit = 0 } = memory;
      expect(operands + result + scratch).toBeLessThanOrEqual(limit);
    }
    expect(report.probe).toBeUndefined();
    expect(toText(report)).toContain(`adapter ${name} (software; no adapter was asked for)`);
  });

  it('has no more threads than there may be, however many processors there are', async () => {
    let started = 0;
    const executor = await wasmExecutor(1000, {
      startThread: () => {
        started++;
        throw new Error('forbidden');
      },
    });
    expect(started).toBeGreaterThan(0);
    expect(executor.facts.name).toBe('WASM, one thread');
    executor.close();
  });

  it('says why there is one thread where more were asked for', async () => {
    const executor = await wasmExecutor(2, {
      startThread: () => {
        throw new Error('forbidden');
      },
    });
    expect(executor.facts.name).toBe('WASM, one thread');
    expect(executor.facts.reason).toMatch(/^One thread: no worker starts \(forbidden\)/);
    executor.close();
  });
});
