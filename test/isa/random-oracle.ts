/**
 * XORWOW and Philox 4x32-10 once more, by BigInt and from their papers (Marsaglia 2003; Salmon, Moraes, Dror and Shaw 2011), and
 * what docs/numerics.md says of the generators of a NeuronCore: who draws what, and what a seed makes of them.
 */
import { rows } from './vector-arbitrary';

const WORD = 1n << 32n;
const word = (value: bigint) => value % WORD;

export type Engine = 'vector' | 'gpsimd';
export const COUNT = { vector: 4, gpsimd: 1 } as const satisfies Record<Engine, number>;

/** `count` draws from the state x, y, z, w, v, d, which is left behind them. */
export function xorwow(state: bigint[], count: number): bigint[] {
  return Array.from({ length: count }, () => {
    const [x = 0n, y = 0n, z = 0n, w = 0n, v = 0n, d = 0n] = state;
    const t = x ^ (x >> 2n);
    const next = word(v ^ (v << 4n) ^ t ^ (t << 1n));
    const weyl = word(d + 362437n);
    state.splice(0, 6, y, z, w, v, next, weyl);
    return word(next + weyl);
  });
}

/** Philox 4x32 of ten rounds. */
function philox(counter: readonly bigint[], key: readonly bigint[]): bigint[] {
  let [a = 0n, b = 0n, c = 0n, d = 0n] = counter;
  let [k0 = 0n, k1 = 0n] = key;
  for (let round = 0; round < 10; round++) {
    const [first, second] = [0xd2511f53n * a, 0xcd9e8d57n * c];
    [a, b, c, d] = [(second >> 32n) ^ b ^ k0, word(second), (first >> 32n) ^ d ^ k1, word(first)];
    [k0, k1] = [word(k0 + 0x9e3779b9n), word(k1 + 0xbb67ae85n)];
  }
  return [a, b, c, d];
}

/** The words of one lane after a seed. */
function seededLane(engine: Engine, seed: number, lane: number): bigint[] {
  const first = engine === 'vector' ? 0 : 4;
  return Array.from({ length: COUNT[engine] }, (_, generator) =>
    [0n, 1n]
      .flatMap((half) =>
        philox([half, BigInt(first + generator), BigInt(lane), 0n], [BigInt(seed), WORD - 1n]),
      )
      .slice(0, 6),
  ).flat();
}

/** The words of all 128 lanes after a seed, lane by lane. */
export const seeded = (engine: Engine, seed: number): bigint[][] =>
  Array.from({ length: 128 }, (_, lane) => seededLane(engine, seed, lane));

/** The draws of one lane, whose words are left behind them: its generators take turns. */
export function drawsOf(engine: Engine, words: bigint[], count: number): bigint[] {
  const turns = COUNT[engine];
  const states = rows(words, turns);
  const draws = Array.from({ length: count }, (_, i) => xorwow(states[i % turns] ?? [], 1)[0] ?? -1n);
  words.splice(0, words.length, ...states.flat());
  return draws;
}
