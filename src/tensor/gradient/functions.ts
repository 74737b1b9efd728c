/**
 * Derivatives of functions of elements, in float32: of each input, what it adds to its gradient. Functions that are flat wherever they
 * have a derivative (comparisons, rounding, bits) give none. Where two sides of a maximum are equal each gets half.
 */
import { make, type MapFunction, type Node } from '../graph';

/** Gradient g of the result, the inputs and the result y, all of them float32 and of one shape. */
export type FunctionRule = (
  g: Node,
  inputs: readonly [Node, Node, Node],
  y: Node,
) => readonly (Node | undefined)[];

const f32 = 'float32' as const;
const add = (a: Node, b: Node): Node => make.map('add', [a, b], f32);
const subtract = (a: Node, b: Node): Node => make.map('subtract', [a, b], f32);
const multiply = (first: Node, ...others: readonly Node[]): Node =>
  others.reduce((product, other) => make.map('multiply', [product, other], f32), first);
const apply = (fn: MapFunction, ...inputs: readonly Node[]): Node => make.map(fn, inputs, f32);
const negate = (x: Node): Node => apply('negate', x);
const square = (x: Node): Node => apply('square', x);
const constant = (like: Node, value: number): Node => make.fill(like.shape, f32, value);
const scale = (x: Node, by: number): Node => multiply(x, constant(x, Math.fround(by)));
const plus = (x: Node, value: number): Node => add(x, constant(x, Math.fround(value)));
const select = (condition: Node, x: Node, y: Node): Node => apply('select', condition, x, y);
const reciprocal = (x: Node): Node => apply('reciprocal', x);
/** 1 - x. */
const complement = (x: Node): Node => subtract(constant(x, 1), x);

/** 1 where the first side is chosen, 0 where the other, and half where they are equal. */
const chosen = (wins: Node, ties: Node): Node => add(wins, scale(ties, 0.5));
const shared = (g: Node, part: Node): readonly Node[] => [multiply(g, part), multiply(g, complement(part))];

/** d/dx x sigmoid(a x), given s = sigmoid(a x), once more derived. */
const swishCurve = (x: Node, a: number): Node => {
  const s = apply('sigmoid', scale(x, a));
  const slope = multiply(s, complement(s));
  const turn = multiply(scale(x, a), subtract(constant(x, 1), scale(s, 2)));
  return scale(multiply(slope, plus(turn, 2)), a);
};

const none: FunctionRule = () => [];

/** sqrt(2 / pi), and the cubic coefficient of the approximation of GELU by tanh. */
const TANH_SCALE = Math.sqrt(2 / Math.PI);
const TANH_CUBIC = 0.044715;

export const FUNCTION_RULES = {
  add: (g) => [g, g],
  subtract: (g) => [g, negate(g)],
  multiply: (g, [x, y]) => [multiply(g, y), multiply(g, x)],
  maximum: (g, [x, y]) => shared(g, chosen(apply('greater', x, y), apply('equal', x, y))),
  minimum: (g, [x, y]) => shared(g, chosen(apply('less', x, y), apply('equal', x, y))),
  abs_max: (g, [x, y]) => shared(g, apply('greater', apply('abs', x), apply('abs', y))),
  abs_min: (g, [x, y]) => shared(g, apply('less', apply('abs', x), apply('abs', y))),
  equal: none,
  not_equal: none,
  greater_equal: none,
  greater: none,
  less_equal: none,
  less: none,
  logical_and: none,
  logical_or: none,
  logical_xor: none,
  power: (g, [x, p], y) => {
    const zero = constant(x, 0);
    const slope = multiply(p, apply('power', x, plus(p, -1)));
    const positive = apply('greater', x, zero);
    const logarithm = apply('log', select(positive, x, constant(x, 1)));
    return [multiply(g, select(p, slope, zero)), multiply(g, select(positive, multiply(y, logarithm), zero))];
  },
  abs: (g, [x]) => [multiply(g, apply('sign', x))],
  square: (g, [x]) => [scale(multiply(g, x), 2)],
  relu: (g, [x]) => [multiply(g, apply('greater', x, constant(x, 0)))],
  rsqrt: (g, _, y) => [scale(multiply(g, y, square(y)), -0.5)],
  reciprocal: (g, _, y) => [negate(multiply(g, square(y)))],
  bitwise_and: none,
  bitwise_or: none,
  bitwise_xor: none,
  invert: none,
  left_shift: none,
  right_shift: none,
  sigmoid: (g, _, y) => [multiply(g, multiply(y, complement(y)))],
  gelu: (g, [x]) => [multiply(g, apply('gelu_dx', x))],
  gelu_dx: (g, [x]) => {
    const density = scale(apply('exp', scale(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return [multiply(g, density, subtract(constant(x, 2), square(x)))];
  },
  gelu_apprx_tanh: (g, [x]) => {
    const cubic = scale(square(x), TANH_CUBIC);
    const t = apply('tanh', scale(multiply(x, plus(cubic, 1)), TANH_SCALE));
    const inner = scale(plus(scale(cubic, 3), 1), TANH_SCALE);
    const slope = add(plus(t, 1), multiply(x, complement(square(t)), inner));
    return [scale(multiply(g, slope), 0.5)];
  },
  gelu_apprx_sigmoid: (g, [x]) => [multiply(g, apply('gelu_apprx_sigmoid_dx', x))],
  gelu_apprx_sigmoid_dx: (g, [x]) => [multiply(g, swishCurve(x, 1.702))],
  silu: (g, [x]) => [multiply(g, apply('silu_dx', x))],
  silu_dx: (g, [x]) => [multiply(g, swishCurve(x, 1))],
  tanh: (g, _, y) => [multiply(g, complement(square(y)))],
  softplus: (g, [x]) => [multiply(g, apply('sigmoid', x))],
  mish: (g, [x]) => {
    const t = apply('tanh', apply('softplus', x));
    return [multiply(g, add(t, multiply(x, apply('sigmoid', x), complement(square(t)))))];
  },
  erf: (g, [x]) => [multiply(g, apply('erf_dx', x))],
  erf_dx: (g, [x], y) => [scale(multiply(g, x, y), -2)],
  exp: (g, _, y) => [multiply(g, y)],
  sign: none,
  log: (g, [x]) => [multiply(g, reciprocal(x))],
  // The cosine: the sine has a range of -pi to pi, and |x| keeps to it.
  sin: (g, [x]) => [
    multiply(g, apply('sin', subtract(constant(x, Math.fround(Math.PI / 2)), apply('abs', x)))),
  ],
  arctan: (g, [x]) => [multiply(g, reciprocal(plus(square(x), 1)))],
  sqrt: (g, _, y) => [multiply(g, scale(reciprocal(y), 0.5))],
  negate: (g) => [negate(g)],
  floor: none,
  ceil: none,
  trunc: none,
  rint: none,
  select: (g, [condition]) => {
    const zero = constant(g, 0);
    return [undefined, select(condition, g, zero), select(condition, zero, g)];
  },
} as const satisfies Record<MapFunction, FunctionRule>;
