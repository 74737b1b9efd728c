/** Draws instructions that use accumulator registers: of Vector, and the functions of Scalar. */
import type { Dtype } from '../../../src/numerics';
import { ACTIVATE2_OPS, ACTIVATION_OPS } from '../../../src/program';
import type { ChipPattern, ReduceCommand, ScalarOpcode, VectorOpcode } from '../../../src/program';
import type { Draft } from '../draft';
import type { Draw } from './draw';
import { ONE_OR_TWO, pair, side } from './elementwise';

const ALL_BUT_LOAD: readonly ReduceCommand[] = ['idle', 'reset_reduce', 'reduce', 'reset'];

/** Where registers are read into, where they may be. */
function result(draft: Draft, partitions: number, readable: boolean, dtypes?: readonly Dtype[]) {
  if (!readable || !draft.choices.oneIn(2)) return undefined;
  return draft.target({ partitions, width: 1, ...(dtypes && { dtypes }) });
}

const tensorScalarReduce: Draw = (draft) => {
  const { choices } = draft;
  const shape = draft.shape();
  const [op0, op] = [draft.of(ONE_OR_TWO), draft.of(['add', 'multiply', 'maximum', 'minimum'] as const)];
  const data = draft.source(shape);
  const first = side(draft, { name: 'operand0', op: op0, partitions: shape.partitions });
  const dst = draft.target(shape);
  const { command } = draft.command('vector', { opcode: 'tensor_scalar_reduce', op, dst }, [
    'reset_reduce',
    'reduce',
    'load_reduce',
  ]);
  const reduce_res = result(draft, shape.partitions, true);
  draft.add({
    opcode: 'tensor_scalar_reduce',
    engine: 'vector',
    dst,
    ...(reduce_res && { results: { reduce_res } }),
    sources: { data, ...first.tile },
    attributes: {
      op0,
      ...first.constant,
      reduce_op: op,
      reduce_cmd: command,
      ...(command === 'load_reduce' && { reduce_init: draft.constant() }),
      ...(reduce_res && choices.oneIn(3) && { reduce_res_negate: true }),
      ...draft.rounding(),
    },
  });
};

const cumulative: Draw = (draft) => {
  const shape = draft.shape();
  const narrow = draft.dtypes.filter((dtype) => dtype !== 'int32' && dtype !== 'uint32');
  const [op0, op1] = [
    draft.of(ONE_OR_TWO),
    draft.of(['add', 'subtract', 'multiply', 'maximum', 'minimum'] as const),
  ];
  const src = draft.source({ ...shape, dtypes: narrow });
  const first = side(draft, { name: 'imm0', op: op0, partitions: shape.partitions });
  const dst = draft.target({ ...shape, dtypes: narrow });
  const { command } = draft.command('vector', { opcode: 'tensor_scalar_cumulative', op: op1, dst }, [
    'reset_reduce',
    'reduce',
    'load_reduce',
  ]);
  const second =
    command === 'load_reduce'
      ? side(draft, { name: 'imm1', op: op1, partitions: shape.partitions })
      : { tile: {}, constant: {} };
  draft.add({
    opcode: 'tensor_scalar_cumulative',
    engine: 'vector',
    dst,
    sources: { src, ...first.tile, ...second.tile },
    attributes: { op0, op1, ...first.constant, ...second.constant, reduce_cmd: command, ...draft.rounding() },
  });
};

const selectReduce: Draw = (draft) => {
  const { choices } = draft;
  const shape = draft.shape();
  const taken = draft.dtypes.filter((dtype) => !['tfloat32', 'int32', 'uint32'].includes(dtype));
  const [on_true, predicate] = pair(draft, shape, taken, ['int8', 'uint8', 'int16', 'uint16']);
  const on_false = draft.column(shape.partitions);
  const dst = draft.target(shape);
  const { command } = draft.command('vector', { opcode: 'select_reduce', op: 'maximum', dst }, ALL_BUT_LOAD);
  const reduce_res = result(draft, shape.partitions, command !== 'idle', draft.floats);
  draft.add({
    opcode: 'select_reduce',
    engine: 'vector',
    dst,
    ...(reduce_res && { results: { reduce_res } }),
    sources: { predicate, on_true, ...(on_false && { on_false }) },
    attributes: {
      ...(on_false === undefined && { on_false: draft.constant() }),
      reduce_cmd: command,
      reduce_op: 'maximum',
      ...(choices.oneIn(3) && { reverse_pred: true }),
      ...draft.rounding(),
    },
  });
};

const rangeSelect: Draw = (draft) => {
  const { choices } = draft;
  const shape = draft.shape();
  const on_true = draft.source({ ...shape, dtypes: draft.floats });
  const bound = () => {
    const content = choices.oneIn(2)
      ? { content: { kind: 'below', count: shape.width + 2, seed: choices.below(1000) } as const }
      : {};
    return draft.source({ partitions: shape.partitions, width: 1, dtypes: ['float32'], ...content });
  };
  const [bound0, bound1] = [bound(), bound()];
  const dst = draft.target(shape);
  const { command } = draft.command('vector', { opcode: 'range_select', op: 'maximum', dst }, ALL_BUT_LOAD);
  const reduce_res = result(draft, shape.partitions, command !== 'idle', draft.floats);
  const comparison = () => draft.of(['greater_equal', 'less', 'equal', 'less_equal', 'greater'] as const);
  draft.add({
    opcode: 'range_select',
    engine: 'vector',
    dst,
    ...(reduce_res && { results: { reduce_res } }),
    sources: { on_true, bound0, bound1 },
    attributes: {
      comp_op0: comparison(),
      comp_op1: comparison(),
      ...(choices.oneIn(3) && { range_start: choices.between(-5, 5) * (choices.oneIn(4) ? 1000003 : 1) }),
      reduce_cmd: command,
      ...draft.rounding(),
    },
  });
};

const NO_EXPONENTIAL: readonly Dtype[] = ['float8_e4m3fn', 'float8_e3m4', 'float8_e8m0fnu'];

const exponential: Draw = (draft) => {
  const shape = draft.shape();
  const known = draft.dtypes.filter((dtype) => !NO_EXPONENTIAL.includes(dtype));
  const src = draft.source({ ...shape, dtypes: known.filter((dtype) => dtype !== 'tfloat32') });
  const max_value = draft.column(shape.partitions);
  const dst = draft.target({ ...shape, dtypes: known.filter((dtype) => dtype !== 'uint32') });
  const { command } = draft.command('vector', { opcode: 'exponential', op: 'add', dst }, [
    'reset_reduce',
    'idle',
    'reduce',
    'load_reduce',
  ]);
  const results = result(
    draft,
    shape.partitions,
    command !== 'idle',
    draft.floats.filter((dtype) => known.includes(dtype)),
  );
  draft.add({
    opcode: 'exponential',
    engine: 'vector',
    dst,
    ...(results && { results: { reduce_res: results } }),
    sources: { src, ...(max_value && { max_value }) },
    attributes: {
      ...(max_value === undefined && draft.choices.oneIn(2) && { max_value: draft.constant() }),
      reduce_cmd: command,
      ...(command === 'load_reduce' && { reduce_init: draft.constant() }),
      ...draft.rounding(),
    },
  });
};

interface Scaled {
  readonly sources: { readonly data: ChipPattern; readonly bias?: ChipPattern; readonly scale?: ChipPattern };
  readonly scale: { readonly scale?: number };
}

function scaled(draft: Draft, shape: ReturnType<Draft['shape']>, biased: boolean): Scaled {
  const data = draft.source(shape);
  const { partitions } = shape;
  const bias = biased
    ? draft.column(
        partitions,
        draft.dtypes.filter((dtype) => dtype !== 'tfloat32'),
      )
    : undefined;
  const scale = draft.column(partitions);
  const constant = scale === undefined && draft.choices.oneIn(2) ? { scale: draft.constant() } : {};
  return { sources: { data, ...(bias && { bias }), ...(scale && { scale }) }, scale: constant };
}

const activation: Draw = (draft) => {
  const shape = draft.shape();
  const op = draft.of(ACTIVATION_OPS);
  const { sources, scale } = scaled(draft, shape, op !== 'reciprocal' || draft.chip.name !== 'trn1');
  const dst = draft.target(shape);
  const { command, readable } = draft.command(
    'scalar',
    { opcode: 'activation', op: 'add', dst },
    ALL_BUT_LOAD,
  );
  const reduce_res = result(draft, shape.partitions, readable);
  draft.add({
    opcode: 'activation',
    engine: 'scalar',
    dst,
    ...(reduce_res && { results: { reduce_res } }),
    sources,
    attributes: { op, ...scale, reduce_op: 'add', reduce_cmd: command, ...draft.rounding() },
  });
};

const activationReduce: Draw = (draft) => {
  const shape = draft.shape();
  const op = draft.of(ACTIVATION_OPS);
  const { sources, scale } = scaled(draft, shape, op !== 'reciprocal' || draft.chip.name !== 'trn1');
  const dst = draft.target(shape);
  const reduce_res = draft.target({ partitions: shape.partitions, width: 1 });
  draft.add({
    opcode: 'activation_reduce',
    engine: 'scalar',
    dst,
    results: { reduce_res },
    sources,
    attributes: { op, ...scale, reduce_op: 'add', ...draft.rounding() },
  });
};

const STEPS = [
  ['bypass', 'bypass'],
  ['multiply', 'add'],
  ['multiply', 'subtract'],
  ['multiply', 'bypass'],
  ['add', 'bypass'],
  ['subtract', 'bypass'],
] as const;

const activate2: Draw = (draft) => {
  const { choices } = draft;
  const shape = draft.shape();
  const { partitions } = shape;
  const op = choices.oneIn(5) ? 'prelu' : draft.of(ACTIVATE2_OPS);
  const [op0, op1] = draft.of(STEPS);
  const data = draft.source(shape);
  const none = { tile: {}, constant: {} };
  const first = op0 === 'bypass' ? none : side(draft, { name: 'imm0', op: op0, partitions });
  const second = op1 === 'bypass' ? none : side(draft, { name: 'imm1', op: op1, partitions });
  const slope = op === 'prelu' ? draft.column(partitions) : undefined;
  const dst = draft.target(shape);
  const reduce_op = draft.of(['add', 'maximum', 'minimum', 'abs_max', 'abs_min'] as const);
  const { command, readable } = draft.command(
    'scalar',
    { opcode: 'activate2', op: reduce_op, dst },
    ALL_BUT_LOAD,
  );
  const reduce_res = result(draft, partitions, readable);
  draft.add({
    opcode: 'activate2',
    engine: 'scalar',
    dst,
    ...(reduce_res && { results: { reduce_res } }),
    sources: { data, ...first.tile, ...second.tile, ...(slope && { relu_param: slope }) },
    attributes: {
      op,
      op0,
      ...first.constant,
      ...(op0 !== 'bypass' && choices.oneIn(4) && { reverse0: true }),
      op1,
      ...second.constant,
      ...(op1 !== 'bypass' && choices.oneIn(4) && { reverse1: true }),
      ...(op === 'prelu' && slope === undefined && { relu_param: draft.constant() }),
      reduce_op,
      reduce_cmd: command,
      ...draft.rounding(),
    },
  });
};

export const ACCUMULATING = {
  tensor_scalar_reduce: tensorScalarReduce,
  tensor_scalar_cumulative: cumulative,
  select_reduce: selectReduce,
  range_select: rangeSelect,
  exponential,
  activation,
  activation_reduce: activationReduce,
  activate2,
} as const satisfies Partial<Record<VectorOpcode | ScalarOpcode, Draw>>;
