/** DMA's instructions on every adapter: what the reference leaves, with indices and without, and the errors of both. */
import fc from 'fast-check';
import { test } from 'vitest';
import { codeArray, type CodeArray, type Dtype } from '../../../../src/numerics';
import type { ChipPattern, Dim, HbmPattern, Instruction, Pattern, Tensor } from '../../../../src/program';
import { ANY, codes } from '../../../isa/vector-arbitrary';
import { rounds } from '../../runs';
import { onEveryAdapter } from './adapters';
import { expectAgreement } from './agree';

const RUNS = rounds(4);
const engine = 'dma';
/** Elements of each of two HBM tensors, and of a partition of SBUF. */
const [HELD, P, WIDTH] = [600, 40, 48];

/**
 * Two tensors in HBM, `x` and `y`, two in SBUF, `a` and `b`, which hold what the inputs said, and indices `i` of up to 40 partitions.
 * Where `filled` is false y and b were never written.
 */
function programOf(
  dtypes: Readonly<Record<'x' | 'a', Dtype>>,
  content: Content,
  filled: boolean,
  instruction: Instruction,
) {
  const formats = { x: dtypes.x, y: dtypes.x, a: dtypes.a, b: dtypes.a, i: content.indexDtype } as const;
  const inputs: Record<string, CodeArray> = {};
  const tensors: Tensor[] = [];
  const loads: Instruction[] = [];
  let address = 0;
  for (const [name, dtype] of Object.entries(formats)) {
    const elements = name === 'i' ? content.indices.length : name < 'c' ? P * WIDTH : HELD;
    const all = codeArray(dtype, elements);
    const mixed =
      name === 'i'
        ? content.indices
        : all.map((_, at) => content.codes[(at * 7) % content.codes.length] ?? 0);
    all.set(mixed);
    inputs[`${name}_input`] = all;
    tensors.push({ space: 'hbm', name: `${name}_input`, dtype, shape: [elements], role: 'input' });
    const src: HbmPattern = {
      space: 'hbm',
      tensor: `${name}_input`,
      dtype,
      offset: 0,
      dims: [[1, elements]],
    };
    let dst: Pattern = { ...src, tensor: name };
    if (name < 'c' || name === 'i') {
      const partitions = name === 'i' ? content.indexPartitions : P;
      const extent = { partition: 0, partitions };
      const width = elements / partitions;
      tensors.push({ space: 'sbuf', name, dtype, ...extent, elements: width, address });
      dst = { space: 'sbuf', tensor: name, dtype, ...extent, offset: 0, dims: [[1, width]] };
      address += 1024;
    } else tensors.push({ space: 'hbm', name, dtype, shape: [elements], role: 'scratch' });
    if (filled || (name !== 'y' && name !== 'b')) {
      loads.push({ opcode: 'dma_copy', id: `load_${name}`, engine, dst, sources: { src }, attributes: {} });
    }
  }
  return { program: { chip: 'trn2', tensors, instructions: [...loads, instruction] } as const, inputs };
}

interface Content {
  readonly codes: readonly number[];
  readonly indices: readonly number[];
  readonly indexDtype: 'int32' | 'uint32';
  readonly indexPartitions: number;
}

const formats = fc.record({
  x: fc.constantFrom(...ANY),
  a: fc.constantFrom(...ANY),
  isSame: fc.integer({ min: 0, max: 3 }).map((dice) => dice > 0),
});

/** Patterns of `rows` x `columns` elements, in HBM. */
const inHbm = (tensor: string, dtype: Dtype, rows: number, columns: number): fc.Arbitrary<HbmPattern> => {
  const pitch = columns + 2;
  const layouts: readonly (readonly [offset: number, dims: readonly Dim[]])[] = [
    [0, [[1, rows * columns]]],
    [3, [[1, rows * columns]]],
    [4, [[pitch, rows], [1, columns]]],
    [0, [[1, rows], [rows, columns]]],
    [rows * columns - 1, [[-1, rows * columns]]],
    [1, [[0, rows], [1, columns]]],
    [columns, [[2, rows], [1, columns]]],
  ]; // prettier-ignore
  return fc.constantFrom(...layouts).map(([offset, dims]) => ({ space: 'hbm', tensor, dtype, offset, dims }));
};

/** The same, on as many partitions. */
const onChip = (tensor: string, dtype: Dtype, rows: number, columns: number): fc.Arbitrary<ChipPattern> => {
  const layouts: readonly (readonly [offset: number, dims: readonly Dim[]])[] = [
    [0, [[1, columns]]],
    [2, [[1, columns]]],
    [columns, [[-1, columns]]],
    [0, [[2, columns]]],
    [0, [[0, columns]]],
  ];
  return fc.record({ layout: fc.constantFrom(...layouts), partition: fc.nat(P - rows) }).map(
    ({ layout: [offset, dims], partition }) =>
      ({ space: 'sbuf', tensor, dtype, partition, partitions: rows, offset, dims }),
  ); // prettier-ignore
};

const sizes = fc.record({ rows: fc.integer({ min: 1, max: 24 }), columns: fc.integer({ min: 1, max: 20 }) });

const copies = fc.tuple(formats, sizes, fc.boolean()).chain(([{ x, a, isSame }, { rows, columns }, filled]) => {
  const other = isSame ? x : a;
  const anywhere = (names: readonly [string, string]) =>
    fc.oneof(inHbm(names[0], x, rows, columns), onChip(names[1], other, rows, columns));
  return fc.record({
    dtypes: fc.constant({ x, a: other }),
    filled: fc.constant(filled),
    src: fc.oneof({ weight: 4, arbitrary: anywhere(['x', 'a']) }, { weight: 1, arbitrary: anywhere(['y', 'b']) }),
    dst: anywhere(['y', 'b']),
    content: contents(x, 1, 1),
  });
}); // prettier-ignore

/** Indices of `rows`, of which most are below `most`. */
function contents(dtype: Dtype, rows: number, most: number): fc.Arbitrary<Content> {
  const index = fc.oneof(
    { weight: 30, arbitrary: fc.nat(most) },
    { weight: 1, arbitrary: fc.constantFrom(2 ** 31 - 1, 2 ** 32 - 1, most + 40) },
  );
  return fc.record({
    codes: fc.array(codes(dtype), { minLength: 31, maxLength: 31 }),
    indices: fc.array(index, { minLength: rows, maxLength: rows }),
    indexDtype: fc.constantFrom('int32', 'uint32'),
    indexPartitions: fc.constant(rows),
  });
}

/** Everything that an indexed instruction takes: rows of HBM that indices name, each of one shape, and the other side. */
const indexed = fc
  .tuple(formats, fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 24 }))
  .chain(([{ x, a, isSame }, rows, columns, stride]) => {
    const other = isSame ? x : a;
    const most = stride === 0 ? 1 : Math.floor((HELD - 60) / stride);
    const named: readonly (readonly Dim[])[] = [
      [[1, rows], [1, columns]],
      [[1, rows], [2, columns]],
      [[1, rows], [0, columns]],
    ]; // prettier-ignore
    return fc.record({
      dtypes: fc.constant({ x, a: other }),
      filled: fc.integer({ min: 0, max: 4 }).map((dice) => dice > 0),
      content: contents(x, rows, most),
      index: fc.constant({ rows, stride }),
      named: fc
        .record({ tensor: fc.constantFrom('x', 'y'), dims: fc.constantFrom(...named), offset: fc.nat(8) })
        .map((view): HbmPattern => ({ space: 'hbm', dtype: x, ...view })),
      plain: fc.oneof(inHbm('y', x, rows, columns), onChip('a', other, rows, columns)),
      chip: onChip('a', other, rows, columns),
      isScatter: fc.boolean(),
      mode: fc.constantFrom('error' as const, 'skip' as const),
      unique: fc.boolean(),
    });
  }); // prettier-ignore

const indexOf = ({ indexDtype, indexPartitions }: Content): ChipPattern => ({
  space: 'sbuf',
  tensor: 'i',
  dtype: indexDtype,
  partition: 0,
  partitions: indexPartitions,
  offset: 0,
  dims: [[1, 1]],
});

onEveryAdapter((on) => {
  interface Case {
    readonly dtypes: Readonly<Record<'x' | 'a', Dtype>>;
    readonly content: Content;
    readonly filled: boolean;
  }

  async function agree<C extends Case>(cases: fc.Arbitrary<C>, make: (given: C) => Instruction) {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const { program, inputs } = programOf(given.dtypes, given.content, given.filled, make(given));
        await expectAgreement(on.interpreter, program, inputs);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  }

  test('dma_copy from any pattern to any other', async () => {
    await agree(copies, ({ src, dst }) => ({
      opcode: 'dma_copy',
      id: 'copy',
      engine,
      dst,
      sources: { src },
      attributes: {},
    }));
  }, 3600_000);

  test('dma_copy by indices', async () => {
    await agree(indexed, ({ content, index: { stride }, named, plain, isScatter, mode }) => {
      const index = indexOf(content);
      const common = { opcode: 'dma_copy', id: 'copy', engine } as const;
      return isScatter
        ? { ...common, dst: named, sources: { src: plain, dst_index: index }, attributes: { dst_stride: stride, oob_mode: mode } }
        : { ...common, dst: plain, sources: { src: named, src_index: index }, attributes: { src_stride: stride, oob_mode: mode } };
    }); // prettier-ignore
  }, 3600_000);

  test('dma_compute by indices', async () => {
    await agree(indexed, ({ content, index: { stride }, named, chip, isScatter, mode, unique }) => {
      const index = indexOf(content);
      const common = { opcode: 'dma_compute', id: 'sum', engine } as const;
      const attributes = { reduce_op: 'add', oob_mode: mode, src_stride: stride } as const;
      return isScatter
        ? {
            ...common,
            dst: named,
            sources: { src0: named, src1: chip, src_index: index, dst_index: index },
            attributes: { ...attributes, dst_stride: stride, unique_indices: unique },
          }
        : { ...common, dst: chip, sources: { src0: named, src1: chip, src_index: index }, attributes };
    });
  }, 3600_000);

  const scale = fc.constantFrom(1, 0.5, -3, 1e-30, 1e38, NaN);
  const sums = copies.chain((given) =>
    fc.record({
      dtypes: fc.constant(given.dtypes),
      content: fc.constant(given.content),
      filled: fc.constant(true),
      dst: fc.constant(given.dst),
      sources: fc.array(fc.record({ src: fc.constantFrom(given.src, given.dst), scale }), {
        minLength: 1,
        maxLength: 4,
      }),
      isScaled: fc.boolean(),
    }),
  );

  test('dma_compute of scaled sources', async () => {
    await agree(sums, ({ dst, sources, isScaled }) => {
      const [first, ...others] = sources;
      const more = Object.fromEntries(others.map(({ src }, at) => [`src${at + 1}`, src]));
      const scales = isScaled ? { scales: sources.map((source) => source.scale) } : {};
      return {
        opcode: 'dma_compute',
        id: 'sum',
        engine,
        dst,
        sources: { src0: first?.src ?? dst, ...more },
        attributes: { reduce_op: 'add', ...scales },
      };
    });
  }, 3600_000);

  /** [first, middle, last] in HBM or SBUF; with an index of `first` rows in HBM. */
  const transposes = fc
    .record({
      dtype: fc.constantFrom<Dtype>('bfloat16', 'float32', 'int16', 'uint32'),
      first: fc.integer({ min: 1, max: 9 }),
      middle: fc.integer({ min: 1, max: 3 }),
      last: fc.integer({ min: 1, max: 12 }),
      from: fc.constantFrom('hbm', 'sbuf', 'index'),
      isInPlace: fc.boolean(),
      mode: fc.constantFrom('error' as const, 'skip' as const),
      filled: fc.integer({ min: 0, max: 4 }).map((dice) => dice > 0),
    })
    .map((given) =>
      given.from === 'index'
        ? { ...given, first: 16, dtype: given.dtype === 'float32' ? ('bfloat16' as const) : given.dtype }
        : given,
    )
    .chain((given) =>
      fc.record({
        dtypes: fc.constant({ x: given.dtype, a: given.dtype }),
        filled: fc.constant(given.filled),
        content: contents(given.dtype, 16, 40),
        given: fc.constant(given),
      }),
    );

  test('dma_transpose', async () => {
    await agree(transposes, ({ content, given: { dtype, first, middle, last, from, isInPlace, mode } }) => {
      const inner: readonly Dim[] = middle === 1 ? [[1, last]] : [[last, middle], [1, last]]; // prettier-ignore
      const hbm: Pattern = { space: 'hbm', tensor: 'y', dtype, offset: 1, dims: [[middle * last, first], ...inner] }; // prettier-ignore
      const sbuf = { space: 'sbuf', dtype, offset: 0 } as const;
      const chip: Pattern = { ...sbuf, tensor: 'b', partition: 0, partitions: first, dims: inner };
      const dims: readonly Dim[] = [[1, middle * first]];
      const dst = { ...sbuf, tensor: isInPlace ? 'b' : 'a', partition: 0, partitions: last, dims };
      const isIndexed = from === 'index' && dtype !== 'uint32';
      return {
        opcode: 'dma_transpose',
        id: 'transpose',
        engine,
        dst,
        sources: {
          src: from === 'sbuf' ? chip : hbm,
          ...(isIndexed && { src_index: { ...indexOf(content), dtype: 'uint32' } }),
        },
        attributes: {
          axes: middle === 1 ? [1, 0] : [2, 1, 0],
          ...(isIndexed && { src_stride: last, oob_mode: mode }),
        },
      };
    });
  }, 3600_000);
});
