/**
 * One pass of the systolic array (docs/numerics.md, Tensor engine): every sum starts at +0 and takes the rows in order, each
 * product rounded to float32, then added with one rounding.
 */

/** Values whose products float64 holds exactly, so that Math.fround rounds each of them once. */
type Values = Float32Array | Float64Array;

/**
 * The sums [columns, width] of stationary [rows, columns] and moving [rows, width], all row-major. A column of the array keeps
 * its sums in a Float32Array, whose stores are the roundings of the additions, and takes one row after the other.
 */
export function passSums(
  stationary: Values,
  moving: Values,
  columns: number,
  width: number,
): Float32Array<ArrayBuffer> {
  const rows = moving.length / width;
  const sums = new Float32Array(columns * width);
  for (let column = 0; column < columns; column++) {
    const out = sums.subarray(column * width, (column + 1) * width);
    for (let row = 0; row < rows; row++) {
      const weight = stationary[row * columns + column] ?? NaN;
      const start = row * width;
      for (let n = 0; n < width; n++) {
        out[n] = (out[n] ?? NaN) + Math.fround(weight * (moving[start + n] ?? NaN));
      }
    }
  }
  return sums;
}
