/**
 * The direct reference loop of a matmul plan: the definition that every executor must equal bit for bit, written to be
 * read beside docs/numerics.md ("Tensor engine") and docs/architecture.md ("Contracts"). Slow and right.
 */
import type { MatmulPlan } from '../../lower';
import { codeArray, decodeArray, encodeArray, stochasticDraws, UserError } from '../../numerics';
import type { CodeArray, Dtype } from '../../numerics';
import {
  ADDED_OPERANDS,
  checkWindow,
  operandShapes,
  type MatmulOperands,
  type MatmulOptions,
  type OperandName,
  type OperandShape,
  type SubnormalMode,
  type Window,
} from '../matmul';
import { applyEpilogue } from './epilogue';

/** The float32 arithmetic of one mode: every operation takes float32 values and gives one, rounded once, to nearest even. */
export interface Arithmetic {
  readonly input: (x: number) => number;
  readonly multiply: (x: number, y: number) => number;
  readonly add: (x: number, y: number) => number;
}

const MIN_NORMAL = 2 ** -126;
// Rounded to 24 bits with unbounded exponent, a value from here on (a tie goes to the even 2^-126) is normal.
const ROUNDS_TO_NORMAL = 2 ** -126 - 2 ** -151;

const flush = (x: number): number => (Math.abs(x) < MIN_NORMAL ? x * 0 : x); // x * 0 keeps the sign

/**
 * `exact` is IEEE 754. `ftz` flushes as x86 does with FTZ and DAZ set: subnormal inputs, and results that are tiny after
 * rounding, become zero of the same sign (Intel SDM volume 1, 10.2.3). The double product of two float32 values is exact;
 * their double sum rounds to float32 as the exact sum would.
 */
export const ARITHMETIC = {
  exact: {
    input: (x) => x,
    multiply: (x, y) => Math.fround(x * y),
    add: (x, y) => Math.fround(x + y),
  },
  ftz: {
    input: flush,
    multiply: (x, y) => Math.fround(Math.abs(x * y) < ROUNDS_TO_NORMAL ? x * y * 0 : x * y),
    add: (x, y) => flush(Math.fround(x + y)), // a subnormal sum is exact, so it is tiny before and after rounding
  },
} as const satisfies Record<SubnormalMode, Arithmetic>;

/** out[M, N] (or its window, row-major) as codes. UserError when operands or window do not fit the plan. */
export function referenceMatmul(
  plan: MatmulPlan,
  operands: MatmulOperands,
  options: MatmulOptions = {},
): CodeArray {
  return finishSums(plan, operands, referenceSums(plan, operands, options), options);
}

/**
 * The float32 sums of the window, row-major, before C is added and the output rounded. For every output the total starts
 * at +0 and takes the accumulation groups in order; a group starts at +0 and takes its passes in order; a pass starts
 * at +0 and takes rows p = 0, 1, ..., and of each row the `interleave` products in turn.
 */
export function referenceSums(
  plan: MatmulPlan,
  operands: MatmulOperands,
  { window = wholeOutput(plan), subnormals = 'exact' }: MatmulOptions = {},
): Float32Array<ArrayBuffer> {
  checkOperands(plan, operands, window);
  const { input, multiply, add } = ARITHMETIC[subnormals];
  const vector = (dtype: Dtype, codes: CodeArray, start: number, stride: number): Float32Array =>
    decodeStrided(dtype, codes, start, stride, plan.k).map(input);
  const groups = groupPasses(plan);

  const { m0, m1, n0, n1 } = window;
  const aRows = Array.from({ length: m1 - m0 }, (_, i) =>
    plan.aLayout === 'row-major'
      ? vector(plan.a, operands.a, (m0 + i) * plan.k, 1)
      : vector(plan.a, operands.a, m0 + i, plan.m),
  );
  const sums = new Float32Array((m1 - m0) * (n1 - n0));
  for (let n = n0; n < n1; n++) {
    const column = vector(plan.b, operands.b, n, plan.n);
    for (const [i, row] of aRows.entries()) {
      let total = 0;
      for (const passes of groups) {
        let groupSum = 0;
        for (const { k0, rows, interleave } of passes) {
          let passSum = 0;
          for (let p = 0; p < rows; p++) {
            for (let j = 0; j < interleave; j++) {
              const k = k0 + j * rows + p;
              passSum = add(passSum, multiply(row[k] ?? NaN, column[k] ?? NaN));
            }
          }
          groupSum = add(groupSum, passSum);
        }
        total = add(total, groupSum);
      }
      sums[i * (n1 - n0) + n - n0] = total;
    }
  }
  return sums;
}

/** Adds C, when the plan accumulates, to the float32 sums of a window, does the epilogue, and rounds once to the output's format. */
export function finishSums(
  plan: MatmulPlan,
  operands: MatmulOperands,
  sums: Float32Array<ArrayBuffer>,
  { window = wholeOutput(plan), subnormals = 'exact' }: MatmulOptions = {},
): CodeArray {
  const { c } = operands;
  if (c === undefined && plan.epilogue === undefined) return encodeOutput(plan, sums, window);
  const { input, add } = ARITHMETIC[subnormals];
  const width = window.n1 - window.n0;
  const totals = sums.slice();
  for (let m = window.m0; c !== undefined && m < window.m1; m++) {
    const given = decodeStrided(plan.out, c, m * plan.n + window.n0, 1, width);
    const start = (m - window.m0) * width;
    given.forEach((value, i) => (totals[start + i] = add(input(value), totals[start + i] ?? NaN)));
  }
  applyEpilogue(plan, operands, totals, window);
  return encodeOutput(plan, totals, window);
}

/** The one rounding that ends each output: (m, n) draws as element m * N + n. */
function encodeOutput(plan: MatmulPlan, values: Float32Array, { m0, m1, n0, n1 }: Window): CodeArray {
  const { out, rounding, saturate, seed, n } = plan;
  if (rounding !== 'stochastic') return encodeArray(out, values, { rounding, saturate });
  const draws = new Uint32Array(values.length);
  for (let m = m0; m < m1; m++) {
    const key = { seed, launch: 0, instance: 0, element: m * n + n0 };
    draws.set(stochasticDraws(key, n1 - n0), (m - m0) * (n1 - n0));
  }
  return encodeArray(out, values, { rounding, saturate, draws });
}

export const wholeOutput = ({ m, n }: { readonly m: number; readonly n: number }): Window => ({
  m0: 0,
  m1: m,
  n0: 0,
  n1: n,
});

/** The passes of each accumulation group; groups in the order in which they first appear. */
export function groupPasses(plan: MatmulPlan): MatmulPlan['passes'][number][][] {
  const groups = new Map<number, MatmulPlan['passes'][number][]>();
  for (const pass of plan.passes) {
    const passes = groups.get(pass.group);
    if (passes) passes.push(pass);
    else groups.set(pass.group, [pass]);
  }
  return [...groups.values()];
}

/** UserError unless the codes are as many as the operand has elements, and of its width. */
export function checkCodes({ name, dtype, rows, columns, text }: OperandShape, codes: CodeArray): void {
  const bytes = codeArray(dtype, 0).BYTES_PER_ELEMENT;
  if (codes.length === rows * columns && codes.BYTES_PER_ELEMENT === bytes) return;
  throw new UserError(
    `Operand ${name} must hold ${rows * columns} ${dtype} codes of ${bytes} bytes (${text}); received ${codes.length} ` +
      `codes of ${codes.BYTES_PER_ELEMENT} bytes. Pass unpadded codes of the plan's shape.`,
  );
}

/** UserError unless C, bias and residual are given exactly when the plan adds them. */
export function checkAdded(
  plan: MatmulPlan,
  operands: Readonly<Partial<Record<OperandName, unknown>>>,
): void {
  checkOperandC(plan, operands.c !== undefined);
  for (const name of ['bias', 'residual'] as const) {
    const added = plan.epilogue?.[name] !== undefined;
    if (added === (operands[name] !== undefined)) continue;
    throw new UserError(
      added
        ? `The plan's epilogue adds ${name}; received none. Pass operand ${name}, or plan without epilogue.${name}.`
        : `The plan's epilogue adds no ${name}; received one. Leave it out, or plan with epilogue.${name}: its format.`,
    );
  }
}

function checkOperandC({ accumulate }: MatmulPlan, given: boolean): void {
  if (given === accumulate) return;
  throw new UserError(
    accumulate
      ? 'The plan accumulates into C; received no C. Pass operand C, or plan with accumulate: false.'
      : 'The plan does not accumulate; received an operand C. Leave C out, or plan with accumulate: true.',
  );
}

/** UserError unless the operands have the plan's shapes and formats, and passes and window lie inside. */
export function checkOperands(plan: MatmulPlan, operands: MatmulOperands, window: Window): void {
  const { k } = plan;
  const shapes = operandShapes(plan);
  checkCodes(shapes.a, operands.a);
  checkCodes(shapes.b, operands.b);
  checkAdded(plan, operands);
  for (const name of ADDED_OPERANDS) {
    const [shape, codes] = [shapes[name], operands[name]];
    if (shape !== undefined && codes !== undefined) checkCodes(shape, codes);
  }
  const outside = plan.passes.find(({ k0, rows, interleave }) => k0 < 0 || k0 + rows * interleave > k);
  if (outside) {
    throw new UserError(
      `A pass must take contraction indices of 0 to ${k}, exclusive; received one from ${outside.k0} on of ` +
        `${outside.rows} x ${outside.interleave}. Plan the passes anew for K = ${k}.`,
    );
  }
  checkWindow(plan, window);
}

function decodeStrided(
  dtype: Dtype,
  codes: CodeArray,
  start: number,
  stride: number,
  length: number,
): Float32Array {
  const gathered = codeArray(dtype, length);
  for (let i = 0; i < length; i++) gathered[i] = codes[start + i * stride] ?? 0;
  return decodeArray(dtype, gathered);
}
