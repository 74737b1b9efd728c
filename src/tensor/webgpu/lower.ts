/** From nodes to values: what of a graph a plan depends on, and what it is told in each run. */
import { stationaryDtype } from '../../execute/webgpu/stationary';
import { bitsOf, type Dtype } from '../../numerics';
import {
  isArg,
  REDUCE_BLOCK,
  sizeOf,
  type Node,
  type OpKind,
  type OpOf,
  type Outside,
  type Shape,
} from '../graph';
import { codeOf } from './codes';
import { isLoose, Value } from './value';

/** An index that must lie inside, or reading fails: values of int32 and how many rows there are. */
export interface Check {
  readonly index: Value;
  readonly size: number;
}

export interface Lowered {
  readonly outputs: readonly Value[];
  /** In the order of the nodes that ask for them. */
  readonly checks: readonly Check[];
}

interface Context {
  readonly check: (outside: Outside, index: Value, size: number) => void;
}

type Rule<K extends OpKind> = (op: OpOf<K>, inputs: readonly Value[], node: Node, context: Context) => Value;

/** Inputs that one kernel joins at once. */
const CONCAT_INPUTS = 4;

const view = (op: Value['op'], x: Value, shape: Shape): Value => new Value(op, [x], shape, x.dtype);
const reshape = (x: Value, shape: Shape): Value =>
  x.shape.length === shape.length && x.shape.every((extent, axis) => extent === shape[axis])
    ? x
    : view({ kind: 'reshape' }, x.op.kind === 'reshape' ? x.input(0) : x, shape);
const constant = (code: number, shape: Shape, dtype: Dtype): Value =>
  new Value({ kind: 'constant', code }, [], shape, dtype);
const copy = (x: Value, loose: boolean): Value => new Value({ kind: 'copy', loose }, [x], x.shape, x.dtype);
const castTo = (x: Value, dtype: Dtype): Value =>
  x.dtype === dtype
    ? x
    : new Value({ kind: 'cast', rounding: 'nearest-even', saturate: false }, [x], x.shape, dtype);

const isWide = (dtype: Dtype): boolean => dtype === 'int32' || dtype === 'uint32';

function concat(inputs: readonly Value[], axis: number): Value {
  const [first] = inputs;
  if (first === undefined) throw new Error('Invariant violation: concat of nothing');
  if (inputs.length === 1) return first;
  if (inputs.length > CONCAT_INPUTS) {
    const groups: Value[] = [];
    for (let at = 0; at < inputs.length; at += CONCAT_INPUTS)
      groups.push(concat(inputs.slice(at, at + CONCAT_INPUTS), axis));
    return concat(groups, axis);
  }
  const extent = inputs.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
  return new Value({ kind: 'concat', axis }, inputs, first.shape.with(axis, extent), first.dtype);
}

function reduce({ reduction, axes }: OpOf<'reduce'>, x: Value, { shape, dtype }: Node): Value {
  const length = sizeOf(x.shape.slice(x.shape.length - axes));
  const rows = sizeOf(shape);
  if (rows === 0) return constant(0, shape, dtype);
  if (length === 0) return constant(codeOf(dtype, reduction === 'multiply' ? 1 : 0), shape, dtype);
  const all = reshape(x, [rows, length]);
  const blocksOf = (count: number): number => Math.ceil(count / REDUCE_BLOCK);
  if (isArg(reduction)) {
    const places = (inputs: readonly Value[], blocks: number): Value =>
      new Value({ kind: 'places', reduction }, inputs, [rows, blocks], dtype);
    let found = places([all], blocksOf(length));
    for (let count = blocksOf(length); count > 1; count = blocksOf(count))
      found = places([all, found], blocksOf(count));
    return reshape(found, shape);
  }
  const between = isWide(dtype) && x.dtype === dtype ? dtype : 'float32';
  let total = all;
  for (let count = length; ;) {
    count = blocksOf(count);
    total = new Value({ kind: 'reduce', reduction }, [total], [rows, count], count === 1 ? dtype : between);
    if (count === 1) return reshape(total, shape);
  }
}

/** Columns of a row that fills whole vectors of 16 bytes. */
const padded = (columns: number, dtype: Dtype): number => {
  const whole = 128 / bitsOf(dtype);
  return Math.ceil(columns / whole) * whole;
};

function padTo(x: Value, columns: number): Value {
  const extent = x.shape.at(-1) ?? 0;
  if (extent === columns) return x;
  const none = x.shape.map(() => 0);
  const op = {
    kind: 'pad',
    low: none,
    high: none.with(-1, columns - extent),
    interior: none,
    code: 0,
  } as const;
  return view(op, x, x.shape.with(-1, columns));
}

interface Operand {
  readonly value: Value;
  /** Whether there is one matrix, which all products of the batch take. */
  readonly shared: boolean;
}

/** A batch of matrices, rows padded; of one that all products take, that one. */
function operand(x: Value, swapped: boolean, dtype: Dtype): Operand {
  const narrow = x.op.kind === 'broadcast' ? x.input(0) : x;
  const shared = x.shape.length > 2 && narrow.size === sizeOf(x.shape.slice(-2));
  const source = shared ? narrow : x;
  const [rows = 0, columns = 0] = source.shape.slice(-2);
  const count = sizeOf(source.shape.slice(0, -2));
  const matrices = reshape(source, [count, rows, columns]);
  const turned = swapped
    ? view({ kind: 'permute', axes: [0, 2, 1] }, matrices, [count, columns, rows])
    : matrices;
  const stored = castTo(turned, dtype);
  return { value: output(padTo(stored, padded(stored.shape[2] ?? 0, dtype))), shared };
}

/** Columns of the tile that a workgroup of the fused product has at least. */
const TILE_COLUMNS = 128;

/**
 * Whether the operands of a product change places: where it has few columns and more rows, lanes would lie idle. The result is the
 * transpose, of the same bits, since an output's sum goes over K alone; but what is drawn for a rounding hangs on its place.
 */
const changesPlaces = ({ rounding }: OpOf<'matmul'>, m: number, n: number): boolean =>
  n < m && n < TILE_COLUMNS && rounding === 'nearest-even';

const LAYOUTS = {
  a: { 'row-major': 'transposed', 'k-major': 'row-major' },
  b: { 'row-major': 'k-major', transposed: 'row-major' },
} as const;

function matmul(op: OpOf<'matmul'>, a: Value, b: Value, { shape, dtype }: Node): Value {
  const [m = 0, n = 0] = shape.slice(-2);
  const k = a.shape.at(op.aLayout === 'k-major' ? -2 : -1) ?? 0;
  if (sizeOf(shape) === 0 || k === 0) return constant(0, shape, dtype);
  const batch = sizeOf(shape.slice(0, -2));
  if (!changesPlaces(op, m, n)) return reshape(product(op, a, b, { batch, m, n, k, dtype }), shape);
  const turned = { ...op, aLayout: LAYOUTS.b[op.bLayout], bLayout: LAYOUTS.a[op.aLayout] };
  const transpose = product(turned, b, a, { batch, m: n, n: m, k, dtype });
  return reshape(view({ kind: 'permute', axes: [0, 2, 1] }, transpose, [batch, m, n]), shape);
}

interface ProductShape {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly dtype: Dtype;
}

/** [batch, m, n]. */
function product(op: OpOf<'matmul'>, a: Value, b: Value, { batch, m, n, k, dtype }: ProductShape): Value {
  const columns = padded(n, dtype);
  const [left, right] = [
    operand(a, op.aLayout === 'row-major', stationaryDtype(a.dtype)),
    operand(b, op.bLayout === 'transposed', stationaryDtype(b.dtype)),
  ];
  const result = new Value(
    { ...op, m, n, k, a: a.dtype, b: b.dtype, sharedA: left.shared, sharedB: right.shared },
    [left.value, right.value],
    [batch, m, columns],
    dtype,
  );
  const none = [0, 0, 0];
  return columns === n
    ? result
    : view({ kind: 'slice', start: none, step: [1, 1, 1] }, result, [batch, m, n]);
}

function scatter({ combine, outside }: OpOf<'scatter'>, base: Value, index: Value, updates: Value): Value {
  const totals = combine !== 'set' && base.dtype !== 'float32' && !isWide(base.dtype);
  const inputs = [copy(base, true), index, updates, ...(totals ? [copy(castTo(base, 'float32'), true)] : [])];
  return index.size === 0 || updates.size === 0 || base.size === 0
    ? base
    : new Value({ kind: 'scatter', combine, outside }, inputs, base.shape, base.dtype);
}

const RULES: { readonly [K in Exclude<OpKind, 'leaf' | 'fill'>]: Rule<K> } = {
  iota: (op, _, { shape, dtype }) => new Value(op, [], shape, dtype),
  random: (op, inputs, { shape, dtype }) => new Value(op, inputs, shape, dtype),
  map: (op, inputs, { shape, dtype }) => new Value(op, inputs, shape, dtype),
  cast: (op, inputs, { shape, dtype }) => new Value(op, inputs, shape, dtype),
  bitcast: (op, [x], { shape, dtype }) => new Value(op, given(x), shape, dtype),
  reshape: (_, [x], { shape }) => reshape(only(x), shape),
  permute: (op, [x], { shape }) => view(op, only(x), shape),
  broadcast: (op, [x], { shape }) => view(op, only(x), shape),
  slice: (op, [x], { shape }) => view(op, only(x), shape),
  pad: ({ value, ...op }, [x], { shape, dtype }) =>
    view({ ...op, code: codeOf(dtype, value) }, only(x), shape),
  window: (op, [x], { shape }) => view(op, only(x), shape),
  concat: ({ axis }, inputs, { shape, dtype }) => {
    const parts = inputs.filter(({ size }) => size > 0);
    return parts.length === 0 ? constant(0, shape, dtype) : concat(parts, axis);
  },
  reduce: (op, [x], node) => reduce(op, only(x), node),
  scan: (op, inputs, { shape, dtype }) => new Value(op, inputs, shape, dtype),
  matmul: (op, [a, b], node) => matmul(op, only(a), only(b), node),
  gather: ({ outside }, [data, index], { shape, dtype }, { check }) => {
    check(outside, only(index), only(data).shape[1] ?? 0);
    return new Value({ kind: 'gather', outside }, [only(data), only(index)], shape, dtype);
  },
  scatter: (op, [base, index, updates], _, { check }) => {
    check(op.outside, only(index), only(base).shape[1] ?? 0);
    return scatter(op, only(base), only(index), only(updates));
  },
  argsort: ({ descending }, [x], { shape, dtype }) => {
    const words = new Value({ kind: 'order', descending }, [only(x)], shape, 'uint32');
    return new Value({ kind: 'sort' }, [words], shape, dtype);
  },
};

function only(input: Value | undefined): Value {
  if (input === undefined) throw new Error('Invariant violation: a primitive lacks an input');
  return input;
}

const given = (input: Value | undefined): readonly Value[] => [only(input)];

/** A rule asks for as many inputs as its primitive has. */
function lowerNode(node: Node, inputs: readonly Value[], context: Context): Value {
  const { op } = node;
  if (op.kind === 'leaf' || op.kind === 'fill') throw new Error('Invariant violation: leaves are numbered');
  const rule = RULES[op.kind] as (
    op: Node['op'],
    inputs: readonly Value[],
    node: Node,
    context: Context,
  ) => Value;
  return rule(op, inputs, node, context);
}

/** Nodes in an order in which inputs come first. */
export function lower(nodes: readonly Node[], wanted: readonly Node[]): Lowered {
  const values = new Map<Node, Value>();
  const checks: Check[] = [];
  let [leaves, fills] = [0, 0];
  const context: Context = {
    check: (outside, index, size) => {
      if (outside === 'fault' && index.size > 0) checks.push({ index, size });
    },
  };
  for (const node of nodes) {
    const { op, shape, dtype } = node;
    const value =
      op.kind === 'leaf'
        ? new Value({ kind: 'leaf', index: leaves++ }, [], shape, dtype)
        : op.kind === 'fill'
          ? new Value({ kind: 'fill', index: fills++ }, [], shape, dtype)
          : lowerNode(
              node,
              node.inputs.map((input) => only(values.get(input))),
              context,
            );
    values.set(node, value);
  }
  return { outputs: wanted.map((node) => output(only(values.get(node)))), checks };
}

/** What is stored of a value: the codes in another shape, or in a format of the same width, are the same. */
function output(value: Value): Value {
  if (value.op.kind === 'reshape' || value.op.kind === 'bitcast') return output(value.input(0));
  return isLoose(value) ? copy(value, false) : value;
}
