/** Vector's element by element, scanning and reducing instructions on every adapter: the same bits as on the reference. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isBitwise, REDUCTIONS } from '../../../../src/isa/alu';
import type { Dtype } from '../../../../src/numerics';
import type { AluOp, ChipPattern, Instruction, ReduceCommand } from '../../../../src/program';
import { ANY, FLOATS, INTEGERS, type Shape } from '../../../isa/vector-arbitrary';
import { onEveryAdapter } from './adapters';
import { expectAgreement } from './agree';
import { column, constants, contents, ON_CHIP, orSame, programOf, programs, SBUF, shapes, source, target, writes } from './arena'; // prettier-ignore

const named = { id: 'i', engine: 'vector' } as const;

const BITWISE = ['bitwise_and', 'bitwise_or', 'bitwise_xor', 'left_shift', 'right_shift'] as const;
const BINARY = [
  'add', 'subtract', 'multiply', 'maximum', 'minimum', 'equal', 'not_equal', 'greater_equal', 'greater', 'less_equal', 'less',
  'logical_and', 'logical_or', 'logical_xor', 'abs_max', 'abs_min',
] as const; // prettier-ignore
const UNARY = ['abs', 'square', 'relu', 'reciprocal'] as const;
const JOINS = ['add', 'subtract', 'multiply', 'maximum', 'minimum'] as const;
const KEEPS = ['add', 'multiply', 'maximum', 'minimum'] as const;

const flag = fc.boolean();
const binary = fc.constantFrom(...BINARY);

/** Operands in either memory; some sources are dst itself. */
interface Operands {
  readonly shape: Shape;
  readonly dst: ChipPattern;
  readonly first: ChipPattern;
  readonly second: ChipPattern;
  readonly scalars: readonly [ChipPattern, ChipPattern];
}

function operands(
  dtypes: readonly Dtype[] = ANY,
  scalar: readonly Dtype[] = ['float32'],
): fc.Arbitrary<Operands> {
  return shapes.chain((shape) =>
    target(shape, dtypes).chain((dst) =>
      fc.record({
        shape: fc.constant(shape),
        dst: fc.constant(dst),
        first: orSame(source(shape, dtypes), dst),
        second: orSame(source(shape, dtypes, SBUF), dst),
        scalars: fc.tuple(column(shape, scalar), column(shape, scalar)),
      }),
    ),
  );
}

interface Side {
  readonly op: AluOp;
  readonly tile: boolean;
  readonly constant: number;
  readonly reverse: boolean;
}

const sides: fc.Arbitrary<Side> = fc.oneof(
  fc.record({ op: binary, tile: flag, constant: constants, reverse: flag }),
  fc.record({ op: fc.constantFrom(...UNARY), tile: fc.constant(false), constant: fc.constant(0), reverse: fc.constant(false) }),
); // prettier-ignore

const tensorScalar = fc
  .tuple(operands(), sides, fc.option(sides), writes, fc.nat(9))
  .map(([{ dst, first, scalars }, one, two, write, rare]): Instruction<'tensor_scalar'> => ({
    opcode: 'tensor_scalar',
    ...named,
    ...(rare === 0 && { engine: 'gpsimd' }),
    dst,
    sources: {
      data: first,
      ...(one.tile && { operand0: scalars[0] }),
      ...(two?.tile === true && rare > 0 && { operand1: scalars[1] }),
    },
    attributes: {
      op0: one.op,
      ...(!one.tile && { operand0: one.constant }),
      reverse0: one.reverse,
      ...(rare === 0
        ? { op1: 'rsqrt' }
        : two !== null && {
            op1: two.op,
            ...(!two.tile && { operand1: two.constant }),
            reverse1: two.reverse,
          }),
      ...write,
    },
  }));

const widths = [8, 16, 32].map((bits) => INTEGERS.filter((dtype) => dtype.endsWith(`int${bits}`)));
const codes = fc
  .constantFrom(...widths)
  .chain((dtypes) => fc.constantFrom(...dtypes).chain((dtype) => operands([dtype], [dtype])));

const tensorScalarOnCodes = fc
  .tuple(codes, fc.constantFrom(...BITWISE), fc.constantFrom(...BITWISE, 'invert'), fc.integer({ min: -128, max: 255 }), flag, flag)
  .map(
    ([{ dst, first, scalars }, op0, op1, operand0, reverse0, tile]): Instruction<'tensor_scalar'> => ({
      opcode: 'tensor_scalar',
      ...named,
      dst,
      sources: { data: first, ...(tile && op1 !== 'invert' && { operand1: scalars[0] }) },
      attributes: {
        op0,
        operand0,
        reverse0,
        op1,
        ...(op1 !== 'invert' && !tile && { operand1: operand0 >> 1 }),
      },
    }),
  ); // prettier-ignore

const scalarTensorTensor = fc.tuple(operands(), sides, binary, flag, writes).map(
  ([{ dst, first, second, scalars }, { op, tile, constant, reverse }, op1, reverse1, write]): Instruction<'scalar_tensor_tensor'> => ({
    opcode: 'scalar_tensor_tensor',
    ...named,
    dst,
    sources: { data: first, operand1: second, ...(tile && { operand0: scalars[0] }) },
    attributes: { op0: op, ...(!tile && { operand0: constant }), reverse0: reverse, op1, reverse1, ...write },
  }),
); // prettier-ignore

const commands = fc.constantFrom<ReduceCommand>('reset_reduce', 'reduce', 'load_reduce');
const selecting = fc.constantFrom<ReduceCommand>('idle', 'reset', 'reduce', 'reset_reduce');

const tensorScalarReduce = fc.tuple(operands(), sides, commands, fc.constantFrom(...KEEPS), constants, writes, flag, flag).map(
  ([{ dst, first, scalars }, { op, tile, constant }, reduce_cmd, reduce_op, reduce_init, write, negate, reads]): Instruction => ({
    opcode: 'tensor_scalar_reduce',
    ...named,
    dst,
    ...(reads && { results: { reduce_res: { ...scalars[1], dtype: dst.dtype, offset: 0 } } }),
    sources: { data: first, ...(tile && { operand0: scalars[0] }) },
    attributes: {
      op0: op,
      ...(!tile && { operand0: constant }),
      reduce_op,
      reduce_cmd,
      ...(reduce_cmd === 'load_reduce' && { reduce_init }),
      ...(reads && { reduce_res_negate: negate }),
      ...write,
    },
  }),
); // prettier-ignore

const narrow = ANY.filter((dtype) => dtype !== 'int32' && dtype !== 'uint32');
const tensorScalarCumulative = fc.tuple(operands(narrow), sides, commands, fc.constantFrom(...JOINS), constants, writes, flag).map(
  ([{ dst, first, scalars }, { op, tile, constant }, reduce_cmd, op1, imm1, write, loads]): Instruction => ({
    opcode: 'tensor_scalar_cumulative',
    ...named,
    dst,
    sources: {
      src: first,
      ...(tile && { imm0: scalars[0] }),
      ...(reduce_cmd === 'load_reduce' && loads && { imm1: scalars[1] }),
    },
    attributes: {
      op0: op,
      ...(!tile && { imm0: constant }),
      op1,
      reduce_cmd,
      ...(reduce_cmd === 'load_reduce' && !loads && { imm1 }),
      ...write,
    },
  }),
); // prettier-ignore

const tensorTensorScan = fc.tuple(operands(), binary, binary, flag, flag, fc.option(constants), writes).map(
  ([{ dst, first, second, scalars }, op0, op1, reverse0, reverse1, initial, write]): Instruction => ({
    opcode: 'tensor_tensor_scan',
    ...named,
    dst,
    sources: { data0: first, data1: second, ...(initial === null && { initial: scalars[0] }) },
    attributes: { op0, op1, reverse0, reverse1, ...(initial !== null && { initial }), ...write },
  }),
); // prettier-ignore

const reductions = (dtypes: fc.Arbitrary<readonly Dtype[]>, ops: readonly (typeof REDUCTIONS)[number][]) =>
  fc.tuple(shapes, dtypes, fc.constantFrom(1, 2)).chain(([shape, formats, axes]) =>
    fc
      .tuple(
        source(shape, formats),
        target({ ...shape, outer: 1, inner: axes === 1 ? shape.outer : 1 }, formats),
        fc.constantFrom(...ops),
        flag,
        writes,
      )
      .map(
        ([data, dst, op, negate, write]): Instruction => ({
          opcode: 'tensor_reduce',
          ...named,
          dst,
          sources: { data },
          attributes: { op, axes, ...(isBitwise(op) ? {} : { negate, ...write }) },
        }),
      ),
  ); // prettier-ignore

const tensorReduce = fc.oneof(
  reductions(fc.constant(ANY), REDUCTIONS.filter((op) => !isBitwise(op))),
  reductions(fc.constantFrom(...widths), REDUCTIONS.filter((op) => isBitwise(op))),
); // prettier-ignore

const predicates = (dtypes: readonly Dtype[]) =>
  operands().chain((given) =>
    fc.record({
      given: fc.constant(given),
      predicate: source(given.shape, dtypes, given.first.space === 'psum' ? SBUF : ON_CHIP),
    }),
  );

const tensorCopyPredicated = fc.tuple(predicates(['uint8', 'uint16', 'uint32']), fc.option(constants), flag).map(
  ([{ given: { dst, first }, predicate }, src, reverse_pred]): Instruction => ({
    opcode: 'tensor_copy_predicated',
    ...named,
    dst,
    sources: { predicate, ...(src === null && { src: { ...first, dtype: dst.dtype, offset: 20 } }) },
    attributes: { reverse_pred, ...(src !== null && { src }) },
  }),
); // prettier-ignore

const selectReduce = fc.tuple(predicates(['int8', 'uint8', 'int16', 'uint16']), fc.option(constants), selecting, fc.constantFrom(...FLOATS), flag, flag, writes).map(
  ([{ given: { dst, first, scalars }, predicate }, on_false, reduce_cmd, dtype, reverse_pred, reads, write]): Instruction => ({
    opcode: 'select_reduce',
    ...named,
    dst,
    ...(reads && reduce_cmd !== 'idle' && { results: { reduce_res: { ...scalars[1], dtype } } }),
    sources: { predicate, on_true: first, ...(on_false === null && { on_false: scalars[0] }) },
    attributes: { reverse_pred, reduce_cmd, ...(on_false !== null && { on_false }), ...write },
  }),
); // prettier-ignore

const comparisons = fc.constantFrom('equal', 'less', 'less_equal', 'greater', 'greater_equal' as const);
const rangeSelect = fc.tuple(operands(FLOATS), comparisons, comparisons, fc.constantFrom(-3, 0, 2 ** 24 - 30), selecting, flag, writes).map(
  ([{ dst, first, scalars: [bound0, bound1] }, comp_op0, comp_op1, range_start, reduce_cmd, reads, write]): Instruction => ({
    opcode: 'range_select',
    ...named,
    dst,
    ...(reads && reduce_cmd !== 'idle' && { results: { reduce_res: { ...bound0, offset: 1 } } }),
    sources: { on_true: first, bound0, bound1 },
    attributes: { comp_op0, comp_op1, range_start, reduce_cmd, ...write },
  }),
); // prettier-ignore

const reciprocal = fc.tuple(operands(), writes).map(([{ dst, first }, write]): Instruction => ({
  opcode: 'reciprocal',
  ...named,
  dst,
  sources: { data: first },
  attributes: write,
}));

const tensorCopy = fc.tuple(operands(), writes).map(([{ dst, first }, write]): Instruction => ({
  opcode: 'tensor_copy',
  ...named,
  dst,
  sources: { src: first },
  attributes: write,
}));

const memset = fc.tuple(operands(), fc.nat(255)).map(([{ dst }, code]): Instruction => ({
  opcode: 'memset',
  ...named,
  dst,
  sources: {},
  attributes: { code },
}));

const tensorTensor = fc.oneof(
  fc.tuple(operands(), binary, writes),
  fc.tuple(codes, fc.constantFrom(...BITWISE), fc.constant({})),
).map(
  ([{ dst, first, second }, op, write]): Instruction => ({
    opcode: 'tensor_tensor',
    ...named,
    dst,
    sources: { data1: first, data2: second },
    attributes: { op, ...write },
  }),
); // prettier-ignore

const onIntegers = fc
  .tuple(operands(['int32', 'uint32']), binary)
  .map(([{ dst, first, second }, op]): Instruction => ({
    opcode: 'tensor_tensor',
    id: 'i',
    engine: 'gpsimd',
    dst,
    sources: { data1: first, data2: second },
    attributes: { op },
  }));

const at = (dtype: Dtype, elements: number): ChipPattern => ({
  space: 'sbuf',
  tensor: 'sbuf',
  dtype,
  partition: 0,
  partitions: 4,
  offset: 0,
  dims: [[1, elements]],
});

/** Of each partition: a thousand float32 elements, and two of 16 bits or less behind them. */
const WIDE_BYTES = 8192;
const WIDE_WORDS = Array.from({ length: 4099 }, (_, at) => Math.imul(at + 1, 0x9e3779b1) >>> 0);
const wide = at('float32', 1000);
const half: ChipPattern = { ...at('bfloat16', 1000), offset: 2001 };
const draws = { rounding: 'stochastic', seed: 7, element: 2 ** 32 - 900, pitch: 1000 } as const;
const WIDE: readonly Instruction[] = [
  { opcode: 'tensor_scalar', ...named, dst: wide, sources: { data: wide }, attributes: { op0: 'multiply', operand0: 0.1, op1: 'add', operand1: 3 } },
  { opcode: 'tensor_copy', ...named, dst: { ...half, offset: 2000 }, sources: { src: wide }, attributes: draws },
  { opcode: 'tensor_tensor', ...named, dst: half, sources: { data1: wide, data2: half }, attributes: { op: 'maximum' } },
  { opcode: 'tensor_tensor', ...named, dst: wide, sources: { data1: { ...wide, offset: 1 }, data2: wide }, attributes: { op: 'subtract' } },
  { opcode: 'tensor_copy_predicated', ...named, dst: half, sources: { predicate: { ...at('uint8', 1000), offset: 7000 } }, attributes: { src: 2 } },
  { opcode: 'tensor_scalar_reduce', ...named, dst: wide, sources: { data: wide }, attributes: { op0: 'abs', reduce_op: 'add' } },
  { opcode: 'tensor_reduce', ...named, dst: at('float32', 1), sources: { data: wide }, attributes: { op: 'add', axes: 1 } },
]; // prettier-ignore

const INSTANCES = {
  tensorScalar,
  tensorScalarOnCodes,
  scalarTensorTensor,
  tensorScalarReduce,
  tensorScalarCumulative,
  tensorTensorScan,
  tensorReduce,
  tensorCopyPredicated,
  selectReduce,
  rangeSelect,
  reciprocal,
  tensorCopy,
  memset,
  tensorTensor,
  onIntegers,
};

onEveryAdapter((on) => {
  test.each(Object.entries<fc.Arbitrary<Instruction>>(INSTANCES))('%s', async (_, instances) => {
    await fc.assert(
      fc.asyncProperty(programs(instances, 6), async ({ program, inputs }) => {
        await expectAgreement(on.interpreter, program, inputs);
      }),
      { numRuns: 1, endOnFailure: true },
    );
    expect(on.interpreter.liveBytes).toBe(0);
  });

  test('wide operands, of which lanes are cut', async () => {
    await expectAgreement(on.interpreter, programOf(WIDE, WIDE_BYTES), {
      x: contents(WIDE_WORDS, WIDE_BYTES),
    });
  });

  test('an operand in place whose elements repeat is read before it is written', async () => {
    const same: ChipPattern = { ...at('float32', 2), dims: [[0, 3], [1, 2]] }; // prettier-ignore
    const double: Instruction<'tensor_tensor'> = {
      opcode: 'tensor_tensor',
      ...named,
      dst: same,
      sources: { data1: same, data2: same },
      attributes: { op: 'add' },
    };
    await expectAgreement(on.interpreter, programOf([double]), { x: contents([0x3f800000, 0x40400000]) });
  });
});
