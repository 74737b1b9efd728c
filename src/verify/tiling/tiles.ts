/** The tiles of the output: which passes each has, in order, and how they cut its K. */
import { areaKey, lengthOf, type Area, type TilePass } from './types';

export interface OutputTile extends Area {
  /** Indices of its passes, in the order in which they are issued. */
  readonly passes: readonly number[];
}

/** Tiles from the top left, row by row. */
export function outputTiles(passes: readonly TilePass[]): readonly OutputTile[] {
  const tiles = new Map<string, Area & { readonly passes: number[] }>();
  for (const [index, { m, n }] of passes.entries()) {
    const key = areaKey({ m, n });
    const tile = tiles.get(key);
    if (tile === undefined) tiles.set(key, { m, n, passes: [index] });
    else tile.passes.push(index);
  }
  return [...tiles.values()].sort((one, other) => one.m[0] - other.m[0] || one.n[0] - other.n[0]);
}

/** One pass along K, as a plan lists it (`Pass` of src/lower/matmul). */
export interface KPass {
  readonly k0: number;
  readonly rows: number;
  readonly interleave: 1 | 2;
  readonly group: number;
}

/**
 * The K partition of a tile and its order, where the tile is the plain loop of one: every k exactly once, in groups that
 * begin with a start and end with a stop. Groups, each in a bank of its own, add in the order in which they are copied out.
 * Undefined where it is not.
 */
export function orderOf(
  tile: OutputTile,
  passes: readonly TilePass[],
  k: number,
): readonly KPass[] | undefined {
  const order: KPass[] = [];
  const open = new Map<number, Omit<KPass, 'group'>[]>();
  let groups = 0;
  for (const index of tile.passes) {
    const pass = passes[index];
    if (pass === undefined || pass.start === open.has(pass.bank)) return undefined;
    const interleave = pass.doubleRow ? 2 : 1;
    const group = open.get(pass.bank) ?? [];
    group.push({ k0: pass.k[0], rows: lengthOf(pass.k) / interleave, interleave });
    open.set(pass.bank, group);
    if (!pass.stop) continue;
    for (const each of group) order.push({ ...each, group: groups });
    groups++;
    open.delete(pass.bank);
  }
  if (open.size > 0) return undefined;
  let next = 0;
  for (const { k0, rows, interleave } of [...order].sort((one, other) => one.k0 - other.k0)) {
    if (k0 !== next) return undefined;
    next += rows * interleave;
  }
  return next === k ? order : undefined;
}

export function sameOrder(one: readonly KPass[], other: readonly KPass[]): boolean {
  return (
    one.length === other.length &&
    one.every((pass, index) => {
      const twin = other[index];
      return (
        twin !== undefined &&
        pass.k0 === twin.k0 &&
        pass.rows === twin.rows &&
        pass.interleave === twin.interleave &&
        pass.group === twin.group
      );
    })
  );
}
