/**
 * The verdict on a tiling. First what can be said without running it; then its Program on the reference executor, on small
 * integers, where every order is exact, and on random operands, where the order shows; then its order on the WebGPU adapter.
 * It stands above the executors, so it is no part of src/verify, which judges and does not run.
 */
import type { MatmulOperands } from '../../src/execute/matmul';
import type { Tiled } from '../../src/lower';
import type { StraightProgram } from '../../src/program';
import {
  areaKey,
  cellsAround,
  sameOrder,
  type Area,
  type Mark,
  type Range,
  type TilePass,
} from '../../src/verify/tiling';
import { exactIntegerProduct, randomOperands, smallIntegerOperands } from '../check';
import type { MatmulReference } from '../tools';
import { leftOut, onAdapter, type Adapter, type OnAdapter } from './adapter';
import { firstWrongTile } from './first-wrong';
import { count, counted, pureChecks, verifierCheck, type PureChecks } from './pure-checks';
import { slicedProgram, wholeProgram, type Runnable, type Stored } from './run-program';
import {
  bareTiles,
  chooseTiles,
  commonOrder,
  compareTile,
  expectedOf,
  orderedTiles,
  windowOf,
  workOf,
  type OrderedTile,
  type Outcome,
} from './tiles';
import type { Canonical, JudgeProgress, TilingCheck, TilingVerdict } from './verdict';

export interface JudgeRequest {
  readonly tiled: Tiled;
  readonly seed: number;
  /** The CPU checker, or the reference loop. */
  readonly reference: MatmulReference;
  /** Opens the adapter, if it comes to that; or why there is none. */
  readonly adapter: () => Promise<Adapter | { readonly leftOut: string }>;
  /** Multiply-adds that the reference executor does, beyond which it does only a sample of the tiles. */
  readonly budget?: number;
  readonly onProgress?: (progress: JudgeProgress) => void;
  /** Told of each check as it is done. */
  readonly onChecked?: (checks: readonly TilingCheck[]) => void;
  readonly signal?: AbortSignal;
}

/** A few seconds for each of the two pairs of operands: 1024 x 1024 x 1024 is run whole. */
const BUDGET = 2 ** 30;

/** @throws UserError for a tiling that cannot be judged, or the signal's reason. */
export async function judgeTiling(request: JudgeRequest): Promise<TilingVerdict> {
  const { tiled, seed } = request;
  const { product, passes } = tiled;
  await stage(request, 'covering');
  const pure = pureChecks(tiled);
  request.onChecked?.(pure.checks);
  const tiles = orderedTiles(tiled);
  const ran = pure.program && (await runBoth(request, pure.program, pure, tiles));
  const checks = [...pure.checks, ...(ran?.checks ?? notRun())];
  const wrongSoFar = checks.some(({ state }) => state === 'wrong');
  const adapter = await lastOf(request, tiles, wrongSoFar);
  const all = [...checks, adapter.check];
  const marks = marksOf(pure, ran?.outcomes ?? []);
  const { missing, doubled, gaps, outside, torn = null } = pure.coverage;
  const { opened, found, problems } = pure.groups;
  return {
    right: all.every(({ state }) => state !== 'wrong'),
    given: tiled.given,
    ...{
      product,
      accumulate: tiled.canonical.accumulate,
      seed,
      passes: passes.length,
      instructions: pure.program?.instructions.length ?? null,
    },
    checks: all,
    coverage: { missing, doubled, gaps, outside, torn },
    memory: { sbuf: pure.memory.sbuf, psum: pure.memory.psum },
    groups: { opened, found, problems },
    canonical: ran?.canonical ?? notCanonical(tiled, tiles, 'nothing was run'),
    grid: { of: cellsAre(pure, passes), ...pure.coverage.grid, marks },
    firstWrong: firstWrongTile({ tiled, pure, marks, outcomes: ran?.outcomes ?? [], report: adapter.report }),
  };
}

/** Lets the host breathe, and stops where that is wished. */
async function stage({ onProgress, signal }: JudgeRequest, name: JudgeProgress['stage']): Promise<void> {
  onProgress?.({ stage: name, share: 0 });
  await new Promise((resolve) => setTimeout(resolve));
  signal?.throwIfAborted();
}

interface Ran {
  readonly checks: readonly TilingCheck[];
  readonly outcomes: readonly Outcome[];
  readonly canonical: Canonical;
}

function notRun(): readonly TilingCheck[] {
  const text = 'the tiling cannot be made a Program, see above';
  return [
    { name: 'verifier', state: 'left-out', text, details: [], more: 0 },
    { name: 'integers', state: 'left-out', text, details: [], more: 0 },
    { name: 'order', state: 'left-out', text, details: [], more: 0 },
  ];
}

async function runBoth(
  request: JudgeRequest,
  program: StraightProgram,
  pure: PureChecks,
  tiles: readonly OrderedTile[],
): Promise<Ran> {
  const { tiled, seed, reference, budget = BUDGET } = request;
  const { product, passes, canonical } = tiled;
  const work = tiles.reduce((sum, tile) => sum + workOf(tile, passes), 0);
  const suspects = new Set(pure.groups.problems.map(areaKey));
  const sample = work <= budget ? tiles : chooseTiles(tiles, passes, suspects, budget, seed);
  const chosen = [...sample, ...bareTiles(pure.coverage, product)];
  const runnable =
    sample.length === tiles.length ? wholeProgram(program, product) : slicedProgram(program, product, chosen);
  const sampled =
    sample.length === tiles.length
      ? ''
      : ` of ${count(sample.length)} of ${count(tiles.length)} tiles, the ${count(runnable.instructions)} of ${count(program.instructions.length)} instructions that they depend on`;

  const compared = chosen.reduce((sum, { m, n }) => sum + (m[1] - m[0]) * (n[1] - n[0]), 0);
  const elements = `${counted(compared, 'element')}${pure.coverage.torn ? ', those shared by tiles counted for each' : ''}`;

  await stage(request, 'verifying');
  const verifier = verifierCheck(program);
  request.onChecked?.([verifier]);

  const integers = smallIntegerOperands(canonical, seed);
  const exact = await run(request, 'integers', runnable, integers);
  const exactly = chosen.map((tile): Outcome => {
    const expected = exactIntegerProduct(canonical, integers, windowOf(tile));
    return outcome(tile, 'small-integer', product, expected, exact);
  });

  const integersCheck = resultCheck('integers', 'the exact product', sampled, elements, exactly, exact);
  request.onChecked?.([integersCheck]);

  const random = randomOperands(canonical, seed);
  const stored = await run(request, 'random', runnable, random);
  let differing = 0;
  const inOrder = chosen.map((tile): Outcome => {
    const expected = expectedOf(tile, canonical, random, reference);
    if (tile.order === undefined || !sameOrder(tile.order, canonical.passes)) {
      const chips = reference(canonical, random, { window: windowOf(tile) });
      differing += compareTile(product.out, tile, product.n, chips, stored).mismatches;
    } else {
      differing += compareTile(product.out, tile, product.n, expected, stored).mismatches;
    }
    return outcome(tile, 'random', product, expected, stored);
  });
  return {
    checks: [
      verifier,
      integersCheck,
      resultCheck(
        'order',
        'the plain loop of the tiling’s own K partition and order',
        sampled,
        elements,
        inOrder,
        stored,
      ),
    ],
    outcomes: [...exactly, ...inOrder],
    canonical: inOrder.some(({ comparison }) => comparison.mismatches > 0)
      ? notCanonical(tiled, tiles, 'the result is wrong')
      : canonicalText(tiled, tiles, differing, compared),
  };
}

async function run(
  request: JudgeRequest,
  name: 'integers' | 'random',
  runnable: Runnable,
  operands: MatmulOperands,
): Promise<Stored> {
  await stage(request, name);
  const { onProgress, signal } = request;
  return runnable.run(operands, {
    onShare: (share) => onProgress?.({ stage: name, share }),
    signal,
  });
}

function outcome(
  tile: OrderedTile,
  operands: Outcome['operands'],
  { n, out }: Tiled['product'],
  expected: ReturnType<MatmulReference>,
  stored: Stored,
): Outcome {
  return { tile, operands, comparison: compareTile(out, tile, n, expected, stored) };
}

function resultCheck(
  name: 'integers' | 'order',
  what: string,
  sampled: string,
  elements: string,
  outcomes: readonly Outcome[],
  { problem }: Stored,
): TilingCheck {
  const wrong = outcomes.filter(({ comparison }) => comparison.mismatches > 0);
  const mismatches = wrong.reduce((sum, { comparison }) => sum + comparison.mismatches, 0);
  const right = mismatches === 0 && problem === undefined;
  return {
    name,
    state: right ? 'right' : 'wrong',
    text: right
      ? `the Program${sampled} equals ${what} in all ${elements} compared`
      : `the Program${sampled} differs from ${what} in ${count(mismatches)} of ${elements}, in ${count(wrong.length)} of ${counted(outcomes.length, 'tile')}`,
    details: problem === undefined ? [] : [`it stopped: ${problem}`],
    more: 0,
  };
}

function canonicalText(
  { canonical }: Tiled,
  tiles: readonly OrderedTile[],
  differing: number,
  compared: number,
): Canonical {
  const sameOrderEverywhere = isCanonical(canonical.passes, tiles);
  const text = sameOrderEverywhere
    ? 'It adds in the canonical order, 128 rows of K to a pass and one group: its bits are the canonical ones on any operands.'
    : differing === 0
      ? `It adds in an order of its own; on these random operands the result has the canonical 128-row bits all the same, in all ${count(compared)} elements compared.`
      : `Not the canonical 128-row bits: it adds in an order of its own, and ${count(differing)} of ${count(compared)} elements differ on these random operands. That is no fault.`;
  return { sameOrder: sameOrderEverywhere, differing, compared, text };
}

function notCanonical({ canonical }: Tiled, tiles: readonly OrderedTile[], why: string): Canonical {
  return {
    sameOrder: isCanonical(canonical.passes, tiles),
    differing: null,
    compared: 0,
    text: `Not compared with the canonical 128-row bits: ${why}.`,
  };
}

function isCanonical(passes: Tiled['canonical']['passes'], tiles: readonly OrderedTile[]): boolean {
  const common = commonOrder(tiles);
  return common !== undefined && 'order' in common && sameOrder(common.order, passes);
}

/** The adapter is asked only about what is right so far. */
async function lastOf(
  request: JudgeRequest,
  tiles: readonly OrderedTile[],
  wrongSoFar: boolean,
): Promise<OnAdapter> {
  if (wrongSoFar) return leftOut('the tiling is wrong already');
  const { tiled, reference, seed, onProgress, signal } = request;
  const adapter = await request.adapter();
  if ('leftOut' in adapter) return leftOut(adapter.leftOut);
  await stage(request, 'adapter');
  return onAdapter(tiled, tiles, adapter, reference, {
    seed,
    onShare: (share) => onProgress?.({ stage: 'adapter', share }),
    signal,
  });
}

/** Whether the grid's cells are the tiles, none of which is cut by the edges of others or reaches outside. */
function cellsAre({ coverage: { grid } }: PureChecks, passes: readonly TilePass[]): 'tiles' | 'parts' {
  const isCell = ([begin, end]: Range, edges: readonly number[]): boolean => {
    const [first, last] = cellsAround([begin, end], edges);
    return edges[first] === begin && edges[last] === end && last === first + 1;
  };
  return passes.every(({ m, n }) => isCell(m, grid.m) && isCell(n, grid.n)) ? 'tiles' : 'parts';
}

/** What coverage and the limits say of a cell of the grid and, where it says nothing bad, what the comparisons of its tile say. */
function marksOf({ coverage, marks }: PureChecks, outcomes: readonly Outcome[]): readonly Mark[] {
  const { m, n } = coverage.grid;
  const columns = n.length - 1;
  const seen = new Map<number, boolean>();
  const see = (area: Area, right: boolean): void => {
    const [rows, places] = [cellsAround(area.m, m), cellsAround(area.n, n)];
    for (let row = rows[0]; row < rows[1]; row++)
      for (let column = places[0]; column < places[1]; column++) {
        const cell = row * columns + column;
        seen.set(cell, right && (seen.get(cell) ?? true));
      }
  };
  for (const { tile, comparison } of outcomes) {
    see(tile, true);
    for (const region of comparison.regions) see(region, false);
  }
  return marks.map((mark, cell) => {
    const right = seen.get(cell);
    return mark !== 'right' ? mark : right === undefined ? 'unchecked' : right ? 'right' : 'wrong';
  });
}
