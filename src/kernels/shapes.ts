/** How kernels cut extents into tiles, and what they require of their inputs. */
import { UserError } from '../numerics';

/** [start, stop) of one tile of an axis: what `slice` takes. */
export type Tile = readonly [start: number, stop: number];

/** The axis in steps, the last one ragged where the step does not divide it. */
export function tilesOf(extent: number, step: number, from = 0): readonly Tile[] {
  return Array.from({ length: Math.ceil(extent / step) }, (_, index) => [
    from + index * step,
    from + Math.min((index + 1) * step, extent),
  ]);
}

export const sizeOf = ([start, stop]: Tile): number => stop - start;

/** An input of a kernel, or of its reference. */
export interface Shaped {
  readonly shape: readonly number[];
}

/** [rows, columns] of an input. @throws UserError when it is no matrix. */
export function matrixOf(name: string, { shape }: Shaped): readonly [rows: number, columns: number] {
  const [rows, columns, ...more] = shape;
  if (rows !== undefined && columns !== undefined && more.length === 0) return [rows, columns];
  throw new UserError(`${name} must be a matrix, received shape [${shape.join(', ')}].`);
}

/** The three extents of an input. @throws UserError when it has more dimensions, or fewer. */
export function cubeOf(
  name: string,
  { shape }: Shaped,
): readonly [outer: number, rows: number, columns: number] {
  const [outer, rows, columns, ...more] = shape;
  if (outer !== undefined && rows !== undefined && columns !== undefined && more.length === 0) {
    return [outer, rows, columns];
  }
  throw new UserError(`${name} must have 3 dimensions, received shape [${shape.join(', ')}].`);
}

export interface MatmulShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** Of lhsT [K, M] and rhs [K, N]. @throws UserError when they do not fit. */
export function matmulShape(lhsT: Shaped, rhs: Shaped): MatmulShape {
  const [k, m] = matrixOf('lhsT', lhsT);
  const [rows, n] = matrixOf('rhs', rhs);
  if (rows === k) return { m, n, k };
  throw new UserError(`lhsT [K, M] and rhs [K, N] must have equal K, received ${k} and ${rows}.`);
}
