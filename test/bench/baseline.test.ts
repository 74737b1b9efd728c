import { expect, it, vi } from 'vitest';
import { runBaseline } from '../../bench/baseline';
import { loadGpuJs } from '../../bench/node/gpu-js';
import type { MatmulReference } from '../../bench/tools';
import { createWasmMatmul } from '../../src/execute/wasm';

const now = (): number => performance.now();

it('agrees with the CPU checker within the float32 bound, at most 512 in each extent, and prints nothing', async () => {
  const write = vi.spyOn(process.stdout, 'write');
  const warn = vi.spyOn(console, 'warn');
  const baseline = await runBaseline(
    loadGpuJs(),
    { m: 1, n: 4864, k: 896 },
    { reference: await createWasmMatmul(), now },
    1,
  );
  expect(baseline).toMatchObject({ shape: { m: 1, n: 512, k: 512 }, agrees: true });
  expect('worstShareOfBound' in baseline && baseline.worstShareOfBound).toBeGreaterThan(0); // two orders of addition
  expect(write).not.toHaveBeenCalled();
  expect(warn).not.toHaveBeenCalled();
});

it('finds a CPU checker that loses one product', async () => {
  const right = await createWasmMatmul();
  const losing: MatmulReference = (plan, operands, options) =>
    right(
      plan,
      { ...operands, a: operands.a.map((code, index) => (index % plan.k === plan.k - 1 ? 0 : code)) },
      options,
    );
  expect(
    await runBaseline(loadGpuJs(), { m: 20, n: 30, k: 64 }, { reference: losing, now }, 1),
  ).toMatchObject({
    agrees: false,
  });
});

it.each([[[0]], [[3]], [[0, 1, 2, 3]]])('finds a CPU checker that gives NaN at %j', async (places) => {
  const right = await createWasmMatmul();
  const broken: MatmulReference = (...given) =>
    right(...given).map((code, index) => (places.includes(index) ? 0x7fc00000 : code));
  expect(await runBaseline(loadGpuJs(), { m: 2, n: 2, k: 2 }, { reference: broken, now }, 1)).toMatchObject({
    agrees: false,
  });
});
