/** The first tile that is not right, from the top left row by row: its first wrong element, who wrote it, and why (blame.ts). */
import type { Tiled } from '../../src/lower';
import type { HbmPattern, Instruction, StraightProgram } from '../../src/program';
import { boxText, cellAt, type Area, type Mark } from '../../src/verify/tiling';
import type { CheckReport } from '../check';
import { blame, lastPassOver, overlap } from './blame';
import type { PureChecks } from './pure-checks';
import type { Outcome } from './tiles';
import type { WrongElement, WrongTile } from './verdict';

interface Evidence {
  readonly tiled: Tiled;
  readonly pure: PureChecks;
  readonly marks: readonly Mark[];
  readonly outcomes: readonly Outcome[];
  /** The adapter's, where it was asked. */
  readonly report: CheckReport | undefined;
}

export function firstWrongTile(evidence: Evidence): WrongTile | null {
  const { marks, pure, report } = evidence;
  const cell = marks.findIndex((mark) => mark !== 'right' && mark !== 'unchecked');
  if (cell >= 0) {
    const columns = pure.coverage.grid.n.length - 1;
    return ofCell(evidence, Math.floor(cell / columns), cell % columns, marks[cell] ?? 'wrong');
  }
  const [problem] = pure.groups.problems;
  if (problem !== undefined) return ofCell(evidence, ...placeOf(pure, problem), 'wrong');
  return report?.firstWrongTile ? ofAdapter(evidence, report.firstWrongTile) : null;
}

function placeOf({ coverage: { grid } }: PureChecks, { m, n }: Area): readonly [row: number, column: number] {
  return [Math.max(0, grid.m.indexOf(m[0])), Math.max(0, grid.n.indexOf(n[0]))];
}

function ofCell(evidence: Evidence, row: number, column: number, mark: Mark): WrongTile {
  const { tiled, pure, outcomes } = evidence;
  const cell = cellAt(pure.coverage.grid, row, column);
  const wrong =
    outcomes.find(({ tile, comparison }) => overlap(tile, cell) && within(comparison.first, cell)) ??
    outcomes.find(({ tile, comparison }) => overlap(tile, cell) && comparison.mismatches > 0);
  const area: Area = wrong?.tile ?? cell;
  const first = wrong?.comparison.first ?? null;
  const { index, why } = blame(tiled, pure, cell, area, mark);
  return {
    executor: 'reference',
    ...{ row, column, mark, m: area.m, n: area.n },
    mismatches: wrong?.comparison.mismatches ?? null,
    operands: wrong?.operands ?? null,
    first,
    regions: wrong?.comparison.regions ?? [],
    pass: passOf(tiled, pure.program, index),
    writtenBy: writerOf(pure.program, tiled.product.n, first ?? { m: cell.m[0], n: cell.n[0] }),
    why,
  };
}

function passOf(
  { passes }: Tiled,
  program: StraightProgram | undefined,
  index: number | undefined,
): WrongTile['pass'] {
  const pass = passes[index ?? -1];
  if (index === undefined || pass === undefined) return null;
  return { index, box: boxText(pass), instruction: matmulOf(program, index) ?? null };
}

function ofAdapter(
  { tiled, pure }: Evidence,
  { window, mismatches, operands, firstWrong, check }: NonNullable<CheckReport['firstWrongTile']>,
): WrongTile {
  const area: Area = { m: [window.m0, window.m1], n: [window.n0, window.n1] };
  const [row, column] = placeOf(pure, area);
  const index = lastPassOver(tiled.passes, area);
  return {
    executor: 'webgpu',
    ...{ row, column, mark: 'wrong', m: area.m, n: area.n, mismatches, operands },
    first: { m: firstWrong.m, n: firstWrong.n, expected: firstWrong.expected, received: firstWrong.actual },
    regions: [],
    pass: passOf(tiled, pure.program, index),
    writtenBy: null,
    why: `The adapter’s fused kernel fails: ${check}.`,
  };
}

function within(element: WrongElement | undefined, { m, n }: Area): boolean {
  return (
    element !== undefined && m[0] <= element.m && element.m < m[1] && n[0] <= element.n && element.n < n[1]
  );
}

/** Pass i is the i-th nc_matmul of its Program. */
function matmulOf(program: StraightProgram | undefined, index: number): string | undefined {
  let left = index;
  return program?.instructions.find(({ opcode }) => opcode === 'nc_matmul' && left-- === 0)?.id;
}

/** The last instruction that stores element (m, n) of the output. */
function writerOf(
  program: StraightProgram | undefined,
  width: number,
  { m, n }: { readonly m: number; readonly n: number },
): WrongTile['writtenBy'] {
  const found = program?.instructions.findLast(
    ({ dst }: Instruction) => dst?.space === 'hbm' && storesAt(dst, width, m, n),
  );
  return found === undefined ? null : { id: found.id, opcode: found.opcode };
}

function storesAt({ offset, dims }: HbmPattern, width: number, m: number, n: number): boolean {
  const [rows = 1, columns = 1] = dims.map(([, extent]) => extent);
  const [row, column] = [Math.floor(offset / width), offset % width];
  return row <= m && m < row + rows && column <= n && n < column + columns;
}
