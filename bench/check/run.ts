/**
 * The two checks of a matmul executor: small integers against the oracle, random operands against the CPU checker, code by
 * code, with no tolerance. Nothing here knows what executes.
 */
import type { MatmulOperands, MatmulOptions, SubnormalMode, Window } from '../../src/execute/matmul';
import type { MatmulPlan } from '../../src/lower';
import { decodeArray, type CodeArray } from '../../src/numerics';
import {
  compareCodes,
  cut,
  tileAt,
  tileParts,
  type Comparison,
  type Tile,
  type WrongElement,
} from './compare';
import { checkPlanFor, type CheckBudgets, type Coverage, type Scope } from './coverage';
import { exactIntegerProduct, freivalds } from './integer';
import { randomOperands, smallIntegerOperands } from './operands';

export interface CheckRequest {
  readonly plan: MatmulPlan;
  /** Runs the plan on these operands; the function it gives reads the result, or a window of it, row-major. */
  readonly execute: (operands: MatmulOperands) => Promise<(window?: Window) => Promise<CodeArray>>;
  /** The CPU checker (or the reference loop). */
  readonly reference: (plan: MatmulPlan, operands: MatmulOperands, options?: MatmulOptions) => CodeArray;
  readonly seed: number;
  readonly budget?: CheckBudgets;
  readonly subnormals?: SubnormalMode;
  readonly onProgress?: (progress: CheckProgress) => void;
  /** Looked at between windows. */
  readonly signal?: AbortSignal;
}

export interface CheckProgress {
  readonly operands: CheckKind['operands'];
  /** Of the windows that are compared code by code. */
  readonly share: number;
}

/** JSON as it stands. */
export interface CheckReport {
  readonly passed: boolean;
  readonly kinds: readonly CheckKind[];
  readonly firstWrongTile?: WrongTile;
}

export interface CheckKind {
  readonly name: string;
  readonly operands: 'small-integer' | 'random';
  readonly coverage: Coverage;
  /** Elements compared code by code, of all elements of the output. */
  readonly elementsCompared: number;
  readonly elements: number;
  readonly mismatches: number;
  /** As in `Comparison`. */
  readonly maxUlp: number | null;
  /** Where Freivalds' check is part of it: the likelihood at most that it passed a wrong row. */
  readonly falseAccept?: number;
}

export interface WrongTile extends Tile {
  readonly operands: CheckKind['operands'];
  readonly mismatches: number;
  readonly firstWrong: WrongElement;
}

/** Runs both checks, the random one last. Rejects with the signal's reason when it aborts. */
export async function runChecks(request: CheckRequest): Promise<CheckReport> {
  const { plan, reference, seed, subnormals = 'exact' } = request;
  const scopes = checkPlanFor(plan, seed, request.budget);
  const integers = smallIntegerOperands(plan, seed);
  const integer = await check(request, 'small-integer', scopes.integer, integers, (window) =>
    exactIntegerProduct(plan, integers, window),
  );
  const values = randomOperands(plan, seed);
  const random = await check(request, 'random', scopes.random, values, (window) =>
    reference(plan, values, { window, subnormals }),
  );
  const firstWrongTile = integer.firstWrongTile ?? random.firstWrongTile;
  const kinds = [integer.kind, random.kind];
  const passed = kinds.every(({ mismatches }) => mismatches === 0);
  return { passed, kinds, ...(firstWrongTile && { firstWrongTile }) };
}

const NAMES = {
  'small-integer': 'small integers against an exact product',
  random: 'random operands against the CPU checker, in the order of the plan',
} as const satisfies Record<CheckKind['operands'], string>;

/** Rows that Freivalds' check refused and that are recomputed to show what is wrong with them. */
const ROWS_SHOWN = 16;

async function check(
  request: CheckRequest,
  kind: CheckKind['operands'],
  { coverage, windows }: Scope,
  operands: MatmulOperands,
  expect: (window: Window) => CodeArray,
): Promise<{ kind: CheckKind; firstWrongTile?: WrongTile }> {
  const { plan, seed, signal } = request;
  const whole = { m0: 0, m1: plan.m, n0: 0, n1: plan.n };
  const read = await request.execute(operands);
  const all = coverage === 'tiles' ? undefined : await read();
  const verdict =
    all && coverage === 'freivalds+tiles'
      ? freivalds(plan, operands, decodeArray(plan.out, all), seed)
      : undefined;
  const wrongRows =
    verdict?.wrongRows.slice(0, ROWS_SHOWN).map((m) => ({ ...whole, m0: m, m1: m + 1 })) ?? [];

  const found: Comparison[] = [];
  const compare = wrongRows.length > 0 ? wrongRows : windows;
  for (const [index, window] of compare.entries()) {
    await turn();
    signal?.throwIfAborted();
    const expected = expect(window);
    const actual = all ? cut(plan.out, all, whole, window) : await read(window);
    for (const part of tileParts(plan, window)) {
      const [want, got] = [cut(plan.out, expected, window, part), cut(plan.out, actual, window, part)];
      found.push(compareCodes(plan.out, want, got, part));
    }
    request.onProgress?.({ operands: kind, share: (index + 1) / compare.length });
  }

  const wrong = found.find(({ firstWrong }) => firstWrong);
  if (wrongRows.length > 0 && !wrong) {
    throw new Error("Invariant violation: Freivalds' check refused rows that are right");
  }
  const distances = found.map(({ maxUlp }) => maxUlp);
  return {
    kind: {
      name: NAMES[kind],
      operands: kind,
      coverage,
      elementsCompared: sum(found.map(({ compared }) => compared)),
      elements: plan.m * plan.n,
      mismatches: sum(found.map(({ mismatches }) => mismatches)),
      maxUlp: distances.reduce(
        (most, each) => (most === null || each === null ? null : Math.max(most, each)),
        0,
      ),
      ...(verdict && { falseAccept: verdict.falseAccept }),
    },
    ...(wrong?.firstWrong && {
      firstWrongTile: {
        operands: kind,
        ...tileAt(plan, wrong.firstWrong),
        mismatches: wrong.mismatches,
        firstWrong: wrong.firstWrong,
      },
    }),
  };
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** Lets timers and signals act: recomputing a window can take a good part of a second. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
