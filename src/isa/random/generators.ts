/**
 * The random generators of a NeuronCore: each lane of Vector has four, each lane of GpSimd one, of 6 words (NKI architecture
 * guides and nki.isa.rand_set_state: 24 words on Vector of trn3, 6 on GpSimd). Named choices (docs/numerics.md, Random numbers):
 * they are XORWOW on every chip, the lanes are partitions, elements take Vector's four in turn, and a seed is expanded by Philox.
 */
import type { EngineName } from '../../chip';
import { philox4x32 } from '../../numerics';
import type { ChipPattern } from '../../program';
import type { Machine, RandomEngine } from '../entry';
import { widthOf } from '../rules';
import { step, WORDS } from './xorwow';

/** Generators of each lane, and the number of the first: all five of a lane have numbers of their own. */
export const GENERATORS = {
  vector: { count: 4, first: 0 },
  gpsimd: { count: 1, first: 4 },
} as const satisfies Record<RandomEngine, object>;

const LANES = 128;
/** The second word of Philox's key: none of the seeds of stochastic rounding, which are below 2^53, have it. */
export const SEEDING = 0xffffffff;

export const randomEngine = (engine: EngineName): RandomEngine => (engine === 'gpsimd' ? 'gpsimd' : 'vector');

/** Words of a lane's state: those of its generators, one after another. */
export const stateWords = (engine: RandomEngine): number => GENERATORS[engine].count * WORDS;

/**
 * The states of all 128 lanes, by partition, after a seed (u32): words 0 to 3 of generator g of lane p are Philox of the counter
 * (0, g, p, 0) and the key (seed, 2^32 - 1), words 4 and 5 the first two of (1, g, p, 0).
 */
export function seededStates(engine: RandomEngine, seed: number): Uint32Array {
  const { count, first } = GENERATORS[engine];
  const states = new Uint32Array(LANES * count * WORDS);
  let at = 0;
  for (let lane = 0; lane < LANES; lane++) {
    for (let generator = first; generator < first + count; generator++) {
      states.set(philox4x32([0, generator, lane, 0], [seed, SEEDING]), at);
      states.set(philox4x32([1, generator, lane, 0], [seed, SEEDING]).slice(0, WORDS - 4), at + 4);
      at += WORDS;
    }
  }
  return states;
}

/** The state before anything was seeded. Named choice: as after the seed 0. */
export const initialStates = (engine: RandomEngine): Uint32Array => seededStates(engine, 0);

/** The states of a pattern's lanes, one after another, as a view: writing to it changes them. */
export function statesOf(
  machine: Machine,
  engine: RandomEngine,
  { partition, partitions }: ChipPattern,
): Uint32Array {
  const words = stateWords(engine);
  return machine.randomState(engine).subarray(partition * words, (partition + partitions) * words);
}

/** A u32 for each element of a pattern, in its order: element i of a partition is drawn from the lane's generator i mod count. */
export function drawsFor(
  machine: Machine,
  engine: RandomEngine,
  pattern: ChipPattern,
): Uint32Array<ArrayBuffer> {
  const { count } = GENERATORS[engine];
  const states = statesOf(machine, engine, pattern);
  const width = widthOf(pattern);
  const draws = new Uint32Array(pattern.partitions * width);
  for (let p = 0; p < pattern.partitions; p++) {
    const lane = p * count * WORDS;
    for (let i = 0; i < width; i++) draws[p * width + i] = step(states, lane + (i % count) * WORDS);
  }
  return draws;
}
