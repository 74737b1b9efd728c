/**
 * What activation, activation_reduce, activate2 and exponential share on the adapter: a function of elements after up to two steps,
 * and accumulator registers that join its results. The twin of src/isa/scalar/evaluation.ts.
 */
import evaluationWgsl from '../../../../../shaders/interpreter/scalar/evaluation.wgsl';
import type { AccumulatorEngine } from '../../../../isa';
import { ACTIVATIONS, type Activation } from '../../../../isa/functions';
import { rangeFault } from '../../../../isa/scalar/evaluation';
import type { ActivationOp, AluOp, ChipPattern, WriteOptions } from '../../../../program';
import type { Context } from '../entry';
import { activationName, aluName } from '../functions';
import { floatWord, wordFloat, type Use } from '../lowering';
import { accumulatorsOf, readAccumulators } from '../vector/accumulators';
import { REPORT_WORDS, type Reports, type Work } from '../work';

/** One value for each partition: a [P, 1] tile, or else a constant, 0 when left out. */
export interface Side {
  readonly tile?: ChipPattern | undefined;
  readonly constant?: number | undefined;
}

/** x op side, or side op x. */
export interface Step extends Side {
  readonly op: Extract<AluOp, 'add' | 'subtract' | 'multiply'>;
  readonly reverse?: boolean | undefined;
}

/** Registers of dst's partitions. */
export interface Registers {
  readonly engine: AccumulatorEngine;
  /** What they hold before the first element; what they held where it is left out. */
  readonly start?: number | undefined;
  /** How results join them; not at all where it is left out. */
  readonly join?: AluOp | undefined;
  /** Where they are read into afterwards. */
  readonly result?: ChipPattern | undefined;
}

export interface Evaluation {
  readonly dst: ChipPattern;
  readonly data: ChipPattern;
  readonly write: WriteOptions;
  /** Two at most. */
  readonly steps: readonly Step[];
  readonly op: ActivationOp | 'prelu';
  /** Of prelu. */
  readonly slope?: Side;
  /** What the function is of, for reports. */
  readonly what: string;
  readonly registers: Registers;
}

export function evaluationWorks(
  { dst, data, write, steps, op, slope, what, registers }: Evaluation,
  { lowering, report }: Context,
): readonly Work[] {
  const operands: Record<string, Use> = { dst: lowering.write(dst, write), data: lowering.read(data) };
  const words: number[] = [];
  const constantOf = (value: number) => `word(${words.push(floatWord(value)) - 1}u)`;
  /** The WGSL of a side, which becomes an operand or a word. */
  const sideOf = (name: string, { tile, constant = 0 }: Side): string => {
    if (tile === undefined) return constantOf(constant);
    operands[name] = lowering.read(tile);
    return `${name}_value(lane, 0u)`;
  };
  const [first, second] = steps.filter((step) => !isIdle(step));
  const { valid }: Pick<Activation, 'valid'> = op === 'prelu' ? { valid: null } : ACTIVATIONS[op];
  const { engine, start, join, result } = registers;
  const registered = start !== undefined || join !== undefined;
  if (registered) operands['register'] = accumulatorsOf(lowering, dst, engine);
  const values = {
    STEPS: Number(first !== undefined) + Number(second !== undefined),
    SIDE_0: first === undefined ? '' : sideOf('side0', first),
    STEP_0: first === undefined ? '' : stepText(first, 'side_0'),
    SIDE_1: second === undefined ? '' : sideOf('side1', second),
    STEP_1: second === undefined ? '' : stepText(second, 'side_1'),
    PRELU: Number(op === 'prelu'),
    SLOPE: slope === undefined ? '' : sideOf('slope', slope),
    FUNCTION: op === 'prelu' ? 'prelu(x, slope)' : `${activationName(op)}(x)`,
    RANGED: Number(valid !== null),
    SIZE: valid?.odd === true ? 'f_magnitude(x)' : 'x',
    LOW: `${floatWord(valid?.low ?? 0)}u`,
    HIGH: `${floatWord(valid?.high ?? 0)}u`,
    REGISTER: Number(registered),
    START: start === undefined ? 'register_value(lane, 0u)' : constantOf(start),
    JOINS: Number(join !== undefined),
    JOIN: join === undefined ? '' : aluName(join),
  };
  const reported = (reports: Reports, core: number): void => {
    if (op === 'prelu') return;
    const { required, received } = rangeFault(
      op,
      what,
      outsideOf(reports, operands['dst']?.place.width ?? NaN),
    );
    report('activation-range', 'data', required, received, core);
  };
  const works = lowering.lane('evaluation', evaluationWgsl, {
    operands,
    counted: 'dst',
    elementwise: !registered && valid === null,
    values,
    functions: {
      activations: op === 'prelu' ? [] : [op],
      alu: [...steps.map((step) => step.op), ...(join === undefined ? [] : [join])],
    },
    words,
    ...(valid !== null && { reported }),
  });
  return [...works, ...readAccumulators(lowering, dst, result, { engine })];
}

/** x times 1 and x - 0 are x, whatever x is. */
function isIdle({ op, tile, constant = 0, reverse = false }: Step): boolean {
  if (tile !== undefined || reverse) return false;
  const value = Math.fround(constant);
  return (op === 'multiply' && value === 1) || (op === 'subtract' && Object.is(value, 0));
}

function stepText({ op, reverse = false }: Step, side: string): string {
  return `${aluName(op)}(${reverse ? `${side}, x` : `x, ${side}`})`;
}

/** What all lanes of `width` elements reported; the first is that of the first lane. */
function outsideOf(reports: Reports, width: number) {
  const lanes = reports.length / REPORT_WORDS;
  let count = 0;
  let partition = -1;
  for (let lane = 0; lane < lanes; lane++) {
    const own = reports[lane * REPORT_WORDS] ?? 0;
    if (own > 0 && count === 0) partition = lane;
    count += own;
  }
  const at = partition * REPORT_WORDS;
  return {
    count,
    of: lanes * width,
    value: wordFloat(reports[at + 2] ?? NaN),
    partition,
    element: reports[at + 1] ?? NaN,
  };
}
