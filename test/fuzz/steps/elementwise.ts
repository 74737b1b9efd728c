/** Draws instructions that work element by element, and those that join or scan elements, on Vector, Scalar and GpSimd. */
import type { EngineName } from '../../../src/chip';
import { isBitwise, isOneSided, REDUCTIONS } from '../../../src/isa/alu';
import { bitsOf, type Dtype } from '../../../src/numerics';
import { ALU_OPS, ARITHMETIC_OPS, UNARY_OPS } from '../../../src/program';
import type { AluOp, ChipPattern, VectorOpcode } from '../../../src/program';
import type { Draft } from '../draft';
import type { Draw } from './draw';

type Shape = ReturnType<Draft['shape']>;

/** Operators of Vector: all but power and rsqrt. */
const onVector = <O extends AluOp>(ops: readonly O[]): O[] =>
  ops.filter((op) => op !== 'power' && op !== 'rsqrt');
const TWO_SIDED = onVector(ARITHMETIC_OPS);
const ONE_OR_TWO = onVector([...ARITHMETIC_OPS, ...UNARY_OPS]);
const ALL = onVector(ALU_OPS);
const BITWISE_TWO_SIDED = ALL.filter((op) => isBitwise(op) && op !== 'invert');

const gpsimdSpaces = (engine: EngineName) => (engine === 'gpsimd' ? { spaces: ['sbuf'] as const } : {});
const ofWidth = (draft: Draft, bits: number): Dtype[] =>
  draft.integers.filter((dtype) => bitsOf(dtype) === bits);

/** The format of integers that a bitwise operator works on, and those of its width. */
function codesOf(draft: Draft): { readonly own: readonly Dtype[]; readonly bits: number } {
  const bits = draft.choices.of([8, 16, 32] as const);
  return { own: ofWidth(draft, bits), bits };
}

/** A scalar operand: a tile, a constant, or neither where the operator has one side. */
function side<T extends string>(
  draft: Draft,
  { name, op, partitions, dtype }: { name: T; op: AluOp; partitions: number; dtype?: Dtype },
): { tile: { readonly [K in T]?: ChipPattern }; constant: { readonly [K in T]?: number } } {
  const { choices } = draft;
  if (isOneSided(op)) return { tile: {}, constant: choices.oneIn(4) ? named(name, 0) : {} };
  const tile = draft.column(partitions, dtype === undefined ? ['float32'] : [dtype]);
  if (tile !== undefined) return { tile: named(name, tile), constant: {} };
  const constant =
    dtype === undefined
      ? draft.constant()
      : choices.below(2 ** Math.min(bitsOf(dtype), 24)) - (choices.oneIn(3) ? 1 : 0);
  return { tile: {}, constant: named(name, Math.max(constant, dtype === undefined ? -Infinity : -1)) };
}

type Named<K extends string, V> = { readonly [P in K]?: V };

function named<K extends string, V>(name: K, value: V): Named<K, V>;
function named(name: string, value: unknown): object {
  return { [name]: value };
}

const reversed = (draft: Draft, name: 'reverse0' | 'reverse1', op: AluOp) =>
  !isOneSided(op) && draft.choices.oneIn(4) ? named(name, true) : {};

/** Two sources, of which one at most is in PSUM. */
function pair(
  draft: Draft,
  shape: Shape,
  first: readonly Dtype[],
  second: readonly Dtype[],
  only?: readonly ['sbuf'],
): readonly [ChipPattern, ChipPattern] {
  const left = draft.source({ ...shape, dtypes: first, ...(only && { spaces: only }) });
  const spaces =
    only !== undefined || left.space === 'psum' ? (['sbuf'] as const) : (['sbuf', 'psum'] as const);
  return [left, draft.source({ ...shape, dtypes: second, spaces })];
}

const copy: Draw = (draft) => {
  const engine = draft.choices.of(
    draft.chip.name === 'trn1' ? (['vector', 'gpsimd'] as const) : (['vector', 'scalar', 'gpsimd'] as const),
  );
  const shape = draft.shape();
  const src = draft.source({ ...shape, ...gpsimdSpaces(engine) });
  const dst = draft.target({
    ...shape,
    ...gpsimdSpaces(engine),
    ...(draft.choices.oneIn(3) && { dtypes: [src.dtype] }),
  });
  draft.add({ opcode: 'tensor_copy', engine, dst, sources: { src }, attributes: draft.rounding() });
};

const tensorTensor: Draw = (draft) => {
  const { choices } = draft;
  const shape = draft.shape();
  if (choices.oneIn(4)) {
    const { own } = codesOf(draft);
    const [data1, data2] = pair(draft, shape, own, own);
    const dst = draft.target({ ...shape, dtypes: own });
    draft.add({
      opcode: 'tensor_tensor',
      engine: 'vector',
      dst,
      sources: { data1, data2 },
      attributes: { op: draft.of(BITWISE_TWO_SIDED) },
    });
    return;
  }
  const engine = choices.oneIn(3) ? 'gpsimd' : 'vector';
  const exact = engine === 'gpsimd' && choices.oneIn(2);
  const dtypes = exact ? ofWidth(draft, 32) : draft.dtypes;
  const only = engine === 'gpsimd' ? (['sbuf'] as const) : undefined;
  const [data1, data2] = pair(draft, shape, dtypes, dtypes, only);
  const dst = draft.target({ ...shape, dtypes, ...gpsimdSpaces(engine) });
  const op = draft.of(engine === 'gpsimd' && !exact ? ARITHMETIC_OPS : TWO_SIDED);
  const isInt = ({ dtype }: ChipPattern) => dtype === 'int32' || dtype === 'uint32';
  const plain = engine === 'gpsimd' && op !== 'power' && [dst, data1, data2].every(isInt);
  draft.add({
    opcode: 'tensor_tensor',
    engine,
    dst,
    sources: { data1, data2 },
    attributes: { op, ...(plain ? {} : draft.rounding()) },
  });
};

const tensorScalar: Draw = (draft) => {
  const { choices } = draft;
  const shape = draft.shape();
  const { partitions } = shape;
  const engine = choices.of(
    draft.chip.name === 'trn1'
      ? (['vector', 'vector', 'gpsimd'] as const)
      : (['vector', 'vector', 'gpsimd', 'scalar'] as const),
  );
  const bitwise = engine === 'vector' && choices.oneIn(4);
  const { own } = codesOf(draft);
  const data = draft.source({ ...shape, ...(bitwise && { dtypes: own }), ...gpsimdSpaces(engine) });
  const ops = bitwise ? ALL.filter(isBitwise) : ONE_OR_TWO;
  const [op0, op1] = pairOf();
  function pairOf(): readonly [AluOp, AluOp | undefined] {
    if (engine === 'gpsimd') {
      return choices.oneIn(2)
        ? ['rsqrt', choices.oneIn(2) ? draft.of(ONE_OR_TWO) : undefined]
        : [draft.of(ONE_OR_TWO), 'rsqrt'];
    }
    if (engine === 'scalar')
      return choices.of([
        ['multiply', undefined],
        ['add', undefined],
        ['multiply', 'add'],
      ] as const);
    return [draft.of(ops), choices.oneIn(2) ? draft.of(ops) : undefined];
  }
  const dtype = bitwise ? { dtype: data.dtype } : {};
  const first = side(draft, { name: 'operand0', op: op0, partitions, ...dtype });
  const second =
    op1 === undefined
      ? { tile: {}, constant: {} }
      : side(draft, { name: 'operand1', op: op1, partitions, ...dtype });
  const dst = draft.target({ ...shape, ...(bitwise && { dtypes: own }), ...gpsimdSpaces(engine) });
  draft.add({
    opcode: 'tensor_scalar',
    engine,
    dst,
    sources: { data, ...first.tile, ...second.tile },
    attributes: {
      op0,
      ...first.constant,
      ...reversed(draft, 'reverse0', op0),
      ...(op1 !== undefined && { op1, ...second.constant, ...reversed(draft, 'reverse1', op1) }),
      ...(bitwise ? {} : draft.rounding()),
    },
  });
};

const scalarTensorTensor: Draw = (draft) => {
  const shape = draft.shape();
  const [op0, op1] = [draft.of(ONE_OR_TWO), draft.of(TWO_SIDED)];
  const [data, operand1] = pair(draft, shape, draft.dtypes, draft.dtypes);
  const first = side(draft, { name: 'operand0', op: op0, partitions: shape.partitions });
  draft.add({
    opcode: 'scalar_tensor_tensor',
    engine: 'vector',
    dst: draft.target(shape),
    sources: { data, ...first.tile, operand1 },
    attributes: {
      op0,
      ...first.constant,
      ...reversed(draft, 'reverse0', op0),
      op1,
      ...reversed(draft, 'reverse1', op1),
      ...draft.rounding(),
    },
  });
};

const tensorTensorScan: Draw = (draft) => {
  const shape = draft.shape();
  const [op0, op1] = [draft.of(TWO_SIDED), draft.of(TWO_SIDED)];
  const [data0, data1] = pair(draft, shape, draft.dtypes, draft.dtypes);
  const initial = draft.column(shape.partitions, draft.dtypes);
  draft.add({
    opcode: 'tensor_tensor_scan',
    engine: 'vector',
    dst: draft.target(shape),
    sources: { data0, data1, ...(initial && { initial }) },
    attributes: {
      ...(initial === undefined && { initial: draft.constant() }),
      op0,
      op1,
      ...reversed(draft, 'reverse0', op0),
      ...reversed(draft, 'reverse1', op1),
      ...draft.rounding(),
    },
  });
};

const tensorReduce: Draw = (draft) => {
  const { choices } = draft;
  const shape = draft.shape();
  const op = draft.of(REDUCTIONS);
  const bitwise = isBitwise(op);
  const { own } = codesOf(draft);
  const data = draft.source({ ...shape, ...(bitwise && { dtypes: own }) });
  const axes = choices.between(1, data.dims.length);
  const kept = data.dims.slice(0, data.dims.length - axes).reduce((product, [, count]) => product * count, 1);
  const dst = draft.target({ partitions: shape.partitions, width: kept, ...(bitwise && { dtypes: own }) });
  draft.add({
    opcode: 'tensor_reduce',
    engine: 'vector',
    dst,
    sources: { data },
    attributes: {
      op,
      axes,
      ...(!bitwise && choices.oneIn(4) && { negate: true }),
      ...(bitwise ? {} : draft.rounding()),
    },
  });
};

const predicated: Draw = (draft) => {
  const { choices } = draft;
  const shape = draft.shape();
  const predicate = draft.source({ ...shape, dtypes: ['uint8', 'uint16', 'uint32'] });
  const tensor = choices.oneIn(3)
    ? undefined
    : draft.source({ ...shape, spaces: predicate.space === 'psum' ? ['sbuf'] : ['sbuf', 'psum'] });
  const dst = draft.target({ ...shape, ...(tensor && { dtypes: [tensor.dtype] }), partly: true });
  draft.add(
    {
      opcode: 'tensor_copy_predicated',
      engine: 'vector',
      dst,
      sources: { ...(tensor && { src: tensor }), predicate },
      attributes: {
        ...(tensor === undefined && { src: draft.constant() }),
        ...(choices.oneIn(3) && { reverse_pred: true }),
      },
    },
    { partly: true },
  );
};

const reciprocal: Draw = (draft) => {
  const shape = draft.shape();
  const data = draft.source(shape);
  draft.add({
    opcode: 'reciprocal',
    engine: 'vector',
    dst: draft.target(shape),
    sources: { data },
    attributes: draft.rounding(),
  });
};

const memset: Draw = (draft) => {
  const engine = draft.choices.oneIn(3) ? 'gpsimd' : 'vector';
  const dst = draft.target({ ...draft.shape(), ...gpsimdSpaces(engine) });
  const code = draft.choices.below(2 ** Math.min(bitsOf(dst.dtype), 30));
  draft.add({ opcode: 'memset', engine, dst, sources: {}, attributes: { code } });
};

export const ELEMENTWISE = {
  tensor_copy: copy,
  tensor_tensor: tensorTensor,
  tensor_scalar: tensorScalar,
  scalar_tensor_tensor: scalarTensorTensor,
  tensor_tensor_scan: tensorTensorScan,
  tensor_reduce: tensorReduce,
  tensor_copy_predicated: predicated,
  reciprocal,
  memset,
} as const satisfies Partial<Record<VectorOpcode, Draw>>;

export { ONE_OR_TWO, side, pair };
