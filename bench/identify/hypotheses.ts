/**
 * The hypotheses: one choice on each axis, and for each choice a title and a sentence. The first choice of an axis is what the
 * contract does (docs/numerics.md), and goes without saying.
 */
import { FORMATS, type Dtype } from '../../src/numerics';
import type { StoredDtype } from '../weights';
import { ACCUMULATOR_FORMATS, type Accumulator, type Step, type Subnormals } from './arithmetic';
import { commonOrders, ORDERS, orderTitle, reloadedOrders, searchedOrders, type Order } from './orders';
import { ROUND_OPERAND, type Matrix, type OperandRounding, type Product } from './product';
import { rounder, type RoundingRule } from './rounding';

/** How a float32 or float64 sum becomes an element of C. */
export interface OutputRule extends RoundingRule {
  readonly dtype: StoredDtype;
  /** Rounded to float32 first, then to the format. */
  readonly throughFloat32: boolean;
}

/** Everything that decides a sum. */
export interface SumHypothesis {
  readonly operands: OperandRounding;
  readonly order: Order;
  readonly accumulator: Accumulator;
  readonly step: Step;
  readonly subnormals: Subnormals;
}

export interface Hypothesis extends SumHypothesis {
  readonly output: OutputRule;
}

export interface Choice {
  /** Empty where it goes without saying. */
  readonly title: string;
  readonly meaning: string;
}

export const ACCUMULATORS = {
  float32: { title: '', meaning: 'Sums kept in float32.' },
  float64: {
    title: 'float64 sums',
    meaning:
      'Sums kept in float64 and rounded at the end: a reference implementation; the order hardly shows.',
  },
  bfloat16: { title: 'bfloat16 sums', meaning: 'Every sum is rounded to bfloat16: no float32 accumulator.' },
  float16: { title: 'float16 sums', meaning: 'Every sum is rounded to float16: no float32 accumulator.' },
  'bfloat16-totals': {
    title: 'totals in bfloat16',
    meaning:
      'Sums in float32 within a block, bfloat16 between blocks: reduced-precision split K, or PSUM in bfloat16.',
  },
  'float16-totals': {
    title: 'totals in float16',
    meaning: 'Sums in float32 within a block, float16 between blocks: reduced-precision split K.',
  },
} as const satisfies Record<Accumulator, Choice>;

export const STEPS = {
  rounded: { title: '', meaning: 'Each product is rounded, then each sum.' },
  fused: {
    title: 'fused multiply-add',
    meaning: 'Products are not rounded: FMA instructions, as most CPU and GPU libraries use.',
  },
  widened: {
    title: 'added in float32, stored narrow',
    meaning: 'Each sum is computed in float32 and then rounded to the narrow accumulator.',
  },
  truncated: {
    title: 'fused, sums truncated',
    meaning: 'Products are exact and each sum is rounded toward zero, as some matrix units do.',
  },
} as const satisfies Record<Step, Choice>;

export const SUBNORMALS = {
  kept: { title: '', meaning: 'Subnormals are kept.' },
  flushed: {
    title: 'subnormals flushed',
    meaning: 'Subnormals of float32 are taken for zero: fast-math, FTZ and DAZ, or a GPU that flushes.',
  },
} as const satisfies Record<Subnormals, Choice>;

export const OPERANDS = {
  'as-given': { title: '', meaning: 'Operands are multiplied as they are.' },
  float32: {
    title: 'operands rounded to float32',
    meaning: 'Files of float64 were converted to float32 first.',
  },
  tfloat32: {
    title: 'operands rounded to tfloat32',
    meaning: 'What tensor cores of NVIDIA GPUs may make of float32 (allow_tf32).',
  },
  'tfloat32-truncated': {
    title: 'operands truncated to tfloat32',
    meaning: 'Made tfloat32 by dropping 13 bits: what tensor cores read of float32 that was not converted.',
  },
  bfloat16: {
    title: 'operands rounded to bfloat16',
    meaning:
      'One-pass bfloat16 multiplication of float32: the default precision of TPUs, fast-math modes of CPUs.',
  },
  'bfloat16-truncated': {
    title: 'operands truncated to bfloat16',
    meaning: 'Made bfloat16 by dropping 16 bits.',
  },
  float16: { title: 'operands rounded to float16', meaning: 'Multiplied in half precision.' },
} as const satisfies Record<OperandRounding, Choice>;

/** One line that names a hypothesis about a C that is stored in this format. */
export function hypothesisTitle(hypothesis: Hypothesis, stored: StoredDtype): string {
  return choicesOf(hypothesis, stored)
    .map(({ title }) => title)
    .join(', ');
}

/** A sentence for each choice that the title names, in the same order. */
export function hypothesisMeaning(hypothesis: Hypothesis, stored: StoredDtype): readonly string[] {
  return choicesOf(hypothesis, stored).map(({ meaning }) => meaning);
}

function choicesOf(
  { order, accumulator, step, subnormals, operands, output }: Hypothesis,
  stored: StoredDtype,
): readonly Choice[] {
  // The order of float64 sums does not outlast a rounding to float32 or less.
  const ordered = accumulator !== 'float64' || output.dtype === 'float64';
  const choices: readonly Choice[] = [
    ...(ordered ? [{ title: orderTitle(order), meaning: ORDERS[order.kind].meaning }] : []),
    STEPS[step],
    ACCUMULATORS[accumulator],
    SUBNORMALS[subnormals],
    OPERANDS[operands],
    ...outputChoices(output, stored),
  ];
  return choices.filter(({ title }) => title !== '');
}

function outputChoices(
  { dtype, direction, saturate, flush, throughFloat32 }: OutputRule,
  stored: StoredDtype,
): readonly Choice[] {
  const all: readonly (Choice | false)[] = [
    direction === 'nearest-even' &&
      dtype !== stored && {
        title: `output rounded to ${dtype}`,
        meaning: `C is stored as ${stored}, and holds values of ${dtype} alone.`,
      },
    direction === 'toward-zero' && {
      title: `${dtype} output rounded toward zero`,
      meaning:
        dtype !== 'float64' && FORMATS[dtype].kind === 'integer'
          ? 'The fraction is dropped.'
          : 'The low bits are dropped: truncation, as in a bare shift from float32 to bfloat16.',
    },
    saturate && {
      title: 'output saturated',
      meaning: `What overflows becomes the largest finite ${dtype}, as quantisers do.`,
    },
    flush && {
      title: 'subnormal outputs flushed',
      meaning: `Results below the smallest normal ${dtype} become zero.`,
    },
    throughFloat32 && {
      title: 'output rounded twice',
      meaning: `The sum is rounded to float32 and then to ${dtype}.`,
    },
  ];
  return all.filter((choice) => choice !== false);
}

/** What the data can tell apart; an axis that cannot show is left out. */
export interface Relevance {
  /** Products take more bits than a float32 accumulator has. */
  readonly fused: boolean;
  /** The same of a float64 accumulator. */
  readonly fusedDouble: boolean;
  readonly subnormals: boolean;
  readonly operands: readonly OperandRounding[];
  readonly outputs: readonly StoredDtype[];
  readonly overflow: boolean;
  readonly tinyOutputs: boolean;
  readonly doubleRow: boolean;
  /** Every sum is exact in every order, so one order stands for all. */
  readonly immune: boolean;
}

/** Roundings that change some operand. A hypothesis of one that changes none would repeat the first. */
export function operandRoundings({ a, b }: Product): readonly OperandRounding[] {
  const changes = (rounding: OperandRounding): boolean =>
    [a, b].some(({ values }) => values.some((x) => ROUND_OPERAND[rounding](x) !== x && !Number.isNaN(x)));
  const all: readonly OperandRounding[] = [
    'float32',
    'tfloat32',
    'bfloat16',
    'tfloat32-truncated',
    'bfloat16-truncated',
    'float16',
  ];
  return ['as-given', ...all.filter(changes)];
}

const NARROW: readonly Dtype[] = [
  'float32',
  'bfloat16',
  'float16',
  'float8_e5m2',
  'float8_e4m3',
  'float8_e4m3fn',
];

/** The format of C's file, and narrower ones that hold all of its elements: a product is often stored wider than it was computed. */
export function outputDtypes({ dtype, values }: Matrix): readonly StoredDtype[] {
  if (values.every(Number.isNaN)) return [dtype];
  const holds = (narrow: StoredDtype): boolean => {
    const round = rounder(narrow);
    return values.every((value) => Number.isNaN(value) || round(value) === value);
  };
  if (dtype !== 'float64' && FORMATS[dtype].kind === 'integer') return [dtype];
  const bits = (each: StoredDtype): number => (each === 'float64' ? 64 : FORMATS[each].bits);
  return [dtype, ...NARROW.filter((each) => bits(each) < bits(dtype) && holds(each))];
}

/** The sums to try, the likeliest first. */
export function* sumHypotheses(k: number, relevance: Relevance): Generator<SumHypothesis> {
  const { doubleRow, immune, operands, outputs } = relevance;
  const common = commonOrders(k, doubleRow);
  const distinct = immune ? common.slice(0, 1) : common;
  const searched = immune ? [] : searchedOrders(k);
  const reloaded = reloadedOrders(k);
  const untiled: Order = { kind: 'untiled', size: 0 };
  const blocks = common.filter(
    ({ kind }) => kind === 'systolic' || kind === 'double-row' || kind === 'blocked',
  );
  const steps: readonly Step[] = relevance.fused ? ['rounded', 'fused'] : ['rounded'];
  const wide = outputs.includes('float64');
  const doubleSteps: readonly Step[] = wide && relevance.fusedDouble ? ['rounded', 'fused'] : ['rounded'];
  for (const subnormals of relevance.subnormals ? (['kept', 'flushed'] as const) : (['kept'] as const)) {
    for (const rounding of operands) {
      const base = { operands: rounding, subnormals };
      const each = function* (
        accumulator: Accumulator,
        orders: readonly Order[],
        with_: readonly Step[],
      ): Generator<SumHypothesis> {
        for (const order of orders) {
          // A chain of one product has no step to differ in.
          const own = order.kind === 'pairwise' ? with_.slice(0, 1) : with_;
          for (const step of own) yield { ...base, order, accumulator, step };
        }
      };
      yield* each('float32', distinct, steps);
      if (subnormals === 'flushed') continue;
      yield* each('float64', wide ? distinct : [untiled], doubleSteps);
      yield* each('bfloat16', common, ['widened', 'fused', 'rounded']);
      yield* each('float16', common, ['widened', 'fused', 'rounded']);
      yield* each('bfloat16-totals', [...blocks, ...reloaded], steps);
      yield* each('float16-totals', [...blocks, ...reloaded], steps);
      yield* each('float32', distinct, ['truncated']);
      yield* each('float32', searched, steps);
      if (wide) yield* each('float64', searched, doubleSteps);
    }
  }
}

/** The ways in which such a sum may have become an element of C. */
export function outputRules({ accumulator }: SumHypothesis, relevance: Relevance): readonly OutputRule[] {
  const flags = (relevant: boolean): readonly boolean[] => (relevant ? [false, true] : [false]);
  const { totals } = ACCUMULATOR_FORMATS[accumulator];
  const [stored] = relevance.outputs;
  // Rounding to the format that the total has already changes nothing.
  const telling = relevance.outputs.filter((dtype) => dtype === stored || dtype !== totals);
  return telling.flatMap((dtype) => {
    const narrow = dtype !== 'float64' && dtype !== 'float32' && dtype !== totals;
    const rounds = narrow || (dtype === 'float32' && accumulator === 'float64');
    const twice = accumulator === 'float64' && dtype !== 'float64' && dtype !== 'float32';
    return flags(twice).flatMap((throughFloat32) =>
      (rounds ? (['nearest-even', 'toward-zero'] as const) : (['nearest-even'] as const)).flatMap(
        (direction) =>
          flags(relevance.overflow).flatMap((saturate) =>
            flags(relevance.tinyOutputs).map((flush) => ({
              dtype,
              direction,
              saturate,
              flush,
              throughFloat32,
            })),
          ),
      ),
    );
  });
}
