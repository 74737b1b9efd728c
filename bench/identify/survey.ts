/**
 * The first look at a product: C against the systolic order, element by element, and against the same product in float64; and the
 * outputs that tell hypotheses apart best, which are those whose exact value lies nearest to a point where its rounding changes.
 */
import { createWasmMatmul } from '../../src/execute/wasm';
import type { Window } from '../../src/execute/matmul';
import type { MatmulPlan } from '../../src/lower';
import { encodeArray, FORMATS, ulpDistance } from '../../src/numerics';
import { integersBelow, words } from '../check/draws';
import type { StoredDtype } from '../weights';
import type { Clock } from './clock';
import { chipDtype, equal, type Product } from './product';
import { distanceToTie, rounder } from './rounding';

export const TILE = { m: 128, n: 512 } as const;

export interface Element {
  readonly m: number;
  readonly n: number;
}

export interface Differing extends Element {
  readonly expected: number;
  readonly actual: number;
}

export interface Survey {
  readonly compared: number;
  readonly differing: number;
  /** In row-major order, of the elements compared. */
  readonly first: Differing | undefined;
  /** Largest distance from the systolic order in C's format; null for float64, and where a NaN faces a number. */
  readonly maxUlp: number | null;
  /** Elements that differ in each tile, by rows of tiles; null where the time did not last. */
  readonly tiles: readonly (number | null)[];
  /** Errors are NaN where every element is left out. */
  readonly float64: {
    readonly maxAbs: number;
    readonly at: Element | undefined;
    /** ||C - float64|| / ||float64||, Frobenius. */
    readonly relative: number;
    /** Elements left out of these because C or the product is not finite there. */
    readonly notFinite: number;
  };
  /** Some exact value is beyond the largest of an output format, or below its smallest normal one and not zero. */
  readonly overflow: boolean;
  readonly tinyOutputs: boolean;
  /** Outputs to try hypotheses on, the most telling first. */
  readonly sample: readonly Element[];
}

const KEPT = 64;
/** Steps of the float64 product between two looks at the clock. */
const PIECE = 2 ** 26;

/** Surveys tile by tile, in an order drawn at random, until all are done or the clock says stop. */
export async function survey(
  product: Product,
  plan: MatmulPlan,
  outputs: readonly StoredDtype[],
  clock: Clock,
): Promise<Survey> {
  const { m, n, k, a, b, c } = product;
  const wasm = await createWasmMatmul();
  const dtype = c.dtype;
  const output = chipDtype(dtype);
  const toOutput = rounder(dtype === 'float64' ? 'float64' : dtype);
  const operands = { a: bits(a.float32), b: bits(b.float32) };
  const float32Plan = { ...plan, a: 'float32', b: 'float32', out: 'float32', accumulate: false } as const;
  const narrow = outputs.map(chipDtype);
  const maxFinite = Math.min(...narrow.map((each) => FORMATS[each].maxFinite));
  const minNormal = Math.max(
    ...narrow.map((each) => (FORMATS[each].kind === 'integer' ? 0 : FORMATS[each].minNormal)),
  );
  const narrowest = narrow.at(-1) ?? output;
  const columnsOfTiles = Math.ceil(n / TILE.n);
  const tiles = new Array<number | null>(Math.ceil(m / TILE.m) * columnsOfTiles).fill(null);
  const found = {
    compared: 0,
    differing: 0,
    maxUlp: 0,
    maxAbs: 0,
    squares: 0,
    errors: 0,
    notFinite: 0,
    overflow: false,
    tinyOutputs: false,
  };
  let first: (Differing & { readonly index: number }) | undefined;
  let at: Element | undefined;
  const wrong = new Lowest();
  const near = new Lowest();
  const special = new Lowest();
  for (const window of shuffled(windowsOf(m, n, TILE))) {
    if (found.compared > 0 && clock.expired) break;
    const tile = Math.floor(window.m0 / TILE.m) * columnsOfTiles + Math.floor(window.n0 / TILE.n);
    let inTile = 0;
    for (const part of pieces(window, k)) {
      const width = part.n1 - part.n0;
      const float32 = new Float32Array(wasm(float32Plan, operands, { window: part }).buffer);
      const reference = Float64Array.from(float32, toOutput);
      const exact = float64Product(product, part);
      const codes = dtype === 'float64' ? undefined : encodeArray(output, Float32Array.from(reference));
      const given = Float64Array.from(
        { length: reference.length },
        (_, i) => c.values[(part.m0 + Math.floor(i / width)) * n + part.n0 + (i % width)] ?? NaN,
      );
      const actualCodes = codes && encodeArray(output, Float32Array.from(given));
      for (let i = 0; i < reference.length; i++) {
        const element = { m: part.m0 + Math.floor(i / width), n: part.n0 + (i % width) };
        const index = element.m * n + element.n;
        const [expected = NaN, actual = NaN, truth = NaN] = [reference[i], given[i], exact[i]];
        if (!equal(expected, actual)) {
          inTile++;
          found.differing++;
          if (first === undefined || index < first.index) first = { ...element, expected, actual, index };
          const ulps =
            codes && actualCodes ? ulpDistance(output, codes[i] ?? 0, actualCodes[i] ?? 0) : Infinity;
          found.maxUlp = Math.max(found.maxUlp, ulps);
          wrong.add(hash(index), element);
        }
        const size = Math.abs(truth);
        if (size > maxFinite || (size < minNormal && size > 0)) {
          if (size > maxFinite) found.overflow = true;
          else found.tinyOutputs = true;
          special.add(hash(index), element);
        }
        near.add(narrowest === 'float32' ? hash(index) : distanceToTie(narrowest, truth), element);
        const error = Math.abs(actual - truth);
        if (!Number.isFinite(error)) {
          found.notFinite++;
          continue;
        }
        if (error > found.maxAbs) {
          found.maxAbs = error;
          at = element;
        }
        found.squares += truth * truth;
        found.errors += error * error;
      }
      found.compared += reference.length;
      await clock.turn('comparing', found.compared / (m * n));
    }
    tiles[tile] = inTile;
  }
  const noneFinite = found.notFinite === found.compared;
  return {
    compared: found.compared,
    differing: found.differing,
    first: first && { m: first.m, n: first.n, expected: first.expected, actual: first.actual },
    maxUlp: Number.isFinite(found.maxUlp) ? found.maxUlp : null,
    tiles,
    float64: {
      maxAbs: noneFinite ? NaN : found.maxAbs,
      at,
      relative: noneFinite ? NaN : Math.sqrt(found.errors / (found.squares || 1)),
      notFinite: found.notFinite,
    },
    overflow: found.overflow,
    tinyOutputs: found.tinyOutputs,
    sample: merged(wrong, near, special),
  };
}

function bits({ buffer, byteOffset, length }: Float32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  return new Uint32Array(buffer, byteOffset, length);
}

/** The whole output in windows of at most `size`, row by row. */
export function windowsOf(m: number, n: number, size: { readonly m: number; readonly n: number }): Window[] {
  const windows: Window[] = [];
  for (let m0 = 0; m0 < m; m0 += size.m) {
    for (let n0 = 0; n0 < n; n0 += size.n)
      windows.push({ m0, m1: Math.min(m, m0 + size.m), n0, n1: Math.min(n, n0 + size.n) });
  }
  return windows;
}

/** The same in a seeded random order, so that those seen before the time is up stand for the rest. */
export function shuffled<T>(items: readonly T[]): T[] {
  const result: T[] = [];
  const next = words(1, 11);
  for (const [index, item] of items.entries()) {
    const at = integersBelow(index + 1, next)();
    const moved = result[at];
    if (moved === undefined) result.push(item);
    else {
      result.push(moved);
      result[at] = item;
    }
  }
  return result;
}

/** A window in strips of rows that take about `PIECE` steps each. */
function pieces({ m0, m1, n0, n1 }: Window, k: number): readonly Window[] {
  const height = Math.max(1, Math.floor(PIECE / k / (n1 - n0)));
  return Array.from({ length: Math.ceil((m1 - m0) / height) }, (_, each) => ({
    m0: m0 + each * height,
    m1: Math.min(m1, m0 + (each + 1) * height),
    n0,
    n1,
  }));
}

/** The window of A B in float64, row by row; the products of float32 values are exact. */
function float64Product({ a, b, n, k }: Product, { m0, m1, n0, n1 }: Window): Float64Array {
  const width = n1 - n0;
  const sums = new Float64Array((m1 - m0) * width);
  for (let m = m0; m < m1; m++) {
    const row = sums.subarray((m - m0) * width, (m - m0 + 1) * width);
    for (let each = 0; each < k; each++) {
      const x = a.values[m * k + each] ?? NaN;
      const start = each * n + n0;
      for (let column = 0; column < width; column++)
        row[column] = (row[column] ?? NaN) + x * (b.values[start + column] ?? NaN);
    }
  }
  return sums;
}

/** Keeps the elements of the lowest rank. */
class Lowest {
  private readonly kept: (Element & { readonly rank: number })[] = [];
  private limit = Infinity;

  add(rank: number, element: Element): void {
    if (rank >= this.limit) return;
    this.kept.push({ ...element, rank });
    if (this.kept.length < 2 * KEPT) return;
    this.limit = this.sorted()[KEPT - 1]?.rank ?? Infinity;
    this.kept.length = KEPT;
  }

  sorted(): readonly (Element & { readonly rank: number })[] {
    return this.kept.sort((x, y) => x.rank - y.rank);
  }
}

/** A number of 0 to 1 that looks random and is the same for the same element. */
function hash(index: number): number {
  let x = Math.imul(index + 1, 0x9e3779b1);
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  return ((x ^ (x >>> 13)) >>> 0) / 2 ** 32;
}

/** One of each list in turn, none twice. */
function merged(...lists: readonly Lowest[]): readonly Element[] {
  const sorted = lists.map((list) => list.sorted());
  const all = new Map<string, Element>();
  for (let each = 0; each < KEPT; each++) {
    for (const list of sorted) {
      const element = list[each];
      if (element) all.set(`${element.m} ${element.n}`, { m: element.m, n: element.n });
    }
  }
  return [...all.values()];
}
