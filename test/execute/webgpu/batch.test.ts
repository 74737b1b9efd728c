/** Batches and strided operands against the reference, product by product and bit for bit, on every adapter of this machine. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operandShapes, type MatmulOperands, type OperandShape } from '../../../src/execute/matmul';
import { referenceMatmul } from '../../../src/execute/reference/matmul';
import { createWebGpuMatmul, type MatrixView, type WebGpuMatmul } from '../../../src/execute/webgpu';
import { USAGE } from '../../../src/execute/webgpu/gpu';
import type { Host } from '../../../src/host';
import { planMatmul, type MatmulPlan, type MatmulRequest } from '../../../src/lower';
import {
  codeArray,
  packMatrix,
  rowWords,
  unpackMatrix,
  type CodeArray,
  type Dtype,
} from '../../../src/numerics';
import { randomOperands } from '../../../bench/check';
import { anyEpilogue, anyRounding } from '../../lower/requests';
import { runs } from '../runs';
import { ADAPTERS, open } from './devices';

/** Of a batch of four at most: that of product i is i more. */
const LAST_SEED = Number.MAX_SAFE_INTEGER - 3;

const requests = fc
  .record({
    pair: fc.constantFrom(
      { a: 'bfloat16', b: 'float8_e4m3' } as const,
      { a: 'float8_e5m2', b: 'float16' } as const,
      { a: 'float32', b: 'float32' } as const,
    ),
    m: fc.integer({ min: 1, max: 40 }),
    n: fc.integer({ min: 1, max: 150 }),
    k: fc.integer({ min: 1, max: 300 }),
    out: fc.constantFrom('float32', 'bfloat16', 'float8_e4m3' as const),
    rounding: anyRounding,
    accumulate: fc.boolean(),
    aLayout: fc.constantFrom('row-major', 'k-major' as const),
  })
  .map(({ pair, rounding, ...rest }): MatmulRequest => ({
    ...rest,
    ...rounding,
    ...(rounding.seed !== undefined && { seed: Math.min(rounding.seed, LAST_SEED) }),
    ...pair,
  }));

/** What each product of a batch shall be: the plan's, with a seed of its own. */
function expectedOf(
  plan: MatmulPlan,
  each: readonly MatmulOperands[],
  subnormals: WebGpuMatmul['subnormals'],
): number[] {
  return each.flatMap((operands, matrix) => [
    ...referenceMatmul({ ...plan, seed: plan.seed + matrix }, operands, { subnormals }),
  ]);
}

/** Codes one after the other, of the kind of array that they come in. */
function joined(arrays: readonly CodeArray[], dtype: Dtype): CodeArray {
  const codes = codeArray(
    dtype,
    arrays.reduce((sum, each) => sum + each.length, 0),
  );
  let at = 0;
  for (const each of arrays) {
    codes.set(each, at);
    at += each.length;
  }
  return codes;
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

  test('a batch is its products one by one, operands shared or not, with any epilogue', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          request: requests,
          epilogue: anyEpilogue,
          batch: fc.integer({ min: 1, max: 4 }),
          shared: fc.record({ a: fc.boolean(), b: fc.boolean() }),
          kernel: fc.constantFrom('fused', 'plain' as const),
          seed: fc.integer({ min: 0, max: 1e6 }),
        }),
        async ({ request, epilogue, batch, shared, kernel, seed }) => {
          const plan = planMatmul({ ...request, epilogue });
          const own = Array.from({ length: batch }, (_, matrix) => randomOperands(plan, seed + matrix));
          const [first] = own;
          if (first === undefined) return;
          const each = own.map((operands) => ({
            ...operands,
            a: shared.a ? first.a : operands.a,
            b: shared.b ? first.b : operands.b,
            ...(first.bias && { bias: first.bias }),
          }));
          const shapes = operandShapes(plan);
          const all = Object.values(shapes).flatMap((shape) => {
            const name = shape.name.length === 1 ? shape.name.toLowerCase() : shape.name;
            const key = name as keyof MatmulOperands;
            const codes = each.map((operands) => operands[key]).filter((code) => code !== undefined);
            const isOne = key === 'bias' || ((key === 'a' || key === 'b') && shared[key]);
            return codes[0] ? [[key, isOne ? codes[0] : joined(codes, shape.dtype)] as const] : [];
          });
          const sources = { a: first.a, b: first.b, ...Object.fromEntries(all) };
          const product = await matmul.prepare(plan, sources, { batch, kernel });
          await product.run();
          expect([...(await product.read())]).toEqual(expectedOf(plan, each, matmul.subnormals));
          const [m0, m1] = [plan.m - 1, Math.min(plan.m + 2, batch * plan.m)];
          const window = { m0, m1, n0: 0, n1: plan.n };
          const rows = expectedOf(plan, each, matmul.subnormals).slice(m0 * plan.n, m1 * plan.n);
          expect([...(await product.read(window))]).toEqual(rows);
          product.release();
          expect(Object.values(matmul.gpu.live)).toEqual([0, 0, 0, 0, 0]);
        },
      ),
      { numRuns: runs(12) },
    );
  });

  /** A matrix for each product in a buffer of this device, with room before, between and behind. */
  function spread(
    shape: OperandShape,
    matrices: readonly CodeArray[],
    [before, between, behind]: readonly [number, number, number],
  ): MatrixView {
    const row = rowWords(shape.dtype, shape.columns);
    const [stride, offset] = [row + 4 * between, 4 * before];
    const matrix = shape.rows * stride + 4 * behind;
    const words = new Uint32Array(offset + matrices.length * matrix).fill(0x7fc07fc0);
    for (const [number, codes] of matrices.entries()) {
      const packed = packMatrix(shape.dtype, shape.rows, shape.columns, codes);
      for (let at = 0; at < shape.rows; at++)
        words.set(packed.subarray(at * row, (at + 1) * row), offset + number * matrix + at * stride);
    }
    const usage = USAGE.STORAGE | USAGE.COPY_DST | USAGE.COPY_SRC;
    const buffer = host.device.createBuffer({ size: words.byteLength, usage });
    host.device.queue.writeBuffer(buffer, 0, words);
    return { buffer, offset: offset * 4, rowBytes: stride * 4, matrixBytes: matrix * 4 };
  }

  test('operands and result may lie within larger ones: nothing beside the result changes', async () => {
    const room = fc.tuple(
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 3 }),
    );
    await fc.assert(
      fc.asyncProperty(
        requests,
        fc.tuple(room, room, room),
        fc.integer({ min: 1, max: 3 }),
        async (request, rooms, batch) => {
          const plan = planMatmul({ ...request, accumulate: false });
          const shapes = operandShapes(plan);
          const each = Array.from({ length: batch }, (_, matrix) => randomOperands(plan, matrix));
          const a = spread(shapes.a, each.map((operands) => operands.a), rooms[0]); // prettier-ignore
          const b = spread(shapes.b, each.map((operands) => operands.b), rooms[1]); // prettier-ignore
          const nothing = each.map(() => codeArray(plan.out, plan.m * plan.n));
          const into = spread(shapes.c, nothing, rooms[2]);
          const size = into.buffer.size;
          const before = await matmul.gpu.read(into.buffer, 0, size);
          const product = await matmul.prepare(plan, { a, b }, { batch, into });
          await product.run();
          const expected = expectedOf(plan, each, matmul.subnormals);
          expect([...(await product.read())]).toEqual(expected);
          product.release();

          const after = await matmul.gpu.read(into.buffer, 0, size);
          const { offset = 0, rowBytes = 0, matrixBytes = 0 } = into;
          const row = rowWords(plan.out, plan.n);
          const found: number[] = [];
          for (let matrix = 0; matrix < batch; matrix++)
            for (let m = 0; m < plan.m; m++) {
              const at = (offset + matrix * matrixBytes + m * rowBytes) / 4;
              found.push(...unpackMatrix(plan.out, 1, plan.n, after.slice(at, at + row)));
              before.set(after.subarray(at, at + row), at);
            }
          expect(found).toEqual(expected);
          expect(after).toEqual(before);
          for (const { buffer } of [a, b, into]) buffer.destroy();
        },
      ),
      { numRuns: runs(12) },
    );
  });

  test('what does not fit is told with its name', async () => {
    const plan = planMatmul({ m: 4, n: 8, k: 16, a: 'float32', b: 'float32', aLayout: 'k-major' });
    const { a, b } = randomOperands(plan, 1);
    const buffer = host.device.createBuffer({ size: 4096, usage: USAGE.STORAGE | USAGE.COPY_SRC });
    for (const [sources, options, message] of [
      [{ a, b }, { batch: 0 }, /batch must be a whole number of at least 1, received 0/],
      [{ a, b: b.subarray(1) }, { batch: 3 }, /Operand B.*received 127/],
      [{ a: { buffer, offset: 8 }, b }, {}, /Operand A: offset must be a multiple of 16 bytes .* received 8/],
      [{ a, b: { buffer, rowBytes: 16 } }, {}, /Operand B: rowBytes must be .* at least 32; received 16/],
      [{ a, b: { buffer, rowBytes: 512 } }, {}, /Operand B must hold 7712 bytes, 16 rows of 8 float32/],
      [{ a, b }, { batch: 2, into: { buffer, matrixBytes: 64 } }, /must not overlap: matrixBytes of 64/],
      [
        { a: { buffer }, b },
        { into: { buffer, offset: 2048 } },
        /Operand A is also the buffer of the result/,
      ],
    ] as const) {
      await expect(matmul.prepare(plan, sources, options)).rejects.toThrow(message);
    }
    const shape = { m: 4, n: 8, k: 16, a: 'float32', b: 'float32', aLayout: 'k-major' } as const;
    const drawn = planMatmul({ ...shape, out: 'bfloat16', rounding: 'stochastic', seed: LAST_SEED + 1 });
    await expect(matmul.prepare(drawn, { a, b }, { batch: 4 })).rejects.toThrow(
      'The seed of a batch of 4 must be at most 2^53 - 4, as product i draws by seed + i; received 9007199254740989.',
    );
    expect(Object.values(matmul.gpu.live)).toEqual([0, 0, 0, 0, 0]);
    buffer.destroy();
  });
});
