/** The WebGPU executor against the reference loop, bit for bit, on every adapter of this machine. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { referenceMatmul } from '../../../src/execute/reference/matmul';
import { createWebGpuMatmul, DeviceLostError, type WebGpuMatmul } from '../../../src/execute/webgpu';
import type { Host } from '../../../src/host';
import { planMatmul, type MatmulPlan, type MatmulRequest } from '../../../src/lower';
import {
  codeArray,
  encode,
  rowWords,
  stochasticDraw,
  UserError,
  type CodeArray,
  type Dtype,
} from '../../../src/numerics';
import outputDraw from '../../../shaders/output_draw.wgsl';
import philox from '../../../shaders/philox.wgsl';
import slice from '../../../shaders/slice.wgsl';
import { USAGE } from '../../../src/execute/webgpu/gpu';
import { SLICE_BYTES } from '../../../src/execute/webgpu/prepared';
import { candidatesFor, FIRST_TUNING, isProcessor, type Tuning } from '../../../src/execute/webgpu/tuning';
import { randomOperands } from '../../../bench/check';
import { runs } from '../runs';
import { anyEpilogue, anyRounding } from '../../lower/requests';
import { ADAPTERS, open } from './devices';

const NARROW = [
  'bfloat16',
  'float16',
  'float8_e4m3',
  'float8_e5m2',
  'float8_e3m4',
] as const satisfies Dtype[];
const WIDE = ['float32', 'tfloat32'] as const satisfies Dtype[];
const OUT = ['float32', 'bfloat16', 'float16', 'float8_e4m3', 'float8_e5m2'] as const satisfies Dtype[];

const pairs = fc.oneof(
  fc.record({ a: fc.constantFrom(...NARROW), b: fc.constantFrom(...NARROW) }),
  fc.record({ a: fc.constantFrom(...WIDE), b: fc.constantFrom(...WIDE) }),
  fc.constant({ a: 'float8_e4m3fn', b: 'float8_e5m2', chip: 'trn3' } as const),
);

const requests: fc.Arbitrary<MatmulRequest> = fc
  .record({
    pair: pairs,
    m: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 70 })),
    n: fc.integer({ min: 1, max: 300 }),
    k: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 120, max: 700 })),
    out: fc.constantFrom(...OUT),
    rounding: anyRounding,
    accumulate: fc.boolean(),
    aLayout: fc.constantFrom('row-major', 'k-major' as const),
    groups: fc.boolean(),
  })
  .map(({ pair, rounding, groups, ...rest }) => ({
    ...rest,
    ...rounding,
    ...pair,
    ...(groups && rest.k > 256 ? { block: { k: 256 } } : {}),
  }));

async function run(
  matmul: WebGpuMatmul,
  plan: MatmulPlan,
  operands: ReturnType<typeof randomOperands>,
  kernel: 'fused' | 'plain',
): Promise<CodeArray> {
  const product = await matmul.prepare(plan, operands, { kernel });
  try {
    await product.run();
    return await product.read();
  } finally {
    product.release();
  }
}

describe.each(ADAPTERS)('%s', (name) => {
  let host: Host;
  let matmul: WebGpuMatmul;
  beforeAll(async () => {
    host = await open(name);
    matmul = await createWebGpuMatmul(host.device);
  });
  afterAll(() => {
    host.close();
  });

  const reference = (plan: MatmulPlan, operands: ReturnType<typeof randomOperands>): CodeArray =>
    referenceMatmul(plan, operands, { subnormals: matmul.subnormals });

  test('any plan: both kernels give the bits of the reference, and leave no buffer behind', async () => {
    await fc.assert(
      fc.asyncProperty(requests, fc.integer({ min: 0, max: 1e6 }), async (request, seed) => {
        const plan = planMatmul(request);
        const operands = randomOperands(plan, seed);
        const expected = reference(plan, operands);
        expect(await run(matmul, plan, operands, 'fused')).toEqual(expected);
        expect(await run(matmul, plan, operands, 'plain')).toEqual(expected);
        expect(Object.values(matmul.gpu.live)).toEqual([0, 0, 0, 0, 0]);
      }),
      { numRuns: runs(12) },
    );
  });

  test('any plan, with any register tile that the adapter can have: the bits of the reference', async () => {
    const { features, adapterInfo } = host.device;
    const lanes = features.has('subgroups') ? adapterInfo.subgroupMinSize : 0;
    const candidates = (['narrow', 'bytes', 'bytes-few'] as const).flatMap((name) =>
      candidatesFor(name, lanes),
    );
    candidates.push({ ...FIRST_TUNING, lanesX: 8, stripe: 4, bWords: 4, blockK: 8 }); // which processors are not offered
    for (const tuning of new Set(candidates.map((each) => JSON.stringify(each)))) {
      const tuned = await createWebGpuMatmul(host.device, { tuning: JSON.parse(tuning) as Tuning });
      await fc.assert(
        fc.asyncProperty(requests, fc.integer({ min: 0, max: 1e6 }), async (request, seed) => {
          const plan = planMatmul(request);
          const operands = randomOperands(plan, seed);
          expect(await run(tuned, plan, operands, 'fused')).toEqual(reference(plan, operands));
        }),
        { numRuns: runs(2) },
      );
    }
  });

  test('any epilogue: both kernels give the bits of the reference', async () => {
    await fc.assert(
      fc.asyncProperty(
        requests,
        anyEpilogue,
        fc.integer({ min: 0, max: 1e6 }),
        async (request, epilogue, seed) => {
          const plan = planMatmul({ ...request, epilogue });
          const operands = randomOperands(plan, seed);
          const expected = reference(plan, operands);
          expect(await run(matmul, plan, operands, 'fused')).toEqual(expected);
          expect(await run(matmul, plan, operands, 'plain')).toEqual(expected);
        },
      ),
      { numRuns: runs(8) },
    );
  });

  test.each(['float8_e4m3', 'float8_e5m2', 'float16', 'float8_e4m3fn'] as const)(
    '%s: every code as operand, infinities and NaN too',
    async (dtype) => {
      const all = codeArray(dtype, dtype === 'float16' ? 65536 : 256).map((_, index) => index);
      const k = 3;
      const plan = planMatmul({
        m: all.length / 4,
        n: 4,
        k,
        a: dtype,
        b: dtype,
        chip: 'trn3',
        aLayout: 'k-major',
      });
      const a = codeArray(dtype, k * plan.m);
      for (let row = 0; row < k; row++) a.set(all.subarray(row * plan.m, (row + 1) * plan.m), row * plan.m);
      const b = codeArray(dtype, k * 4).map((_, index) => encode(dtype, (index % 4) - 1));
      const operands = { a, b };
      const expected = reference(plan, operands);
      expect(await run(matmul, plan, operands, 'fused')).toEqual(expected);
      expect(await run(matmul, plan, operands, 'plain')).toEqual(expected);
    },
  );

  test('a product that stops between passes resumes with the same bits', async () => {
    for (const block of [{}, { block: { k: 4096 } }]) {
      const plan = planMatmul({ m: 16, n: 8, k: 400_000, a: 'bfloat16', b: 'bfloat16', ...block });
      const operands = randomOperands(plan, 5);
      const product = await matmul.prepare(plan, operands);
      await product.run();
      expect(product.dispatches).toBeGreaterThan(1);
      expect(await product.read()).toEqual(reference(plan, operands));
      product.release();
    }
  });

  test('a deep product is cut where rows of B would leave a processor’s cache, with the same bits', async () => {
    for (const block of [{}, { block: { k: 512 } }]) {
      const plan = planMatmul({ m: 40, n: 130, k: 2300, a: 'float32', b: 'float32', ...block });
      const operands = randomOperands(plan, 7);
      const [fused, plain] = [
        await matmul.prepare(plan, operands),
        await matmul.prepare(plan, operands, { kernel: 'plain' }),
      ];
      await fused.runMany(2);
      await plain.run();
      if (isProcessor(matmul.subgroupLanes)) expect(fused.dispatches).toBeGreaterThanOrEqual(3);
      const expected = reference(plan, operands);
      expect(await fused.read()).toEqual(expected);
      expect(await plain.read()).toEqual(expected);
      fused.release();
      plain.release();
    }
  });

  test('operands beyond the binding limit are split, rows and columns, with the same bits', async () => {
    const small = await createWebGpuMatmul(host.device, { maxStorageBytes: 200_000 });
    const plan = planMatmul({
      m: 700,
      n: 900,
      k: 300,
      a: 'float16',
      b: 'bfloat16',
      out: 'float8_e5m2',
      rounding: 'stochastic',
      seed: 2 ** 40 + 3,
      accumulate: true,
      epilogue: { bias: 'bfloat16', activation: 'relu', residual: 'float32' },
    });
    const operands = randomOperands(plan, 6);
    const product = await small.prepare(plan, operands);
    await product.run();
    expect(product.panels.length).toBeGreaterThan(3);
    expect(await product.read()).toEqual(reference(plan, operands));
    const window = { m0: 100, m1: 290, n0: 120, n1: 399 };
    expect(await product.read(window)).toEqual(
      referenceMatmul(plan, operands, { window, subnormals: small.subnormals }),
    );
    product.release();
  });

  test('draws of outputs beyond 2^32 elements take both words of the element', async () => {
    const { gpu } = matmul;
    const main =
      '@group(0) @binding(2) var<storage, read_write> draws: array<u32>;\n@compute @workgroup_size(1)\nfn main() {\n  for (var i = 0u; i < 24u; i++) {\n    draws[i] = output_draw(3u, i / 8u, i % 8u);\n  }\n}\n';
    const pipeline = await gpu.createPipeline('draws', [slice, philox, outputDraw, main].join('\n'), [
      'uniform',
      undefined,
      'write',
    ]);
    const [seed, firstRow, firstColumn, columns] = [2 ** 52 + 77, 70_001, 99_999_994, 100_000_007];
    const uniform = await gpu.createBuffer('slice', SLICE_BYTES, USAGE.UNIFORM | USAGE.COPY_DST, 'scratch');
    const output = await gpu.createBuffer('draws', 96, USAGE.STORAGE | USAGE.COPY_SRC, 'scratch');
    const words = [...new Array<number>(12).fill(0), seed % 2 ** 32, Math.floor(seed / 2 ** 32)];
    gpu.device.queue.writeBuffer(uniform, 0, new Uint32Array([...words, firstRow, firstColumn, columns]));
    const group = await gpu.bind(pipeline, [uniform, undefined, output], SLICE_BYTES);
    await gpu.submit('drawing', (encoder) => {
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline.pipeline);
      pass.setBindGroup(0, group, [0]);
      pass.dispatchWorkgroups(1);
      pass.end();
    });
    const elements = Array.from(
      { length: 24 },
      (_, i) => (firstRow + (i >> 3)) * columns + firstColumn + (i & 7),
    );
    expect([...(await gpu.read(output, 0, 96))]).toEqual(
      elements.map((element) => stochasticDraw({ seed: seed + 3, launch: 0, instance: 0, element })),
    );
    for (const buffer of [uniform, output]) gpu.release(buffer);
  });

  test('too large for any split: the limit is named, nothing stays allocated, the device goes on', async () => {
    const small = await createWebGpuMatmul(host.device, { maxStorageBytes: 200_000 });
    const plan = planMatmul({ m: 128, n: 16, k: 1024, a: 'bfloat16', b: 'bfloat16' });
    const operands = randomOperands(plan, 7);
    const error = await small.prepare(plan, operands).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(/262144 bytes.*maxStorageBufferBindingSize.*200000/);
    expect(small.gpu.live).toEqual({ operands: 0, result: 0, scratch: 0, transposition: 0, staging: 0 });
    expect(await run(matmul, plan, operands, 'fused')).toEqual(reference(plan, operands));
  });

  test('memory is the packed operands and result, little more', async () => {
    for (const request of [
      { m: 96, n: 200, k: 256, a: 'bfloat16', b: 'bfloat16' },
      { m: 1, n: 1, k: 1, a: 'float8_e4m3', b: 'float8_e4m3', out: 'float8_e4m3' },
      { m: 500, n: 300, k: 700, a: 'float8_e4m3', b: 'float8_e5m2', out: 'bfloat16' },
    ] as const) {
      const plan = planMatmul(request);
      const product = await matmul.prepare(plan, randomOperands(plan, 1));
      const { operands, result, scratch, staging, limit } = product.memory;
      expect(result).toBe(plan.m * rowWords(plan.out, plan.n) * 4);
      expect(operands + result + scratch).toBeLessThanOrEqual(limit);
      expect(staging).toBeGreaterThan(0);
      expect(matmul.gpu.live.staging).toBe(0);
      product.release();
    }
  });

  test('results compare on the adapter as they do on the CPU', async () => {
    const plan = planMatmul({ m: 65, n: 130, k: 300, a: 'bfloat16', b: 'bfloat16', out: 'bfloat16' });
    const operands = randomOperands(plan, 8);
    const wrong: MatmulPlan = { ...plan, passes: plan.passes.slice(0, -1) };
    const [right, plain, broken] = await Promise.all([
      matmul.prepare(plan, operands),
      matmul.prepare(plan, operands, { kernel: 'plain' }),
      matmul.prepare(wrong, operands),
    ]);
    for (const product of [right, plain, broken]) await product.run();
    expect(await matmul.compare(right, plain)).toEqual({
      compared: 65 * 130,
      mismatches: 0,
      firstRow: undefined,
    });
    const expected = await right.read();
    const mismatches = (await broken.read()).filter((code, index) => code !== expected[index]).length;
    expect(await matmul.compare(right, broken)).toMatchObject({ mismatches, firstRow: 0 });
    for (const product of [right, plain, broken]) product.release();
  });

  test('a stop is an error of the caller’s own reason, and the product runs again', async () => {
    const plan = planMatmul({ m: 64, n: 64, k: 128, a: 'bfloat16', b: 'bfloat16' });
    const operands = randomOperands(plan, 9);
    const product = await matmul.prepare(plan, operands);
    await expect(product.run(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    const stop = new AbortController();
    const endless = product.runMany(1e9, stop.signal);
    setTimeout(() => {
      stop.abort(new Error('stopped'));
    }, 50);
    await expect(endless).rejects.toThrow('stopped');
    await product.run();
    expect(await product.read()).toEqual(reference(plan, operands));
    product.release();
  });

  test('a product is read after it was run and until it is released', async () => {
    const plan = planMatmul({ m: 4, n: 4, k: 4, a: 'bfloat16', b: 'bfloat16' });
    const product = await matmul.prepare(plan, randomOperands(plan, 11));
    await expect(product.read()).rejects.toThrow(/run\(\) it before read/);
    await product.run();
    await product.read();
    product.release();
    product.release();
    await expect(product.read()).rejects.toThrow(/was released/);
    await expect(product.run()).rejects.toThrow(/was released/);
  });

  test('a lost device is reported as such', async () => {
    const other = await open(name);
    const lost = await createWebGpuMatmul(other.device);
    const plan = planMatmul({ m: 64, n: 64, k: 128, a: 'bfloat16', b: 'bfloat16' });
    const product = await lost.prepare(plan, randomOperands(plan, 10));
    const running = product.runMany(1e9);
    setTimeout(() => {
      other.device.destroy();
    }, 50);
    await expect(running).rejects.toBeInstanceOf(DeviceLostError);
    await expect(product.read()).rejects.toBeInstanceOf(DeviceLostError);
    await expect(lost.prepare(plan, randomOperands(plan, 10))).rejects.toBeInstanceOf(DeviceLostError);
    other.close();
  });
});
