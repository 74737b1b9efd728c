/** Convolutions and pooling against plain loops over places; operands are such that every sum is exact. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  averagePool,
  averagePoolGradient,
  convolution,
  convolutionFilterGradient,
  convolutionInputGradient,
  depthwiseConvolution,
  depthwiseFilterGradient,
  depthwiseInputGradient,
  maxPool,
  maxPoolGradient,
  minPool,
  separableConvolution,
  spatialAxes,
  type Spatial,
} from '../../../src/tensor/compose';
import { make, sizeOf, type Shape } from '../../../src/tensor/graph';
import { at, mixed, nodeOf, places, numbersOf } from './values';

interface Case {
  readonly x: Shape;
  readonly filter: Shape;
  readonly groups: number;
  readonly spatial: Spatial;
}

const axis = fc.record({
  taps: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  more: fc.integer({ min: 0, max: 4 }),
  low: fc.integer({ min: 0, max: 4 }),
  high: fc.integer({ min: 0, max: 3 }),
});

const cases: fc.Arbitrary<Case> = fc
  .record({
    axes: fc.array(axis, { minLength: 1, maxLength: 3 }),
    batch: fc.integer({ min: 1, max: 2 }),
    groups: fc.integer({ min: 1, max: 3 }),
    depth: fc.integer({ min: 1, max: 2 }),
    out: fc.integer({ min: 1, max: 2 }),
    padding: fc.constantFrom('same' as const, 'valid' as const, 'edges' as const),
  })
  .map(({ axes, batch, groups, depth, out, padding }) => ({
    x: [batch, ...axes.map(({ taps, dilation, more }) => (taps - 1) * dilation + 1 + more), groups * depth],
    filter: [...axes.map(({ taps }) => taps), depth, groups * out],
    groups,
    spatial: {
      strides: axes.map(({ stride }) => stride),
      dilations: axes.map(({ dilation }) => dilation),
      padding: padding === 'edges' ? axes.map(({ low, high }) => [low, high] as const) : padding,
    },
  }));

const axesOf = ({ x, filter, spatial }: Case) => spatialAxes(x.slice(1, -1), filter.slice(0, -2), spatial);
const outputShape = (test: Case): number[] => [
  test.x[0] ?? 0,
  ...axesOf(test).map(({ positions }) => positions),
  test.filter.at(-1) ?? 0,
];

/** Every product of a convolution: offsets of input, filter and result. */
function* products(test: Case): Generator<readonly [x: number, filter: number, result: number]> {
  const { x, filter, groups } = test;
  const axes = axesOf(test);
  const [depth = 0, out = 0] = filter.slice(-2);
  const result = outputShape(test);
  const index = (shape: Shape): number[] => Array.from({ length: sizeOf(shape) }, (_, i) => i);
  const [ofX, ofFilter, ofResult] = [index(x), index(filter), index(result)];
  for (const to of places(result)) {
    const o = to.at(-1) ?? 0;
    const group = Math.floor(o / (out / groups));
    for (const tap of places(filter.slice(0, -1))) {
      const from = axes.map(
        ({ stride, dilation, edges }, i) => (to[i + 1] ?? 0) * stride + (tap[i] ?? 0) * dilation - edges[0],
      );
      const input = at(ofX, x, [to[0] ?? 0, ...from, group * depth + (tap.at(-1) ?? 0)]);
      if (input === undefined) continue;
      yield [input, at(ofFilter, filter, [...tap, o]) ?? 0, at(ofResult, result, to) ?? 0];
    }
  }
}

const first = (shape: Shape): number[] =>
  [0, shape.length - 1, ...shape.keys()].filter((a, i, all) => all.indexOf(a) === i);
const filterFirst = (shape: Shape): number[] => [
  shape.length - 1,
  shape.length - 2,
  ...[...shape.keys()].slice(0, -2),
];

describe('a convolution', () => {
  it('and its gradients are the sums of the products that the loops of its definition name', () => {
    fc.assert(
      fc.property(cases, (test) => {
        const [xs, ws, gs] = [mixed(test.x), mixed(test.filter, 2), mixed(outputShape(test), 3)];
        const [y, dx, dw] = [gs.map(() => 0), xs.map(() => 0), ws.map(() => 0)];
        for (const [i, j, k] of products(test)) {
          y[k] = (y[k] ?? 0) + (xs[i] ?? 0) * (ws[j] ?? 0);
          dx[i] = (dx[i] ?? 0) + (gs[k] ?? 0) * (ws[j] ?? 0);
          dw[j] = (dw[j] ?? 0) + (gs[k] ?? 0) * (xs[i] ?? 0);
        }
        const [x, w, g] = [nodeOf(xs, test.x), nodeOf(ws, test.filter), nodeOf(gs, outputShape(test))];
        const options = { ...test.spatial, groups: test.groups };
        expect(numbersOf(convolution(x, w, options))).toEqual(y);
        expect(numbersOf(convolutionInputGradient(g, w, test.x, options))).toEqual(dx);
        expect(numbersOf(convolutionFilterGradient(x, g, test.filter, options))).toEqual(dw);
        const other = { ...options, layout: 'channels-first' as const };
        const [x1, g1] = [x, g].map((node) => make.permute(node, first(node.shape)));
        const w1 = make.permute(w, filterFirst(test.filter));
        if (x1 === undefined || g1 === undefined) throw new Error('two');
        const turned = make.permute(nodeOf(y, g.shape), first(g.shape));
        expect(numbersOf(convolution(x1, w1, other))).toEqual(numbersOf(turned));
        const dx1 = make.permute(nodeOf(dx, x.shape), first(x.shape));
        expect(numbersOf(convolutionInputGradient(g1, w1, x1.shape, other))).toEqual(numbersOf(dx1));
        const dw1 = make.permute(nodeOf(dw, w.shape), filterFirst(w.shape));
        expect(numbersOf(convolutionFilterGradient(x1, g1, w1.shape, other))).toEqual(numbersOf(dw1));
      }),
      { numRuns: 60 },
    );
  });

  it('of each channel by filters of its own is one of as many groups', () => {
    const [x, filter] = [
      nodeOf(mixed([2, 6, 5, 3]), [2, 6, 5, 3]),
      nodeOf(mixed([3, 2, 3, 2]), [3, 2, 3, 2]),
    ];
    const spatial = { padding: 'same', strides: [2, 1] } as const;
    const grouped = make.reshape(filter, [3, 2, 1, 6]);
    const y = convolution(x, grouped, { ...spatial, groups: 3 });
    expect(numbersOf(depthwiseConvolution(x, filter, spatial))).toEqual(numbersOf(y));
    const g = nodeOf(mixed(y.shape, 4), y.shape);
    const dx = convolutionInputGradient(g, grouped, x.shape, { ...spatial, groups: 3 });
    expect(numbersOf(depthwiseInputGradient(g, filter, x.shape, spatial))).toEqual(numbersOf(dx));
    const dw = convolutionFilterGradient(x, g, grouped.shape, { ...spatial, groups: 3 });
    expect(numbersOf(depthwiseFilterGradient(x, g, filter.shape, spatial))).toEqual(numbersOf(dw));
    const point = nodeOf(mixed([1, 1, 6, 4], 5), [1, 1, 6, 4]);
    expect(numbersOf(separableConvolution(x, filter, point, spatial))).toEqual(
      numbersOf(convolution(y, point)),
    );
    const firsts = make.permute(x, first(x.shape));
    const own = make.permute(filter, [2, 3, 0, 1]);
    const layout = 'channels-first' as const;
    const turned = depthwiseConvolution(firsts, own, { ...spatial, layout });
    expect(numbersOf(turned)).toEqual(numbersOf(make.permute(y, first(y.shape))));
    const g1 = make.permute(g, first(g.shape));
    const dw1 = depthwiseFilterGradient(firsts, g1, own.shape, { ...spatial, layout });
    expect(numbersOf(dw1)).toEqual(numbersOf(make.permute(make.reshape(dw, filter.shape), [2, 3, 0, 1])));
    const dx1 = depthwiseInputGradient(g1, own, firsts.shape, { ...spatial, layout });
    expect(numbersOf(dx1)).toEqual(numbersOf(make.permute(dx, first(dx.shape))));
  });

  it('rounds once to a narrow format, whatever lies between', () => {
    const x = nodeOf(mixed([1, 5, 5, 2]), [1, 5, 5, 2], 'bfloat16');
    const filter = nodeOf(mixed([3, 3, 2, 2], 7), [3, 3, 2, 2], 'bfloat16');
    const wide = convolution(x, filter, { dtype: 'float32' });
    expect(numbersOf(convolution(x, filter))).toEqual(numbersOf(make.cast(wide, 'bfloat16')));
  });
});

describe('pooling', () => {
  it('and its gradients look at the elements of each window that are not padding', () => {
    fc.assert(
      fc.property(cases, (test) => {
        const taps = test.filter.slice(0, -2);
        const axes = axesOf(test);
        const channels = test.x.at(-1) ?? 0;
        const shape = [test.x[0] ?? 0, ...axes.map(({ positions }) => positions), channels];
        const xs = mixed(test.x);
        const gs = mixed(shape, 3);
        const index = xs.map((_, i) => i);
        const [largest, smallest, average, padded] = [[], [], [], []] as [
          number[],
          number[],
          number[],
          number[],
        ];
        const [ofLargest, ofAverage] = [xs.map(() => 0), xs.map(() => 0)];
        for (const [k, to] of [...places(shape)].entries()) {
          const inside = [...places(taps)].flatMap((tap) => {
            const from = axes.map(
              ({ stride, dilation, edges }, i) =>
                (to[i + 1] ?? 0) * stride + (tap[i] ?? 0) * dilation - edges[0],
            );
            return at(index, test.x, [to[0] ?? 0, ...from, to.at(-1) ?? 0]) ?? [];
          });
          const values = inside.map((i) => xs[i] ?? 0);
          const total = values.reduce((sum, value) => sum + value, 0);
          largest.push(Math.max(...values));
          smallest.push(Math.min(...values));
          const share = (of: number): number => Math.fround(of * Math.fround(1 / values.length));
          average.push(values.length === 0 ? NaN : share(total));
          padded.push(Math.fround(total * Math.fround(1 / sizeOf(taps))));
          const winner = inside[values.indexOf(Math.max(...values))];
          if (winner !== undefined) ofLargest[winner] = (ofLargest[winner] ?? 0) + (gs[k] ?? 0);
          for (const i of inside) ofAverage[i] = (ofAverage[i] ?? 0) + share(gs[k] ?? 0);
        }
        const [x, g] = [nodeOf(xs, test.x), nodeOf(gs, shape)];
        const options = { taps, ...test.spatial };
        expect(numbersOf(maxPool(x, options))).toEqual(largest);
        expect(numbersOf(minPool(x, options))).toEqual(smallest);
        expect(numbersOf(averagePool(x, options))).toEqual(average);
        expect(numbersOf(averagePool(x, { ...options, countPadding: true }))).toEqual(padded);
        if (average.includes(NaN)) return;
        expect(numbersOf(maxPoolGradient(g, x, options))).toEqual(ofLargest);
        numbersOf(averagePoolGradient(g, test.x, options)).forEach((value, i) => {
          expect(value).toBeCloseTo(ofAverage[i] ?? NaN, 4);
        });
      }),
      { numRuns: 60 },
    );
  });
});
