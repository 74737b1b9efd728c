/**
 * Scales of MX operands (trainium3_arch.rst, MX data layout; nki.isa.quantize_mx, nc_matmul_mx): one for each group of 8 partitions x 4 elements of a packed
 * code. Eight partitions of data have a row of scales, and the four rows of 32 partitions are the first four of a quadrant of
 * the scale tile, or four from row 4, 8 or 12 of it on, so that four scale tiles share the space of one.
 *
 * Named choices: the quadrants of the scales need not be those of the data, and the operand of more than 32 partitions is all of
 * the tile from its first row on, as NKI shows it, or less, down to its last row of scales.
 */
import type { Dtype } from '../numerics';
import type { ChipPattern } from '../program';
import type { Machine, Problem } from './entry';
import { widthOf } from './rules';

/** Partitions of data that share a scale. */
export const GROUP = 8;

const QUADRANT = 32;
const ROWS = QUADRANT / GROUP;
/** Rows of a quadrant that scales can start at. */
const STARTS: readonly number[] = [0, 4, 8, 12];

const DTYPES: readonly Dtype[] = ['float8_e8m0fnu', 'uint8'];

/** MX operands have whole quadrants. */
export function quadrantsProblem(name: string, { partitions }: ChipPattern): Problem {
  if (partitions % QUADRANT === 0) return undefined;
  return `${name} must have 32, 64, 96 or 128 partitions, received ${partitions}.`;
}

/** The rows of a scale operand that belong to data of `partitions`: four of each quadrant. */
export function scaleParts(scale: ChipPattern, partitions: number): readonly ChipPattern[] {
  return Array.from({ length: Math.ceil(partitions / QUADRANT) }, (_, quadrant) => ({
    ...scale,
    partition: scale.partition + quadrant * QUADRANT,
    partitions: ROWS,
  }));
}

/** What is wrong with the scales of `data`, whose packed codes are `columns` in each partition. */
export function scaleProblem(
  name: string,
  scale: ChipPattern,
  { partitions }: ChipPattern,
  columns: number,
): Problem {
  if (scale.space !== 'sbuf') return `${name} must be in sbuf, received ${scale.space}.`;
  if (!DTYPES.includes(scale.dtype)) {
    return `${name} must be ${DTYPES.join(' or ')}, received ${scale.dtype}.`;
  }
  const least = partitions - QUADRANT + ROWS;
  const most = partitions === QUADRANT ? ROWS : partitions;
  if (scale.partitions < least || scale.partitions > most || widthOf(scale) !== columns) {
    const rows = least === most ? String(most) : `${least} to ${most}`;
    return `${name} must be ${rows} partitions x ${columns}, received ${scale.partitions} x ${widthOf(scale)}.`;
  }
  const { partition } = scale;
  if (partition >= 0 && partition + scale.partitions <= 128 && STARTS.includes(partition % QUADRANT)) {
    return undefined;
  }
  return `${name} must start at row 0, 4, 8 or 12 of a quadrant and end within 128 partitions, received partitions ${partition}..${partition + scale.partitions - 1}.`;
}

/** The codes [partitions / 8, columns] of the scales of data of `partitions`. */
export function readScales(
  machine: Machine,
  name: string,
  scale: ChipPattern,
  partitions: number,
): Uint8Array<ArrayBuffer> {
  const columns = widthOf(scale);
  const codes = new Uint8Array((partitions / GROUP) * columns);
  scaleParts(scale, partitions).forEach((part, quadrant) => {
    codes.set(machine.read(name, part), quadrant * ROWS * columns);
  });
  return codes;
}

/** Writes the codes [partitions / 8, columns] of scales. */
export function writeScales(machine: Machine, scale: ChipPattern, codes: Uint8Array<ArrayBuffer>): void {
  const length = ROWS * widthOf(scale);
  scaleParts(scale, (codes.length / length) * QUADRANT).forEach((part, quadrant) => {
    machine.write(part, codes.subarray(quadrant * length, (quadrant + 1) * length));
  });
}
