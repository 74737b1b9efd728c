/** Matmuls and transpositions on every adapter: passes, groups, formats, and values that flushing adapters lose. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Host } from '../../../../src/host';
import { WebGpuInterpreter } from '../../../../src/execute/webgpu/interpreter';
import { planMatmul, planToProgram } from '../../../../src/lower';
import { codeArray, encodeArray, type CodeArray, type Dtype } from '../../../../src/numerics';
import { ADAPTERS, open } from '../devices';
import { expectAgreement } from './agree';

/** Values of a kind: `plain` ones of a few binades, `tiny` ones whose products are subnormal, and `any` codes at all. */
type Kind = 'plain' | 'tiny' | 'any';

function values(dtype: Dtype, count: number, kind: Kind, seed: number): CodeArray {
  let state = seed;
  const next = () => (state = Math.imul(state, 1664525) + 1013904223) >>> 0;
  if (kind === 'any') return codeArray(dtype, count).map(() => next() >>> 3);
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
});
