/** Operands of known-answer proofs and of trials: the same on every machine. */
import { codeArray, encodeArray, stochasticDraws, type CodeArray, type Dtype } from '../numerics';

/** Seeded codes of values in (-1, 1) with full mantissas: what reordering, fusing and a wrong tile all show on. */
export function knownOperand(dtype: Dtype, length: number, seed: number): CodeArray {
  if (length === 0) return codeArray(dtype, 0);
  const draws = stochasticDraws({ seed, launch: 0, instance: 0, element: 0 }, length);
  return encodeArray(
    dtype,
    Float32Array.from(draws, (draw) => draw / 2 ** 31 - 1),
  );
}
