/** What the checks of one product found, as JSON has it, and how comparisons become that. */
import type { SubnormalMode } from '../../src/execute/matmul';
import type { MatmulPlan } from '../../src/lower';
import { tileAt, type Comparison, type Tile, type WrongElement } from './compare';
import type { Coverage } from './coverage';

export interface CheckReport {
  readonly passed: boolean;
  readonly kinds: readonly CheckKind[];
  readonly firstWrongTile?: WrongTile;
  /** Why not all of the random operands' result was compared, where only tiles of it were. */
  readonly leftOut?: string;
}

export interface CheckKind {
  readonly name: string;
  readonly operands: 'small-integer' | 'random';
  readonly coverage: Coverage;
  /** `ftz` where the operands are not immune to an adapter that flushes subnormals: see docs/numerics.md. */
  readonly subnormals?: SubnormalMode;
  /** Elements compared code by code, of all elements of the output. */
  readonly elementsCompared: number;
  readonly elements: number;
  readonly mismatches: number;
  /** As in `Comparison`; of a comparison on the adapter, that of the first wrong tile. */
  readonly maxUlp: number | null;
  /** Where Freivalds' check is part of it: the likelihood at most that it passed a wrong row. */
  readonly falseAccept?: number;
}

export interface WrongTile extends Tile {
  /** Name of the check that the tile fails. */
  readonly check: string;
  readonly operands: CheckKind['operands'];
  readonly mismatches: number;
  readonly firstWrong: WrongElement;
}

export interface Finding {
  readonly kind: CheckKind;
  readonly firstWrongTile?: WrongTile;
}

export function finding(
  plan: MatmulPlan,
  kind: Pick<CheckKind, 'name' | 'operands' | 'coverage' | 'subnormals'>,
  found: readonly Comparison[],
): Finding {
  const wrong = found.find(({ firstWrong }) => firstWrong);
  const distances = found.map(({ maxUlp }) => maxUlp);
  return {
    kind: {
      ...kind,
      elementsCompared: sum(found.map(({ compared }) => compared)),
      elements: plan.m * plan.n,
      mismatches: sum(found.map(({ mismatches }) => mismatches)),
      maxUlp: distances.reduce(
        (most, each) => (most === null || each === null ? null : Math.max(most, each)),
        0,
      ),
    },
    ...(wrong && wrongTile(plan, kind, wrong)),
  };
}

function wrongTile(
  plan: MatmulPlan,
  { name, operands }: Pick<CheckKind, 'name' | 'operands'>,
  { mismatches, firstWrong }: Comparison,
): Pick<Finding, 'firstWrongTile'> {
  if (firstWrong === undefined) return {};
  return { firstWrongTile: { check: name, operands, ...tileAt(plan, firstWrong), mismatches, firstWrong } };
}

export function reportOf(findings: readonly Finding[], leftOut: string | undefined): CheckReport {
  const kinds = findings.map(({ kind }) => kind);
  const first = findings.find(({ firstWrongTile }) => firstWrongTile);
  return {
    passed: kinds.every(({ mismatches }) => mismatches === 0),
    kinds,
    ...(first?.firstWrongTile && { firstWrongTile: first.firstWrongTile }),
    ...(leftOut !== undefined && { leftOut }),
  };
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
