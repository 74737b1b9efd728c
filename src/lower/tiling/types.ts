/** What is judged: the passes of a plan or of a user's tiling, and the Program made from it. */
import type { StraightProgram } from '../../program';
import type { Product, SbufUse, TilePass } from '../../verify/tiling';
import type { MatmulPlan } from '../matmul';

export interface Tiled {
  readonly given: 'plan' | 'tiling';
  readonly product: Product;
  readonly passes: readonly TilePass[];
  /** What its Program holds in SBUF. */
  readonly sbuf: SbufUse;
  /** The same product in passes of 128 rows, k ascending in one group: its bits are the canonical ones. */
  readonly canonical: MatmulPlan;
  /**
   * Its nc_matmul instructions are the passes, in order. Only for passes that lie in the product, are within the limits of the
   * chip, and fit its memories.
   */
  readonly program: () => StraightProgram;
}
