/** Gradients of composites are those of the functions, everywhere: what a step leaves out, scales or corrects does them no harm. */
import { describe, expect, it } from 'vitest';
import * as compose from '../../../src/tensor/compose';
import { make, type Node } from '../../../src/tensor/graph';
import { backward, Tape } from '../../../src/tensor/gradient';
import { nodeOf, valuesOf } from './values';

/** Of the sum of the elements, with respect to each input. */
function gradientsOf(of: (...nodes: Node[]) => Node, ...inputs: Node[]): number[][] {
  const tape = new Tape();
  const result = tape.record(() => of(...inputs));
  const seeds = new Map([[result, make.fill(result.shape, 'float32', 1)]]);
  const gradients = backward(tape.entries, seeds, inputs);
  return gradients.map((gradient) => (gradient === undefined ? [] : valuesOf(gradient)));
}

const ROOT = 2 / Math.sqrt(Math.PI);
const wide = [0, -0, 1e-30, 0.3, -0.3, 0.7, -1.5, 7, -60, 1000, 1e30, -1e30];
const positive = [2 ** -120, 1e-30, 0.3, 1, 7, 1e30];
const inside = [0, 1e-20, 0.3, -0.3, 0.9, -0.99];

describe('a gradient', () => {
  it.each<readonly [string, (x: Node) => Node, (x: number) => number, readonly number[]]>([
    ['sqrt', compose.sqrt, (x) => 0.5 / Math.sqrt(x), positive],
    ['log', compose.log, (x) => 1 / x, positive],
    ['log2', compose.log2, (x) => Math.LOG2E / x, positive],
    ['log10', compose.log10, (x) => Math.LOG10E / x, positive],
    ['log1p', compose.log1p, (x) => 1 / (1 + x), [-0.9, -1e-9, 0, 1e-9, 0.5, 100, 1e30]],
    ['expm1', compose.expm1, Math.exp, [-100, -1, -1e-9, 0, 0.3, 2, 80]],
    ['exp2', compose.exp2, (x) => Math.LN2 * 2 ** x, [-100, -1, 0, 0.3, 2, 80]],
    [
      'sin',
      compose.sin,
      Math.cos,
      [0, 1e-20, 0.5, -2, 3, 100, 9999.5, 123456, 200000, 300001, -1e6, 7654321],
    ],
    [
      'cos',
      compose.cos,
      (x) => -Math.sin(x),
      [0, 0.5, -2, 3, 100, 9999.5, 123456, 200000, 300001, -1e6, 7654321],
    ],
    ['tan', compose.tan, (x) => 1 / Math.cos(x) ** 2, [0, 1e-20, 0.5, -2, 3, 100]],
    ['asin', compose.asin, (x) => 1 / Math.sqrt(1 - x * x), inside],
    ['acos', compose.acos, (x) => -1 / Math.sqrt(1 - x * x), inside],
    ['atan', compose.atan, (x) => 1 / (1 + x * x), wide.filter((x) => Math.abs(x) < 1e15)],
    ['sinh', compose.sinh, Math.cosh, [0, -0, 0.3, -0.3, 2, -60]],
    ['cosh', compose.cosh, Math.sinh, [0.3, -0.3, 2, -60]],
    ['asinh', compose.asinh, (x) => 1 / Math.hypot(1, x), wide],
    ['acosh', compose.acosh, (x) => 1 / Math.sqrt((x - 1) * (x + 1)), [1.001, 1.5, 7, 1e5, 1e30]],
    ['atanh', compose.atanh, (x) => 1 / (1 - x * x), inside],
    ['erfc', compose.erfc, (x) => -ROOT * Math.exp(-x * x), [0, -2, 0.4, 0.7, 3, 7]],
    ['elu', (x) => compose.elu(x), (x) => (x >= 0 ? 1 : Math.exp(x)), [-3, -0.1, 0.1, 5, 1e30]],
    ['step', compose.step, () => 0, [-1, 1]],
    ['relu6', compose.relu6, (x) => Number(x > 0 && x < 6), [-1, 3, 7]],
    ['clip', (x) => compose.clip(x, -1, 1), (x) => Number(Math.abs(x) < 1), [-2, 0, 2]],
  ])('of %s', (_, of, slope, points) => {
    const xs = points.map(Math.fround);
    const [got = []] = gradientsOf(of, nodeOf(xs));
    xs.forEach((x, i) => {
      const wanted = slope(x);
      expect(Math.abs((got[i] ?? 0) - wanted), `at ${x}: ${got[i]} for ${wanted}`).toBeLessThanOrEqual(
        1e-5 * Math.abs(wanted) + 1e-37,
      );
    });
  });

  it('of functions of two elements', () => {
    const close = (got: readonly number[][], wanted: readonly number[][]): void => {
      expect(got.flat().length).toBe(wanted.flat().length);
      got.flat().forEach((value, i) => {
        expect(value).toBeCloseTo(wanted.flat()[i] ?? NaN, 4);
      });
    };
    const [xs, ys] = [
      [3, -4, 0.5, 7.25],
      [2, 3, -0.3, -2],
    ];
    const both = [nodeOf(xs), nodeOf(ys)] as const;
    const pairs = (f: (x: number, y: number) => number): number[] => xs.map((x, i) => f(x, ys[i] ?? NaN));
    close(
      gradientsOf((x, y) => compose.mod(x, y), ...both),
      [pairs(() => 1), pairs((x, y) => -Math.floor(x / y))],
    );
    close(
      gradientsOf((x, y) => compose.fmod(x, y), ...both),
      [pairs(() => 1), pairs((x, y) => -Math.trunc(x / y))],
    );
    close(
      gradientsOf((x, y) => compose.atan2(x, y), ...both),
      [pairs((y, x) => x / (x * x + y * y)), pairs((y, x) => -y / (x * x + y * y))],
    );
    close(
      gradientsOf((x, y) => compose.hypot(x, y), ...both),
      [pairs((x, y) => x / Math.hypot(x, y)), pairs((x, y) => y / Math.hypot(x, y))],
    );
    // On an axis too, where the magnitude has no derivative.
    close(
      gradientsOf((y, x) => compose.atan2(y, x), nodeOf([0, 2]), nodeOf([3, 0])),
      [
        [1 / 3, 0],
        [0, -1 / 2],
      ],
    );
    const zero = nodeOf([0, 2]);
    close(
      gradientsOf((x, y) => compose.divideNoNan(x, y), nodeOf([1, 1]), zero),
      [
        [0, 0.5],
        [0, -0.25],
      ],
    );
  });

  it('of softmax and logsumexp of equal and infinite elements', () => {
    const x = nodeOf([1, 1, -Infinity]);
    const [softmax = []] = gradientsOf((node) => compose.logsumexp(node), x);
    expect(softmax.map((value) => value + 0)).toEqual([0.5, 0.5, 0]);
    const first = (node: Node): Node => compose.sliceAxis(compose.softmax(node), 0, 0, 1);
    const [row = []] = gradientsOf((node) => first(node), x);
    expect(row.map((value) => value + 0)).toEqual([0.25, -0.25, 0]);
  });
});
