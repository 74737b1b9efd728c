/** The WASM checker must give the reference loop's bits for every plan, window, format, mode and operand. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { MatmulOperands, Window } from '../../src/execute/matmul';
import { referenceMatmul } from '../../src/execute/reference/matmul';
import { createWasmMatmul, type WasmMatmul } from '../../src/execute/wasm';
import { planMatmul, type MatmulPlan } from '../../src/lower';
import { codeArray, philox4x32, UserError, type CodeArray, type Dtype } from '../../src/numerics';
import { anyRounding } from '../lower/requests';
import { runs } from './runs';

let wasmMatmul: WasmMatmul;
beforeAll(async () => {
  wasmMatmul = await createWasmMatmul();
});

/** Random codes: `any` has infinities, NaN and subnormals; `tiny` is float32 whose products are near the subnormals. */
type Kind = 'any' | 'plain' | 'tiny';
function codes(dtype: Dtype, length: number, kind: Kind, seed: number): CodeArray {
  const array = codeArray(dtype, length);
  for (let i = 0; i < length; i++) {
    const [word] = philox4x32([i, 0, 0, 0], [seed, 0]);
    const exponents =
      kind === 'any' ? word : { plain: 0x3f000000, tiny: 0x1f000000 }[kind] | (word & 0x80ffffff);
    array[i] = dtype === 'float32' ? exponents : kind === 'any' ? word >>> 3 : narrow(dtype, word);
  }
  return array;
}

/** A code below the format's infinities and NaNs, with a sign. */
function narrow(dtype: Dtype, word: number): number {
  const top: Partial<Record<Dtype, number>> = {
    bfloat16: 0x4100,
    float16: 0x4400,
    float8_e4m3: 0x50,
    float8_e5m2: 0x50,
    float8_e4m3fn: 0x50,
  };
  const limit = top[dtype] ?? 1;
  return ((word >>> 1) % limit) + (word % 2) * (codeArray(dtype, 0).BYTES_PER_ELEMENT === 1 ? 0x80 : 0x8000);
}

function operandsOf(plan: MatmulPlan, kind: Kind, seed: number): MatmulOperands {
  return {
    a: codes(plan.a, plan.m * plan.k, kind, seed),
    b: codes(plan.b, plan.k * plan.n, kind, seed + 1),
    ...(plan.accumulate && { c: codes(plan.out, plan.m * plan.n, kind, seed + 2) }),
  };
}

const PAIRS: readonly (readonly [Dtype, Dtype, Dtype])[] = [
  ['float32', 'float32', 'float32'],
  ['bfloat16', 'bfloat16', 'float32'],
  ['float16', 'float16', 'bfloat16'],
  ['float8_e4m3', 'float8_e5m2', 'float16'],
  ['float8_e4m3', 'float8_e4m3', 'float32'],
];

const cases = fc.record({
  m: fc.integer({ min: 1, max: 21 }),
  n: fc.integer({ min: 1, max: 37 }),
  k: fc.integer({ min: 1, max: 330 }),
  pair: fc.constantFrom(...PAIRS),
  aLayout: fc.constantFrom('row-major' as const, 'k-major' as const),
  rounding: anyRounding,
  accumulate: fc.boolean(),
  tileK: fc.integer({ min: 1, max: 128 }),
  blockK: fc.option(fc.integer({ min: 128, max: 200 }), { nil: undefined }),
  subnormals: fc.constantFrom('exact' as const, 'ftz' as const),
  kind: fc.constantFrom<Kind>('any', 'plain', 'plain', 'tiny'),
  corners: fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()),
  seed: fc.nat(),
});

describe('the WASM checker', () => {
  it('equals the reference loop bit for bit', () => {
    fc.assert(
      fc.property(
        cases,
        ({ pair: [a, b, out], rounding, tileK, blockK, subnormals, kind, corners, seed, ...shape }) => {
          const block = blockK === undefined ? {} : { k: blockK };
          const plan = planMatmul({ ...shape, ...rounding, a, b, out, tile: { k: tileK }, block });
          const operands = operandsOf(plan, kind, seed);
          const window = windowOf(plan, corners);
          const expected = referenceMatmul(plan, operands, { window, subnormals });
          expect(wasmMatmul(plan, operands, { window, subnormals })).toEqual(expected);
        },
      ),
      { numRuns: runs(300) },
    );
  });

  it('equals it on products that flush only because they are tiny after rounding', () => {
    const plan = planMatmul({ m: 40, n: 40, k: 1, a: 'float32', b: 'float32' });
    const near = (exponent: number, offset: number) =>
      Uint32Array.from({ length: 40 }, (_, i) => exponent + ((i + offset) >> 1) * (i % 2 === 0 ? 1 : -1));
    const operands = { a: near(0x3f800000, 0), b: near(0x00800000, 5) };
    const [exact, ftz] = (['exact', 'ftz'] as const).map((subnormals) => {
      const result = wasmMatmul(plan, operands, { subnormals });
      expect(result).toEqual(referenceMatmul(plan, operands, { subnormals }));
      return result;
    });
    expect(exact?.some((code, i) => code === 0x00800000 && ftz?.[i] === 0)).toBe(true);
  });

  it('equals it beyond one block of rows and columns, and leaves nothing behind for the next call', () => {
    const wide = planMatmul({ m: 1030, n: 1035, k: 5, a: 'bfloat16', b: 'bfloat16', tile: { k: 2 } });
    const poison = {
      a: codes('bfloat16', 1030 * 5, 'plain', 1).fill(0x7fc0),
      b: codes('bfloat16', 5 * 1035, 'plain', 2),
    };
    expect(wasmMatmul(wide, poison).every((code) => code === 0x7fc00000)).toBe(true);
    const operands = operandsOf(wide, 'plain', 3);
    // One by one: Vitest compares a million elements in seconds.
    const expected = referenceMatmul(wide, operands);
    const wrong = wasmMatmul(wide, operands).findIndex((code, index) => code !== expected[index]);
    expect(wrong).toBe(-1);
  });

  it('refuses what the reference loop refuses, and gives nothing for an empty window', () => {
    const plan = planMatmul({ m: 3, n: 4, k: 5, a: 'bfloat16', b: 'bfloat16' });
    const operands = operandsOf(plan, 'plain', 1);
    expect(() => wasmMatmul(plan, { ...operands, b: operands.b.slice(1) })).toThrow(UserError);
    expect(wasmMatmul(plan, operands, { window: { m0: 1, m1: 1, n0: 0, n1: 4 } })).toHaveLength(0);
  });
});

function windowOf({ m, n }: MatmulPlan, [a, b, c, d]: readonly [number, number, number, number]): Window {
  const [rows, columns] = [
    [a % (m + 1), b % (m + 1)],
    [c % (n + 1), d % (n + 1)],
  ];
  return { m0: Math.min(...rows), m1: Math.max(...rows), n0: Math.min(...columns), n1: Math.max(...columns) };
}
