/** Epilogues of the library's products, on every adapter: the bits of the reference, and what is missing or wrong by its name. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { referenceMatmul } from '../../src/execute/reference/matmul';
import type { Host } from '../../src/host';
import type { NeuronCore } from '../../src/library';
import { planMatmul } from '../../src/lower';
import { open } from '../../src/node';
import { encodeArray } from '../../src/numerics';
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

  test('an epilogue has the bits of the reference, is verified, and says what it lacks', async () => {
    const [m, n, k] = [5, 70, 200];
    const [a, b] = [valuesOf(m * k, 1), valuesOf(k * n, 2)];
    const [bias, residual] = [valuesOf(n, 3), valuesOf(m * n, 4)];
    const shape = { m, n, k, dtype: 'bf16', out: 'fp8e4m3', saturate: true } as const;
    const steps = { scale: 0.3, activation: 'gelu', outScale: 16 } as const;
    const epilogue = { ...steps, bias, residual, residualDtype: 'bf16' } as const;
    const product = await core.matmul(a, b, { ...shape, epilogue });
    const plan = planMatmul({
      ...{ m, n, k, a: 'bfloat16', b: 'bfloat16', out: 'float8_e4m3', saturate: true },
      epilogue: { ...steps, bias: 'float32', residual: 'bfloat16' },
    });
    expect(product.plan).toEqual(plan);
    expect(await product.codes()).toEqual(
      referenceMatmul(plan, {
        a: encodeArray('bfloat16', a),
        b: encodeArray('bfloat16', b),
        bias: encodeArray('float32', bias),
        residual: encodeArray('bfloat16', residual),
      }),
    );
    expect(await product.verify()).toMatchObject({ passed: true, compared: m * n });
    product.release();
    for (const [wrong, message] of [
      [{ bias: bias.subarray(1) }, /Operand bias must hold 70 values \(\[N=70\]\); received 69/],
      [{ residualDtype: 'bf16' }, /residualDtype is the format of epilogue.residual, which is missing/],
      [{ scale: 1e300 }, /epilogue.scale must be a finite float32 number, received 1e\+300/],
      [{ outscale: 2 }, /epilogue.*outscale/],
    ] as const) {
      await expect(core.matmul(a, b, { ...shape, epilogue: wrong as object })).rejects.toThrow(message);
    }
  });
});
