/** Operands for the tests of the WASM executor. */
import type { MatmulOperands } from '../../src/execute/matmul';
import type { MatmulPlan } from '../../src/lower';
import { codeArray, philox4x32, type CodeArray, type Dtype } from '../../src/numerics';

/** Random codes: `any` has infinities, NaN and subnormals; `tiny` is of 32 bits, whose products are near the subnormals. */
export type Kind = 'any' | 'plain' | 'tiny';
export function codes(dtype: Dtype, length: number, kind: Kind, seed: number): CodeArray {
  const array = codeArray(dtype, length);
  for (let i = 0; i < length; i++) {
    const [word] = philox4x32([i, 0, 0, 0], [seed, 0]);
    const exponents =
      kind === 'any' ? word : { plain: 0x3f000000, tiny: 0x1f000000 }[kind] | (word & 0x80ffffff);
    array[i] = array.BYTES_PER_ELEMENT === 4 ? exponents : kind === 'any' ? word >>> 3 : narrow(dtype, word);
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
    float8_e3m4: 0x70,
  };
  const limit = top[dtype] ?? 1;
  return ((word >>> 1) % limit) + (word % 2) * (codeArray(dtype, 0).BYTES_PER_ELEMENT === 1 ? 0x80 : 0x8000);
}

export function operandsOf(plan: MatmulPlan, kind: Kind, seed: number): MatmulOperands {
  return {
    a: codes(plan.a, plan.m * plan.k, kind, seed),
    b: codes(plan.b, plan.k * plan.n, kind, seed + 1),
    ...(plan.accumulate && { c: codes(plan.out, plan.m * plan.n, kind, seed + 2) }),
  };
}
