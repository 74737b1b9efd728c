/** Every kernel of the backend but those of strings alone, by family. A kernel that is in no table is one that tfjs says it lacks. */
import type { KernelTable } from '../kernel';
import { VIEWS } from './views';

export const KERNELS: KernelTable = { ...VIEWS };
