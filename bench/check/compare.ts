/** Codes expected against codes received: how many differ, how far, and where the first of them is. */
import type { Window } from '../../src/execute/matmul';
import type { MatmulPlan } from '../../src/lower';
import { bitsOf, codeArray, decode, ulpDistance, type CodeArray, type Dtype } from '../../src/numerics';

export interface Comparison {
  readonly compared: number;
  readonly mismatches: number;
  /** Largest distance of a mismatch in codes of the format; null when a NaN faces a number. 0 for +0 against -0. */
  readonly maxUlp: number | null;
  readonly firstWrong?: WrongElement;
}

export interface WrongElement {
  readonly m: number;
  readonly n: number;
  readonly expected: WrittenCode;
  readonly actual: WrittenCode;
}

/** A code in hexadecimal and the value it has, as text: JSON has no infinities, NaN or -0. */
export interface WrittenCode {
  readonly code: string;
  readonly value: string;
}

/** A tile of the output, counted in tiles from the top left, and its rectangle. */
export interface Tile {
  readonly row: number;
  readonly column: number;
  readonly window: Window;
}

/** Compares two row-major windows of the output code by code. */
export function compareCodes(
  dtype: Dtype,
  expected: CodeArray,
  actual: CodeArray,
  window: Window,
): Comparison {
  const width = window.n1 - window.n0;
  const compared = (window.m1 - window.m0) * width;
  if (expected.length !== compared || actual.length !== compared) {
    throw new Error(
      `Invariant violation: a window of ${compared} elements, but ${expected.length} expected and ${actual.length} received codes`,
    );
  }
  let mismatches = 0;
  let maxUlp = 0;
  let first: number | undefined;
  for (let i = 0; i < compared; i++) {
    const want = expected[i] ?? 0;
    const got = actual[i] ?? 0;
    if (want === got) continue;
    mismatches++;
    first ??= i;
    maxUlp = Math.max(maxUlp, ulpDistance(dtype, want, got));
  }
  const result = { compared, mismatches, maxUlp: Number.isFinite(maxUlp) ? maxUlp : null };
  if (first === undefined) return result;
  const firstWrong = {
    m: window.m0 + Math.floor(first / width),
    n: window.n0 + (first % width),
    expected: written(dtype, expected[first] ?? 0),
    actual: written(dtype, actual[first] ?? 0),
  };
  return { ...result, firstWrong };
}

/** Compares the codes of a window tile by tile. */
export function compareTiles(
  plan: MatmulPlan,
  window: Window,
  expected: CodeArray,
  actual: CodeArray,
): Comparison[] {
  return tileParts(plan, window).map((part) => {
    const [want, got] = [cut(plan.out, expected, window, part), cut(plan.out, actual, window, part)];
    return compareCodes(plan.out, want, got, part);
  });
}

/** The output tile that holds element (m, n). */
export function tileAt(
  { m, n, tile }: MatmulPlan,
  element: { readonly m: number; readonly n: number },
): Tile {
  const row = Math.floor(element.m / tile.m);
  const column = Math.floor(element.n / tile.n);
  const window = {
    m0: row * tile.m,
    m1: Math.min((row + 1) * tile.m, m),
    n0: column * tile.n,
    n1: Math.min((column + 1) * tile.n, n),
  };
  return { row, column, window };
}

/** The parts of a window that lie in one tile each, tile by tile in rows. */
function tileParts(plan: MatmulPlan, window: Window): Window[] {
  const parts: Window[] = [];
  for (let m0 = window.m0, m1; m0 < window.m1; m0 = m1) {
    m1 = Math.min(window.m1, tileAt(plan, { m: m0, n: 0 }).window.m1);
    for (let n0 = window.n0, n1; n0 < window.n1; n0 = n1) {
      n1 = Math.min(window.n1, tileAt(plan, { m: m0, n: n0 }).window.n1);
      parts.push({ m0, m1, n0, n1 });
    }
  }
  return parts;
}

/** The part of a row-major window `whole` that the window `part`, inside it, covers. */
export function cut(dtype: Dtype, codes: CodeArray, whole: Window, part: Window): CodeArray {
  const width = part.n1 - part.n0;
  const taken = codeArray(dtype, (part.m1 - part.m0) * width);
  for (let m = part.m0; m < part.m1; m++) {
    const start = (m - whole.m0) * (whole.n1 - whole.n0) + part.n0 - whole.n0;
    taken.set(codes.subarray(start, start + width), (m - part.m0) * width);
  }
  return taken;
}

/** A code as it is shown. */
export function written(dtype: Dtype, code: number): WrittenCode {
  const value = decode(dtype, code);
  return {
    code: `0x${code.toString(16).padStart(Math.ceil(bitsOf(dtype) / 4), '0')}`,
    value: Object.is(value, -0) ? '-0' : String(value),
  };
}
