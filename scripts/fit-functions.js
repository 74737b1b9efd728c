// Fits the polynomials of src/isa/functions and writes them to src/isa/functions/polynomials.ts. Each interpolates at the Chebyshev
// nodes of its interval, which is within a small factor of the best there is; `off` is measured with the rounded coefficients.
// `node scripts/fit-functions.js` after a change here; the file is committed, and reproduced by this script to the digit.
import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';

const OUT = new URL('../src/isa/functions/polynomials.ts', import.meta.url);

/** Sum of terms(0) + terms(1) + ... until nothing changes. */
function series(terms) {
  let sum = 0;
  for (let i = 0; ; i++) {
    const next = sum + terms(i);
    if (next === sum) return sum;
    sum = next;
  }
}

/** The integral of exp(-t^2 - 2 z t) over t >= 0, times 2 / sqrt(pi): exp(z^2) erfc(z). Trapezoids after t = exp(u - exp(-u)). */
function erfcx(z) {
  const step = 2 ** -6;
  let sum = 0;
  for (let u = -5; u < 3; u += step) {
    const t = Math.exp(u - Math.exp(-u));
    sum += Math.exp(-t * t - 2 * z * t) * t * (1 + Math.exp(-u));
  }
  return (2 / Math.sqrt(Math.PI)) * step * sum;
}

/** erf(y) / y by the series of Abramowitz and Stegun, 7.1.6: every term is positive. */
function erfOver(y) {
  let term = 1;
  const sum = series((i) => (i === 0 ? term : (term *= (2 * y * y) / (2 * i + 1))));
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-y * y) * sum;
}

const FITS = {
  EXP: {
    what: 'exp r = 1 + r + r^2 p(r), |r| <= ln 2 / 2',
    low: -0.347,
    high: 0.347,
    degree: 5,
    value: (r) => (Math.expm1(r) - r) / r ** 2,
  },
  LOG: {
    what: 'log (1 + f) = 2 s + 2/3 s^3 + s^5 p(s^2), s = f / (2 + f), |s| <= 3 - sqrt 8',
    low: 0,
    high: 0.02944,
    degree: 3,
    value: (u) => series((i) => (2 * u ** i) / (2 * i + 5)),
  },
  RECIPROCAL: {
    what: '1 / m = p(m - 1.5) to begin with, m in [1, 2]',
    low: -0.5,
    high: 0.5,
    degree: 5,
    value: (t) => 1 / (1.5 + t),
  },
  RSQRT: {
    what: '1 / sqrt m = p(m - 1.5) to begin with, m in [1, 2]',
    low: -0.5,
    high: 0.5,
    degree: 5,
    value: (t) => 1 / Math.sqrt(1.5 + t),
  },
  SINE: {
    what: 'sin y = y + y^3 p(y^2), |y| <= pi / 4',
    low: 0,
    high: 0.6169,
    degree: 3,
    value: (u) => series((i) => (-1) ** (i + 1) * u ** i * inverseFactorial(2 * i + 3)),
  },
  COSINE: {
    what: 'cos y = 1 - y^2 / 2 + y^4 p(y^2), |y| <= pi / 4',
    low: 0,
    high: 0.6169,
    degree: 3,
    value: (u) => series((i) => (-1) ** i * u ** i * inverseFactorial(2 * i + 4)),
  },
  ARCTAN: {
    what: 'arctan y = y + y^3 p(y^2), |y| <= sqrt 2 - 1',
    low: 0,
    high: 0.1716,
    degree: 5,
    value: (u) => series((i) => ((-1) ** (i + 1) * u ** i) / (2 * i + 3)),
  },
  TANH: {
    what: 'tanh y = y + y^3 p(y^2), |y| <= 0.5',
    low: 0,
    high: 0.25,
    degree: 5,
    value: (u) => (Math.tanh(Math.sqrt(u)) / Math.sqrt(u) - 1) / u,
  },
  ERF: {
    what: 'erf y = y + y p(y^2), |y| <= 1',
    low: 0,
    high: 1,
    degree: 8,
    value: (u) => erfOver(Math.sqrt(u)) - 1,
  },
  ERFCX: {
    what: '(1 + 2 z) exp(z^2) erfc(z) = 1.25 + p((z - 2) / (z + 2)), z in [0, 11.5]',
    low: -1,
    high: 0.7038,
    degree: 11,
    value: (q) => {
      const z = (2 * (1 + q)) / (1 - q);
      return (1 + 2 * z) * erfcx(z) - 1.25;
    },
  },
};

function inverseFactorial(n) {
  let product = 1;
  for (let i = 2; i <= n; i++) product *= i;
  return 1 / product;
}

/** Coefficients of 1, t, t^2, ... of the polynomial through value at the Chebyshev nodes (Newton's divided differences, expanded). */
function interpolate({ low, high, degree, value }) {
  const nodes = Array.from(
    { length: degree + 1 },
    (_, i) => (low + high) / 2 + ((high - low) / 2) * Math.cos((Math.PI * (i + 0.5)) / (degree + 1)),
  );
  const differences = nodes.map(value);
  for (let order = 1; order <= degree; order++) {
    for (let i = degree; i >= order; i--) {
      differences[i] = (differences[i] - differences[i - 1]) / (nodes[i] - nodes[i - order]);
    }
  }
  let coefficients = [differences[degree]];
  for (let i = degree - 1; i >= 0; i--) {
    const higher = [differences[i], ...coefficients];
    coefficients = higher.map((c, power) => c - nodes[i] * (coefficients[power] ?? 0));
  }
  return coefficients.map(Math.fround);
}

/** log2 of the largest distance from value, at nodes of another number. */
function offBy({ low, high, value }, coefficients) {
  const count = 996; // even: not at 0, where some values are a quotient of zeros
  let worst = 0;
  for (let i = 0; i < count; i++) {
    const t = (low + high) / 2 + ((high - low) / 2) * Math.cos((Math.PI * (i + 0.5)) / count);
    const fitted = coefficients.reduceRight((sum, c) => sum * t + c, 0);
    worst = Math.max(worst, Math.abs(fitted - value(t)));
  }
  return Math.log2(worst).toFixed(1);
}

const tables = Object.entries(FITS).map(([name, fit]) => {
  const coefficients = interpolate(fit);
  return `/** ${fit.what}; p is off by at most 2^${offBy(fit, coefficients)}. */\nexport const ${name} = [${coefficients.join(', ')}];`;
});
const head = `/**
 * The polynomials that the functions are made of: float32 coefficients of 1, t, t^2, ... Generated by scripts/fit-functions.js, which
 * says how; do not edit.
 */`;
const text = [head, ...tables].join('\n\n');
const options = await resolveConfig(OUT);
writeFileSync(OUT, await format(text, { ...options, parser: 'typescript' }));
