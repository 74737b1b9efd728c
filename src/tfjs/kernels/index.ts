/** Every kernel of the backend but those of strings alone, by family. A kernel that is in no table is one that tfjs says it lacks. */
import type { KernelTable } from '../kernel';
import { BINARY } from './binary';
import { BLOCKS } from './blocks';
import { COMPLEX } from './complex';
import { CONVOLUTION } from './convolution';
import { DRAWING } from './draw';
import { IMAGE } from './image';
import { MATMUL } from './matmul';
import { MORPHOLOGY } from './morphology';
import { NORMALIZATION } from './normalization';
import { ORDER } from './order';
import { PLACES } from './places';
import { POOLING } from './pooling';
import { RAGGED } from './ragged';
import { REDUCTIONS } from './reductions';
import { SEQUENCES } from './sequences';
import { SPARSE } from './sparse';
import { SUPPRESSION } from './suppression';
import { TRANSFORMS } from './transform';
import { UNARY } from './unary';
import { VIEWS } from './views';

export const KERNELS: KernelTable = {
  ...BINARY,
  ...BLOCKS,
  ...COMPLEX,
  ...CONVOLUTION,
  ...DRAWING,
  ...IMAGE,
  ...MATMUL,
  ...MORPHOLOGY,
  ...NORMALIZATION,
  ...ORDER,
  ...PLACES,
  ...POOLING,
  ...RAGGED,
  ...REDUCTIONS,
  ...SEQUENCES,
  ...SPARSE,
  ...SUPPRESSION,
  ...TRANSFORMS,
  ...UNARY,
  ...VIEWS,
};
