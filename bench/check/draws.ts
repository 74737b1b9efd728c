/**
 * Seeded random words: xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021), its
 * state filled by Philox so that seeds and streams that are alike give unlike sequences.
 */
import { philox4x32 } from '../../src/numerics';

/** A function that gives the next u32 of stream `stream` of `seed` (an integer of 0 to 2^53 - 1). */
export function words(seed: number, stream: number): () => number {
  let [a, b, c, d] = philox4x32([stream, 0, 0, 0], [seed >>> 0, Math.floor(seed / 2 ** 32)]);
  return () => {
    const scrambled = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return scrambled;
  };
}

/** A function that gives integers of 0 to limit - 1, limit at most 2^32, each as likely as the others to 2^-32. */
export function integersBelow(limit: number, next: () => number): () => number {
  return () => Math.floor((next() / 2 ** 32) * limit);
}

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));
