/** Up to four rows of A, for which the WASM executor has B in panels that it reads from beginning to end, widened where that is quicker. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceMatmul } from '../../src/execute/reference/matmul';
import { createWasmMatmul, type WasmMatmul } from '../../src/execute/wasm';
import { planMatmul } from '../../src/lower';
import { bitsOf, codeArray, encodeArray } from '../../src/numerics';
import { startThread } from './wasm-engine';
import { operandsOf } from './wasm-operands';

let wasmMatmul: WasmMatmul;
let threaded: WasmMatmul;
beforeAll(async () => {
  wasmMatmul = await createWasmMatmul();
  threaded = await createWasmMatmul({ threads: 2, startThread });
});
afterAll(() => {
  threaded.release();
});

describe('few rows in WASM', () => {
  it('decode every code, packed and widened', async () => {
    const one = encodeArray('float8_e5m2', Float32Array.of(1));
    const zero = encodeArray('float8_e5m2', Float32Array.of(0));
    for (const b of ['float8_e4m3', 'float8_e4m3fn', 'float8_e5m2', 'float8_e3m4', 'bfloat16'] as const) {
      const n = 2 ** bitsOf(b);
      const a = Uint8Array.of(...zero, ...one, ...zero, ...one, ...one);
      const plan = planMatmul({ m: 1, n, k: 5, a: 'float8_e5m2', b, chip: 'trn3' });
      const rows = codeArray(b, 5 * n);
      for (let code = 0; code < n; code++) rows[n + code] = code;
      const expected = referenceMatmul(plan, { a, b: rows });
      const product = await wasmMatmul.prepare(plan, { a, b: rows });
      await product.run();
      for (const actual of [wasmMatmul(plan, { a, b: rows }), await product.read()]) {
        expect([b, actual.findIndex((code, index) => code !== expected[index])]).toEqual([b, -1]);
      }
      product.release();
    }
  });

  it.each([
    [3, 'float16'],
    [1, 'float8_e4m3'],
    [1, 'float8_e5m2'],
    [1, 'float8_e3m4'],
    [4, 'float8_e4m3'],
  ] as const)('take several units: %i, with %s', (m, b) => {
    const plan = planMatmul({ m, n: 2085, k: 150, a: 'float8_e4m3', b, chip: 'trn3', block: { k: 128 } });
    const operands = operandsOf(plan, 'plain', 4);
    const expected = referenceMatmul(plan, operands);
    expect(wasmMatmul(plan, operands).findIndex((code, index) => code !== expected[index])).toBe(-1);
  });

  it('have B of 8 bits widened, which is said and counted', async () => {
    const plan = planMatmul({ m: 2, n: 700, k: 300, a: 'float8_e5m2', b: 'float8_e4m3' });
    const operands = operandsOf(plan, 'plain', 8);
    const product = await threaded.prepare(plan, operands);
    expect(product.kernel).toContain('B widened');
    expect(product.memory.widened).toBe(700 * 300);
    expect(product.memory.operands).toBeGreaterThanOrEqual(300 * 700 + 2 * 300);
    await product.runMany(3);
    expect(await product.read()).toEqual(referenceMatmul(plan, operands));
    product.release();

    const narrow = planMatmul({ m: 5, n: 700, k: 300, a: 'float8_e5m2', b: 'float8_e4m3' });
    const packed = await threaded.prepare(narrow, operandsOf(narrow, 'plain', 9));
    expect(packed.kernel).not.toContain('B widened');
    expect(packed.memory.widened).toBe(0);
    packed.release();
  });

  it('have B of 8 bits packed where it is large', async () => {
    const [n, k] = [2 ** 12, 2 ** 11 + 1];
    const plan = planMatmul({ m: 1, n, k, a: 'float8_e5m2', b: 'float8_e4m3' });
    const operands = operandsOf(plan, 'plain', 3);
    const product = await wasmMatmul.prepare(plan, operands);
    expect(product.kernel).not.toContain('B widened');
    expect(product.memory.widened).toBe(0);
    await product.run();
    const expected = referenceMatmul(plan, operands);
    expect((await product.read()).findIndex((code, index) => code !== expected[index])).toBe(-1);
    product.release();
  });

  describe.each([1, 15, 16, 17, 40, 48, 301])('%i columns, of which the last panel has what is left', (n) => {
    it.each([
      [1, 'float32', 512],
      [2, 'bfloat16', 256],
      [3, 'float16', 128],
      [3, 'float32', 512],
      [4, 'float32', 256],
      [4, 'bfloat16', 128],
      [1, 'float8_e4m3', 512],
    ] as const)('%i rows of %s, in accumulation groups of %i', async (m, dtype, k) => {
      const plan = planMatmul({ m, n, k: 517, a: dtype, b: dtype, block: { k } });
      const operands = operandsOf(plan, 'plain', 10 + m);
      const expected = referenceMatmul(plan, operands);
      const differing = (codes: ArrayLike<number>): number =>
        Array.from(expected).findIndex((code, index) => code !== codes[index]);
      expect(differing(wasmMatmul(plan, operands))).toBe(-1);
      for (const executor of [wasmMatmul, threaded]) {
        const product = await executor.prepare(plan, operands);
        await product.runMany(3);
        expect(differing(await product.read())).toBe(-1);
        const { operands: given, result, scratch, limit } = product.memory;
        expect(given + result + scratch).toBeLessThanOrEqual(limit);
        product.release();
      }
    });
  });

  it('add what a window of the output asks for', () => {
    const plan = planMatmul({ m: 7, n: 90, k: 300, a: 'float32', b: 'float32' });
    const operands = operandsOf(plan, 'plain', 5);
    const window = { m0: 3, m1: 6, n0: 5, n1: 58 };
    expect(wasmMatmul(plan, operands, { window })).toEqual(referenceMatmul(plan, operands, { window }));
  });
});
