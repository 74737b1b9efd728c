/** Operands of known-answer proofs and of trials: the same on every machine. */
import { codeArray, encodeArray, stochasticDraws, type CodeArray, type Dtype } from '../numerics';

/** A prime: rows of a large operand, of whatever usual width, begin at different places of what is drawn. */
const PERIOD = 65_521;

/** Seeded codes of values in (-1, 1) with full mantissas: what reordering, fusing and a wrong tile all show on. */
export function knownOperand(dtype: Dtype, length: number, seed: number): CodeArray {
  const codes = codeArray(dtype, length);
  if (length === 0) return codes;
  const draws = stochasticDraws({ seed, launch: 0, instance: 0, element: 0 }, Math.min(length, PERIOD));
  const drawn = encodeArray(
    dtype,
    Float32Array.from(draws, (draw) => draw / 2 ** 31 - 1),
  );
  codes.set(drawn);
  for (let done = drawn.length; done < length; done *= 2)
    codes.copyWithin(done, 0, Math.min(done, length - done));
  return codes;
}
