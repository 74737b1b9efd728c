/** Hyperbolic functions and their inverses, of every float32. */
import type { Dtype } from '../../numerics';
import { make, type Node } from '../graph';
import { divide, sqrt } from './arithmetic';
import { log, log1p } from './exponential';
import { choose, float, judge, magnitudeOf, withSign } from './steps';

/** exp(|x|) / 2 and exp(-|x|) / 2: of half the exponent, so that the first overflows where the results do. */
function halves(size: Node): readonly [Node, Node] {
  const root = float('exp', float('multiply', size, 0.5));
  const rising = float('multiply', float('multiply', root, 0.5), root);
  return [rising, float('multiply', float('reciprocal', rising), 0.25)];
}

/** Below 1/2 of its Taylor polynomial. */
export function sinh(x: Node, dtype: Dtype = x.dtype): Node {
  const size = magnitudeOf(x);
  const near = judge('less', size, 0.5);
  const square = float('square', choose(near, size, 0));
  const bend = [1 / 120, 1 / 6].reduce(
    (sum, coefficient) => float('add', float('multiply', sum, square), coefficient),
    make.fill(x.shape, 'float32', Math.fround(1 / 5040)),
  );
  const curve = float('add', size, float('multiply', float('multiply', size, square), bend));
  const [rising, falling] = halves(size);
  return make.cast(withSign(choose(near, curve, float('subtract', rising, falling)), x), dtype);
}

export const cosh = (x: Node, dtype: Dtype = x.dtype): Node =>
  make.cast(float('add', ...halves(magnitudeOf(x))), dtype);

export const tanh = (x: Node, dtype: Dtype = x.dtype): Node => make.map('tanh', [x], dtype);

/** From here on the root of x^2 ± 1 is x, in float32. */
const FAR = 2 ** 13;

/** log(|x| + sqrt(x^2 + 1)), as log1p(|x| + x^2 / (1 + sqrt(x^2 + 1))). */
export function asinh(x: Node, dtype: Dtype = x.dtype): Node {
  const size = magnitudeOf(x);
  const far = judge('greater', size, FAR);
  const near = choose(far, 1, size);
  const square = float('square', near);
  const root = float('add', float('sqrt', float('add', square, 1)), 1);
  const rise = float('add', near, divide(square, root));
  const beyond = float('add', log(choose(far, size, 1)), Math.LN2);
  return make.cast(withSign(choose(far, beyond, log1p(rise)), x), dtype);
}

/** With t = x - 1, log1p(t + sqrt(2 t + t^2)). */
export function acosh(x: Node, dtype: Dtype = x.dtype): Node {
  const far = judge('greater', x, FAR);
  const t = choose(far, 1, float('subtract', x, 1));
  const root = sqrt(float('multiply', t, float('add', t, 2)));
  const beyond = float('add', log(choose(far, x, 1)), Math.LN2);
  const result = choose(far, beyond, log1p(float('add', t, root)));
  return make.cast(choose(judge('less', x, 1), NaN, result), dtype);
}

/** log((1 + x) / (1 - x)) / 2, as that of 1 + 2 x / (1 - x), of |x|. */
export function atanh(x: Node, dtype: Dtype = x.dtype): Node {
  const size = magnitudeOf(x);
  const ratio = divide(float('multiply', size, 2), float('subtract', 1, size));
  return make.cast(withSign(float('multiply', log1p(ratio), 0.5), x), dtype);
}
