/**
 * values[r, :] = the k largest elements of x[r, :], descending; indices[r, :] = where they are. Equal elements come by ascending index,
 * and zeros of either sign are equal, and may come out with either.
 *
 * Rounds of eight: max8 takes the largest, nc_find_index8 finds them, and nc_match_replace8 replaces them by -infinity in place for
 * the next round. Both searches take the first elements that are equal, so that what is replaced is what was found.
 *
 * NaN equals nothing, so that it would stay the largest in every round, and -infinity is what was taken: x has neither.
 */
import { CHIP_NAMES } from '../chip';
import { kernel, type Kernel } from '../kernel';
import { UserError } from '../numerics';
import { exact } from './approx';
import { libraryKernel, type Expected, type ReferenceInput } from './entry';
import { loaded } from './inputs';
import { collected } from './products';
import { matrixOf, sizeOf, tilesOf } from './shapes';

const PARTITIONS = 128;
const EIGHT = 8;

const topK = (k: number): Kernel<'x'> =>
  kernel('top_k', ['x'], (nc, { x }) => {
    const [rows, columns] = matrixOf('x', x);
    requireColumns(k, columns);
    const values = nc.hbm('values', [rows, k], x.dtype);
    const indices = nc.hbm('indices', [rows, k], 'uint32');
    const rounds = tilesOf(k, EIGHT);
    for (const tile of tilesOf(rows, PARTITIONS)) {
      const left = loaded(nc, x.slice(tile));
      const largest = nc.sbuf([sizeOf(tile), rounds.length * EIGHT], x.dtype);
      const places = nc.sbuf(largest.shape, 'uint32');
      for (const [index, [start]] of rounds.entries()) {
        const round = [start, start + EIGHT] as const;
        const eight = largest.slice('all', round);
        nc.max8(eight, { src: left });
        nc.nc_find_index8(places.slice('all', round), { data: left, vals: eight });
        if (index + 1 < rounds.length)
          nc.nc_match_replace8(left, { data: left, vals: eight, imm: -Infinity });
      }
      nc.dma_copy(values.slice(tile), { src: largest.slice('all', [0, k]) });
      nc.dma_copy(indices.slice(tile), { src: places.slice('all', [0, k]) });
    }
  });

/** @throws UserError where a row has fewer than k elements, or than the engine searches. */
function requireColumns(k: number, columns: number): void {
  if (columns >= Math.max(k, EIGHT)) return;
  throw new UserError(
    `x must have at least ${Math.max(k, EIGHT)} columns for k = ${k}, received ${columns}: rounds take ${EIGHT}.`,
  );
}

export const topKEntry = libraryKernel({
  name: 'top_k',
  summary: 'the k largest elements of each row of x, and where they are',
  doc: 'docs/kernels.md#top_k',
  chips: CHIP_NAMES,
  dtypes: ['float32', 'bfloat16', 'float16'],
  sizes: {
    rows: { summary: 'rows of x', of: 'inputs', default: 128, least: 1, most: 8192 },
    columns: { summary: 'columns of x', of: 'inputs', default: 1024, least: 8, most: 16384 },
    k: { summary: 'elements that are taken of each row', of: 'kernel', default: 16, least: 1, most: 256 },
  },
  kernel: ({ k }) => topK(k),
  // Whole numbers, so that there are equal ones.
  inputs: ({ rows, columns }, dtype) => ({
    x: { shape: [rows, columns], dtype, distribution: { kind: 'integers', low: 0, high: 255 } },
  }),
  expected: ({ x }, { k }) => largestOf(x, k),
});

/** Nothing is rounded: what comes out is what went in. */
function largestOf(x: ReferenceInput, k: number): Record<'values' | 'indices', Expected> {
  const [rows, columns] = matrixOf('x', x);
  const orders = Array.from({ length: rows }, (_, row) => {
    const values = x.values.subarray(row * columns, (row + 1) * columns);
    const order = Array.from(values.keys());
    // Sorting is stable: equal elements keep the order of their indices.
    return order.sort((left, right) => (values[right] ?? NaN) - (values[left] ?? NaN)).slice(0, k);
  });
  const taken = (index: number): number => orders[Math.floor(index / k)]?.[index % k] ?? NaN;
  return {
    values: collected(rows * k, (index) =>
      exact(x.values[Math.floor(index / k) * columns + taken(index)] ?? NaN),
    ),
    indices: collected(rows * k, (index) => exact(taken(index))),
  };
}
