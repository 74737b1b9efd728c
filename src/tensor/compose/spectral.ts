/**
 * Fourier transforms along the last axis, of pairs of real and imaginary parts in float32: products with the matrix of roots of unity where
 * the length is small or prime, else of two lengths of which it is the product, with twists between (Cooley and Tukey 1965).
 */
import { make, type Node, type Shape } from '../graph';
import { mod } from './arithmetic';
import { product } from './linalg';
import { broadcastTo, reversed, sliceAxis } from './shapes';
import { float, judge, whole } from './steps';

export interface Complex {
  readonly real: Node;
  readonly imaginary: Node;
}

/** Lengths up to this are one product. */
const DIRECT = 64;

/** The largest divisor that one product takes, or 1. */
function divisorOf(length: number): number {
  for (let divisor = DIRECT; divisor > 1; divisor--)
    if (length % divisor === 0 && divisor < length) return divisor;
  return 1;
}

/** exp(±2 pi i m / length) of whole numbers m from 0 on and below length: of arguments within half a turn, or a quarter, exact up to their rounding. */
function roots(m: Node, length: number, sign: 1 | -1): Complex {
  const far = judge('greater', whole('multiply', m, 2), length);
  const near = whole('select', far, whole('subtract', m, length), m);
  const quarter = whole('subtract', length, whole('multiply', whole('abs', near), 4));
  return {
    real: float('sin', float('multiply', quarter, Math.PI / 2 / length)),
    imaginary: float('sin', float('multiply', near, (sign * 2 * Math.PI) / length)),
  };
}

/** [length, length]: the exponent j k of each pair of places. */
function exponents(shape: Shape): Node {
  return whole('multiply', make.iota(shape, 0), make.iota(shape, 1));
}

/** As one product: of rows [real, imaginary] by [[cos, sin], [-sin, cos]]. */
function direct({ real, imaginary }: Complex, sign: 1 | -1): Complex {
  const axis = real.shape.length - 1;
  const n = make.extentOf(real, axis);
  const shape = [n, n];
  const powers = mod(exponents(shape), make.fill(shape, 'int32', n));
  const { real: cos, imaginary: sin } = roots(powers, n, sign);
  const matrix = make.concat([make.concat([cos, sin], 1), make.concat([float('negate', sin), cos], 1)], 0);
  const rows = make.reshape(make.concat([real, imaginary], axis), [real.size / n, 2 * n]);
  const result = make.reshape(product(rows, matrix, 'float32'), real.shape.with(axis, 2 * n));
  return { real: sliceAxis(result, axis, 0, n), imaginary: sliceAxis(result, axis, n, n) };
}

const each = ({ real, imaginary }: Complex, change: (part: Node) => Node): Complex => ({
  real: change(real),
  imaginary: change(imaginary),
});

export function multiplyComplex(x: Complex, y: Complex): Complex {
  const times = (a: Node, b: Node): Node => float('multiply', a, b);
  return {
    real: float('subtract', times(x.real, y.real), times(x.imaginary, y.imaginary)),
    imaginary: float('add', times(x.real, y.imaginary), times(x.imaginary, y.real)),
  };
}

function transformed(x: Complex, sign: 1 | -1): Complex {
  const lead = x.real.shape.slice(0, -1);
  const n = x.real.shape.at(-1) ?? 1;
  const rows = n <= DIRECT ? 1 : divisorOf(n);
  if (rows === 1) return direct(x, sign);
  const columns = n / rows;
  const rank = lead.length;
  const swap = (part: Node): Node => make.permute(part, [...lead.keys(), rank + 1, rank]);
  // Place rows x columns: first along the rows' axis, then twisted, then along the columns'.
  const cut = each(x, (part) => swap(make.reshape(part, [...lead, rows, columns])));
  const first = each(transformed(cut, sign), swap);
  const twist = each(roots(exponents([rows, columns]), n, sign), (part) =>
    broadcastTo(part, first.real.shape),
  );
  const second = transformed(multiplyComplex(first, twist), sign);
  return each(second, (part) => make.reshape(swap(part), [...lead, n]));
}

export const fft = (x: Complex): Complex => transformed(x, -1);

/** Times the rounded reciprocal of the length. */
export const ifft = (x: Complex): Complex =>
  each(transformed(x, 1), (part) => float('multiply', part, 1 / (part.shape.at(-1) ?? 1)));

/** Of real numbers the first half, from which the rest follows. */
export function rfft(real: Node): Complex {
  const axis = real.shape.length - 1;
  const whole = fft({ real, imaginary: make.fill(real.shape, 'float32', 0) });
  return each(whole, (part) => sliceAxis(part, axis, 0, Math.floor(make.extentOf(part, axis) / 2) + 1));
}

/** And back to real numbers, `length` of them. */
export function irfft(x: Complex, length: number): Node {
  const axis = x.real.shape.length - 1;
  const rest = length - make.extentOf(x.real, axis);
  const mirrored = (part: Node): Node => reversed(sliceAxis(part, axis, 1, rest), axis);
  const real = rest > 0 ? make.concat([x.real, mirrored(x.real)], axis) : x.real;
  const imaginary =
    rest > 0 ? make.concat([x.imaginary, float('negate', mirrored(x.imaginary))], axis) : x.imaginary;
  return ifft({ real, imaginary }).real;
}
