/**
 * The proof of one result: the product is computed again on the CPU, in the plan's order, by the WASM checker, and compared
 * code by code. All of it where that is quick, else whole tiles spread over the output; between tiles the host may breathe.
 */
import { heldTo, operandShapes, type SubnormalMode, type Window } from '../execute/matmul';
import { blaming, placedOf, type Gpu, type OperandSources } from '../execute/webgpu';
import type { WasmMatmul } from '../execute/wasm';
import type { MatmulPlan } from '../lower';
import { decode, type Dtype } from '../numerics';
import { hostOperands, readWindow } from './codes';

export interface Verdict {
  /** No mismatch among what was compared. */
  readonly passed: boolean;
  /** Outputs compared, and how many there are. */
  readonly compared: number;
  readonly outputs: number;
  readonly mismatches: number;
  /** `ftz` where this adapter flushes subnormals and these operands could show it (docs/numerics.md, Flushing adapters). */
  readonly subnormals: SubnormalMode;
  /** The first in the order of the tiles compared. */
  readonly firstWrong?: WrongOutput;
}

export interface WrongOutput {
  readonly m: number;
  readonly n: number;
  /** Codes, and the values that they stand for. */
  readonly expected: number;
  readonly received: number;
  readonly expectedValue: number;
  readonly receivedValue: number;
}

export interface Claim {
  readonly gpu: Gpu;
  readonly plan: MatmulPlan;
  /** Products, whose results lie below each other. */
  readonly batch: number;
  readonly sources: OperandSources;
  readonly result: GPUBuffer;
  /** What the adapter does with subnormals. */
  readonly adapter: SubnormalMode;
}

/** Operations (two for each multiply-add) that are computed again at most, but for one tile at least. */
const BUDGET = 2 ** 34;

/** @throws UserError for a buffer that cannot be read back, or the signal's reason. */
export async function verifyProduct(
  claim: Claim,
  checker: WasmMatmul,
  signal?: AbortSignal,
): Promise<Verdict> {
  const { plan, batch } = claim;
  let [compared, mismatches] = [0, 0];
  let subnormals: SubnormalMode = 'exact';
  let firstWrong: WrongOutput | undefined;
  for (let matrix = 0; matrix < batch; matrix++) {
    const one = await verifyOne(claim, matrix, checker, signal);
    compared += one.compared;
    mismatches += one.mismatches;
    firstWrong ??= one.firstWrong;
    if (one.subnormals === 'ftz') subnormals = 'ftz';
  }
  const outputs = batch * plan.m * plan.n;
  const counts = { passed: mismatches === 0, compared, outputs, mismatches, subnormals } as const;
  return firstWrong === undefined ? counts : { ...counts, firstWrong };
}

type Count = Pick<Verdict, 'compared' | 'mismatches' | 'subnormals' | 'firstWrong'>;

/** Product number `matrix` of the batch, within its share of the budget. */
async function verifyOne(
  { gpu, plan: first, batch, sources, result, adapter }: Claim,
  matrix: number,
  checker: WasmMatmul,
  signal: AbortSignal | undefined,
): Promise<Count> {
  const plan = { ...first, seed: first.seed + matrix };
  const shape = { ...operandShapes(plan).c, name: 'The result' };
  const placed = placedOf(result, shape);
  const own = { ...placed, offset: matrix * placed.matrix };
  const operands = await blaming(true, () => hostOperands(gpu, plan, sources, matrix));
  const subnormals = heldTo(plan, operands, adapter);
  let [compared, mismatches] = [0, 0];
  let firstWrong: WrongOutput | undefined;
  for (const window of windowsToCheck(plan, BUDGET / batch)) {
    signal?.throwIfAborted();
    const received = await blaming(true, () => readWindow(gpu, shape, own, window));
    const expected = checker(plan, operands, { window, subnormals });
    compared += expected.length;
    for (const [index, code] of expected.entries()) {
      if (code === received[index]) continue;
      mismatches++;
      firstWrong ??= wrongOutput(plan.out, window, matrix * plan.m, index, code, received[index] ?? 0);
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
  return { compared, mismatches, subnormals, ...(firstWrong && { firstWrong }) };
}

/**
 * Tiles of the plan: all of them where their operations are within the budget, else the last one, which is ragged where any is,
 * and as many as the budget allows, by steps of the golden ratio down and of the square root of 2 across: both go round evenly,
 * and never in step with each other.
 */
export function windowsToCheck({ m, n, k, tile }: MatmulPlan, budget: number): readonly Window[] {
  const [down, across] = [Math.ceil(m / tile.m), Math.ceil(n / tile.n)];
  const total = down * across;
  const windowAt = (index: number): Window => {
    const [m0, n0] = [Math.floor(index / across) * tile.m, (index % across) * tile.n];
    return { m0, m1: Math.min(m, m0 + tile.m), n0, n1: Math.min(n, n0 + tile.n) };
  };
  const affordable = Math.max(1, Math.floor(budget / (2 * tile.m * tile.n * k)));
  if (2 * m * n * k <= budget || affordable >= total)
    return Array.from({ length: total }, (_, index) => windowAt(index));
  const step = (turns: number, count: number): number => Math.floor((turns % 1) * count);
  const golden = (1 + Math.sqrt(5)) / 2;
  const spread = Array.from(
    { length: affordable },
    (_, i) => step(i * golden, down) * across + step(i * Math.SQRT2, across),
  );
  return [...new Set([total - 1, ...spread])].slice(0, affordable).map(windowAt);
}

function wrongOutput(
  dtype: Dtype,
  { m0, n0, n1 }: Window,
  firstRow: number,
  index: number,
  expected: number,
  received: number,
): WrongOutput {
  const width = n1 - n0;
  return {
    m: firstRow + m0 + Math.floor(index / width),
    n: n0 + (index % width),
    expected,
    received,
    expectedValue: decode(dtype, expected),
    receivedValue: decode(dtype, received),
  };
}
