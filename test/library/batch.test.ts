/** Batches of the library's products, on every adapter: each the product of its own, and verified; parts of matrices as operands. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Host } from '../../src/host';
import type { NeuronCore } from '../../src/library';
import { open } from '../../src/node';
import { ADAPTERS, open as openHost } from '../execute/webgpu/devices';
import { valuesOf } from './values';

describe.each(ADAPTERS)('%s', (name) => {
  let host: Host;
  let core: NeuronCore;
  beforeAll(async () => {
    host = await openHost(name);
    core = await open({ device: host.device });
  });
  afterAll(() => {
    core.close();
    host.close();
  });

  const [m, n, k, batch] = [5, 24, 40, 3];
  const shape = { m, n, k, dtype: 'bf16', out: 'bf16' } as const;
  const a = valuesOf(batch * m * k, 1);
  const b = valuesOf(k * n, 2);

  test('each product of a batch is the one that is asked for alone, and is verified', async () => {
    const stochastic = { ...shape, rounding: 'stochastic', seed: 7 } as const;
    const all = await core.matmul(a, b, { ...stochastic, batch });
    expect(all.shape).toEqual([batch * m, n]);
    const codes = await all.codes();
    for (let each = 0; each < batch; each++) {
      const own = a.subarray(each * m * k, (each + 1) * m * k);
      const alone = await core.matmul(own, b, { ...stochastic, seed: 7 + each });
      expect(codes.subarray(each * m * n, (each + 1) * m * n)).toEqual(await alone.codes());
      alone.release();
    }
    const verdict = { passed: true, compared: batch * m * n, outputs: batch * m * n };
    expect(await all.verify()).toMatchObject(verdict);
    all.release();
    await expect(core.matmul(a.subarray(1), b, { ...shape, batch })).rejects.toThrow(
      /Operand A must hold 200 values \(\[M=5, K=40\]\), or 3 times as many; received 599/,
    );
    await expect(core.matmul(a, b, { ...shape, batch: 1.5 })).rejects.toThrow(/batch must be a whole number/);
    expect(core.memory).toBe(0);
  });

  test('a result of a batch, and a wrong one, are told: it is an operand of the next, and a fault in a later product is found', async () => {
    const first = await core.matmul(a, b, { ...shape, batch });
    const next = { m, n: 7, k: n, dtype: 'bf16' } as const;
    const weights = valuesOf(n * 7, 3);
    const second = await core.matmul(first, weights, { ...next, batch });
    expect(await second.verify()).toMatchObject({ passed: true, compared: batch * m * 7 });
    const shared = await core.matmul(first, weights, { ...next, m: batch * m });
    expect(await shared.codes()).toEqual(await second.codes());
    host.device.queue.writeBuffer(
      second.buffer,
      second.rowBytes * (2 * m + 1),
      new Uint32Array([0x3fffffff]),
    );
    expect(await second.verify()).toMatchObject({
      passed: false,
      mismatches: 1,
      firstWrong: { m: 2 * m + 1, n: 0 },
    });
    for (const result of [first, second, shared]) result.release();
  });

  test('a part of a matrix is an operand where it lies', async () => {
    const whole = await core.matmul(a, b, { ...shape, m: batch * m });
    const part = { buffer: whole.buffer, offset: 5 * whole.rowBytes + 16, rowBytes: whole.rowBytes };
    const weights = valuesOf(16 * 7, 3);
    const request = { m, n: 7, k: 16, dtype: 'bf16' } as const;
    const product = await core.matmul(part, weights, request);
    const rows = (await whole.data()).subarray(5 * n);
    const cut = Float32Array.from(
      { length: m * 16 },
      (_, i) => rows[Math.floor(i / 16) * n + 8 + (i % 16)] ?? 0,
    );
    const expected = await core.matmul(cut, weights, request);
    expect(await product.codes()).toEqual(await expected.codes());
    expect(await product.verify()).toMatchObject({ passed: true });
    for (const result of [whole, product, expected]) result.release();
  });
});
