/**
 * Transposition on the Tensor engine (trainium2_arch.rst, "Built-in Transpose Support"; nki.isa.nc_matmul, nc_transpose): a
 * matmul of the data as stationary by the identity as moving. NeuronCore-v2 really multiplies; from v3 on a transpose mode
 * moves codes as they are. What it leaves of 8-bit formats are 16-bit elements whose upper byte is 0.
 */
import type { Chip, ChipName } from '../../chip';
import { bitsOf, codeArray, UserError } from '../../numerics';
import type { CodeArray, Dtype } from '../../numerics';

/** Whether a chip's Tensor engine moves codes when it transposes. */
export const movesCodes = (chip: ChipName): boolean => chip !== 'trn1';

/**
 * The format in which transpose mode leaves data of a format in PSUM. Named choice: two bytes of which one is 0 are a uint16;
 * the values are seen by a view of the data's format that takes every other element.
 */
export const transposedDtype = (dtype: Dtype): Dtype => (bitsOf(dtype) === 8 ? 'uint16' : dtype);

/** Why dst cannot take data transposed by codes. */
export function transposedProblem(
  name: string,
  data: Dtype,
  dst: Dtype,
  { name: chip }: Chip,
): string | undefined {
  const wanted = transposedDtype(data);
  if (dst === wanted) return undefined;
  const why = wanted === data ? `as ${name} is` : `for ${name} of ${data}, each code in the low byte`;
  return `transposition on ${chip} writes ${wanted}, ${why}: received dst of ${dst}.`;
}

/** [rows, columns] to [columns, rows.length], taking for each element of a column the row that is named; as codes of `to`. */
export function transposeCodes(
  codes: CodeArray,
  columns: number,
  rows: ArrayLike<number>,
  to: Dtype,
): CodeArray {
  const width = rows.length;
  const out = codeArray(to, columns * width);
  for (let column = 0; column < columns; column++) {
    for (let n = 0; n < width; n++) {
      out[column * width + n] = codes[(rows[n] ?? NaN) * columns + column] ?? NaN;
    }
  }
  return out;
}

/**
 * The row that each column of moving [rows, width] lets through in transpose mode: that of its single 1.
 *
 * @throws UserError when a column is anything but a single 1 among zeros.
 */
export function passedRows(moving: Float32Array, width: number): Int32Array {
  const passed = new Int32Array(width).fill(-1);
  moving.forEach((value, at) => {
    if (value === 0) return;
    const column = at % width;
    if (value !== 1 || passed[column] !== -1)
      throw notSelecting(column, value === 1 ? 'more than one 1' : value);
    passed[column] = Math.floor(at / width);
  });
  const empty = passed.indexOf(-1);
  if (empty >= 0) throw notSelecting(empty, 'zeros only');
  return passed;
}

function notSelecting(column: number, received: string | number): UserError {
  return new UserError(
    `operand moving: in transpose mode each column is a single 1 among zeros, as of the identity; column ${column} has ${received}. Give the identity, or multiply (transpose false).`,
  );
}

/** The identity of `size` rows as moving. */
export function identity(size: number): Float32Array {
  const matrix = new Float32Array(size * size);
  for (let at = 0; at < size; at++) matrix[at * (size + 1)] = 1;
  return matrix;
}
