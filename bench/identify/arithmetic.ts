/**
 * The arithmetic that somebody may have added with: what running sums are kept in, how a product gets into one, and what becomes of
 * subnormals. Each is a loop over one chain of products; the common ones are written out, because the others pay for a call.
 */
import { ARITHMETIC } from '../../src/execute/reference/matmul';
import { addToOdd, fusedDouble, fusedNarrow, rounder, type Round } from './rounding';
import type { Combine, Schedule } from './orders';

export type Accumulator =
  'float32' | 'float64' | 'bfloat16' | 'float16' | 'bfloat16-totals' | 'float16-totals';
export type Step = 'rounded' | 'fused' | 'widened' | 'truncated';
export type Subnormals = 'kept' | 'flushed';

export interface ArithmeticChoice {
  readonly accumulator: Accumulator;
  readonly step: Step;
  readonly subnormals: Subnormals;
}

/** Adds products a[at + index[i]] * b[bt + index[i]], from <= i < to, to `sum`. */
type Chain = (
  sum: number,
  a: Float64Array,
  at: number,
  b: Float64Array,
  bt: number,
  index: Int32Array,
  from: number,
  to: number,
) => number;

export interface Arithmetic {
  /** What happens to an operand's value as it is read. */
  readonly input: Round;
  readonly chain: Chain;
  /** Adds two running sums. */
  readonly add: (x: number, y: number) => number;
  /** Adds a block's sum to the total, or, with x = 0, stores it as the total. */
  readonly addTotal: (x: number, y: number) => number;
}

/** What running sums are kept in, and the totals between blocks. */
export const ACCUMULATOR_FORMATS = {
  float32: { sums: 'float32', totals: 'float32' },
  float64: { sums: 'float64', totals: 'float64' },
  bfloat16: { sums: 'bfloat16', totals: 'bfloat16' },
  float16: { sums: 'float16', totals: 'float16' },
  'bfloat16-totals': { sums: 'float32', totals: 'bfloat16' },
  'float16-totals': { sums: 'float32', totals: 'float16' },
} as const satisfies Record<Accumulator, { sums: string; totals: string }>;

const same: Round = (x) => x;

export function arithmetic({ accumulator, step, subnormals }: ArithmeticChoice): Arithmetic {
  const { sums, totals } = ACCUMULATOR_FORMATS[accumulator];
  const toSum = rounder(sums);
  const toTotal = rounder(totals);
  const add = subnormals === 'flushed' ? ARITHMETIC.ftz.add : (x: number, y: number): number => toSum(x + y);
  return {
    input: subnormals === 'flushed' ? ARITHMETIC.ftz.input : same,
    chain: chainOf(sums, step, subnormals, toSum),
    add,
    addTotal: sums === totals ? add : (x, y) => toTotal(Math.fround(x + y)),
  };
}

function chainOf(
  sums: 'float32' | 'float64' | 'bfloat16' | 'float16',
  step: Step,
  subnormals: Subnormals,
  round: Round,
): Chain {
  if (subnormals === 'flushed') return chainOfSteps(step === 'fused' ? fusedFlushing : roundedFlushing);
  if (step === 'truncated')
    return chainOfSteps(
      fusedNarrow(rounder('float32', { direction: 'toward-zero', saturate: false, flush: false })),
    );
  if (sums === 'float64') return step === 'fused' ? chainOfSteps(fusedDouble) : float64Chain;
  if (sums === 'float32') return step === 'fused' ? fusedChain : float32Chain;
  if (step === 'fused') return chainOfSteps(fusedNarrow(round));
  if (step === 'widened') return chainOfSteps((sum, x, y) => round(Math.fround(sum + Math.fround(x * y))));
  return chainOfSteps((sum, x, y) => round(sum + round(x * y)));
}

const roundedFlushing = (sum: number, x: number, y: number): number =>
  ARITHMETIC.ftz.add(sum, ARITHMETIC.ftz.multiply(x, y));

const fusedFlushing = (sum: number, x: number, y: number): number =>
  ARITHMETIC.ftz.input(Math.fround(addToOdd(sum, x * y)));

function chainOfSteps(add: (sum: number, x: number, y: number) => number): Chain {
  return (sum, a, at, b, bt, index, from, to) => {
    let total = sum;
    for (let i = from; i < to; i++) {
      const k = index[i] ?? 0;
      total = add(total, a[at + k] ?? NaN, b[bt + k] ?? NaN);
    }
    return total;
  };
}

const float32Chain: Chain = (sum, a, at, b, bt, index, from, to) => {
  let total = sum;
  for (let i = from; i < to; i++) {
    const k = index[i] ?? 0;
    total = Math.fround(total + Math.fround((a[at + k] ?? NaN) * (b[bt + k] ?? NaN)));
  }
  return total;
};

const float64Chain: Chain = (sum, a, at, b, bt, index, from, to) => {
  let total = sum;
  for (let i = from; i < to; i++) {
    const k = index[i] ?? 0;
    total += (a[at + k] ?? NaN) * (b[bt + k] ?? NaN);
  }
  return total;
};

/** Rounding twice, to double and to float32, differs from rounding once only where the double is a tie between two float32. */
const fusedChain: Chain = (sum, a, at, b, bt, index, from, to) => {
  let total = sum;
  for (let i = from; i < to; i++) {
    const k = index[i] ?? 0;
    const product = (a[at + k] ?? NaN) * (b[bt + k] ?? NaN);
    const wide = total + product;
    const near = Math.fround(wide);
    if (near !== wide) {
      const other = near + 2 * (wide - near); // the neighbour on the other side, if and only if it is a tie
      if (Math.fround(other) === other || Number.isNaN(other)) {
        total = Math.fround(addToOdd(total, product));
        continue;
      }
    }
    total = near;
  }
  return total;
};

/** The function from vectors a[at..], b[bt..] of K values to their sum in the schedule's order. */
export function dotProduct(
  { index, chains, blocks, vector, combine, reload }: Schedule,
  { chain, add, addTotal }: Arithmetic,
): (a: Float64Array, at: number, b: Float64Array, bt: number) => number {
  const widest = blocks.reduce((most, end, each) => Math.max(most, end - (blocks[each - 1] ?? 0)), 0);
  const parts = new Float64Array(widest);
  const reduce = REDUCE[combine];
  return (a, at, b, bt) => {
    let total = 0;
    let from = 0;
    let first = 0;
    for (const end of blocks) {
      const start = reload ? total : 0;
      for (let each = first; each < end; each++) {
        const to = chains[each] ?? 0;
        parts[each - first] = chain(start, a, at, b, bt, index, from, to);
        from = to;
      }
      let count = end - first;
      if (vector > 0) {
        for (let each = vector; each < count; each++)
          parts[each % vector] = add(parts[each % vector] ?? NaN, parts[each] ?? NaN);
        count = Math.min(count, vector);
      }
      const sum = count === 1 ? (parts[0] ?? NaN) : reduce(parts, count, add);
      total = addTotal(reload ? 0 : total, sum);
      first = end;
    }
    return total;
  };
}

type Reduce = (parts: Float64Array, count: number, add: Arithmetic['add']) => number;

const inTurn: Reduce = (parts, count, add) => {
  let sum = parts[0] ?? NaN;
  for (let each = 1; each < count; each++) sum = add(sum, parts[each] ?? NaN);
  return sum;
};

const byNeighbours: Reduce = (parts, count, add) => {
  for (let left = count; left > 1; left = Math.ceil(left / 2)) {
    for (let each = 0; each < left; each += 2) {
      const x = parts[each] ?? NaN;
      parts[each / 2] = each + 1 < left ? add(x, parts[each + 1] ?? NaN) : x;
    }
  }
  return parts[0] ?? NaN;
};

const byHalves: Reduce = (parts, count, add) => {
  let half = 1;
  while (half < count) half *= 2;
  for (half /= 2; half >= 1; half /= 2) {
    for (let each = 0; each < half && each + half < count; each++)
      parts[each] = add(parts[each] ?? NaN, parts[each + half] ?? NaN);
  }
  return parts[0] ?? NaN;
};

const byPairs: Reduce = (parts, count, add) => {
  const sum = (from: number, to: number): number => {
    if (to - from === 1) return parts[from] ?? NaN;
    const middle = from + Math.floor((to - from) / 2);
    return add(sum(from, middle), sum(middle, to));
  };
  return sum(0, count);
};

const byHalfOnce =
  (rest: Reduce): Reduce =>
  (parts, count, add) => {
    const half = Math.ceil(count / 2);
    for (let each = 0; each + half < count; each++)
      parts[each] = add(parts[each] ?? NaN, parts[each + half] ?? NaN);
    return rest(parts, half, add);
  };

const REDUCE = {
  ascending: inTurn,
  adjacent: byNeighbours,
  halves: byHalves,
  'half-ascending': byHalfOnce(inTurn),
  'half-adjacent': byHalfOnce(byNeighbours),
  pairwise: byPairs,
} as const satisfies Record<Combine, Reduce>;
