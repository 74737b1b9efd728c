/**
 * For which inputs the Scalar engine has the functions that it does not have for all: the ranges of the activation functions'
 * table in the NKI reference (nki.api.shared, SDK 2.32.0), and the cubic Taylor polynomials by which they go on outside.
 */
import type { Cubic, Domain } from './activation';

type Coefficients = Cubic['coefficients'];

/** The polynomial at a power of two, in t = x / at - 1. */
const relative = (at: number, coefficients: Coefficients): Cubic => ({ at, unit: 1 / at, coefficients });

/** Coefficients times a power of two. */
const scaled = ([a, b, c, d]: Coefficients, by: number): Coefficients => [a * by, b * by, c * by, d * by];

const LOG_2_64 = 44.361419677734375;
const ROOT: Coefficients = [1, 1 / 2, -1 / 8, 1 / 16];
const INVERSE: Coefficients = [1, -1, 1, -1];
/** Square root of 1/2 times 1, -1/2, 3/8 and -5/16. */
const INVERSE_ROOT: Coefficients = [
  0.7071067690849304, -0.3535533845424652, 0.2651650309562683, -0.220970869064331,
];

export const LOG: Domain = {
  low: 2 ** -64,
  high: 2 ** 64,
  odd: false,
  zeros: [-Infinity, -Infinity],
  below: relative(2 ** -64, [-LOG_2_64, 1, -0.5, 0.3333333432674408]),
  above: relative(2 ** 64, [LOG_2_64, 1, -0.5, 0.3333333432674408]),
};

export const SQRT: Domain = {
  low: 2 ** -116,
  high: 2 ** 118,
  odd: false,
  zeros: [-0, 0],
  below: relative(2 ** -116, scaled(ROOT, 2 ** -58)),
  above: relative(2 ** 118, scaled(ROOT, 2 ** 59)),
};

export const RSQRT: Domain = {
  low: 2 ** -87,
  high: 2 ** 97,
  odd: false,
  zeros: [-Infinity, Infinity],
  below: relative(2 ** -87, scaled(INVERSE_ROOT, 2 ** 44)),
  above: relative(2 ** 97, scaled(INVERSE_ROOT, 2 ** -48)),
};

export const RECIPROCAL: Domain = {
  low: 2 ** -42,
  high: 2 ** 42,
  odd: true,
  zeros: [-Infinity, Infinity],
  below: relative(2 ** -42, scaled(INVERSE, 2 ** 42)),
  above: relative(2 ** 42, scaled(INVERSE, 2 ** -42)),
};

const PI = 3.1415927410125732;
export const HALF_PI = PI / 2;

export const SIN: Domain = {
  low: 0,
  high: PI,
  odd: true,
  above: { at: PI, unit: 1, coefficients: [0, -1, 0, 0.1666666716337204] },
};

export const ARCTAN: Domain = {
  low: 0,
  high: HALF_PI,
  odd: true,
  above: {
    at: HALF_PI,
    unit: 1,
    coefficients: [1.0038847923278809, 0.28840044140815735, -0.13065068423748016, 0.05119127780199051],
  },
};
