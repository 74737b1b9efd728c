/**
 * What each primitive becomes: a view of where values lie already, or instructions that write them to HBM. Functions of elements are
 * written by `elements.ts`, many at once.
 */
import { encodeArray, type Dtype } from '../../numerics';
import { isArg, type Node, type Op, type OpKind, type OpOf } from '../graph';
import { codeOf, isWide, neutral } from '../reference/values';
import { axesOf, boxesOf, tilesOf } from './boxes';
import { gather, scatter } from './indexed';
import { argsort } from './order';
import { multiply } from './products';
import { place, reduce } from './reduce';
import { scan } from './scan';
import * as views from './strided';
import type { Strided } from './strided';
import type { Writer } from './writer';

export interface Context {
  readonly writer: Writer;
  /** Where a node's values lie. */
  readonly valueOf: (node: Node) => Strided;
  /** Where a node's values go: an output, or a place between. */
  readonly targetOf: (node: Node) => Strided;
}

type Rule<K extends OpKind> = (node: Node, op: OpOf<K>, context: Context) => Strided;

const inputOf = ({ inputs, op }: Node, i = 0): Node => {
  const input = inputs[i];
  if (input === undefined) throw new Error(`Invariant violation: ${op.kind} has no input ${i}`);
  return input;
};

/** Its values are elements of its input's. */
const viewed =
  <K extends OpKind>(view: (x: Strided, op: OpOf<K>, shape: readonly number[]) => Strided): Rule<K> =>
  (node, op, { valueOf }) =>
    view(valueOf(inputOf(node)), op, node.shape);

/** Its values are written to HBM, of inputs that lie there. */
const written =
  <K extends OpKind>(
    write: (
      writer: Writer,
      op: OpOf<K>,
      inputs: readonly [Strided, Strided, Strided],
      dst: Strided,
      node: Node,
    ) => void,
  ): Rule<K> =>
  (node, op, { writer, valueOf, targetOf }) => {
    const dst = targetOf(node);
    const empty = node.inputs.find(({ size }) => size === 0);
    if (empty === undefined) {
      const [x, y = x, z = x] = node.inputs.map(valueOf);
      if (x === undefined || y === undefined || z === undefined)
        throw new Error(`Invariant violation: ${op.kind} of nothing`);
      write(writer, op, [x, y, z], dst, node);
    } else ofNothing(writer, node, dst, valueOf);
    return dst;
  };

/** One code everywhere. */
export function fill(writer: Writer, dst: Strided, code: number): void {
  for (const { partitions, elements, part } of tilesOf(dst))
    writer.store(part, writer.filled(partitions, elements, dst.dtype, code));
}

/** Of a primitive with an empty input what is not empty: what sums and products begin with, zeros, or the base. */
function ofNothing(
  writer: Writer,
  { op, inputs, dtype }: Node,
  dst: Strided,
  valueOf: Context['valueOf'],
): void {
  const [x] = inputs;
  if (op.kind === 'scatter' && x !== undefined) writer.move(dst, valueOf(x));
  else if (op.kind === 'pad') fill(writer, dst, codeOf(dtype, op.value));
  else if (op.kind === 'concat') joined(writer, op, inputs, dst, valueOf);
  else fill(writer, dst, op.kind === 'reduce' ? beginOf(op, x?.dtype, dtype) : 0);
}

function beginOf({ reduction }: OpOf<'reduce'>, from: Dtype | undefined, dtype: Dtype): number {
  if (reduction !== 'multiply') return 0;
  const one = neutral('multiply', from !== undefined && isWide(from) && from === dtype ? from : 'float');
  return isWide(dtype) ? one : (encodeArray(dtype, Float32Array.of(one))[0] ?? 0);
}

function joined(
  writer: Writer,
  { axis }: OpOf<'concat'>,
  inputs: readonly Node[],
  dst: Strided,
  valueOf: Context['valueOf'],
): void {
  let at = 0;
  for (const input of inputs) {
    const start = dst.dims.map((_, i) => (i === axis ? at : 0));
    at += input.shape[axis] ?? 0;
    if (input.size > 0) writer.move(views.sliced(dst, { start, step: [] }, input.shape), valueOf(input));
  }
}

export const RULES = {
  leaf: (node, _, { valueOf }) => valueOf(node),
  fill: (node, { value }, { writer, targetOf }) => {
    const dst = targetOf(node);
    fill(writer, dst, codeOf(node.dtype, value));
    return dst;
  },
  // Along one axis the places of a row; along the others that row again.
  iota: ({ shape }, { axis }, { writer }) => {
    const count = shape[axis] ?? 1;
    const row = writer.between('int32', [count]);
    for (const part of boxesOf(axesOf([row]), 1, 2048)) {
      const tile = writer.tile(1, part.count, 'int32');
      const offset = part.offsets[0] ?? 0;
      writer.nc.iota(tile, { pattern: [[1, part.count]], offset });
      writer.store({ ...row, offset: row.offset + offset, dims: part.dims[0] ?? [] }, tile);
    }
    return { ...row, dims: shape.map((extent, i) => [i === axis ? 1 : 0, extent] as const) };
  },
  random: written<'random'>((writer, _, [key], dst) => {
    writer.notes.add(
      'Random words are draws of Vector’s generators, seeded with the words of the key joined by exclusive or; arrays draw from Philox. Their bits differ.',
    );
    const { nc } = writer;
    const words = writer.load(key, 1, 4);
    const pairs = writer.tile(1, 2, 'uint32');
    const [lower, upper] = [words.slice('all', [0, 2]), words.slice('all', [2, 4])];
    nc.tensor_tensor(pairs, { data1: lower, data2: upper, op: 'bitwise_xor', engine: 'vector' });
    const seed = writer.tile(1, 1, 'uint32');
    const [even, odd] = [pairs.slice('all', [0, 1]), pairs.slice('all', [1, 2])];
    nc.tensor_tensor(seed, { data1: even, data2: odd, op: 'bitwise_xor', engine: 'vector' });
    nc.set_rng_seed(seed, {});
    for (const { partitions, elements, part } of tilesOf(dst)) {
      const tile = writer.tile(partitions, elements, 'uint32');
      nc.rng(tile, { engine: 'vector' });
      writer.store(part, tile);
    }
  }),
  map: (node, _, { targetOf }) => targetOf(node),
  cast: (node, _, { targetOf }) => targetOf(node),
  bitcast: (node, _, { valueOf }) => ({ ...valueOf(inputOf(node)), dtype: node.dtype }),
  reshape: (node, _, { writer, valueOf, targetOf }) => {
    const x = valueOf(inputOf(node));
    const seen = views.recut(x, node.shape);
    if (seen !== undefined) return seen;
    const dst = targetOf(node);
    writer.nc.dma_copy(views.patternOf(dst), { src: views.patternOf(x) });
    return dst;
  },
  permute: viewed<'permute'>(views.permuted),
  broadcast: viewed<'broadcast'>((x, _, shape) => views.broadcasted(x, shape)),
  slice: viewed<'slice'>(views.sliced),
  window: viewed<'window'>(views.windowed),
  pad: written<'pad'>((writer, { low, interior, value }, [x], dst) => {
    fill(writer, dst, codeOf(dst.dtype, value));
    const step = interior.map((count) => count + 1);
    writer.move(views.sliced(dst, { start: low, step }, views.shapeOf(x)), x);
  }),
  concat: (node, op, { writer, valueOf, targetOf }) => {
    const dst = targetOf(node);
    joined(writer, op, node.inputs, dst, valueOf);
    return dst;
  },
  reduce: written<'reduce'>((writer, { reduction, axes }, [x], dst) => {
    if (isArg(reduction)) place(writer, reduction === 'argmaximum' ? 'maximum' : 'minimum', x, axes, dst);
    else reduce(writer, reduction, x, axes, dst);
  }),
  scan: written<'scan'>((writer, op, [x], dst) => {
    scan(writer, op, x, dst);
  }),
  matmul: written<'matmul'>((writer, op, [a, b], dst, node) => {
    multiply(writer, op, a, b, node, (tile, at) => {
      writer.store(views.tileOf(dst, at), tile);
    });
  }),
  gather: written<'gather'>((writer, op, [data, index], dst) => {
    gather(writer, op, data, index, dst);
  }),
  scatter: written<'scatter'>((writer, op, inputs, dst) => {
    scatter(writer, op, inputs, dst);
  }),
  argsort: written<'argsort'>((writer, op, [x], dst) => {
    argsort(writer, op, x, dst);
  }),
} as const satisfies { readonly [K in OpKind]: Rule<K> };

/** Writes what a node needs, and says where its values lie. */
export function write(node: Node, context: Context): Strided {
  const rule = RULES[node.op.kind] as (node: Node, op: Op, context: Context) => Strided;
  return rule(node, node.op, context);
}
