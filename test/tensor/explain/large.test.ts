/** What small graphs do not show: rests of tiles, several boxes, blocks of blocks, parts of rows. */
import { describe, expect, test } from 'vitest';
import { CHIP_NAMES } from '../../../src/chip';
import { codeArray, bitsOf, type Dtype } from '../../../src/numerics';
import { make, REDUCTIONS, SCANS, sizeOf, type Node, type Shape } from '../../../src/tensor/graph';
import { agrees, place } from './agree';

/** A leaf of any finite codes, the same each time. */
function leaf(shape: Shape, dtype: Dtype = 'float32', seed = 1): Node {
  const codes = codeArray(dtype, sizeOf(shape));
  let state = seed;
  for (let i = 0; i < codes.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    // Of float32 magnitudes near 1, so that sums round.
    codes[i] =
      dtype === 'float32'
        ? 0x3f000000 + (state >>> 7) + (state & 1) * 2 ** 31
        : state >>> (32 - bitsOf(dtype));
  }
  return place(codes, dtype, shape);
}

/** The sum along the last axis, for each element. */
const sumOf = (x: Node): Node =>
  make.broadcast(make.reshape(make.reduce(x, 'add', 1, x.dtype), [...x.shape.slice(0, -1), 1]), x.shape);

const indices = (shape: Shape, rows: number): Node =>
  place(
    Uint32Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7919) % (rows + 8)) - 4),
    'int32',
    shape,
  );

const CASES: Readonly<Record<string, () => readonly Node[]>> = {
  'elements in rows, with a rest': () => [
    make.map('add', [leaf([70_001]), leaf([70_001], 'bfloat16', 2)], 'bfloat16'),
    make.map('multiply', [leaf([1009]), make.fill([1009], 'float32', 3)], 'float32'),
  ],
  'elements of broadcast rows and columns': () => {
    const shape = [200, 300];
    const row = make.broadcast(leaf([1, 300]), shape);
    const column = make.broadcast(leaf([200, 1], 'float32', 3), shape);
    const turned = make.permute(leaf([300, 200], 'float32', 4), [1, 0]);
    const sum = make.map('subtract', [make.map('add', [row, column], 'float32'), turned], 'float32');
    return [sum, make.map('maximum', [column, sum], 'float16')];
  },
  'elements of four axes, of long rows': () => {
    const long = make.broadcast(leaf([1, 5000]), [130, 5000]);
    const shape = [3, 5, 7, 130];
    const middle = make.broadcast(leaf([3, 1, 7, 1]), shape);
    return [
      make.map('add', [leaf([130, 5000]), long], 'float32'),
      make.map('less', [leaf(shape), middle], 'uint8'),
      make.map('relu', [leaf([2, 9000])], 'float32'),
    ];
  },
  'stochastic casts over several boxes': () => {
    const key = place(Uint32Array.of(77, 1, 0, 0), 'uint32', [4]);
    return [[70_001], [300, 257], [1009]].map((shape) =>
      make.cast(leaf(shape), 'bfloat16', { rounding: 'stochastic', key }),
    );
  },
  reductions: () =>
    REDUCTIONS.flatMap((reduction) =>
      [
        leaf([130, 600]),
        leaf([3, 400]),
        leaf([3, 5000]),
        leaf([2, 257, 40], 'bfloat16'),
        leaf([3, 70, 100], 'int32'),
        make.permute(leaf([700, 3]), [1, 0]),
        make.permute(leaf([70, 3, 90]), [1, 0, 2]),
      ].map((x, i) =>
        make.reduce(x, reduction, i === 3 || i > 5 ? 2 : 1, reduction.startsWith('arg') ? 'int32' : x.dtype),
      ),
    ),
  'reductions of what was just made': () =>
    [
      leaf([130, 600]),
      leaf([70, 20, 30], 'int32'),
      leaf([3, 3000], 'bfloat16'),
      make.permute(leaf([40, 5, 6]), [1, 2, 0]),
    ].flatMap((x) => {
      const made = make.map('add', [x, x], x.dtype);
      const more = make.map('multiply', [made, made], 'float32');
      return [
        make.reduce(made, 'add', 1, x.dtype),
        make.map('subtract', [made, sumOf(made)], x.dtype),
        make.map('add', [sumOf(more), more], 'float16'),
        make.reduce(more, 'maximum', 2, 'bfloat16'),
      ];
    }),
  'two totals of the same integers': () => {
    const x = leaf([70, 30], 'int32');
    const made = make.map('add', [x, x], 'int32');
    const [sum, most] = (['add', 'maximum'] as const).map((how) => make.reduce(made, how, 1, 'int32'));
    return sum === undefined || most === undefined ? [] : [make.map('subtract', [sum, most], 'int32')];
  },
  'a sum of more than a block of blocks': () => [make.reduce(leaf([70_000]), 'add', 1, 'float32')],
  'sums of zeros keep their sign': () => {
    const zeros = place(Uint32Array.of(2 ** 31, 2 ** 31, 0, 2 ** 31), 'float32', [2, 2]);
    return [make.scan(zeros, 'add', 'float32'), make.reduce(zeros, 'add', 1, 'float32')];
  },
  scans: () =>
    SCANS.flatMap((how, i) => {
      const [exclusive, reverse] = [i % 2 === 1, i > 1];
      return [leaf([130, 50]), leaf([2, 4100]), leaf([2, 2100], 'int32'), leaf([3, 300], 'bfloat16')].flatMap(
        (x) => [
          make.scan(x, how, x.dtype, { exclusive, reverse }),
          make.scan(x, how, 'float16', { exclusive: !exclusive, reverse }),
        ],
      );
    }),
  orders: () =>
    (['float32', 'bfloat16', 'int32', 'uint32'] as const).flatMap((dtype) =>
      [false, true].map((descending) => make.argsort(leaf([130, 33], dtype), descending)),
    ),
  'products of views': () => [
    make.matmul(leaf([150, 300]), leaf([300, 140]), 'float32'),
    make.matmul(leaf([150, 300]), make.permute(leaf([140, 300]), [1, 0]), 'float32'),
    make.matmul(
      leaf([2, 300, 130], 'bfloat16'),
      make.broadcast(leaf([1, 600, 300], 'bfloat16'), [2, 600, 300]),
      'bfloat16',
      {
        aLayout: 'k-major',
        bLayout: 'transposed',
      },
    ),
    make.matmul(
      make.permute(leaf([2, 40, 3, 30]), [0, 2, 1, 3]),
      make.permute(leaf([2, 20, 3, 30]), [0, 2, 1, 3]),
      'float16',
      {
        bLayout: 'transposed',
        rounding: 'stochastic',
        seed: 5,
      },
    ),
  ],
  gathers: () =>
    (['clamp', 'zero'] as const).flatMap((outside) => [
      make.gather(leaf([2, 50, 7]), indices([2, 300], 50), { outside, what: 'take' }),
      make.gather(leaf([3, 9, 4200], 'bfloat16'), indices([1, 5], 9), { outside, what: 'take' }),
    ]),
  scatters: () =>
    (['set', 'add', 'maximum', 'minimum'] as const).flatMap((combine) =>
      (['clamp', 'zero'] as const).flatMap((outside) =>
        (['float32', 'bfloat16', 'int32'] as const).map((dtype) =>
          make.scatter(leaf([2, 200, 7], dtype), indices([2, 140], 20), leaf([2, 140, 7], dtype, 5), {
            ...{ combine, outside, what: 'put' },
          }),
        ),
      ),
    ),
};

describe.each(CHIP_NAMES)('%s', (chip) => {
  test.each(Object.keys(CASES))('%s', (name) => {
    for (const node of CASES[name]?.() ?? []) {
      const { notes } = agrees([node], chip);
      expect(notes).toEqual([]);
    }
  });
});
