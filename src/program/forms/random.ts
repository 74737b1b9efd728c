/** Forms of the instructions on random numbers (nki.isa.rng, rand2, dropout, set_rng_seed, rand_set_state, rand_get_state). */
import { number } from '../check';
import { chip, chipOrNone, maybe, type Form } from './form';
import { WRITE } from './write';

const constant = maybe(number, 'float32 constant, where no tile is given');

export const RANDOM = {
  rng: { dst: chip('[P, N] of an integer format'), results: {}, sources: {}, attributes: {} },
  rand2: {
    dst: chip('[P, N]'),
    results: {},
    sources: {
      min: chipOrNone('float32 [P, 1]; or the constant min'),
      max: chipOrNone('float32 [P, 1]; or the constant max'),
    },
    attributes: { min: constant, max: constant, ...WRITE },
  },
  dropout: {
    dst: chip('[P, N], of data’s format'),
    results: {},
    sources: {
      data: chip('[P, N]'),
      prob: chipOrNone('[P, 1], the probability of each partition; or the constant prob'),
    },
    attributes: { prob: constant },
  },
  set_rng_seed: {
    dst: null,
    results: {},
    sources: { src_seeds: chip('[1, 1] of 32 bits') },
    attributes: {},
  },
  rand_set_state: {
    dst: null,
    results: {},
    sources: { src_seeds: chip('uint32 [P, 6] on GpSimd, [P, 24] on Vector, in SBUF') },
    attributes: {},
  },
  rand_get_state: {
    dst: chip('uint32 [P, 6] on GpSimd, [P, 24] on Vector'),
    results: {},
    sources: {},
    attributes: {},
  },
} as const satisfies Readonly<Record<string, Form>>;
