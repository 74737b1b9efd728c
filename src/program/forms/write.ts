/** What instructions that round may be told about the one rounding of their write (docs/numerics.md, Encoding). */
import { ROUNDINGS } from '../../numerics';
import { flag, oneOf, size } from '../check';
import { maybe } from './form';

export const WRITE = {
  rounding: maybe(oneOf(...ROUNDINGS), 'of the write to dst; nearest-even when left out'),
  saturate: maybe(flag, 'clamp to the largest finite value of dst’s format'),
  seed: maybe(size, 'of stochastic rounding, which takes all of seed, element and pitch'),
  element: maybe(size, 'what the first element draws as'),
  pitch: maybe(size, 'by which a partition’s draws follow those of the one before'),
} as const;
