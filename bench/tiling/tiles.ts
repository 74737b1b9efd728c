/** Tiles of the output against what they must be: which are compared, and how each compares. */
import type { MatmulOperands } from '../../src/execute/matmul';
import { withOrder, type MatmulPlan, type Tiled } from '../../src/lower';
import type { CodeArray, Dtype } from '../../src/numerics';
import {
  areaKey,
  lengthOf,
  orderOf,
  outputTiles,
  sameOrder,
  type Area,
  type Coverage,
  type KPass,
  type OutputTile,
  type Product,
  type TilePass,
} from '../../src/verify/tiling';
import { written } from '../check';
import { integersBelow, words } from '../check/draws';
import type { MatmulReference } from '../tools';
import { Regions } from './regions';
import type { Stored } from './run-program';
import type { WrongElement } from './verdict';

/** A tile with the order in which it adds; undefined where its passes are no partition of K. */
export interface OrderedTile extends OutputTile {
  readonly order: readonly KPass[] | undefined;
}

/** The tiles that lie in the output, from the top left row by row. */
export function orderedTiles({ passes, product }: Tiled): readonly OrderedTile[] {
  const { m, n, k } = product;
  return outputTiles(passes)
    .filter((tile) => tile.m[1] <= m && tile.n[1] <= n)
    .map((tile) => ({ ...tile, order: orderOf(tile, passes, k) }));
}

/** Where no pass adds anything: tiles of no passes. */
export function bareTiles({ gaps }: Coverage, { k }: Product): readonly OrderedTile[] {
  return gaps
    .filter((gap) => gap.times === 0 && lengthOf(gap.k) === k)
    .map(({ m, n }) => ({ m, n, passes: [], order: undefined }));
}

/** The order of all tiles, or two tiles that differ. */
export function commonOrder(
  tiles: readonly OrderedTile[],
):
  | { readonly order: readonly KPass[] }
  | { readonly differ: readonly [OrderedTile, OrderedTile] }
  | undefined {
  const [first] = tiles;
  if (first?.order === undefined) return undefined;
  const { order } = first;
  for (const tile of tiles) {
    if (tile.order === undefined) return undefined;
    if (!sameOrder(order, tile.order)) return { differ: [first, tile] };
  }
  return { order };
}

/** Multiply-adds of the passes of a tile. */
export function workOf(tile: OutputTile, passes: readonly TilePass[]): number {
  return tile.passes.reduce((sum, index) => {
    const k = passes[index]?.k;
    return sum + lengthOf(tile.m) * lengthOf(tile.n) * (k === undefined ? 0 : lengthOf(k));
  }, 0);
}

/**
 * The first suspect, the last tile, which is ragged where any is, and while the budget of multiply-adds lasts the other corners
 * and tiles at random. From the top left row by row.
 */
export function chooseTiles(
  tiles: readonly OrderedTile[],
  passes: readonly TilePass[],
  suspects: ReadonlySet<string>,
  budget: number,
  seed: number,
): readonly OrderedTile[] {
  const corners = [
    tiles.findIndex((tile) => suspects.has(areaKey(tile))),
    tiles.length - 1,
    0,
    tiles.findLastIndex((tile) => tile.m[0] === tiles[0]?.m[0]),
    tiles.findIndex((tile) => tile.m[0] === tiles.at(-1)?.m[0]),
  ].filter((index) => index >= 0);
  const draw = integersBelow(tiles.length, words(seed, 8));
  const next = (): number => {
    let index = corners.shift() ?? draw();
    while (chosen.has(index)) index = (index + 1) % tiles.length;
    return index;
  };
  const chosen = new Set<number>();
  let remaining = budget;
  while (chosen.size < tiles.length) {
    const index = next();
    const tile = tiles[index];
    if (tile === undefined) break;
    remaining -= workOf(tile, passes);
    if (remaining < 0 && chosen.size >= LEAST_TILES) break;
    chosen.add(index);
  }
  return tiles.filter((_, index) => chosen.has(index));
}
const LEAST_TILES = 2;

/** What a tile must be on random operands: in its own order or, where it has none, in the canonical one. */
export function expectedOf(
  tile: OrderedTile,
  canonical: MatmulPlan,
  operands: MatmulOperands,
  reference: MatmulReference,
): CodeArray {
  const plan = tile.order === undefined ? canonical : withOrder(canonical, tile.order);
  return reference(plan, operands, { window: windowOf(tile) });
}

export function windowOf({ m, n }: Area) {
  return { m0: m[0], m1: m[1], n0: n[0], n1: n[1] };
}

export interface TileComparison {
  readonly mismatches: number;
  readonly first: WrongElement | undefined;
  /** Where all of them are. */
  readonly regions: readonly Area[];
}

/** What a tile was on one kind of operands. */
export interface Outcome {
  readonly tile: OrderedTile;
  readonly operands: 'small-integer' | 'random';
  readonly comparison: TileComparison;
}

/** A tile's expected codes, row-major, against what is stored in the output [M, N]. */
export function compareTile(
  dtype: Dtype,
  { m, n }: Area,
  width: number,
  expected: CodeArray,
  stored: Stored,
): TileComparison {
  let mismatches = 0;
  let first: WrongElement | undefined;
  const regions = new Regions();
  let index = 0;
  for (let row = m[0]; row < m[1]; row++) {
    for (let column = n[0]; column < n[1]; column++) {
      const want = expected[index++] ?? 0;
      const at = row * width + column;
      const there = stored.written[at] === 1;
      const got = stored.codes[at] ?? 0;
      if (there && got === want) continue;
      mismatches++;
      regions.add(column);
      first ??= {
        m: row,
        n: column,
        expected: written(dtype, want),
        received: there ? written(dtype, got) : null,
      };
    }
    if (mismatches > 0) regions.endRow(row);
  }
  return { mismatches, first, regions: regions.areas };
}
