/** Matmuls and transpositions on every adapter: passes, groups, formats, and values that flushing adapters lose. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Host } from '../../../../src/host';
import { WebGpuInterpreter } from '../../../../src/execute/webgpu/interpreter';
import { planMatmul, planToProgram } from '../../../../src/lower';
import { codeArray, encodeArray, type CodeArray, type Dtype } from '../../../../src/numerics';
import { kernel, trace } from '../../../../src/kernel';
import { ADAPTERS, open } from '../devices';
import { expectAgreement } from './agree';

/** Values of a kind: `plain` ones of a few binades, `tiny` ones whose products are subnormal, and `any` codes at all. */
type Kind = 'plain' | 'tiny' | 'any';

function values(dtype: Dtype, count: number, kind: Kind, seed: number): CodeArray {
  let state = seed;
  const next = () => (state = Math.imul(state, 1664525) + 1013904223) >>> 0;
  if (kind === 'any') return codeArray(dtype, count).map(() => next());
  const scale = kind === 'tiny' ? 2 ** -65 : 1;
  const floats = Float32Array.from(
    { length: count },
    () => (next() / 2 ** 31 - 1) * scale * 2 ** (next() >>> 30),
  );
  return encodeArray(dtype, floats);
}

describe.each(ADAPTERS)('%s', (name) => {
  let host: Host;
  let interpreter: WebGpuInterpreter;
  beforeAll(async () => {
    host = await open(name);
    interpreter = await WebGpuInterpreter.create(host.device);
  });
  afterAll(() => {
    expect(interpreter.liveBytes).toBe(0);
    host.close();
  });

  test.each([
    ['bfloat16', 'bfloat16', 'plain', 'trn1'],
    ['bfloat16', 'bfloat16', 'tiny', 'trn2'],
    ['bfloat16', 'bfloat16', 'any', 'trn2'],
    ['float32', 'float32', 'plain', 'trn2'],
    ['float32', 'float32', 'tiny', 'trn2'],
    ['float32', 'float32', 'any', 'trn2'],
    ['float16', 'bfloat16', 'any', 'trn2'],
    ['float8_e4m3', 'float8_e5m2', 'any', 'trn2'],
    ['float8_e4m3fn', 'bfloat16', 'plain', 'trn3'],
  ] as const)('a lowered matmul: %s x %s, %s, on %s', async (a, b, kind, chip) => {
    const [m, n, k] = [150, 530, 300];
    const plan = planMatmul({ m, n, k, a, b, out: 'float32', chip });
    await expectAgreement(interpreter, planToProgram(plan), {
      a: values(a, m * k, kind, 1),
      b: values(b, k * n, kind, 2),
    });
  });

  test.each([
    ['float8_e4m3fn_x4', 'float8_e5m2_x4', 120, 16],
    ['float8_e5m2_x4', 'float8_e5m2_x4', 0, 256],
    ['float4_e2m1fn_x4', 'float8_e4m3fn_x4', 0, 256],
    ['float8_e5m2_x4', 'float4_e2m1fn_x4', 60, 3],
  ] as const)('MX passes: %s x %s, scales from %i on', async (a, b, least, span) => {
    const [p, m, n] = [128, 34, 70];
    const mx = kernel('mx', ['a', 'b', 'as', 'bs'], (nc, inputs) => {
      const out = nc.hbm('out', [m, n], 'float32');
      const load = (name: 'a' | 'b' | 'as' | 'bs', rows: number, columns: number) => {
        const tile = nc.sbuf([rows, columns], inputs[name].dtype);
        nc.dma_copy(tile, { src: inputs[name] });
        return tile;
      };
      const sums = nc.psum([m, n], 'float32');
      for (const accumulate of [false, true]) {
        nc.nc_matmul_mx(sums, {
          stationary: load('a', p, m),
          moving: load('b', p, n),
          stationary_scale: load('as', p, m),
          moving_scale: load('bs', p, n),
          accumulate,
        });
      }
      const result = nc.sbuf([m, n], 'float32');
      nc.tensor_copy(result, { src: sums });
      nc.dma_copy(out, { src: result });
    });
    const spec = (dtype: Dtype, columns: number) => ({ shape: [p, columns], dtype });
    const { program } = trace(mx, {
      chip: 'trn3',
      inputs: { a: spec(a, m), b: spec(b, n), as: spec('uint8', m), bs: spec('uint8', n) },
    });
    const scales = (count: number, seed: number) =>
      values('uint8', count, 'any', seed).map((code) => Math.min(255, least + (code % span)));
    await expectAgreement(interpreter, program, {
      a: values(a, p * m, 'any', 3),
      b: values(b, p * n, 'any', 4),
      as: scales(p * m, 5),
      bs: scales(p * n, 6),
    });
  });
});
