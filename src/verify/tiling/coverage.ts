/**
 * Does each (m, n, k) contribute exactly once? The edges of all passes cut the product into cells within which nothing
 * changes (coordinate compression); the passes over each cell are counted, a slab of rows at a time, by summing a
 * two-dimensional array of differences. The count is exact whatever the passes are.
 */
import { UserError } from '../../numerics';
import { addRectangle, edgesOf, marked, placesOf, summed, type Grid, type Mark } from './grid';
import { outputTiles } from './tiles';
import { tornOf, type Torn } from './torn';
import { areaKey, lengthOf, type Box, type Product, type Range, type TilePass } from './types';

/** A box of the product that does not contribute exactly once. */
export interface Gap extends Box {
  /** How many passes multiply it: 0, or 2 and more. */
  readonly times: number;
  /** Indices of those passes, each over all of the box: the first `PASSES_NAMED`. */
  readonly passes: readonly number[];
}

export interface Coverage {
  readonly right: boolean;
  /** How many (m, n, k) no pass multiplies, and how many more than one does. */
  readonly missing: number;
  readonly doubled: number;
  /** From the top left, row by row: the first `GAPS_SHOWN`. */
  readonly gaps: readonly Gap[];
  /** Indices of passes that reach outside of the product. */
  readonly outside: readonly number[];
  readonly torn: Torn | undefined;
  readonly grid: Grid;
  /**
   * A mark for each cell of the grid, row by row; `right` as far as coverage goes. Of several faults it has the one that says
   * most of why: a pass that reaches outside, a product missing, one doubled, tiles torn.
   */
  readonly marks: readonly Mark[];
}

export const GAPS_SHOWN = 16;
const PASSES_NAMED = 4;
/** Cells, and passes in slabs, beyond which the count would take seconds. */
const MAX_CELLS = 2 ** 26;

/** @throws UserError where the edges of the passes cut the product into too many cells. */
export function coverageOf(passes: readonly TilePass[], product: Product): Coverage {
  const { m, n, k } = product;
  const inside = passes.map((pass) => clipped(pass, product));
  const outside = passes.flatMap((pass, index) => (sameBox(pass, inside[index]) ? [] : [index]));
  const edges = {
    m: edgesOf(
      inside.map((box) => box?.m),
      m,
    ),
    n: edgesOf(
      inside.map((box) => box?.n),
      n,
    ),
    k: edgesOf(
      inside.map((box) => box?.k),
      k,
    ),
  };
  const slabs = slabsOf(inside, edges.m);
  const columns = edges.n.length - 1;
  const depth = edges.k.length - 1;
  const cells = slabs.length * columns * depth;
  if (
    Math.max(
      cells,
      slabs.reduce((sum, slab) => sum + slab.length, 0),
    ) > MAX_CELLS
  ) {
    throw new UserError(
      `The edges of the tiles cut the product into ${cells} cells, more than the ${MAX_CELLS} that are counted: let tiles begin where others do, or check a smaller product.`,
    );
  }
  const finder = new GapFinder();
  const counted: Mark[] = [];
  for (const [row, slab] of slabs.entries()) {
    const rows: Range = [edges.m[row] ?? NaN, edges.m[row + 1] ?? NaN];
    const counts = countSlab(slab, inside, edges);
    counted.push(...finder.look(rows, counts, edges, slab, inside));
  }
  const grid: Grid = { m: edges.m, n: edges.n };
  const shared = tornOf(
    outputTiles(passes).filter(({ m: [row], n: [column] }) => row < m && column < n),
    grid,
  );
  const torn = shared?.torn;
  const outer = outside.flatMap((index) => passes[index] ?? []);
  const withTorn = counted.map((mark, cell) =>
    mark === 'right' && (shared?.owners[cell] ?? 0) > 1 ? 'torn' : mark,
  );
  const { missing, doubled, gaps } = finder;
  return {
    right: missing === 0 && doubled === 0 && outside.length === 0 && torn === undefined,
    missing,
    doubled,
    gaps,
    outside,
    torn,
    grid,
    marks: marked(withTorn, outer, grid, 'outside', ['right', 'torn', 'doubled', 'missing']),
  };
}

type Inside = readonly (Box | undefined)[];
interface Edges {
  readonly m: readonly number[];
  readonly n: readonly number[];
  readonly k: readonly number[];
}

/** The part of a pass that lies in the product. */
function clipped(pass: Box, product: Product): Box | undefined {
  const within = ([begin, end]: Range, extent: number): Range => [Math.max(begin, 0), Math.min(end, extent)];
  const box = { m: within(pass.m, product.m), n: within(pass.n, product.n), k: within(pass.k, product.k) };
  return lengthOf(box.m) > 0 && lengthOf(box.n) > 0 && lengthOf(box.k) > 0 ? box : undefined;
}

function sameBox(one: Box, other: Box | undefined): boolean {
  return (
    other !== undefined &&
    areaKey(one) === areaKey(other) &&
    one.k[0] === other.k[0] &&
    one.k[1] === other.k[1]
  );
}

/** Indices of the passes over each slab of rows. */
function slabsOf(inside: Inside, edges: readonly number[]): number[][] {
  const place = placesOf(edges);
  const slabs = Array.from({ length: edges.length - 1 }, () => new Array<number>());
  for (const [index, box] of inside.entries()) {
    if (box === undefined) continue;
    const end = place.get(box.m[1]) ?? 0;
    for (let slab = place.get(box.m[0]) ?? 0; slab < end; slab++) slabs[slab]?.push(index);
  }
  return slabs;
}

/** Passes over each cell (n, k) of a slab, [columns, depth]. */
function countSlab(slab: readonly number[], inside: Inside, edges: Edges): Int32Array {
  const [places, depths] = [placesOf(edges.n), placesOf(edges.k)];
  const pitch = edges.k.length; // one more than cells, for the differences that end an extent
  const differences = new Int32Array(edges.n.length * pitch);
  for (const index of slab) {
    const box = inside[index];
    if (box === undefined) continue;
    addRectangle(differences, pitch, spanOf(box.n, places), spanOf(box.k, depths));
  }
  return summed(differences, pitch);
}

/** A range of an axis as positions of its edges. */
function spanOf([begin, end]: Range, places: ReadonlyMap<number, number>): Range {
  return [places.get(begin) ?? 0, places.get(end) ?? 0];
}

/** Gathers the boxes that do not contribute once, slab by slab. */
class GapFinder {
  missing = 0;
  doubled = 0;
  readonly gaps: Gap[] = [];

  /** Marks of one slab's cells. */
  look(m: Range, counts: Int32Array, edges: Edges, slab: readonly number[], inside: Inside): readonly Mark[] {
    const [columns, depth] = [edges.n.length - 1, edges.k.length - 1];
    const pitch = depth + 1;
    const size = (axis: 'n' | 'k', at: number): number =>
      (edges[axis][at + 1] ?? NaN) - (edges[axis][at] ?? NaN);
    const seen = new Uint8Array(counts.length);
    return Array.from({ length: columns }, (_, column): Mark => {
      let mark: Mark = 'right';
      for (let at = 0; at < depth; at++) {
        const times = counts[column * pitch + at] ?? 0;
        if (times === 1) continue;
        const volume = lengthOf(m) * size('n', column) * size('k', at);
        if (times === 0) this.missing += volume;
        else this.doubled += volume;
        if (mark !== 'missing') mark = times === 0 ? 'missing' : 'doubled';
        if (seen[column * pitch + at] === 1 || this.gaps.length >= GAPS_SHOWN) continue;
        const cellOf = (row: number, depthAt: number): Pick<Box, 'n' | 'k'> => ({
          n: [edges.n[row] ?? NaN, edges.n[row + 1] ?? NaN],
          k: [edges.k[depthAt] ?? NaN, edges.k[depthAt + 1] ?? NaN],
        });
        const cell = cellOf(column, at);
        const passes = times === 0 ? [] : firstOver(slab, inside, cell);
        const from = {
          column,
          depth: at,
          alike: (row: number, depthAt: number): boolean =>
            counts[row * pitch + depthAt] === times &&
            seen[row * pitch + depthAt] === 0 &&
            passes.every((index) => holds(inside[index], cellOf(row, depthAt))),
        };
        const [n1, k1] = grown(seen, from, columns, pitch);
        const n: Range = [cell.n[0], edges.n[n1] ?? NaN];
        const k: Range = [cell.k[0], edges.k[k1] ?? NaN];
        this.#note({ m, n, k, times, passes });
      }
      return mark;
    });
  }

  /** A gap that goes on from the slab above is one gap. */
  #note(gap: Gap): void {
    const above = this.gaps.findIndex(
      (other) =>
        other.m[1] === gap.m[0] &&
        other.times === gap.times &&
        other.n.join() === gap.n.join() &&
        other.k.join() === gap.k.join() &&
        other.passes.join() === gap.passes.join(),
    );
    const first = this.gaps[above];
    if (first === undefined) this.gaps.push(gap);
    else this.gaps[above] = { ...first, m: [first.m[0], gap.m[1]] };
  }
}

/** The first passes of a slab over a cell. */
function firstOver(slab: readonly number[], inside: Inside, cell: Pick<Box, 'n' | 'k'>): readonly number[] {
  const over: number[] = [];
  for (const index of slab) if (holds(inside[index], cell) && over.push(index) === PASSES_NAMED) break;
  return over;
}

/** The largest box of cells that are alike from one on, first along K, then along N; its cells become seen. */
function grown(
  seen: Uint8Array,
  from: {
    readonly column: number;
    readonly depth: number;
    readonly alike: (column: number, depth: number) => boolean;
  },
  columns: number,
  pitch: number,
): readonly [n1: number, k1: number] {
  const { alike } = from;
  let k1 = from.depth + 1;
  while (k1 < pitch - 1 && alike(from.column, k1)) k1++;
  let n1 = from.column + 1;
  const wholeColumn = (column: number): boolean => {
    for (let depth = from.depth; depth < k1; depth++) if (!alike(column, depth)) return false;
    return true;
  };
  while (n1 < columns && wholeColumn(n1)) n1++;
  for (let column = from.column; column < n1; column++)
    seen.fill(1, column * pitch + from.depth, column * pitch + k1);
  return [n1, k1];
}

function holds(box: Box | undefined, { n, k }: Pick<Box, 'n' | 'k'>): boolean {
  return box !== undefined && box.n[0] <= n[0] && n[1] <= box.n[1] && box.k[0] <= k[0] && k[1] <= box.k[1];
}
