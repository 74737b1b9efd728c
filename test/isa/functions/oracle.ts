/**
 * The true functions, in double precision and by other ways than src/isa/functions takes: Math's own, which are good to a few units of
 * 2^-53, and for the error function its Maclaurin series (Abramowitz and Stegun, 7.1.5) and continued fraction (7.1.14).
 */
import type { ActivationOp } from '../../../src/program';

/** erf x = 2 / sqrt pi (x - x^3 / 3 + x^5 / (2! 5) ...): below 2 no term is larger than e^4. */
function erfSeries(x: number): number {
  let power = x;
  let sum = x;
  for (let n = 1; n < 80; n++) {
    power *= (-x * x) / n;
    sum += power / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** sqrt pi exp(x^2) erfc x = 1 / (x + 1/2 / (x + 1 / (x + 3/2 / (x + 2 / ...)))), for x of 2 or more. */
function erfcFraction(x: number): number {
  let bottom = x;
  for (let n = 160; n > 0; n--) bottom = x + n / 2 / bottom;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / bottom;
}

export function erfc(x: number): number {
  if (Math.abs(x) < 2) return 1 - erfSeries(x);
  return x > 0 ? erfcFraction(x) : 2 - erfcFraction(-x);
}

const erf = (x: number) => (Math.abs(x) < 2 ? erfSeries(x) : Math.sign(x) * (1 - erfcFraction(Math.abs(x))));
const below = (x: number) => erfc(-x / Math.SQRT2) / 2;
const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** Neither overflows nor cancels. */
const sigmoid = (x: number) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));

/** x where it is so negative that f(x) is zero in float32 and double alike, so that no infinity meets a zero. */
const bounded = (x: number) => Math.max(x, -1000);
const gated = (x: number, u: number) => bounded(x) * sigmoid(u);
const slope = (u: number) => sigmoid(u) * (1 + bounded(Math.min(u, 1000)) * sigmoid(-u));

const reduced = Math.sqrt(2 / Math.PI);

export const TRUE = {
  copy: (x) => x,
  square: (x) => x * x,
  sigmoid,
  relu: (x) => Math.max(x, 0),
  gelu: (x) => bounded(x) * below(x),
  gelu_dx: (x) => below(x) + (Math.abs(x) < 1000 ? x * density(x) : 0),
  gelu_apprx_tanh: (x) => gated(x, 2 * reduced * (x + 0.044715 * x ** 3)),
  gelu_apprx_sigmoid: (x) => gated(x, 1.702 * x),
  gelu_apprx_sigmoid_dx: (x) => slope(1.702 * x),
  silu: (x) => gated(x, x),
  silu_dx: (x) => slope(x),
  tanh: Math.tanh,
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  mish: (x) => {
    const n = Math.exp(Math.min(x, 100));
    return (bounded(x) * (n * (n + 2))) / (n * (n + 2) + 2);
  },
  erf,
  erf_dx: (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x),
  exp: Math.exp,
  sign: (x) => Math.sign(x) + 0,
  abs: Math.abs,
  log: Math.log,
  sin: Math.sin,
  arctan: Math.atan,
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  reciprocal: (x) => 1 / x,
} as const satisfies Record<ActivationOp, (x: number) => number>;
