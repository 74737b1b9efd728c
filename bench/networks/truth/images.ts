/** Convolution and pooling of the truth, of [N, side, side, channels]. */
import { at, type Tape, type Value } from './tape';

/** A filter [3, 3, inputs, outputs] with same padding, and the bias. */
export function convolution(tape: Tape, x: Value, filter: Value, bias: Value, side: number): Value {
  const outputs = bias.values.length;
  const inputs = filter.values.length / 9 / outputs;
  const images = x.values.length / side ** 2 / inputs;
  const sums = tape.arithmetic.make(images * side ** 2 * outputs);
  /** Every pair of an input and an output that a tap joins: their first channels, and the tap's first weight. */
  const walk = (visit: (from: number, to: number, tap: number) => void): void => {
    for (let place = 0; place < images * side ** 2; place++) {
      const [row, column] = [Math.floor(place / side) % side, place % side];
      for (let tap = 0; tap < 9; tap++) {
        const [down, right] = [Math.floor(tap / 3) - 1, (tap % 3) - 1];
        if (row + down < 0 || row + down >= side || column + right < 0 || column + right >= side) continue;
        visit((place + down * side + right) * inputs, place * outputs, tap * inputs * outputs);
      }
    }
  };
  const { values, grad: onX } = x;
  const { values: weights, grad: onWeights } = filter;
  walk((from, to, tap) => {
    for (let i = 0; i < inputs; i++)
      for (let o = 0; o < outputs; o++)
        sums[to + o] = at(sums, to + o) + at(values, from + i) * at(weights, tap + i * outputs + o);
  });
  for (let i = 0; i < sums.length; i++) sums[i] = at(sums, i) + at(bias.values, i % outputs);
  return tape.result(sums, [x, filter, bias], (grad) => {
    walk((from, to, tap) => {
      for (let i = 0; i < inputs; i++)
        for (let o = 0; o < outputs; o++) {
          const place = tap + i * outputs + o;
          onX[from + i] = at(onX, from + i) + at(grad, to + o) * at(weights, place);
          onWeights[place] = at(onWeights, place) + at(grad, to + o) * at(values, from + i);
        }
    });
    for (let i = 0; i < grad.length; i++) bias.grad[i % outputs] = at(bias.grad, i % outputs) + at(grad, i);
  });
}

/** The largest of each 2x2. */
export function maxPool(tape: Tape, x: Value, side: number, channels: number): Value {
  const half = side / 2;
  const near = tape.near(x.values);
  const images = x.values.length / side ** 2 / channels;
  const result = tape.arithmetic.make(images * half ** 2 * channels);
  const from = new Uint32Array(result.length);
  for (let i = 0; i < result.length; i++) {
    const place = Math.floor(i / channels);
    const [row, column] = [Math.floor(place / half), place % half]; // rows of all images, one after the other
    const first = (2 * row * side + 2 * column) * channels + (i % channels);
    const window = [first, first + channels, first + side * channels, first + (side + 1) * channels];
    const [largest = first, second = first] = window.sort((a, b) => at(x.values, b) - at(x.values, a));
    result[i] = at(x.values, largest);
    from[i] = at(x.values, largest) - at(x.values, second) < near ? second : largest;
  }
  return tape.result(result, [x], (grad) => {
    for (let i = 0; i < grad.length; i++) {
      const place = from[i] ?? 0;
      x.grad[place] = at(x.grad, place) + at(grad, i);
    }
  });
}
