/** Calls of tfjs with drawn arguments, one of each kind of kernel whose specs are few. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';

const float = fc.integer({ min: -64, max: 64 }).map((value) => value / 8);
const extent = fc.integer({ min: 1, max: 5 });
/** One less is a power of two: the steps between as many points are exact in float32, and none falls over an edge by a rounding. */
const exactExtent = fc.constantFrom(1, 2, 3, 5);
const floats = (count: number): fc.Arbitrary<number[]> =>
  fc.array(float, { minLength: count, maxLength: count });
const places = (count: number, low: number, high: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: low, max: high }), { minLength: count, maxLength: count });

const sized = (rank: number): fc.Arbitrary<{ shape: number[]; values: number[] }> =>
  fc
    .array(extent, { minLength: rank, maxLength: rank })
    .chain((shape) => floats(tf.util.sizeFromShape(shape)).map((values) => ({ shape, values })));

const image = fc
  .tuple(fc.integer({ min: 1, max: 2 }), extent, extent, fc.integer({ min: 1, max: 3 }))
  .chain((shape) => floats(tf.util.sizeFromShape(shape)).map((values) => ({ shape, values })));

export type Drawn = () => tf.Tensor | tf.Tensor[];

/** Each draws a call. */
export const CALLS: Readonly<Record<string, fc.Arbitrary<Drawn>>> = {
  gather: sized(3).chain(({ shape, values }) =>
    fc
      .integer({ min: 0, max: 2 })
      .chain((axis) =>
        places(4, 0, (shape[axis] ?? 1) - 1).map(
          (index) => () => tf.gather(tf.tensor(values, shape), tf.tensor2d(index, [2, 2], 'int32'), axis),
        ),
      ),
  ),
  'gather of batches': sized(3).chain(({ shape, values }) =>
    places(3 * (shape[0] ?? 1), 0, (shape[2] ?? 1) - 1).map(
      (index) => () =>
        tf.gather(tf.tensor(values, shape), tf.tensor2d(index, [shape[0] ?? 1, 3], 'int32'), 2, 1),
    ),
  ),
  scatterND: fc.tuple(places(6, 0, 3), floats(9)).map(
    ([index, updates]) =>
      () =>
        tf.scatterND(tf.tensor2d(index, [3, 2], 'int32'), tf.tensor2d(updates, [3, 3]), [4, 4, 3]),
  ),
  'scatterND and gatherND, some outside': fc
    .tuple(places(3, -1, 4), floats(4))
    .map(([index, values]) => () => [
      tf.gatherND(tf.tensor1d(values), tf.tensor2d(index, [3, 1], 'int32')),
      tf.scatterND(tf.tensor2d(index, [3, 1], 'int32'), tf.tensor1d(values.slice(1)), [4]),
    ]),
  tensorScatterUpdate: fc.tuple(places(3, 0, 3), floats(6), floats(8)).map(
    ([index, updates, values]) =>
      () =>
        tf.tensorScatterUpdate(
          tf.tensor2d(values, [4, 2]),
          tf.tensor2d(index, [3, 1], 'int32'),
          tf.tensor2d(updates, [3, 2]),
        ),
  ),
  sparseToDense: fc.tuple(places(2, 0, 4), float, float).map(
    ([index, value, otherwise]) =>
      () =>
        tf.sparseToDense(tf.tensor1d(index, 'int32'), tf.scalar(value), [5], tf.scalar(otherwise)),
  ),
  oneHot: places(4, -1, 3).map((index) => () => tf.oneHot(tf.tensor2d(index, [2, 2], 'int32'), 3, 2, -1)),
  unsortedSegmentSum: fc.tuple(floats(8), places(4, 0, 4)).map(
    ([values, ids]) =>
      () =>
        tf.unsortedSegmentSum(tf.tensor2d(values, [4, 2]), tf.tensor1d(ids, 'int32'), 4),
  ),
  bincount: fc
    .tuple(places(5, 0, 4), floats(5), fc.boolean())
    .map(([x, weights, weighted]) => () => [
      tf.bincount(tf.tensor1d(x, 'int32'), tf.tensor1d(weighted ? weights : []), 4),
      tf.denseBincount(
        tf.tensor2d([...x, ...x], [2, 5], 'int32'),
        tf.tensor2d(weighted ? [...weights, ...weights] : [], weighted ? [2, 5] : [0, 0]),
        4,
      ),
      tf.denseBincount(tf.tensor2d([...x, ...x], [2, 5], 'int32'), tf.tensor2d([], [0, 0]), 4, true),
    ]),
  topk: sized(2).chain(({ shape, values }) =>
    fc.integer({ min: 0, max: shape[1] ?? 1 }).map((k) => () => {
      const { values: largest, indices } = tf.topk(tf.tensor(values, shape), k);
      return [largest, indices];
    }),
  ),
  searchSorted: fc.tuple(floats(6), floats(4), fc.constantFrom('left' as const, 'right' as const)).map(
    ([sequence, values, side]) =>
      () =>
        tf.searchSorted(tf.tensor1d(sequence.toSorted((a, b) => a - b)), tf.tensor1d(values), side),
  ),
  unique: fc.tuple(places(12, 0, 1), fc.integer({ min: 0, max: 2 })).map(([x, axis]) => () => {
    const { values, indices } = tf.unique(tf.tensor3d(x, [3, 2, 2], 'int32'), axis);
    return [values, indices];
  }),
  resize: fc
    .tuple(image, extent, extent, fc.integer({ min: 0, max: 2 }))
    .map(([{ shape, values }, height, width, mode]) => () => {
      const x = tf.tensor4d(values, shape);
      const how = [
        [false, false],
        [true, false],
        [false, true],
      ][mode] as [boolean, boolean];
      return [
        tf.image.resizeBilinear(x, [height, width], ...how),
        tf.image.resizeNearestNeighbor(x, [height, width], ...how),
      ];
    }),
  'gradients of resizing': fc.tuple(image, extent, extent, fc.boolean()).map(
    ([
      {
        shape: [, h, , c],
        values,
      },
      height,
      width,
      corners,
    ]) =>
      () => {
        // tfjs's own kernel swaps height and width of the result: squares alone are comparable, one at a time. Aligned corners of one
        // row keep it in a loop that never ends.
        const aligned = corners && h > 1;
        const x = tf.tile(tf.tensor4d(values.slice(0, c), [1, 1, 1, c]), [1, h, h, 1]);
        const ofSquare = (fn: typeof tf.image.resizeBilinear) => (y: tf.Tensor) =>
          tf.sum(tf.square(fn(y as tf.Tensor4D, [height, width], aligned)));
        return [
          tf.grad(ofSquare(tf.image.resizeBilinear))(x),
          tf.grad(ofSquare(tf.image.resizeNearestNeighbor))(x),
        ];
      },
  ),
  cropAndResize: fc
    .tuple(
      image,
      places(8, -2, 10),
      exactExtent,
      exactExtent,
      fc.constantFrom('bilinear' as const, 'nearest' as const),
    )
    .map(
      ([{ shape, values }, boxes, height, width, method]) =>
        () =>
          tf.image.cropAndResize(
            tf.tensor4d(values, shape),
            tf.tensor2d(
              boxes.map((edge) => edge / 8),
              [2, 4],
            ),
            tf.tensor1d([0, shape[0] - 1], 'int32'),
            [height, width],
            method,
            -3,
          ),
    ),
  'rotation and reflection': fc
    .tuple(image, float)
    .map(([{ shape, values }, angle]) => () => [
      tf.image.flipLeftRight(tf.tensor4d(values, shape)),
      tf.image.rotateWithOffset(tf.tensor4d(values, shape), angle + 0.01, 7, [0.25, 0.75]),
    ]),
  transform: fc
    .tuple(
      image,
      floats(8),
      fc.constantFrom('nearest' as const, 'bilinear' as const),
      fc.constantFrom('constant' as const, 'reflect' as const, 'wrap' as const, 'nearest' as const),
    )
    .map(
      ([{ shape, values }, map, interpolation, mode]) =>
        () =>
          // Of a batch tfjs's own kernel gives the first image alone.
          tf.image.transform(
            tf.tensor4d(values.slice(0, values.length / shape[0]), [1, ...shape.slice(1)] as typeof shape),
            tf.tensor2d([...map.slice(0, 6).map((value) => value / 4), 0, 0], [1, 8]),
            interpolation,
            mode,
            -2,
            [4, 3],
          ),
    ),
  'dilation and its gradients': fc
    .tuple(
      sized(3),
      floats(12),
      fc.constantFrom('same' as const, 'valid' as const),
      fc.integer({ min: 1, max: 2 }),
    )
    .map(
      ([
        {
          shape: [h = 1, w = 1],
          values,
        },
        filter,
        pad,
        stride,
      ]) =>
        () => {
          const x = tf.tensor4d(
            Array.from({ length: 2 * (h + 1) * (w + 1) }, (_, i) => (values[i % values.length] ?? 0) + i / 4),
            [1, h + 1, w + 1, 2],
          );
          const f = tf.tensor3d(filter.slice(0, 8), [2, 2, 2]);
          const dilated = (y: tf.Tensor, g: tf.Tensor) =>
            tf.dilation2d(y as tf.Tensor4D, g as tf.Tensor3D, stride, pad);
          return [dilated(x, f), ...tf.grads((y, g) => tf.sum(tf.square(dilated(y, g))))([x, f])];
        },
    ),
  'blocks of space': fc.tuple(floats(32), places(4, 0, 1)).map(([values, crops]) => () => {
    const [a = 0, b = 0, c = 0, d = 0] = crops;
    return [
      tf.depthToSpace(tf.tensor4d(values, [2, 2, 1, 8]), 2),
      tf.batchToSpaceND(
        tf.tensor4d(values, [4, 2, 2, 2]),
        [2, 2],
        [
          [a, b],
          [c, d],
        ],
      ),
      tf.spaceToBatchND(
        tf.tensor4d(values, [1, 4, 4, 2]),
        [2, 2],
        [
          [2 * a, 2 * b],
          [c, c],
        ],
      ),
    ];
  }),
  ranges: fc
    .tuple(
      fc.integer({ min: -9, max: 9 }),
      fc.integer({ min: -9, max: 9 }),
      fc.integer({ min: -3, max: 3 }).filter((step) => step !== 0),
      extent,
    )
    .map(([start, stop, step, count]) => () => [
      tf.range(start, stop, step, 'int32'),
      tf.range(start, stop, step / 2),
      tf.linspace(start, stop, count),
    ]),
  'Fourier transforms': fc.tuple(fc.integer({ min: 1, max: 12 }), floats(48)).map(([n, values]) => () => {
    const x = tf.complex(
      tf.tensor2d(values.slice(0, 2 * n), [2, n]),
      tf.tensor2d(values.slice(24, 24 + 2 * n), [2, n]),
    );
    return [tf.real(tf.fft(x)), tf.imag(tf.fft(x)), tf.real(tf.ifft(x)), tf.imag(tf.ifft(x)), tf.abs(x)];
  }),
  nonMaxSuppression: fc.tuple(places(24, 0, 8), floats(6)).map(([corners, scores]) => () => {
    const boxes = tf.tensor2d(corners, [6, 4]);
    return tf.image.nonMaxSuppression(boxes, tf.tensor1d(scores), 4, 0.4, -3);
  }),
  sparseFillEmptyRows: fc.tuple(places(4, -1, 5), floats(4), float).map(([rows, values, otherwise]) => () => {
    const given = tf.tensor2d(
      rows.flatMap((row, i) => [row, i]),
      [4, 2],
      'int32',
    );
    return Object.values(
      tf.sparse.sparseFillEmptyRows(
        given,
        tf.tensor1d(values),
        tf.tensor1d([5, 4], 'int32'),
        tf.scalar(otherwise),
      ),
    );
  }),
  sparseReshape: fc
    .tuple(
      places(6, 0, 1),
      fc.constantFrom([4, 3], [-1, 2], [12], [2, -1, 3], [-1, -1], [5], [-2, 6], [-1, 5]),
    )
    .map(
      ([index, shape]) =>
        () =>
          Object.values(
            tf.sparse.sparseReshape(
              tf.tensor2d(index, [2, 3], 'int32'),
              tf.tensor1d([2, 3, 2], 'int32'),
              tf.tensor1d([...shape], 'int32'),
            ),
          ),
    ),
  'sparse segments': fc
    .tuple(
      floats(8),
      places(3, 0, 4),
      fc.constantFrom([0, 0, 1], [0, 2, 2], [1, 1, 3], [1, 0, 2], [-1, 0, 0]),
    )
    .map(([data, rows, ids]) => () => {
      const given = [
        tf.tensor2d(data, [4, 2]),
        tf.tensor1d(rows, 'int32'),
        tf.tensor1d([...ids], 'int32'),
      ] as const;
      return [tf.sparse.sparseSegmentSum(...given), tf.sparse.sparseSegmentMean(...given)];
    }),
  'sparse segments of whole numbers': fc
    .tuple(places(8, -99, 99), places(4, 0, 3), places(4, 0, 3))
    .map(([data, rows, ids]) => () => {
      const given = [
        tf.tensor2d(data, [4, 2], 'int32'),
        tf.tensor1d(rows, 'int32'),
        tf.tensor1d(ids.toSorted(), 'int32'),
      ] as const;
      return [tf.sparse.sparseSegmentSum(...given), tf.sparse.sparseSegmentMean(...given)];
    }),
  raggedGather: fc.tuple(places(4, 0, 3), places(4, 0, 6), floats(12)).map(([wanted, cuts, values]) => () => {
    const splits = [
      [0, 2, 2, 3, 4],
      [0, ...cuts.toSorted()],
    ].map((each) => tf.tensor1d(each, 'int32'));
    const { outputNestedSplits, outputDenseValues } = tf.raggedGather(
      splits,
      tf.tensor2d(values, [6, 2]),
      tf.tensor2d(wanted, [2, 2], 'int32'),
      3,
    );
    return [...outputNestedSplits, outputDenseValues];
  }),
  raggedRange: fc
    .tuple(places(3, -3, 3), places(3, -9, 9), places(3, -2, 2))
    .map(([starts, limits, deltas]) => () => {
      return Object.values(
        tf.raggedRange(
          tf.tensor1d(starts, 'int32'),
          tf.tensor1d(limits, 'int32'),
          tf.tensor1d(deltas, 'int32'),
        ),
      );
    }),
  raggedTensorToTensor: fc
    .tuple(places(5, 0, 3), floats(5), fc.constantFrom([-1, -1], [3, 2], [6, -1], [-1, 4]))
    .map(
      ([rows, values, shape]) =>
        () =>
          tf.raggedTensorToTensor(
            tf.tensor1d([...shape], 'int32'),
            tf.tensor1d(values),
            tf.scalar(9),
            [tf.scalar(4, 'int32'), tf.tensor1d(rows.toSorted(), 'int32')],
            ['FIRST_DIM_SIZE', 'VALUE_ROWIDS'],
          ),
    ),
  'raggedTensorToTensor of two axes': fc
    .tuple(places(2, 0, 4), floats(10), fc.constantFrom([-1, -1, -1, 2], [2, 2, 1, 2], [4, 3, 3, 2]))
    .map(([cuts, values, shape]) => () => {
      const splits = [
        [0, ...cuts.toSorted(), 4],
        [0, 1, 1, 4, 5],
      ].map((each) => tf.tensor1d(each, 'int32'));
      return tf.raggedTensorToTensor(
        tf.tensor1d([...shape], 'int32'),
        tf.tensor2d(values, [5, 2]),
        tf.scalar(8),
        splits,
        ['ROW_SPLITS', 'ROW_SPLITS'],
      );
    }),
};
