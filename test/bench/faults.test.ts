/**
 * Kernels broken on purpose, on the real device: through the plan that the device is given, and in the WGSL itself. The
 * harness must refuse each a number and name the first wrong tile. Last, a device lost in the middle of a run.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selectCases, type BenchCase } from '../../bench/cases';
import { exitCode, type BenchResult } from '../../bench/result';
import { runCases } from '../../bench/run';
import type { BenchTools, MatmulDevice } from '../../bench/tools';
import { createWasmMatmul } from '../../src/execute/wasm';
import { createWebGpuMatmul, type WebGpuMatmul } from '../../src/execute/webgpu';
import { openDevice, type Host } from '../../src/host/node';
import type { MatmulPlan } from '../../src/lower';

/** Two tiles, the second ragged; eight passes, or four double-row ones. */
const SHAPE = '130x70x1000';
const DTYPES = ['bf16', 'fp8e4m3', 'fp32'] as const;
const caseOf = (dtype: string, extra: Partial<BenchCase> = {}): BenchCase => {
  const [found] = selectCases({ shapes: [SHAPE], dtypes: [dtype] }).cases;
  if (found === undefined) throw new Error('no case');
  return { ...found, ...extra };
};

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

function run(cases: readonly BenchCase[], device: MatmulDevice, from = host): Promise<BenchResult> {
  const tools = { device, reference, lost: from.lost, now: () => performance.now() };
  return runCases(cases, tools, {
    budgetMs: 60_000,
    seed: 5,
    peakGflops: 10,
    checks: { integer: 0, random: Infinity },
  });
}

function expectRefused(result: BenchResult, count: number): void {
  expect(result).toMatchObject({ outcome: 'complete', leftOut: [] });
  expect(result.cases).toHaveLength(count);
  for (const each of result.cases) {
    expect(each, each.name).toMatchObject({
      gflops: null,
      ms: null,
      shareOfPeak: null,
      check: { passed: false, firstWrongTile: { row: 0, column: 0, window: { m0: 0, n0: 0 } } },
    });
  }
  expect(exitCode(result)).toBe(1);
}

type Change = (plan: MatmulPlan) => MatmulPlan['passes'];

const PLAN_FAULTS: Record<string, Change> = {
  // 0 + p + q is 0 + q + p: the first two passes commute.
  'the second and the third pass swapped': ({ passes: [first, second, third, ...more] }) =>
    first && second && third ? [first, third, second, ...more] : [],
  'the last K tile dropped': ({ passes }) => passes.slice(0, -1),
  'one untiled pass': ({ k, passes: [{ interleave } = { interleave: 1 as const }] }) => [
    { k0: 0, rows: k / interleave, interleave, group: 0 },
  ],
};

/** The right plan for everything but the case, so that calibration goes on. */
const breaking = (change: Change): MatmulDevice => ({
  subnormals: matmul.subnormals,
  prepare: (plan, operands, options) =>
    matmul.prepare(plan.m === 130 ? { ...plan, passes: change(plan) } : plan, operands, options),
});

describe(`a plan that the device changes, ${DTYPES.join(', ')}`, () => {
  const cases = DTYPES.map((dtype) => caseOf(dtype));

  it.each(Object.entries(PLAN_FAULTS))('%s', async (_, change) => {
    expectRefused(await run(cases, breaking(change)), cases.length);
  });

  it('a group boundary dropped', async () => {
    const grouped = DTYPES.map((dtype) => caseOf(dtype, { block: { k: 512 } }));
    const merged: Change = ({ passes }) => passes.map((pass) => ({ ...pass, group: 0 }));
    expectRefused(await run(grouped, breaking(merged)), cases.length);
  });

  it('nothing changed: the numbers are given', async () => {
    const result = await run(
      cases,
      breaking(({ passes }) => passes),
    );
    expect(result.cases).toHaveLength(cases.length);
    for (const { check, gflops } of result.cases) {
      expect(check.passed).toBe(true);
      expect(gflops).toBeGreaterThan(0);
    }
    expect(exitCode(result)).toBe(0);
  });
});

/** Says that each product takes so many times its bound beside what it takes. */
const taking = (times: number): MatmulDevice => ({
  subnormals: matmul.subnormals,
  async prepare(plan, operands, options) {
    const product = await matmul.prepare(plan, operands, options);
    const { scratch, limit } = product.memory;
    return {
      compileMs: product.compileMs,
      memory: { ...product.memory, scratch: scratch + times * limit },
      kernel: product.kernel,
      dispatches: product.dispatches,
      run: (signal) => product.run(signal),
      runMany: (count, signal) => product.runMany(count, signal),
      read: (window) => product.read(window),
      release: () => {
        product.release();
      },
    };
  },
});

it.each([
  [0, 0],
  [2, 1],
])('a product with %i times its memory bound too much ends with %i', async (times, code) => {
  const result = await run([caseOf('bf16')], taking(times));
  expect(result.cases[0]?.check.passed).toBe(true);
  expect(exitCode(result)).toBe(code);
});

/** Faults that show in products of more rows than the known-answer proof has, which would refuse the kernel before. */
const LARGE = 'slice.m > 64u && slice.m < 256u';

const WGSL_FAULTS: Record<(typeof DTYPES)[number], { what: string; broken: (wgsl: string) => string }> = {
  bf16: {
    what: 'a pass goes on from the sum of the pass before',
    broken: (wgsl) => wgsl.replace('var sum_0_0 = 0.0;', `var sum_0_0 = select(0.0, total[0], ${LARGE});`),
  },
  fp8e4m3: {
    what: 'the second half of a double row comes first',
    broken: (wgsl) =>
      wgsl
        .replace(/let ([ab])_at_(\d+) = \1_row;/g, `let $1_at_$2 = $1_row + select(0u, $1_second, ${LARGE});`)
        .replace(
          /let ([ab])_at_(\d+) = \1_row \+ \1_second;/g,
          `let $1_at_$2 = $1_row + select($1_second, 0u, ${LARGE});`,
        ),
  },
  fp32: {
    what: 'the result is truncated by a bit',
    broken: (wgsl) =>
      wgsl.replace(
        'encode_out(bitcast<u32>(value))',
        `encode_out(bitcast<u32>(value) & ~select(0u, 1u, ${LARGE}))`,
      ),
  },
};

describe('WGSL that the adapter is given broken', () => {
  let dtype: (typeof DTYPES)[number] = 'bf16';
  let changed = 0;
  let other: Host;
  let broken: WebGpuMatmul;

  beforeAll(async () => {
    other = await openDevice();
    const createShaderModule = (descriptor: GPUShaderModuleDescriptor): GPUShaderModule => {
      const { code } = descriptor;
      const wanted = descriptor.label?.startsWith('fused') === true;
      const wgsl = wanted ? WGSL_FAULTS[dtype].broken(code) : code;
      if (wgsl !== code) changed++;
      return other.device.createShaderModule({ ...descriptor, code: wgsl });
    };
    const device = new Proxy(other.device, {
      get: (target, key) => {
        if (key === 'createShaderModule') return createShaderModule;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    broken = await createWebGpuMatmul(device);
  });
  afterAll(() => {
    other.close();
  });

  it.each(DTYPES.map((each) => [each, WGSL_FAULTS[each].what] as const))('%s: %s', async (each) => {
    dtype = each;
    const before = changed;
    expectRefused(await run([caseOf(each)], broken, other), 1);
    if (each !== 'bf16') expect(changed).toBeGreaterThan(before); // bf16 was compiled with the device
    expect(changed).toBeGreaterThan(0);
  });
});

it('keeps what it has when the device is lost in the middle, and says why the rest is missing', async () => {
  const cases = [caseOf('bf16'), caseOf('fp8e4m3'), caseOf('fp32')];
  let fp8 = 0;
  const result = await run(cases, {
    subnormals: matmul.subnormals,
    prepare: async (plan, operands, options) => {
      const product = await matmul.prepare(plan, operands, options);
      if (plan.a === 'float8_e4m3' && ++fp8 === 2) host.device.destroy();
      return product;
    },
  });
  expect(result.outcome).toBe('device-lost');
  expect(result.cases.map(({ name }) => name)).toEqual([cases[0]?.name]);
  expect(result.cases[0]?.gflops).toBeGreaterThan(0);
  expect(result.leftOut.map(({ name }) => name)).toEqual(cases.slice(1).map(({ name }) => name));
  for (const { reason } of result.leftOut)
    expect(reason).toMatch(/^not run: the device was lost \(destroyed/);
  expect(exitCode(result)).toBe(1);
});
