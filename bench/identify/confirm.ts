/** Hypotheses on all outputs, or on as many as the time allows, in windows drawn at random. */
import type { Window } from '../../src/execute/matmul';
import { createWasmMatmul, type WasmMatmul } from '../../src/execute/wasm';
import { planMatmul, type MatmulPlan } from '../../src/lower';
import { arithmetic, dotProduct } from './arithmetic';
import type { Clock } from './clock';
import type { Hypothesis } from './hypotheses';
import { scheduleOf, type Schedule } from './orders';
import { equal, gather, ROUND_OPERAND, type Product } from './product';
import { outputRounder } from './screen';
import { shuffled, windowsOf, type Differing } from './survey';

export interface Confirmation {
  readonly hypothesis: Hypothesis;
  readonly compared: number;
  readonly matching: number;
  /** The first in row-major order of those compared. */
  readonly exception: Differing | undefined;
}

interface Candidate {
  readonly hypothesis: Hypothesis;
  readonly sums: (window: Window) => ArrayLike<number>;
  matching: number;
  exception: (Differing & { readonly index: number }) | undefined;
}

/** Compares until the clock says stop; with `strict`, a candidate is given up at its first exception while others have none. */
export async function confirm(
  product: Product,
  hypotheses: readonly Hypothesis[],
  clock: Clock,
  strict: boolean,
): Promise<readonly Confirmation[]> {
  const { m, n, k, c } = product;
  const wasm = await createWasmMatmul();
  let candidates = hypotheses.map((hypothesis): Candidate => ({
    hypothesis,
    sums: checkerSums(product, hypothesis, wasm) ?? plainSums(product, hypothesis),
    matching: 0,
    exception: undefined,
  }));
  const size = k <= 2048 ? { m: 64, n: 256 } : { m: 32, n: 64 };
  let compared = 0;
  for (const window of shuffled(windowsOf(m, n, size))) {
    if (candidates.length === 0 || (compared > 0 && clock.expired)) break;
    const width = window.n1 - window.n0;
    for (const candidate of candidates) {
      const sums = candidate.sums(window);
      const round = outputRounder(candidate.hypothesis.output);
      for (let i = 0; i < sums.length; i++) {
        const element = { m: window.m0 + Math.floor(i / width), n: window.n0 + (i % width) };
        const index = element.m * n + element.n;
        const expected = round(sums[i] ?? NaN);
        const actual = c.values[index] ?? NaN;
        if (equal(expected, actual)) candidate.matching++;
        else if (candidate.exception === undefined || index < candidate.exception.index)
          candidate.exception = { ...element, expected, actual, index };
      }
      await clock.turn('confirming', compared / (m * n));
    }
    compared += (window.m1 - window.m0) * width;
    if (strict && candidates.some(({ exception }) => exception === undefined))
      candidates = candidates.filter(({ exception }) => exception === undefined);
  }
  return candidates.map(({ hypothesis, matching, exception }) => ({
    hypothesis,
    compared,
    matching,
    exception: exception && {
      m: exception.m,
      n: exception.n,
      expected: exception.expected,
      actual: exception.actual,
    },
  }));
}

function plainSums(product: Product, hypothesis: Hypothesis): Candidate['sums'] {
  const choice = arithmetic(hypothesis);
  const dot = dotProduct(scheduleOf(product.k, hypothesis.order), choice);
  const roundOperand = ROUND_OPERAND[hypothesis.operands];
  const { k } = product;
  return (window) => {
    const { rows, columns } = gather(product, window, roundOperand, choice.input);
    const width = window.n1 - window.n0;
    const sums = new Float64Array((window.m1 - window.m0) * width);
    for (let i = 0; i < sums.length; i++)
      sums[i] = dot(rows, Math.floor(i / width) * k, columns, (i % width) * k);
    return sums;
  };
}

/** Products that one pass of the CPU checker may take without holding too much memory. */
const LONGEST_PASS = 4096;

/** The CPU checker, several times faster, where the hypothesis is a plan that it can run. */
function checkerSums(
  product: Product,
  hypothesis: Hypothesis,
  wasm: WasmMatmul,
): Candidate['sums'] | undefined {
  const { accumulator, step, subnormals, order, operands } = hypothesis;
  const wide = [product.a, product.b].some(({ values, float32 }) => values !== float32);
  if (accumulator !== 'float32' || step !== 'rounded' || operands !== 'as-given' || wide) return undefined;
  const plan = planOf(product, scheduleOf(product.k, order));
  if (plan === undefined) return undefined;
  const codes = ({ float32: { buffer, byteOffset, length } }: Product['a']): Uint32Array<ArrayBuffer> =>
    new Uint32Array(buffer, byteOffset, length);
  const given = { a: codes(product.a), b: codes(product.b) };
  return (window) =>
    new Float32Array(
      wasm(plan, given, { window, subnormals: subnormals === 'kept' ? 'exact' : 'ftz' }).buffer,
    );
}

/** One pass to a block, where blocks are single chains of ascending k. */
function planOf({ m, n, k }: Product, { index, chains, blocks, reload }: Schedule): MatmulPlan | undefined {
  if (reload || blocks.length !== chains.length || index.some((each, at) => each !== at)) return undefined;
  const passes = Array.from(chains, (end, each) => {
    const k0 = chains[each - 1] ?? 0;
    return { k0, rows: end - k0, interleave: 1, group: 0 } as const;
  });
  if (passes.some(({ rows }) => rows > LONGEST_PASS)) return undefined;
  return { ...planMatmul({ m, n, k, a: 'float32', b: 'float32', chip: 'trn3' }), passes };
}
