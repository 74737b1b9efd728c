/**
 * Layers and their derivatives in plain loops, for the truth that contestants are compared with: in float64, or with every stored value
 * and every running sum rounded to float32, or with results rounded to bfloat16 besides. The array type does the rounding.
 */
export type Values = Float64Array | Float32Array;

/** A result, what its derivative has come to, and how it hands that on to what it was computed from. */
export interface Value {
  readonly values: Values;
  readonly grad: Values;
}

export interface Arithmetic {
  readonly make: (size: number) => Values;
  /** Rounds a finished result in place; nothing where storing it was all. */
  readonly round: (values: Values) => void;
  /** Functions with a kink take the other side where they are this close to it, as a share of the largest value: 0 for the truth. */
  readonly kink: number;
}

export const FLOAT64: Arithmetic = {
  make: (size) => new Float64Array(size),
  round: () => undefined,
  kink: 0,
};
export const FLOAT32: Arithmetic = { ...FLOAT64, make: (size) => new Float32Array(size) };
export const BFLOAT16: Arithmetic = { ...FLOAT32, round: roundToBfloat16 };

/** To nearest even. */
function roundToBfloat16(values: Values): void {
  const number = new Float32Array(1);
  const bits = new Uint32Array(number.buffer);
  for (let i = 0; i < values.length; i++) {
    number[0] = values[i] ?? NaN;
    const word = bits[0] ?? 0;
    bits[0] = ((word + 0x7fff + ((word >>> 16) & 1)) & 0xffff_0000) >>> 0;
    values[i] = number[0];
  }
}

export class Tape {
  readonly arithmetic: Arithmetic;
  readonly #backwards: (() => void)[] = [];

  constructor(arithmetic: Arithmetic) {
    this.arithmetic = arithmetic;
  }

  value(given: ArrayLike<number>): Value {
    const values = this.arithmetic.make(given.length);
    values.set(given);
    this.arithmetic.round(values);
    return { values, grad: this.arithmetic.make(given.length) };
  }

  /** A result and, for the way back, what adds its derivative to those of its operands, which are rounded after it. */
  result(values: Values, operands: readonly Value[], back: (grad: Values) => void): Value {
    const { make, round } = this.arithmetic;
    round(values);
    const grad = make(values.length);
    this.#backwards.push(() => {
      back(grad);
      for (const operand of operands) round(operand.grad);
    });
    return { values, grad };
  }

  /** Derivatives of a loss, whose own are in the gradients of its operands already. */
  back(): void {
    for (const step of this.#backwards.reverse()) step();
    this.#backwards.length = 0;
  }

  add(x: Value, y: Value): Value {
    const sum = this.#each(x, (value, i) => value + at(y.values, i));
    return this.result(sum, [x, y], (grad) => {
      accumulate(x.grad, (i) => at(grad, i));
      accumulate(y.grad, (i) => at(grad, i));
    });
  }

  /** x [rows, inputs] by weight [inputs, outputs], and the bias. */
  linear(x: Value, weight: Value, bias: Value): Value {
    const outputs = bias.values.length;
    const inputs = weight.values.length / outputs;
    const rows = x.values.length / inputs;
    const sums = this.arithmetic.make(rows * outputs);
    product(x.values, weight.values, sums, { m: rows, k: inputs, n: outputs }, [inputs, 1], [outputs, 1]);
    for (let i = 0; i < sums.length; i++) sums[i] = at(sums, i) + at(bias.values, i % outputs);
    return this.result(sums, [x, weight, bias], (grad) => {
      product(grad, weight.values, x.grad, { m: rows, k: outputs, n: inputs }, [outputs, 1], [1, outputs]);
      product(x.values, grad, weight.grad, { m: inputs, k: rows, n: outputs }, [1, inputs], [outputs, 1]);
      for (let i = 0; i < grad.length; i++) bias.grad[i % outputs] = at(bias.grad, i % outputs) + at(grad, i);
    });
  }

  /** x / sqrt(variance + epsilon) about the mean along rows of scale's length, times scale, and shift. */
  norm(x: Value, scale: Value, shift: Value, epsilon: number): Value {
    const width = scale.values.length;
    const rows = x.values.length / width;
    const normal = this.arithmetic.make(x.values.length);
    const inverse = this.arithmetic.make(rows);
    for (let row = 0; row < rows; row++) {
      const part = x.values.subarray(row * width, (row + 1) * width);
      const mean = total(part, (value) => value) / width;
      inverse[row] = 1 / Math.sqrt(total(part, (value) => (value - mean) ** 2) / width + epsilon);
      for (let i = 0; i < width; i++) normal[row * width + i] = (at(part, i) - mean) * at(inverse, row);
    }
    const result = this.arithmetic.make(normal.length);
    for (let i = 0; i < result.length; i++)
      result[i] = at(normal, i) * at(scale.values, i % width) + at(shift.values, i % width);
    return this.result(result, [x, scale, shift], (grad) => {
      for (let row = 0; row < rows; row++) {
        const place = (i: number): number => row * width + i;
        let [mean, along] = [0, 0];
        for (let i = 0; i < width; i++) {
          const [slope, value] = [at(grad, place(i)), at(normal, place(i))];
          scale.grad[i] = at(scale.grad, i) + slope * value;
          shift.grad[i] = at(shift.grad, i) + slope;
          mean += (slope * at(scale.values, i)) / width;
          along += (slope * at(scale.values, i) * value) / width;
        }
        for (let i = 0; i < width; i++) {
          const slope = at(grad, place(i)) * at(scale.values, i) - mean - at(normal, place(i)) * along;
          x.grad[place(i)] = at(x.grad, place(i)) + slope * at(inverse, row);
        }
      }
    });
  }

  gelu(x: Value): Value {
    const normal = (value: number): number => (1 + erf(value * Math.SQRT1_2)) / 2;
    const density = (value: number): number => Math.exp((-value * value) / 2) / Math.sqrt(2 * Math.PI);
    return this.result(
      this.#each(x, (value) => value * normal(value)),
      [x],
      (grad) => {
        accumulate(x.grad, (i) => {
          const value = at(x.values, i);
          return at(grad, i) * (normal(value) + value * density(value));
        });
      },
    );
  }

  relu(x: Value): Value {
    const near = this.near(x.values);
    return this.result(
      this.#each(x, (value) => Math.max(value, 0)),
      [x],
      (grad) => {
        accumulate(x.grad, (i) => {
          const value = at(x.values, i);
          return value > 0 === Math.abs(value) >= near ? at(grad, i) : 0;
        });
      },
    );
  }

  /** How close to a kink is close. */
  near(values: Values): number {
    const { kink } = this.arithmetic;
    return kink === 0 ? 0 : kink * largestOf(values);
  }

  #each(x: Value, fn: (value: number, i: number) => number): Values {
    const result = this.arithmetic.make(x.values.length);
    for (let i = 0; i < result.length; i++) result[i] = fn(at(x.values, i), i);
    return result;
  }
}

export const at = (values: Values, i: number): number => values[i] ?? NaN;

export function largestOf(values: Values): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}

export function accumulate(values: Values, term: (i: number) => number): void {
  for (let i = 0; i < values.length; i++) values[i] = at(values, i) + term(i);
}

/** In the format of the values, one after the other. */
function total(values: Values, term: (value: number) => number): number {
  const sum = values.slice(0, 1).fill(0);
  for (const value of values) sum[0] = at(sum, 0) + term(value);
  return at(sum, 0);
}

/** Adds A [m, k] times B [k, n] to `sums`, term after term in its format; the strides are those of A's rows and columns, and of B's. */
export function product(
  a: Values,
  b: Values,
  sums: Values,
  { m, k, n }: { readonly m: number; readonly k: number; readonly n: number },
  [aRow, aColumn]: readonly [number, number],
  [bRow, bColumn]: readonly [number, number],
): void {
  for (let row = 0; row < m; row++)
    for (let inner = 0; inner < k; inner++) {
      const left = a[row * aRow + inner * aColumn] ?? NaN;
      const [from, to] = [inner * bRow, row * n];
      for (let column = 0; column < n; column++)
        sums[to + column] = (sums[to + column] ?? NaN) + left * (b[from + column * bColumn] ?? NaN);
    }
}

/** By its series, and by its continued fraction where that converges faster. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size < 2) {
    let [term, sum] = [x, x];
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      term *= -(x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-size * size) / Math.sqrt(Math.PI) / (size + fraction));
}
