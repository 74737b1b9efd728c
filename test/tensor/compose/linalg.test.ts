/** Products against plain loops over labels; operands are such that every sum is exact. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  diagonal,
  dot,
  einsum,
  equationOf,
  eye,
  matmul,
  outer,
  tensordot,
  triangle,
} from '../../../src/tensor/compose';
import { make, type Shape } from '../../../src/tensor/graph';
import { at, mixed, nodeOf, numbersOf, places, tabulate } from './values';

/** Sums products over all labels, whatever the equation is. */
function summed(operands: readonly string[], result: string, shapes: readonly Shape[]): number[] {
  const labels = [...new Set([result, ...operands].flatMap((text) => Array.from(text)))];
  const extents = labels.map((label) => {
    const all = operands.flatMap((text, i) =>
      Array.from(text).flatMap((other, axis) => (other === label ? (shapes[i]?.[axis] ?? 1) : [])),
    );
    return all.find((extent) => extent !== 1) ?? 1;
  });
  const extentOf = (label: string): number => extents[labels.indexOf(label)] ?? 1;
  const shape = Array.from(result, extentOf);
  const totals = new Map<string, number>();
  const data = shapes.map((of, i) => mixed(of, i + 1));
  for (const place of places(extents)) {
    const value = operands.reduce((product, text, i) => {
      const own = shapes[i] ?? [];
      const index = Array.from(text, (label, axis) =>
        own[axis] === 1 ? 0 : (place[labels.indexOf(label)] ?? 0),
      );
      return product * (at(data[i] ?? [], own, index) ?? NaN);
    }, 1);
    const key = Array.from(result, (label) => place[labels.indexOf(label)]).join();
    totals.set(key, (totals.get(key) ?? 0) + value);
  }
  return tabulate(shape, (place) => totals.get(place.join()) ?? 0);
}

const operandsOf = (shapes: readonly Shape[]) => shapes.map((shape, i) => nodeOf(mixed(shape, i + 1), shape));

describe('einsum', () => {
  const cases: readonly (readonly [text: string, shapes: readonly Shape[]])[] = [
    [
      'ij,jk->ik',
      [
        [2, 3],
        [3, 4],
      ],
    ],
    [
      'ji,jk->ki',
      [
        [3, 2],
        [3, 4],
      ],
    ],
    [
      'bij,bkj->bik',
      [
        [2, 3, 4],
        [2, 5, 4],
      ],
    ],
    [
      'bij,bjk->ikb',
      [
        [2, 3, 4],
        [2, 4, 2],
      ],
    ],
    [
      'ijk,kjl->il',
      [
        [2, 3, 2],
        [2, 3, 4],
      ],
    ],
    ['i,i->', [[5], [5]]],
    ['i,j->ji', [[3], [2]]],
    [
      'ij,ij->ij',
      [
        [2, 3],
        [2, 3],
      ],
    ],
    [
      'ij,ij->i',
      [
        [2, 3],
        [2, 3],
      ],
    ],
    [
      'ijk,jl->ikl',
      [
        [2, 3, 2],
        [3, 2],
      ],
    ],
    ['ii->i', [[3, 3]]],
    ['ii->', [[3, 3]]],
    ['iij->ji', [[3, 3, 2]]],
    ['ij->ji', [[2, 3]]],
    ['ij->', [[2, 3]]],
    [
      'ij,jk,kl->il',
      [
        [2, 3],
        [3, 2],
        [2, 3],
      ],
    ],
    ['ij,k,k->ij', [[2, 3], [2], [2]]],
    [
      'bhqd,bhkd->bhqk',
      [
        [2, 2, 3, 4],
        [2, 2, 5, 4],
      ],
    ],
    [
      'bqhd,bkhd->bhqk',
      [
        [2, 3, 2, 4],
        [2, 5, 2, 4],
      ],
    ],
    [
      'ij,jk->ik',
      [
        [2, 1],
        [3, 4],
      ],
    ],
  ];
  it.each(cases)('%s of %j', (text, shapes) => {
    const [left = '', right = ''] = text.split('->');
    const ranks = shapes.map((shape) => shape.length);
    const node = einsum(equationOf(text, ranks), operandsOf(shapes), 'float32');
    expect(numbersOf(node)).toEqual(
      summed(left.split(','), right, shapes).map((value) => Math.fround(value) + 0),
    );
  });

  it('an ellipsis stands for the axes that are not named, and they are broadcast', () => {
    const shapes = [
      [3, 1, 2, 4],
      [5, 4, 2],
    ];
    const ranks = shapes.map((shape) => shape.length);
    const node = einsum(equationOf('...ij,...jk->...ik', ranks), operandsOf(shapes), 'float32');
    expect(node.shape).toEqual([3, 5, 2, 2]);
    expect(numbersOf(node)).toEqual(summed(['xyij', 'yjk'], 'xyik', shapes));
  });

  it('without a result has the labels that occur once, in order', () => {
    expect(equationOf('ba,ac', [2, 2]).result).toEqual(['b', 'c']);
    expect(equationOf('b...a,ac', [4, 2]).result).toEqual(['.1', '.0', 'b', 'c']);
    expect(equationOf('ii', [2]).result).toEqual([]);
  });
});

describe('matmul', () => {
  const extent = fc.integer({ min: 1, max: 4 });
  it('broadcasts batches, takes vectors, and reads transposed operands as they lie', () => {
    const leads: readonly (readonly [Shape, Shape])[] = [
      [[], []],
      [[3], []],
      [[], [3]],
      [[2, 3], [3]],
      [
        [2, 1],
        [1, 3],
      ],
      [[1, 1], [2]],
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...leads),
        extent,
        extent,
        extent,
        fc.boolean(),
        fc.boolean(),
        ([a, b], m, k, n, ta, tb) => {
          const shapes = [
            [...a, m, k],
            [...b, k, n],
          ];
          const names = ['uvw'.slice(3 - a.length) + 'mk', 'uvw'.slice(3 - b.length) + 'kn'];
          const lead = 'uvw'.slice(3 - Math.max(a.length, b.length));
          const [x, y] = operandsOf(shapes);
          if (x === undefined || y === undefined) throw new Error('two');
          const turned = (node: typeof x) => {
            const swapped = [...node.shape.keys()]
              .slice(0, -2)
              .concat(node.shape.length - 1, node.shape.length - 2);
            // Lies transposed in memory, and is a view of that.
            const codes = nodeOf(
              numbersOf(make.permute(node, swapped)),
              swapped.map((axis) => node.shape[axis] ?? 1),
            );
            return make.permute(codes, swapped);
          };
          const result = matmul(ta ? turned(x) : x, tb ? turned(y) : y);
          expect(numbersOf(result)).toEqual(summed(names, `${lead}mn`, shapes));
          if (ta && lead === '') expect(result.op).toMatchObject({ aLayout: 'k-major' });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of a vector leaves its axis out', () => {
    const [x, v] = [nodeOf(mixed([2, 3, 4]), [2, 3, 4]), nodeOf(mixed([4], 2), [4])];
    expect(matmul(x, v).shape).toEqual([2, 3]);
    expect(numbersOf(matmul(x, v))).toEqual(
      numbersOf(einsum(equationOf('bij,j->bi', [3, 1]), [x, v], 'float32')),
    );
    const u = nodeOf(mixed([3], 2), [3]);
    expect(numbersOf(matmul(u, x))).toEqual(
      numbersOf(einsum(equationOf('i,bij->bj', [1, 3]), [u, x], 'float32')),
    );
    expect(matmul(v, v).shape).toEqual([]);
  });

  it('of int32 is exact by way of float32', () => {
    const [x, y] = [nodeOf([1, -2, 3, 4], [2, 2], 'int32'), nodeOf([5, 6, -7, 8], [2, 2], 'int32')];
    const result = matmul(x, y);
    expect(result.dtype).toBe('int32');
    expect(numbersOf(result)).toEqual([19, -10, -13, 50]);
  });

  it('takes formats of different widths as float32', () => {
    const [x, y] = [nodeOf([1, 2], [1, 2], 'bfloat16'), nodeOf([0.1, 0.2], [2, 1])];
    const expected = Math.fround(Math.fround(0.1) + Math.fround(2 * Math.fround(0.2)));
    expect(numbersOf(matmul(x, y, 'float32'))).toEqual([expected]);
  });
});

describe('other products', () => {
  it('dot, outer and tensordot sum the axes that NumPy sums', () => {
    const [x, y] = operandsOf([
      [2, 3, 4],
      [5, 4, 2],
    ]);
    if (x === undefined || y === undefined) throw new Error('two');
    expect(dot(x, y).shape).toEqual([2, 3, 5, 2]);
    expect(numbersOf(dot(x, y))).toEqual(
      summed(['abk', 'ckd'], 'abcd', [
        [2, 3, 4],
        [5, 4, 2],
      ]),
    );
    expect(
      numbersOf(
        tensordot(x, y, [
          [0, 2],
          [2, 1],
        ]),
      ),
    ).toEqual(
      summed(['abk', 'cka'], 'bc', [
        [2, 3, 4],
        [5, 4, 2],
      ]),
    );
    const [u, v] = operandsOf([[3], [2]]);
    if (u === undefined || v === undefined) throw new Error('two');
    expect(numbersOf(outer(u, v))).toEqual(summed(['a', 'b'], 'ab', [[3], [2]]));
    expect(numbersOf(dot(nodeOf([2], []), u))).toEqual(mixed([3]).map((value) => 2 * value));
  });

  it('diagonals, identity and triangles', () => {
    const x = nodeOf(mixed([3, 4]), [3, 4]);
    const value = (i: number, j: number): number => at(mixed([3, 4]), [3, 4], [i, j]) ?? NaN;
    expect(numbersOf(diagonal(x, 1))).toEqual([value(0, 1), value(1, 2), value(2, 3)]);
    expect(numbersOf(diagonal(x, -1))).toEqual([value(1, 0), value(2, 1)]);
    expect(numbersOf(diagonal(make.permute(x, [1, 0]), 1, 1, 0))).toEqual([
      value(0, 1),
      value(1, 2),
      value(2, 3),
    ]);
    expect(diagonal(x, 7).shape).toEqual([0]);
    expect(numbersOf(eye(2, 3, 'int32', 1))).toEqual([0, 1, 0, 0, 0, 1]);
    const keep = (test: (i: number, j: number) => boolean): number[] =>
      tabulate([3, 4], ([i = 0, j = 0]) => (test(i, j) ? value(i, j) : 0));
    expect(numbersOf(triangle(x, 'lower', 1))).toEqual(keep((i, j) => j <= i + 1));
    expect(numbersOf(triangle(x, 'upper'))).toEqual(keep((i, j) => j >= i));
  });
});
