/** What probes say must agree with what the adapter does, and the quick decoders must be told from wrong ones. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createWebGpuMatmul, type WebGpuMatmul } from '../../../src/execute/webgpu';
import { probeDecoder } from '../../../src/execute/webgpu/probes';
import type { Host } from '../../../src/host';
import { ADAPTERS, open } from './devices';

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

  test('the report has every field, and once tuned its tunings are some that were tried', async () => {
    expect(matmul.probe.tunings.narrow.candidates).toEqual([]);
    await expect(matmul.tune(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    await Promise.all([matmul.tune(), matmul.tune()]);
    const { probe } = matmul;
    await matmul.tune();
    expect(matmul.probe.tunings).toBe(probe.tunings);
    expect(probe.nearestEven).toBe(true);
    for (const { tuning, candidates, discarded } of Object.values(probe.tunings)) {
      expect(candidates.map((each) => each.tuning)).toContainEqual(tuning);
      expect(discarded).toEqual([]);
    }
    expect(matmul.subnormals).toBe(probe.subnormals === 'kept' ? 'exact' : 'ftz');
  });

  test.each(['float16', 'float8_e4m3', 'float8_e4m3fn', 'float8_e5m2', 'float8_e3m4', 'bfloat16'] as const)(
    '%s: finite and general decoders are exact',
    async (dtype) => {
      expect(await probeDecoder(matmul.gpu, dtype, 'general')).toBe(true);
      expect(await probeDecoder(matmul.gpu, dtype, 'finite')).toBe(true);
    },
  );

  test('float16 is decoded by the first that the adapter has and that is exact on every code', async () => {
    const usable = async (decoder: 'native' | 'unpack'): Promise<boolean> =>
      (decoder === 'unpack' || host.device.features.has('shader-f16')) &&
      (await probeDecoder(matmul.gpu, 'float16', decoder));
    const [native, unpack] = [await usable('native'), await usable('unpack')];
    const compiled = vi.spyOn(host.device, 'createShaderModule');
    const { probe } = await createWebGpuMatmul(host.device);
    const probed = compiled.mock.calls
      .map(([{ label }]) => label)
      .filter((each) => each?.includes('float16'));
    compiled.mockRestore();
    expect(probe.float16).toBe(native ? 'native' : unpack ? 'unpack' : undefined);
    if (native) expect(probed).toEqual(['probe of native float16']);
    else expect(probed).toContain('probe of unpack float16');
  });

  test('peaks are positive and name what was best', async () => {
    const peaks = await matmul.measurePeaks();
    expect(peaks.fmaGflops).toBeGreaterThan(0);
    expect(peaks.readGigabytes).toBeGreaterThan(0);
    expect(peaks.bestFma).toMatch(/chains/);
  });
});
