/** Our own kernels, by the name that `systole run` takes. */
import type { Kernel } from '../kernel';
import { matmulBlockedAll, matmulBlockedFree, matmulHoisted, matmulTile, matmulTiled } from './matmul';
import { rmsnorm } from './rmsnorm';
import { softmax } from './softmax';
import { transpose } from './transpose';

export {
  matmulBlockedAll,
  matmulBlockedFree,
  matmulHoisted,
  matmulTile,
  matmulTiled,
  rmsnorm,
  softmax,
  transpose,
};

export const KERNELS: readonly Kernel[] = [
  matmulTile,
  matmulTiled,
  matmulHoisted,
  matmulBlockedFree,
  matmulBlockedAll,
  transpose,
  softmax,
  rmsnorm,
];
