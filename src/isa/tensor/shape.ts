/** What one pass of the array asks of its operands' shapes, and of the format of its sums (nki.isa.nc_matmul, nc_matmul_mx). */
import type { Chip } from '../../chip';
import type { ChipPattern } from '../../program';
import type { Problem } from '../entry';
import { widthOf } from '../rules';

/** PSUM of NeuronCore-v4 holds bfloat16 sums too, twice as many (nki.isa.nc_matmul). */
const holdsBfloat16 = (chip: Chip) => chip.name === 'trn3';

/** What a pass multiplies. */
export interface Operands {
  readonly stationary: ChipPattern;
  readonly moving: ChipPattern;
}

export function rowsProblem({ stationary, moving }: Operands): Problem {
  if (stationary.partitions === moving.partitions) return undefined;
  return `stationary and moving must have equal partitions, received ${stationary.partitions} and ${moving.partitions}.`;
}

/** Of `m` stationary and `n` moving columns. */
export function columnsProblem(dst: ChipPattern, m: number, n: number, chip: Chip): Problem {
  const { stationary, moving } = chip.matmul;
  const most = dst.dtype === 'bfloat16' && holdsBfloat16(chip) ? 2 * moving : moving;
  if (m > stationary) return `at most ${stationary} stationary columns, received ${m}.`;
  if (n > most) return `at most ${most} moving columns on ${chip.name}, received ${n}.`;
  if (dst.partitions === m && widthOf(dst) === n) return undefined;
  return `dst must be ${m} partitions (stationary columns) x ${n} (moving columns), received ${dst.partitions} x ${widthOf(dst)}.`;
}

export function sumProblem({ dtype }: ChipPattern, chip: Chip): Problem {
  if (dtype === 'float32' || (dtype === 'bfloat16' && holdsBfloat16(chip))) return undefined;
  return `dst must be float32 ${holdsBfloat16(chip) ? 'or bfloat16 ' : ''}in PSUM, received ${dtype}.`;
}
