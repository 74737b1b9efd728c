/** Parts of the output that passes of different tiles add to: each tile would store its own sum over the others'. */
import { cellAt, countOver, type Grid } from './grid';
import type { OutputTile } from './tiles';
import { lengthOf, type Area } from './types';

export interface TornPart extends Area {
  /** The first pass of each of the tiles that share it, at most `PASSES_NAMED`. */
  readonly passes: readonly number[];
  /** How many tiles do. */
  readonly tiles: number;
}

export interface Torn {
  /** Elements of the output that more than one tile has. */
  readonly elements: number;
  /** From the top left, row by row: the first `PARTS_SHOWN`. */
  readonly parts: readonly TornPart[];
  /** Whether there are others. */
  readonly more: boolean;
}

const PARTS_SHOWN = 16;
const PASSES_NAMED = 4;

/** Tiles over each cell; where no cell has two, undefined. */
export function tornOf(
  tiles: readonly OutputTile[],
  grid: Grid,
): { readonly torn: Torn; readonly owners: Int32Array } | undefined {
  const owners = countOver(tiles, grid);
  if (!owners.some((count) => count > 1)) return undefined;
  const columns = grid.n.length - 1;
  const areaOf = (cell: number): Area => cellAt(grid, Math.floor(cell / columns), cell % columns);
  const seen = new Uint8Array(owners.length);
  const parts: TornPart[] = [];
  let [elements, more] = [0, false];
  for (const [cell, count] of owners.entries()) {
    if (count < 2) continue;
    const area = areaOf(cell);
    elements += lengthOf(area.m) * lengthOf(area.n);
    if (seen[cell] === 1) continue;
    if (parts.length === PARTS_SHOWN) {
      more = true;
      continue;
    }
    const sharers = tiles.filter((tile) => holds(tile, area));
    const [rows, width] = grown(cell, columns, owners.length / columns, (other) => {
      const place = areaOf(other);
      return seen[other] === 0 && owners[other] === count && sharers.every((tile) => holds(tile, place));
    });
    for (let row = 0; row < rows; row++) seen.fill(1, cell + row * columns, cell + row * columns + width);
    const last = areaOf(cell + (rows - 1) * columns + width - 1);
    parts.push({
      m: [area.m[0], last.m[1]],
      n: [area.n[0], last.n[1]],
      passes: sharers.slice(0, PASSES_NAMED).map(({ passes }) => passes[0] ?? NaN),
      tiles: count,
    });
  }
  return { torn: { elements, parts, more }, owners };
}

/** The largest rectangle of cells from one on that are alike, first along the row. */
function grown(
  cell: number,
  columns: number,
  rows: number,
  alike: (cell: number) => boolean,
): readonly [rows: number, columns: number] {
  const row = Math.floor(cell / columns);
  let width = 1;
  while ((cell % columns) + width < columns && alike(cell + width)) width++;
  let height = 1;
  const wholeRow = (below: number): boolean => {
    for (let column = 0; column < width; column++) if (!alike(cell + below * columns + column)) return false;
    return true;
  };
  while (row + height < rows && wholeRow(height)) height++;
  return [height, width];
}

function holds({ m, n }: Area, inner: Area): boolean {
  return m[0] <= inner.m[0] && inner.m[1] <= m[1] && n[0] <= inner.n[0] && inner.n[1] <= n[1];
}
