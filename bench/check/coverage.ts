/** How much of a result each check covers: all of it where that is cheap enough, else a seeded sample of whole tiles. */
import type { Window } from '../../src/execute/matmul';
import type { MatmulPlan } from '../../src/lower';
import { integersBelow, words } from './draws';

export type Coverage = 'full' | 'freivalds+tiles' | 'tiles';

/** Floating-point operations (two to a product) that a check may recompute before it samples. */
export interface CheckBudgets {
  /** By the oracle of small integers, one output element after the other. */
  readonly integer: number;
  /** By the CPU checker. */
  readonly random: number;
}

/** Up to a second each on one core. */
export const DEFAULT_BUDGETS: CheckBudgets = { integer: 2 ** 30, random: 2 ** 34 };

export interface CheckPlan {
  readonly integer: Scope;
  readonly random: Scope;
}

export interface Scope {
  readonly coverage: Coverage;
  /** What is recomputed and compared code by code. Windows do not overlap. */
  readonly windows: readonly Window[];
  readonly elementsCompared: number;
  readonly flops: number;
}

/** Extent that windows of a full check reach at most, in whole tiles: large products are more efficient to recompute. */
const WINDOW = 1024;
/** Operations of the CPU checker in the time of one of the small-integer oracle. */
const INTEGER_COST = 16;

/**
 * Full where the budget admits it. Beyond it, the random check takes a sample of tiles, and so does the small-integer
 * check, except for float32 outputs: there Freivalds' check sees every element, and the tiles are those that the budget
 * admits, one at least.
 */
export function checkPlanFor(plan: MatmulPlan, seed: number, budgets = DEFAULT_BUDGETS): CheckPlan {
  const scope = (budget: number, beyond: Coverage): Scope => {
    const full = flopsOf(plan, [{ m0: 0, m1: plan.m, n0: 0, n1: plan.n }]) <= budget;
    const windows = full ? largeWindows(plan) : sampleTiles(plan, seed, budget);
    while (beyond === 'freivalds+tiles' && windows.length > 1 && flopsOf(plan, windows) > budget)
      windows.pop();
    const elementsCompared = areaOf(windows);
    const coverage = elementsCompared === plan.m * plan.n ? 'full' : beyond;
    return { coverage, windows, elementsCompared, flops: flopsOf(plan, windows) };
  };
  return {
    integer: scope(budgets.integer, plan.out === 'float32' ? 'freivalds+tiles' : 'tiles'),
    random: scope(budgets.random, 'tiles'),
  };
}

/** What the checks of a plan cost, in floating-point operations of the CPU checker. */
export function checkedFlops(plan: MatmulPlan, budgets = DEFAULT_BUDGETS): number {
  const { integer, random } = checkPlanFor(plan, 0, budgets);
  return INTEGER_COST * integer.flops + random.flops;
}

/**
 * Whole output tiles without repetition: the four corners first, where ragged edges are, whatever they cost; then tiles
 * at random while the budget (two operations to a product) lasts.
 */
export function sampleTiles(plan: MatmulPlan, seed: number, budgetFlops: number): Window[] {
  const { m, n, tile } = plan;
  const rows = Math.ceil(m / tile.m);
  const columns = Math.ceil(n / tile.n);
  const last = rows * columns - 1;
  const chosen = new Set([last, 0, columns - 1, last - columns + 1]);
  const windowOf = (index: number): Window => {
    const m0 = Math.floor(index / columns) * tile.m;
    const n0 = (index % columns) * tile.n;
    return { m0, m1: Math.min(m0 + tile.m, m), n0, n1: Math.min(n0 + tile.n, n) };
  };
  const windows = [...chosen].map(windowOf);
  let left = budgetFlops - flopsOf(plan, windows);
  const draw = integersBelow(rows * columns, words(seed, 7));
  while (chosen.size < rows * columns) {
    let index = draw();
    while (chosen.has(index)) index = (index + 1) % (rows * columns);
    const window = windowOf(index);
    left -= flopsOf(plan, [window]);
    if (left < 0) break;
    chosen.add(index);
    windows.push(window);
  }
  return windows;
}

/** The whole output in windows of whole tiles, row by row. */
function largeWindows({ m, n, tile }: MatmulPlan): Window[] {
  const step = (extent: number): number => extent * Math.max(1, Math.floor(WINDOW / extent));
  const windows: Window[] = [];
  for (let m0 = 0; m0 < m; m0 += step(tile.m)) {
    for (let n0 = 0; n0 < n; n0 += step(tile.n)) {
      windows.push({ m0, m1: Math.min(m0 + step(tile.m), m), n0, n1: Math.min(n0 + step(tile.n), n) });
    }
  }
  return windows;
}

function areaOf(windows: readonly Window[]): number {
  return windows.reduce((sum, { m0, m1, n0, n1 }) => sum + (m1 - m0) * (n1 - n0), 0);
}

function flopsOf({ k }: MatmulPlan, windows: readonly Window[]): number {
  return 2 * k * areaOf(windows);
}
