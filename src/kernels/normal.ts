/** Functions of float64 references that Math has not: the normal distribution, and a sigmoid that does not overflow. */

const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);

/** Where the series below gives way to the continued fraction. */
const FAR = 3;
const TERMS = 120;

/**
 * The part of a standard normal distribution below x, Phi(x). Near 0 its series 1/2 + density (x + x^3 / 3 + x^5 / (3 5) ...),
 * all of one sign; beyond, density / (|x| + 1 / (|x| + 2 / (|x| + 3 ...))) is what lies outside (Abramowitz and Stegun, 26.2.11 and 26.2.14).
 * Good to some units of 2^-50 in its own magnitude.
 */
export function normalBelow(x: number): number {
  const density = Math.exp((-x * x) / 2) / ROOT_TWO_PI;
  const distance = Math.abs(x);
  if (distance >= FAR) {
    let bottom = distance;
    for (let n = TERMS; n > 0; n--) bottom = distance + n / bottom;
    return x < 0 ? density / bottom : 1 - density / bottom;
  }
  let [term, sum] = [x, x];
  for (let n = 3; n < TERMS; n += 2) {
    term *= (x * x) / n;
    sum += term;
  }
  return 0.5 + density * sum;
}

/** 1 / (1 + exp(-x)). */
export function sigmoid(x: number): number {
  return x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x));
}
