/** The rules of a chip that depend on values. Each answers with a sentence that quotes the rule and the value, or nothing. */
import { isPacked, UserError } from '../numerics';
import type { Dtype } from '../numerics';
import { CHIP_NAMES } from './types';
import type { Chip, ChipName } from './types';

/** @throws UserError when there is no chip of that name. */
export function parseChip(name: string): ChipName {
  const found = CHIP_NAMES.find((chip) => chip === name);
  if (found === undefined) throw new UserError(`No chip "${name}": choose one of ${CHIP_NAMES.join(', ')}.`);
  return found;
}

const FLOAT32: readonly Dtype[] = ['float32', 'tfloat32'];
const both = (dtypes: readonly Dtype[], a: Dtype, b: Dtype) => dtypes.includes(a) && dtypes.includes(b);

/** Why the Tensor engine cannot multiply `a` (stationary) by `b` (moving), by the rules of nki.isa.nc_matmul. */
export function matmulPairProblem(chip: Chip, a: Dtype, b: Dtype): string | undefined {
  const missing = [a, b].find((dtype) => !chip.matmul.dtypes.includes(dtype));
  if (missing !== undefined) {
    return `${chip.name} does not multiply ${missing}: choose from ${chip.matmul.dtypes.join(', ')}.`;
  }
  if (FLOAT32.includes(a) !== FLOAT32.includes(b)) {
    return `float32 and tfloat32 multiply only float32 or tfloat32, received ${a} and ${b}: convert one of them.`;
  }
  if (a !== b && both(['float8_e4m3', 'float8_e4m3fn'], a, b)) {
    return `float8_e4m3 and float8_e4m3fn cannot be mixed, received ${a} and ${b}: convert one of them.`;
  }
  return undefined;
}

/** Why a pair of formats cannot be multiplied two rows at a time, by the rules of nki.isa.nc_matmul. */
export function doubleRowProblem(chip: Chip, a: Dtype, b: Dtype): string | undefined {
  if (chip.matmul.doubleRow.length === 0) {
    return `${chip.name} has no double-row passes: they need trn2 or trn3.`;
  }
  if (!both(chip.matmul.doubleRow, a, b)) {
    return `Double-row passes on ${chip.name} need both operands from ${chip.matmul.doubleRow.join(', ')}, received ${a} and ${b}.`;
  }
  return undefined;
}

/** Whether a chip has a packed format. */
export const hasPacked = (chip: Chip, dtype: Dtype): boolean =>
  chip.packed.length > 0 && isPacked(dtype) && chip.packed.includes(dtype);

/** Why a chip's engines and DMA cannot read or write numbers of a format. */
export function dtypeProblem(chip: Chip, dtype: Dtype): string | undefined {
  if (chip.dtypes.includes(dtype)) return undefined;
  if (hasPacked(chip, dtype)) {
    return `${dtype} is four elements in a code and no number: quantize_mx, nc_matmul_mx, DMA and memset of 0 take it; view it as an integer format of its size for others.`;
  }
  return `${chip.name} has no ${dtype}: choose from ${chip.dtypes.join(', ')}.`;
}

/** Why a chip's engines and DMA cannot hold a format, of numbers or packed. */
export function codesProblem(chip: Chip, dtype: Dtype): string | undefined {
  return hasPacked(chip, dtype) ? undefined : dtypeProblem(chip, dtype);
}

/**
 * The start-partition rule of every engine's operands: more than 64 partitions start at 0, more than 32 at 0 or 64,
 * the others at 0, 32, 64 or 96 (NKI architecture guides, "quadrants").
 */
export function partitionProblem(start: number, count: number): string | undefined {
  if (count < 1 || count > 128) return `1 to 128 partitions required, received ${count}.`;
  const step = count > 64 ? 128 : count > 32 ? 64 : 32;
  if (start >= 0 && start < 128 && start % step === 0) return undefined;
  const legal = { 128: '0', 64: '0 or 64', 32: '0, 32, 64 or 96' }[step];
  return `${count} partitions must start at partition ${legal}, received ${start}.`;
}
