/** The GpSimd engine's instructions on every adapter: what the reference leaves, findings too. */
import fc from 'fast-check';
import { test } from 'vitest';
import type { Dtype, Rounding } from '../../../../src/numerics';
import type { ChipPattern } from '../../../../src/program';
import type { TestTensor } from '../../../isa/machine';
import { ANY, codes, INTEGERS, shapes, source, target, type Shape } from '../../../isa/vector-arbitrary';
import { rounds } from '../../runs';
import { onEveryAdapter } from './adapters';
import { expectAgreement } from './agree';
import { Instances, type Given } from './instances';

const RUNS = rounds(1);
const EACH = 12;

const write = fc.constantFrom(
  {},
  { saturate: true },
  { rounding: 'toward-zero' as Rounding },
  { rounding: 'stochastic' as Rounding, seed: 2 ** 40 + 7, element: 2 ** 33 - 3, pitch: 5 },
);
const word = fc.oneof(
  fc.integer({ min: -40, max: 40 }),
  fc.constantFrom(2 ** 31 - 1, -(2 ** 31), 2 ** 24 + 1),
);
const sbuf = (shape: Shape, dtypes: readonly Dtype[]) => source(shape, dtypes, 'sbuf');

/** A destination in SBUF: PSUM is not among those of GpSimd. */
const into = (shape: Shape, dtypes: readonly Dtype[]) =>
  target(shape, dtypes).map(({ tensor, view }): Given =>
    tensor.space === 'hbm' ? { tensor, view } : { tensor: { ...tensor, space: 'sbuf' }, view },
  );

const affine = ({ outer, inner }: Shape) =>
  fc.record({
    pattern: fc.tuple(word, word, fc.boolean()).map(([far, near, flat]) =>
      flat
        ? ([[near, outer * inner]] as const)
        : ([
            [far, outer],
            [near, inner],
            [7, 1],
          ] as const),
    ),
    offset: word,
    channel_multiplier: word,
  });

const affines = shapes.chain((shape) =>
  fc.record({
    affine: affine(shape),
    dst: into(shape, ANY),
    on_true: sbuf(shape, ANY),
    cmp_op: fc.constantFrom('equal', 'not_equal', 'greater_equal', 'greater', 'less_equal', 'less'),
    on_false_value: fc.constantFrom(0, -0, 1.7, -3e38, Infinity, NaN, 1e-41),
    isSame: fc.boolean(),
    write,
  }),
);

const reductions = shapes.chain((shape) => {
  const row = { ...shape, partitions: 1 };
  const integers = fc.constantFrom(...INTEGERS).chain((dtype) =>
    fc.record({
      data: sbuf(shape, [dtype]),
      dst: into(row, [dtype]),
      op: fc.constantFrom('bitwise_or', 'bitwise_and'),
      write: fc.constant({}),
    }),
  );
  const values = fc.record({
    data: sbuf(shape, ANY),
    dst: into(row, ANY),
    op: fc.constantFrom('add', 'average', 'maximum'),
    write,
  });
  return fc.oneof({ weight: 3, arbitrary: values }, { weight: 1, arbitrary: integers });
});

/** A tensor on partitions from a quadrant on. */
const tensor = (
  dtype: Dtype,
  partition: number,
  partitions: number,
  elements: number,
  item: fc.Arbitrary<number> = codes(dtype),
): fc.Arbitrary<TestTensor> => {
  const length = partitions * elements;
  return fc
    .array(item, { minLength: length, maxLength: length })
    .map((list) => ({ dtype, partition, partitions, elements, codes: list }));
};

const places = fc.constantFrom([0, 16], [0, 48], [32, 32], [64, 64], [0, 128] as const);
const formats = fc.constantFrom<Dtype>('uint8', 'bfloat16', 'float32', 'int16');

const localGathers = fc
  .record({
    place: places,
    dtype: formats,
    each: fc.constantFrom(1, 2, 4),
    columns: fc.integer({ min: 1, max: 3 }),
    more: fc.nat(5),
    left: fc.nat(15),
    inside: fc.boolean(),
  })
  .chain(({ place: [partition, partitions], dtype, each, columns, more, left, inside }) => {
    const width = each + more;
    const valid = columns * 16 - left;
    const most = inside ? width - each : width + 2;
    return fc.record({
      src: tensor(dtype, partition, partitions, width),
      index: tensor('uint16', partition, partitions, columns, fc.nat(most)),
      dst: tensor(dtype, partition, partitions, valid * each),
      attributes: fc.constant({ num_elem_per_idx: each, num_valid_indices: valid }),
    });
  });

const ncGathers = fc
  .record({
    place: places,
    dtype: formats,
    width: fc.integer({ min: 1, max: 6 }),
    count: fc.integer({ min: 1, max: 7 }),
    inside: fc.boolean(),
  }) // prettier-ignore
  .chain(({ place: [partition, partitions], dtype, width, count, inside }) => {
    const index = inside ? fc.nat(width - 1) : fc.oneof(fc.nat(width + 1), fc.constant(2 ** 32 - 1));
    return fc.record({
      data: tensor(dtype, partition, partitions, width),
      indices: tensor('uint32', partition, partitions, count, index),
      dst: tensor(dtype, partition, partitions, count),
      inPlace: fc.boolean(),
    });
  });

const IDS: Readonly<Record<'int32' | 'float32', fc.Arbitrary<number>>> = {
  int32: fc.oneof({ weight: 8, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: codes('int32') }),
  float32: fc.oneof(
    {
      weight: 8,
      arbitrary: fc.constantFrom(0, 0x80000000, 0x3f800000, 0x40000000, 0x4b800001, 0x7fc00000, 0x3fc00000),
    },
    { weight: 1, arbitrary: codes('float32') },
  ),
};

const bounds = fc
  .record({
    from: fc.constantFrom<'int32' | 'float32'>('int32', 'float32'),
    to: fc.constantFrom<Dtype>('int32', 'float32'),
    n: fc.integer({ min: 1, max: 20 }),
  })
  .chain(({ from, to, n }) =>
    fc.record({ ids: tensor(from, 32, 1, n, IDS[from]), dst: tensor(to, 0, 1, 2 * n) }),
  );

const nonzeros = fc
  .record({
    place: places,
    dtype: fc.constantFrom<'int32' | 'float32'>('int32', 'float32'),
    n: fc.integer({ min: 1, max: 9 }),
  }) // prettier-ignore
  .chain(({ place: [partition, partitions], dtype, n }) =>
    fc.record({
      src: tensor(dtype, partition, partitions, n, IDS[dtype]),
      dst: tensor('int32', partition, partitions, n + 1),
      attributes: fc.record({ index_offset: word, padding_val: word }),
    }),
  );

const ranks = fc
  .record({
    place: places,
    columns: fc.integer({ min: 1, max: 6 }),
    over: fc.nat(15),
    k: fc.nat(200),
    few: fc.boolean(),
  }) // prettier-ignore
  .chain(({ place: [partition, partitions], columns, over, k, few }) => {
    const n = Math.max(8, columns * 16 - over);
    const width = Math.max(1, k % n);
    const some = fc.constantFrom(0, 0x8000, 0x3f80, 0xbf80, 0x7f80, 0x7fc0, 0xffff, 0xff80);
    return fc.record({
      src: tensor('bfloat16', partition, partitions, columns, few ? some : codes('bfloat16')),
      dst: tensor('bfloat16', partition, partitions, width),
      idx_dst: tensor('uint32', partition, partitions, width),
      n: fc.constant(n),
    });
  });

onEveryAdapter((on) => {
  async function agree<T>(arbitrary: fc.Arbitrary<T>, add: (made: Instances, given: T) => void) {
    const many = fc.array(arbitrary, { minLength: EACH, maxLength: EACH });
    await fc.assert(
      fc.asyncProperty(many, async (all) => {
        const made = new Instances('trn2');
        for (const given of all) add(made, given);
        await expectAgreement(on.interpreter, made.program, made.inputs);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  }

  const engine = 'gpsimd';

  test('iota and affine_select', async () => {
    await agree(affines, (made, given) => {
      const { cmp_op, on_false_value, isSame } = given;
      const [dst, select] = [made.on(given.dst), made.on(given.dst)];
      const on_true: ChipPattern = isSame ? select : made.on(given.on_true);
      made.add({ opcode: 'iota', engine, dst, sources: {}, attributes: given.affine });
      const attributes = { ...given.affine, ...given.write, cmp_op, on_false_value };
      made.add({ opcode: 'affine_select', engine, dst: select, sources: { on_true }, attributes });
    });
  }, 3600_000);

  test('tensor_partition_reduce', async () => {
    await agree(reductions, (made, { data, dst, op, write: options }) => {
      const sources = { data: made.on(data) };
      const attributes = { op, ...options } as const;
      made.add({ opcode: 'tensor_partition_reduce', engine, dst: made.on(dst), sources, attributes });
    });
  }, 3600_000);

  test('local_gather and nc_n_gather, indices outside too', async () => {
    await agree(fc.tuple(localGathers, ncGathers), (made, [local, own]) => {
      const on = (given: TestTensor) => made.on({ tensor: given });
      made.add({
        opcode: 'local_gather',
        engine,
        dst: on(local.dst),
        sources: { src_buffer: on(local.src), index: on(local.index) },
        attributes: local.attributes,
      });
      const [data, indices] = [on(own.data), on(own.indices)];
      const fits = own.inPlace && data.dims[0]?.[1] === indices.dims[0]?.[1];
      const dst = fits ? data : on(own.dst);
      made.add({ opcode: 'nc_n_gather', engine, dst, sources: { data, indices }, attributes: {} });
    });
  }, 3600_000);

  test('sequence_bounds, nonzero_with_count and topk', async () => {
    await agree(fc.tuple(bounds, nonzeros, ranks), (made, [bound, nonzero, rank]) => {
      const on = (given: TestTensor) => made.on({ tensor: given });
      made.add({
        opcode: 'sequence_bounds',
        engine,
        dst: on(bound.dst),
        sources: { segment_ids: on(bound.ids) },
        attributes: {},
      });
      made.add({
        opcode: 'nonzero_with_count',
        engine,
        dst: on(nonzero.dst),
        sources: { src: on(nonzero.src) },
        attributes: nonzero.attributes,
      });
      made.add({
        opcode: 'topk',
        engine,
        dst: on(rank.dst),
        results: { idx_dst: on(rank.idx_dst) },
        sources: { src: on(rank.src) },
        attributes: { n: rank.n },
      });
    });
  }, 3600_000);
});
