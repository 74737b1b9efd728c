/** Vector's statistics, searches, shuffles, MX quantization and exponential on every adapter, against the reference. */
import fc from 'fast-check';
import { test } from 'vitest';
import type { ChipName } from '../../../../src/chip';
import { bitsOf, type Dtype, type Rounding } from '../../../../src/numerics';
import type { ReduceCommand } from '../../../../src/program';
import {
  ANY,
  codes,
  column,
  shapes,
  source,
  target,
  type Operand,
  type Shape,
} from '../../../isa/vector-arbitrary';
import { rounds } from '../../runs';
import { onEveryAdapter } from './adapters';
import { expectAgreement } from './agree';
import { Instances, type Given } from './instances';

/** More of them, by hand. */
const RUNS = rounds(1);
const EACH = 6;

const write = fc.constantFrom(
  {},
  { saturate: true },
  { rounding: 'toward-zero' as Rounding },
  { rounding: 'stochastic' as Rounding, seed: 2 ** 40 + 7, element: 2 ** 33 - 3, pitch: 5 },
);
const constant = fc.constantFrom(0, -0, 1, -1.5, 1e-40, -Infinity, NaN);
const row = (shape: Shape, inner: number): Shape => ({ ...shape, outer: 1, inner });

/** Rows that repeat some codes, zeros of both signs among them, so that there is something to find. */
function repetitive(shape: Shape, dtypes: readonly Dtype[]): fc.Arbitrary<Operand> {
  return source(shape, dtypes, 'sbuf').chain(({ tensor, view }) =>
    fc
      .array(codes(tensor.dtype), { minLength: 6, maxLength: 6 })
      .chain((few) =>
        fc.array(fc.constantFrom(...few, 0, 2 ** (bitsOf(tensor.dtype) - 1)), {
          minLength: tensor.partitions * shape.outer * shape.inner,
          maxLength: tensor.partitions * shape.outer * shape.inner,
        }),
      )
      .map((list): Operand => ({ tensor: { ...tensor, codes: list }, view })),
  );
}

type Step = (made: Instances) => void;
type Steps = fc.Arbitrary<Step>;

const statistics: Steps = shapes.chain((shape) =>
  fc
    .record({ data: source(shape), dst: target(row(shape, 6)), write })
    .map(({ data, dst, write: attributes }): Step => (made) => {
      const sources = { data: made.on(data) };
      made.add({ opcode: 'bn_stats', engine: 'vector', dst: made.on(dst), sources, attributes });
    }),
);

const aggregates: Steps = shapes.chain((shape) =>
  fc
    .record({ data: source({ ...shape, outer: 3 }), dst: target(row(shape, 2)), write })
    .map(({ data, dst, write: attributes }): Step => (made) => {
      const sources = { data: made.on(data) };
      made.add({ opcode: 'bn_aggr', engine: 'vector', dst: made.on(dst), sources, attributes });
    }),
);

const searched = shapes.map((shape) => ({ ...shape, outer: shape.outer + 1, inner: shape.inner + 3 }));
const indices: readonly Dtype[] = ['uint16', 'uint32'];

const searches: Steps = searched.chain((shape) =>
  fc
    .record({
      data: repetitive(shape, ANY),
      dst: target(shape),
      vals: target(row(shape, 8)),
      index: target(row(shape, 8), indices),
      imm: constant,
      write,
      form: fc.constantFrom('max', 'find', 'replace', 'replace in place'),
      sample: fc.boolean(),
    })
    .map(({ form, imm, write: attributes, sample, ...given }): Step => (made) => {
      const data = made.on(given.data);
      const largest = made.on(given.vals);
      const engine = 'vector';
      if (form === 'max' || sample) {
        const attributes_ = form === 'max' ? attributes : {};
        made.add({ opcode: 'max8', engine, dst: largest, sources: { src: data }, attributes: attributes_ });
      }
      if (form === 'max') return;
      const sources = { data, vals: largest };
      const index = made.on(given.index);
      if (form === 'find') {
        made.add({ opcode: 'nc_find_index8', engine, dst: index, sources, attributes: {} });
      } else {
        const dst = form === 'replace' ? made.on(given.dst) : data;
        made.add({
          opcode: 'nc_match_replace8',
          engine,
          dst,
          ...(imm !== 0 && { results: { dst_idx: index } }),
          sources,
          attributes: { imm, ...attributes },
        });
      }
    }),
);

const shuffles: Steps = fc
  .record({
    from: fc.integer({ min: 1, max: 2 }),
    to: fc.integer({ min: 1, max: 2 }),
    starts: fc.tuple(fc.constantFrom(0, 64), fc.constantFrom(0, 64)),
    elements: fc.integer({ min: 1, max: 5 }),
    dtype: fc.constantFrom(...ANY),
    mask: fc.array(fc.oneof(fc.nat(31), fc.constant(255)), { minLength: 32, maxLength: 32 }),
    inPlace: fc.boolean(),
    seed: fc.nat(),
  })
  .map(({ from, to, starts, elements, dtype, mask, inPlace, seed }): Step => (made) => {
    const tensor = (start: number, quadrants: number, loaded = true): Given => {
      const partitions = 32 * quadrants;
      const list = Array.from(
        { length: partitions * elements },
        (_, at) => Math.imul(at + seed, 0x9e3779b1) >>> 8,
      );
      return {
        tensor: { dtype, partition: start, partitions, elements, ...(loaded && { codes: list }) },
      };
    };
    const src = made.on(tensor(starts[0], Math.max(from, to)));
    // What the mask leaves of a new dst stays unwritten.
    const dst = inPlace ? src : made.on(tensor(starts[1], to, seed % 2 === 0));
    const attributes = { shuffle_mask: mask };
    made.add({ opcode: 'nc_stream_shuffle', engine: 'vector', dst, sources: { src }, attributes });
  });

const quantizations: Steps = fc
  .record({
    partitions: fc.constantFrom(32, 64, 96, 128),
    packed: fc.integer({ min: 1, max: 5 }),
    dtype: fc.constantFrom<Dtype>('float16', 'bfloat16'),
    to: fc.constantFrom<Dtype>('float8_e5m2_x4', 'float8_e4m3fn_x4'),
    scales: fc.constantFrom<Dtype>('uint8', 'float8_e8m0fnu'),
    first: fc.constantFrom(0, 4, 8, 12),
    rule: fc.constantFrom({}, { scale_rule: 'ocp' as const }),
    seed: fc.nat(),
    /** Which codes there are: any, few exponents, small ones, or zeros. */
    masks: fc.constantFrom(0xffff, 0x83ff, 0x807f, 0xbfff, 0xfbff, 0x8001, 0),
  })
  .map(({ partitions, packed, dtype, to, scales, first, rule, seed, masks }): Step => (made) => {
    const src = made.on({
      tensor: {
        dtype,
        partitions,
        elements: 4 * packed,
        codes: Array.from(
          { length: partitions * 4 * packed },
          (_, at) => (Math.imul(at + seed, 0x9e3779b1) >>> 13) & masks,
        ),
      },
    });
    const dst = made.on({
      tensor: { dtype: to, partitions, elements: packed + 1 },
      view: { dims: [[1, packed]] },
    });
    const rows = partitions - 28;
    const dst_scale = made.on({
      tensor: { dtype: scales, partition: first, partitions: rows, elements: packed },
    });
    made.add({
      opcode: 'quantize_mx',
      engine: 'vector',
      dst,
      results: { dst_scale },
      sources: { src },
      attributes: rule,
    });
  });

const EXPONENTIAL: readonly Dtype[] = [
  'float8_e4m3',
  'float8_e5m2',
  'float16',
  'bfloat16',
  'float32',
  'int8',
  'int32',
];

const exponentials: Steps = shapes.chain((shape) =>
  fc
    .record({
      src: source(shape, EXPONENTIAL),
      most: fc.option(column(shape), { nil: undefined }),
      max_value: fc.option(constant, { nil: undefined }),
      dst: target(shape, EXPONENTIAL),
      result: fc.option(column(shape, ['float32', 'bfloat16']), { nil: undefined }),
      command: fc.constantFrom<ReduceCommand>('idle', 'reset_reduce', 'reduce', 'load_reduce'),
      reduce_init: constant,
      write,
    })
    .map(({ most, max_value, command, reduce_init, write: attributes, ...given }): Step => (made) => {
      const res = command === 'idle' || given.result === undefined ? undefined : made.on(given.result);
      made.add({
        opcode: 'exponential',
        engine: 'vector',
        dst: made.on(given.dst),
        ...(res && { results: { reduce_res: res } }),
        sources: { src: made.on(given.src), ...(most && { max_value: made.on(most) }) },
        attributes: {
          reduce_cmd: command,
          ...(most === undefined && max_value !== undefined && { max_value }),
          ...(command === 'load_reduce' && { reduce_init }),
          ...attributes,
        },
      });
    }),
);

const INSTRUCTIONS: Readonly<Record<string, { readonly chip: ChipName; readonly steps: Steps }>> = {
  bn_stats: { chip: 'trn2', steps: statistics },
  bn_aggr: { chip: 'trn2', steps: aggregates },
  'max8, nc_find_index8 and nc_match_replace8': { chip: 'trn2', steps: searches },
  nc_stream_shuffle: { chip: 'trn2', steps: shuffles },
  quantize_mx: { chip: 'trn3', steps: quantizations },
  exponential: { chip: 'trn3', steps: exponentials },
};

onEveryAdapter((on) => {
  test.each(Object.entries(INSTRUCTIONS))(
    '%s',
    async (_, { chip, steps }) => {
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: EACH, maxLength: EACH }), async (all) => {
          const made = new Instances(chip);
          for (const step of all) step(made);
          await expectAgreement(on.interpreter, made.program, made.inputs);
        }),
        { numRuns: RUNS, endOnFailure: true },
      );
    },
    3600_000,
  );

  test('searches in long rows, in place and into what is searched', async () => {
    const [partitions, elements] = [32, 1500];
    const list = Array.from(
      { length: partitions * elements },
      (_, at) => (Math.imul(at + 1, 0x9e3779b1) >>> 20) << 4,
    );
    const made = new Instances('trn2');
    const data = made.on({ tensor: { dtype: 'bfloat16', partitions, elements, codes: list } });
    const dst = made.on({ tensor: { dtype: 'bfloat16', partitions, elements: 8 } });
    const vals = dst;
    const engine = 'vector';
    for (let round = 0; round < 3; round++) {
      made.add({ opcode: 'max8', engine, dst, sources: { src: data }, attributes: {} });
      const imm = -Infinity;
      made.add({
        opcode: 'nc_match_replace8',
        engine,
        dst: data,
        sources: { data, vals },
        attributes: { imm },
      });
    }
    const indices = { ...data, dtype: 'uint16', offset: 3, dims: [[2, 8]] } as const;
    made.add({ opcode: 'nc_find_index8', engine, dst: indices, sources: { data, vals }, attributes: {} });
    const within = { ...data, offset: 900, dims: [[1, 512]] } as const;
    const results = { ...data, offset: 1000, dims: [[-2, 6]] } as const;
    made.add({ opcode: 'bn_stats', engine, dst: results, sources: { data: within }, attributes: {} });
    await expectAgreement(on.interpreter, made.program, made.inputs);
  }, 600_000);
});
