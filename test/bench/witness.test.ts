/** Beyond what the CPU recomputes, a second kernel must find every fault, and be found out itself. On the real device. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selectCases } from '../../bench/cases';
import type { CheckReport } from '../../bench/check';
import { runCases, type RunSettings } from '../../bench/run';
import type { BenchTools, MatmulDevice, PrepareOptions } from '../../bench/tools';
import type { MatmulOperands } from '../../src/execute/matmul';
import { createWasmMatmul } from '../../src/execute/wasm';
import { createWebGpuMatmul, type WebGpuMatmul } from '../../src/execute/webgpu';
import { openDevice, type Host } from '../../src/host/node';
import { UserError } from '../../src/numerics';

let host: Host;
let matmul: WebGpuMatmul;
let reference: BenchTools['reference'];

beforeAll(async () => {
  host = await openDevice();
  matmul = await createWebGpuMatmul(host.device);
  reference = await createWasmMatmul();
});
afterAll(() => {
  host.close();
});

/** Three tiles, one below the other; a budget of nothing samples the first and the last. */
const { cases } = selectCases({ shapes: ['300x40x140'], dtypes: ['bf16'] });
const settings: RunSettings = {
  budgetMs: 600_000,
  seed: 3,
  peakGflops: null,
  checks: { integer: Infinity, random: 0 },
};

async function checked(device: MatmulDevice, extra: Partial<RunSettings> = {}): Promise<CheckReport> {
  const tools = { device, reference, lost: host.lost, now: () => performance.now() };
  const result = await runCases(cases, tools, { ...settings, ...extra });
  expect(result).toMatchObject({ outcome: 'complete', leftOut: [] });
  const [found] = result.cases;
  if (found === undefined) throw new Error('no result');
  expect(found.gflops === null).toBe(!found.check.passed);
  return found.check;
}

/** The device as it is, with other operands for one kernel's random check: row `row` of A negated. */
function wrongInRow(row: number, kernel: 'fused' | 'plain'): MatmulDevice {
  const { m, k } = cases[0] ?? { m: 0, k: 0 };
  let products = 0;
  return {
    subnormals: matmul.subnormals,
    compare: (left, right) => compare(left, right),
    prepare: (plan, operands: MatmulOperands, options: PrepareOptions = {}) => {
      const mine = plan.m === m && (options.kernel ?? 'fused') === kernel;
      // The fused kernel's first product of the case has small integers; the plain kernel has only random operands.
      const wrong = mine && ++products === (kernel === 'fused' ? 2 : 1);
      const a = operands.a.map((code, index) =>
        wrong && Math.floor(index / k) === row ? code ^ 0x8000 : code,
      );
      return matmul.prepare(plan, { ...operands, a }, options);
    },
  };
}

const compare: NonNullable<MatmulDevice['compare']> = (left, right) => {
  const device: MatmulDevice = matmul;
  const comparing = device.compare?.(left, right);
  if (comparing === undefined) throw new Error('the device does not compare');
  return comparing;
};

const kindOf = (report: CheckReport, name: RegExp) => report.kinds.find((kind) => name.test(kind.name));

describe('the second kernel', () => {
  it('compares every output on the adapter, and is sampled itself', async () => {
    const report = await checked(matmul);
    expect(report.passed).toBe(true);
    expect(report.leftOut).toBeUndefined();
    expect(report.kinds.map(({ coverage, mismatches }) => [coverage, mismatches])).toEqual([
      ['full', 0],
      ['tiles', 0],
      ['tiles', 0],
      ['full', 0],
    ]);
    expect(kindOf(report, /on the adapter/)).toMatchObject({ elementsCompared: 12_000, elements: 12_000 });
    expect(kindOf(report, /^the one-output kernel/)?.elementsCompared).toBeLessThan(12_000);
  });

  it('finds a wrong row that no sampled tile holds, and names the tile', async () => {
    const report = await checked(wrongInRow(200, 'fused'));
    expect(report.passed).toBe(false);
    expect(report.kinds.map(({ mismatches }) => mismatches)).toEqual([0, 0, 0, 40]);
    expect(report.firstWrongTile).toMatchObject({
      check: 'random operands against the one-output kernel, on the adapter',
      row: 1,
      column: 0,
      firstWrong: { m: 200, n: 0 },
    });
  });

  it('is blamed itself when it is the one that is wrong, in a sampled tile or not', async () => {
    for (const row of [0, 200]) {
      const report = await checked(wrongInRow(row, 'plain'));
      expect(report.passed).toBe(false);
      expect(kindOf(report, /^random operands against the CPU/)?.mismatches).toBe(0);
      expect(report.firstWrongTile).toMatchObject({
        check: 'the one-output kernel on random operands, against the CPU checker',
        row: row === 0 ? 0 : 1,
        firstWrong: { m: row },
      });
    }
  });
});

describe('the second kernel is left out, with the reason,', () => {
  it('by a device that has none', async () => {
    const { subnormals } = matmul;
    const report = await checked({ subnormals, prepare: (plan, operands) => matmul.prepare(plan, operands) });
    expect(report).toMatchObject({
      passed: true,
      leftOut: 'this device has no second kernel to compare with',
    });
    expect(report.kinds).toHaveLength(2);
  });

  it('when it does not fit the budget or the memory', async () => {
    const slow = (ms: number, error?: Error): MatmulDevice => ({
      subnormals: matmul.subnormals,
      compare,
      prepare: async (plan, operands, options) => {
        const product = await matmul.prepare(plan, operands, options);
        if (options?.kernel !== 'plain') return product;
        if (error !== undefined && plan.m === 300) {
          product.release();
          throw error;
        }
        // Taken for slow where it is calibrated, it is never asked to run.
        return Object.assign(product, { runMany: () => Promise.resolve(ms) });
      },
    });
    const report = await checked(slow(1e7));
    expect(report.leftOut).toMatch(
      /^comparing every output .* takes an estimated \d+\.\d s; \d+\.\d s could be spared$/,
    );
    expect((await checked(slow(1, new UserError('no memory for it')))).leftOut).toBe('no memory for it');
  });
});
