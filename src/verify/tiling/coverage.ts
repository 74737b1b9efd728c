/**
 * Does each (m, n, k) contribute exactly once? The edges of all passes cut the product into cells within which nothing
 * changes (coordinate compression); the passes over each cell are counted, a slab of rows at a time, by summing a
 * two-dimensional array of differences. The count is exact whatever the passes are.
 */
import { UserError } from '../../numerics';
import { outputTiles, type OutputTile } from './tiles';
import { areaKey, lengthOf, type Area, type Box, type Product, type Range, type TilePass } from './types';

/** A box of the product that does not contribute exactly once. */
export interface Gap extends Box {
  /** How many passes multiply it: 0, or 2 and more. */
  readonly times: number;
  /** Indices of those passes, at most `PASSES_NAMED`. */
  readonly passes: readonly number[];
}

/** Part of the output that passes of different tiles add to: each would store over the other. */
export interface Torn extends Area {
  readonly passes: readonly [number, number];
}

export const MARKS = ['right', 'missing', 'doubled', 'torn', 'wrong', 'unchecked'] as const;
export type Mark = (typeof MARKS)[number];

/** The output, cut where any tile begins or ends. */
export interface Grid {
  /** Where rows and columns of the grid begin, and where the last ends. */
  readonly m: readonly number[];
  readonly n: readonly number[];
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
  /** A mark for each cell of the grid, row by row; `right` as far as coverage goes. */
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
  const marks: Mark[] = [];
  for (const [row, slab] of slabs.entries()) {
    const rows: Range = [edges.m[row] ?? NaN, edges.m[row + 1] ?? NaN];
    const counts = countSlab(slab, inside, edges);
    marks.push(...finder.look(rows, counts, edges, slab, inside));
  }
  const torn = findTorn(marks, outputTiles(passes), product, edges);
  const { missing, doubled, gaps } = finder;
  return {
    right: missing === 0 && doubled === 0 && outside.length === 0 && torn === undefined,
    missing,
    doubled,
    gaps,
    outside,
    torn,
    grid: { m: edges.m, n: edges.n },
    marks,
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

/** Where anything begins or ends along one axis, ascending. */
function edgesOf(ranges: readonly (Range | undefined)[], extent: number): number[] {
  return [...new Set([0, extent, ...ranges.flatMap((range) => range ?? [])])].sort((x, y) => x - y);
}

/** Position of an edge. */
function placesOf(edges: readonly number[]): ReadonlyMap<number, number> {
  return new Map(edges.map((edge, index) => [edge, index]));
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

/** One more for each cell of a rectangle, as differences. */
function addRectangle(differences: Int32Array, pitch: number, rows: Range, columns: Range): void {
  for (const [row, sign] of [
    [rows[0], 1],
    [rows[1], -1],
  ] as const) {
    for (const [column, by] of [
      [columns[0], sign],
      [columns[1], -sign],
    ] as const) {
      differences[row * pitch + column] = (differences[row * pitch + column] ?? 0) + by;
    }
  }
}

/** Turns differences into the counts that they stand for, in place: each is the sum of all above and to the left. */
function summed(differences: Int32Array, pitch: number): Int32Array {
  for (let at = 0; at < differences.length; at++) {
    const left = at % pitch === 0 ? 0 : (differences[at - 1] ?? 0);
    const above = at < pitch ? 0 : (differences[at - pitch] ?? 0);
    const corner = at < pitch || at % pitch === 0 ? 0 : (differences[at - pitch - 1] ?? 0);
    differences[at] = (differences[at] ?? 0) + left + above - corner;
  }
  return differences;
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
        const [n1, k1] = grown(counts, seen, { column, depth: at, times }, columns, pitch);
        const n: Range = [edges.n[column] ?? NaN, edges.n[n1] ?? NaN];
        const k: Range = [edges.k[at] ?? NaN, edges.k[k1] ?? NaN];
        this.#note({ m, n, k, times }, slab, inside);
      }
      return mark;
    });
  }

  /** A gap that goes on from the slab above is one gap. */
  #note(gap: Omit<Gap, 'passes'>, slab: readonly number[], inside: Inside): void {
    const passes = slab.filter((index) => holds(inside[index], gap)).slice(0, PASSES_NAMED);
    const above = this.gaps.findIndex(
      (other) =>
        other.m[1] === gap.m[0] &&
        other.times === gap.times &&
        other.n.join() === gap.n.join() &&
        other.k.join() === gap.k.join() &&
        other.passes.join() === passes.join(),
    );
    const first = this.gaps[above];
    if (first === undefined) this.gaps.push({ ...gap, passes });
    else this.gaps[above] = { ...first, m: [first.m[0], gap.m[1]] };
  }
}

/** The largest box of equal counts from a cell on, first along K, then along N; its cells become seen. */
function grown(
  counts: Int32Array,
  seen: Uint8Array,
  from: { readonly column: number; readonly depth: number; readonly times: number },
  columns: number,
  pitch: number,
): readonly [n1: number, k1: number] {
  const alike = (column: number, depth: number): boolean =>
    counts[column * pitch + depth] === from.times && seen[column * pitch + depth] === 0;
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

/** The first cell of the output that two different tiles share; all of them get their mark, unless they have a worse one. */
function findTorn(
  marks: Mark[],
  tiles: readonly OutputTile[],
  product: Product,
  edges: Edges,
): Torn | undefined {
  const places = { m: placesOf(edges.m), n: placesOf(edges.n) };
  const pitch = edges.n.length;
  const differences = new Int32Array(edges.m.length * pitch);
  const parts = tiles.map((tile) => ({ ...tile, part: clipped({ ...tile, k: [0, product.k] }, product) }));
  for (const { part } of parts) {
    if (part !== undefined)
      addRectangle(differences, pitch, spanOf(part.m, places.m), spanOf(part.n, places.n));
  }
  const owners = summed(differences, pitch);
  let torn: Torn | undefined;
  for (let cell = 0; cell < marks.length; cell++) {
    const [row, column] = [Math.floor(cell / (pitch - 1)), cell % (pitch - 1)];
    if ((owners[row * pitch + column] ?? 0) < 2) continue;
    if (marks[cell] === 'right') marks[cell] = 'torn';
    if (torn !== undefined) continue;
    const m: Range = [edges.m[row] ?? NaN, edges.m[row + 1] ?? NaN];
    const n: Range = [edges.n[column] ?? NaN, edges.n[column + 1] ?? NaN];
    const [one, other] = parts.filter(
      ({ part }) =>
        part !== undefined &&
        part.m[0] <= m[0] &&
        m[1] <= part.m[1] &&
        part.n[0] <= n[0] &&
        n[1] <= part.n[1],
    );
    torn = { m, n, passes: [one?.passes[0] ?? NaN, other?.passes[0] ?? NaN] };
  }
  return torn;
}
