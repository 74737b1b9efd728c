/**
 * XORWOW (Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (14), 2003, section 3.1), the generator that the NKI
 * reference names for rand2 and for the states of 6 words: five words of a xorshift, x y z w v, and the counter d of a Weyl
 * sequence. 32-bit integer arithmetic only.
 */

/** Words of a generator. */
export const WORDS = 6;

/** Steps the generator whose words are x, y, z, w, v, d from `at` on: the next u32. */
export function step(state: Uint32Array, at: number): number {
  const x = state[at] ?? 0;
  const v = state[at + 4] ?? 0;
  const t = x ^ (x >>> 2);
  const next = v ^ (v << 4) ^ (t ^ (t << 1));
  const d = (state[at + 5] ?? 0) + 362437;
  state.copyWithin(at, at + 1, at + 5);
  state[at + 4] = next;
  state[at + 5] = d;
  return (next + d) >>> 0;
}
