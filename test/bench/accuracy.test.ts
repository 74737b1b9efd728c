import { describe, expect, it } from 'vitest';
import { checkWeights, distanceFromFloat64 } from '../../bench/weights';
import type { MatmulOperands, Window } from '../../src/execute/matmul';
import { referenceMatmul } from '../../src/execute/reference/matmul';
import { planMatmul, type MatmulPlan } from '../../src/lower';
import { encodeArray, type CodeArray } from '../../src/numerics';

describe('distanceFromFloat64', () => {
  const plan = planMatmul({ m: 2, n: 2, k: 2, a: 'float32', b: 'float32' });
  const given = { a: Float32Array.of(1, 2, 0, 3), b: Float32Array.of(1, 0, 0, 2) }; // product [1, 4, 0, 6]

  it('is zero for the product itself', () => {
    const exact = encodeArray('float32', Float32Array.of(1, 4, 0, 6));
    expect(distanceFromFloat64(plan, given, exact)).toEqual({
      relativeFrobenius: 0,
      maxAbs: 0,
      rowsCompared: 2,
      rows: 2,
    });
  });

  it('is the Frobenius norm of the difference over that of the product', () => {
    const off = encodeArray('float32', Float32Array.of(1, 4 + 3, 4, 6));
    const distance = distanceFromFloat64(plan, given, off);
    expect(distance).toMatchObject({ relativeFrobenius: 5 / Math.sqrt(53), maxAbs: 4 });
  });

  it('is null when the result is not finite', () => {
    const infinite = encodeArray('float32', Float32Array.of(1, Infinity, 0, 6));
    expect(distanceFromFloat64(plan, given, infinite)).toMatchObject({
      relativeFrobenius: null,
      maxAbs: null,
    });
  });

  it('samples rows of a large product', () => {
    const [k, n] = [2 ** 14, 2 ** 12];
    const large = { ...plan, m: 8, n, k };
    const zeros = { a: new Float32Array(8 * k), b: new Float32Array(k * n) };
    expect(distanceFromFloat64(large, zeros, new Uint32Array(8 * n))).toMatchObject({
      rowsCompared: 4,
      rows: 8,
    });
  });
});

describe('checkWeights', () => {
  const plan = planMatmul({ m: 5, n: 7, k: 300, a: 'bfloat16', b: 'bfloat16' });
  const wave = (count: number): Float32Array<ArrayBuffer> =>
    Float32Array.from({ length: count }, (_, index) => Math.sin(index));
  const given = { a: wave(5 * 300), b: wave(300 * 7) };
  const tools = {
    reference: referenceMatmul,
    device: { subnormals: 'exact', prepare: () => Promise.reject(new Error()) },
  } as const;
  const execute =
    (flip: number) =>
    (operands: MatmulOperands): Promise<(window?: Window) => Promise<CodeArray>> =>
      Promise.resolve((window) => Promise.resolve(windowOf(plan, operands, flip, window)));

  it('compares the bits and measures what rounding to the format costs', async () => {
    const accuracy = await checkWeights(plan, given, execute(0), tools, 1);
    expect(accuracy).toMatchObject({ elementsCompared: 35, mismatches: 0, rowsCompared: 5 });
    expect(accuracy.relativeFrobenius).toBeGreaterThan(2 ** -12);
    expect(accuracy.relativeFrobenius).toBeLessThan(2 ** -6);
  });

  it('counts every wrong bit pattern', async () => {
    expect(await checkWeights(plan, given, execute(1), tools, 1)).toMatchObject({ mismatches: 35 });
  });
});

function windowOf(plan: MatmulPlan, operands: MatmulOperands, flip: number, window?: Window): CodeArray {
  const codes = window ? referenceMatmul(plan, operands, { window }) : referenceMatmul(plan, operands);
  return codes.map((code) => code ^ flip);
}
