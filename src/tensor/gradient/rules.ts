/**
 * What each primitive hands back: of the gradient of its result, what every input adds to its own. A gradient has the format of what
 * it is the gradient of, but bfloat16 where that has 8 bits or fewer; derivatives are computed in float32 and rounded once.
 */
import { FORMATS, isPacked, type Dtype } from '../../numerics';
import { make, sizeOf, type Node, type Op, type OpKind, type OpOf, type Shape } from '../graph';
import { FUNCTION_RULES } from './functions';
import { scatterRule } from './scatter';
import { scanRule } from './scan';

/** The format of the gradient of values of a format; undefined of integers, which have none. */
export function gradientDtype(dtype: Dtype): Dtype | undefined {
  if (isPacked(dtype)) return undefined;
  const { kind, bits } = FORMATS[dtype];
  if (kind === 'integer') return undefined;
  if (dtype === 'tfloat32') return 'float32';
  return bits >= 16 ? dtype : 'bfloat16';
}

/** As many as the primitive has. */
export type Inputs = readonly [Node, Node, Node, ...Node[]];

export type Rule<K extends OpKind> = (
  g: Node,
  op: OpOf<K>,
  inputs: Inputs,
  result: Node,
) => readonly (Node | undefined)[];

const none = (): readonly Node[] => [];
const float32 = (x: Node): Node => make.cast(x, 'float32');

/** The sum along some axes, which stay as 1: what a broadcast hands back. */
function sumTo(g: Node, shape: Shape): Node {
  const joined = [...shape.keys()].filter((axis) => shape[axis] === 1 && g.shape[axis] !== 1);
  if (joined.length === 0) return g;
  const kept = [...shape.keys()].filter((axis) => !joined.includes(axis));
  const sum = make.reduce(make.permute(g, [...kept, ...joined]), 'add', joined.length, g.dtype);
  return make.reshape(sum, shape);
}

/** Repeats what a reduction along the last axes gave along them. */
export function spread(x: Node, shape: Shape): Node {
  const ones = shape.map((_, axis) => (axis < x.shape.length ? (shape[axis] ?? 1) : 1));
  return make.broadcast(make.reshape(x, ones), shape);
}

/** Elements where the slice took them from, and zeros between. */
function unslice(g: Node, { start, step }: OpOf<'slice'>, shape: Shape): Node {
  if (g.size === 0) return make.fill(shape, g.dtype, 0);
  const turned = make.slice(
    g,
    g.shape.map((extent, axis) => ((step[axis] ?? 1) < 0 ? extent - 1 : 0)),
    step.map((stride) => Math.sign(stride)),
    g.shape,
  );
  const span = g.shape.map((extent, axis) => (extent - 1) * Math.abs(step[axis] ?? 1));
  const low = start.map((first, axis) => ((step[axis] ?? 1) < 0 ? first - (span[axis] ?? 0) : first));
  const high = shape.map((extent, axis) => extent - 1 - (low[axis] ?? 0) - (span[axis] ?? 0));
  return make.pad(turned, { low, high, interior: step.map((stride) => Math.abs(stride) - 1) }, 0);
}

/** Every tap's elements go back to where they came from, one tap after the other. */
function unwindow(g: Node, { axis, step, dilation }: OpOf<'window'>, shape: Shape): Node {
  const taps = make.extentOf(g, axis + 1);
  const zeros = g.shape.map(() => 0);
  const ones = g.shape.map(() => 1);
  const partOf = (tap: number): Node => {
    const part = make.slice(g, zeros.with(axis + 1, tap), ones, g.shape.with(axis + 1, 1));
    const lone = make.reshape(part, g.shape.toSpliced(axis + 1, 1));
    const from = lone.shape.map(() => 0).with(axis, tap * dilation);
    return unslice(
      lone,
      { kind: 'slice', start: from, step: lone.shape.map(() => 1).with(axis, step) },
      shape,
    );
  };
  return Array.from({ length: taps }, (_, tap) => partOf(tap)).reduce((sum, part) =>
    make.map('add', [sum, part], g.dtype),
  );
}

function reduceRule(g: Node, { reduction, axes }: OpOf<'reduce'>, x: Node, y: Node): Node | undefined {
  switch (reduction) {
    case 'argmaximum':
    case 'argminimum':
      return undefined;
    case 'add':
      return spread(g, x.shape);
    case 'multiply': {
      // The product of the others: of those before and of those after, so that zeros do no harm.
      const rows = make.reshape(float32(x), [sizeOf(y.shape), sizeOf(x.shape.slice(x.shape.length - axes))]);
      const before = make.scan(rows, 'multiply', 'float32', { exclusive: true });
      const after = make.scan(rows, 'multiply', 'float32', { exclusive: true, reverse: true });
      const others = make.reshape(make.map('multiply', [before, after], 'float32'), x.shape);
      return make.map('multiply', [spread(float32(g), x.shape), others], 'float32');
    }
    case 'maximum':
    case 'minimum': {
      const ties = make.map('equal', [float32(x), spread(float32(y), x.shape)], 'float32');
      const count = make.reduce(ties, 'add', axes, 'float32');
      const share = make.map('multiply', [float32(g), make.map('reciprocal', [count], 'float32')], 'float32');
      return make.map('multiply', [ties, spread(share, x.shape)], 'float32');
    }
  }
}

/** The format in which a product goes backwards: the operands' own, or one that holds both. */
function productDtype({ dtype: a }: Node, { dtype: b }: Node): Dtype {
  const [first, second] = [gradientDtype(a), gradientDtype(b)];
  if (first === second) return first ?? 'float32';
  return first === 'float32' || second === 'float32' ? 'float32' : 'bfloat16';
}

function matmulRule(g: Node, op: OpOf<'matmul'>, a: Node, b: Node): readonly Node[] {
  const dtype = productDtype(a, b);
  const [x, y, z] = [a, b, g].map((node) => make.cast(node, dtype)) as [Node, Node, Node];
  const [da, db] = [gradientDtype(a.dtype) ?? 'float32', gradientDtype(b.dtype) ?? 'float32'];
  const rows = op.aLayout === 'row-major';
  const straight = op.bLayout === 'row-major';
  return [
    rows
      ? make.matmul(z, y, da, { bLayout: straight ? 'transposed' : 'row-major' })
      : make.matmul(y, z, da, { aLayout: straight ? 'row-major' : 'k-major', bLayout: 'transposed' }),
    straight
      ? make.matmul(x, z, db, { aLayout: rows ? 'k-major' : 'row-major' })
      : make.matmul(z, x, db, { aLayout: 'k-major', bLayout: rows ? 'row-major' : 'transposed' }),
  ];
}

/** What lies outside was not read, and gets nothing; where it is a fault, it is one of the gradient too. */
function gatherRule(g: Node, { outside, what }: OpOf<'gather'>, data: Node, index: Node): Node {
  const zeros = make.fill(data.shape, g.dtype, 0);
  return make.scatter(zeros, index, g, { combine: 'add', outside, what });
}

export const RULES: { readonly [K in OpKind]: Rule<K> } = {
  leaf: none,
  fill: none,
  iota: none,
  random: none,
  map: (g, { fn }, inputs, y) => {
    const [x0, x1 = x0, x2 = x0] = inputs.map(float32) as [Node, Node?, Node?];
    return FUNCTION_RULES[fn](float32(g), [x0, x1, x2], float32(y));
  },
  cast: (g) => [g],
  bitcast: none,
  reshape: (g, _, [x]) => [make.reshape(g, x.shape)],
  permute: (g, { axes }) => [
    make.permute(
      g,
      [...axes.keys()].map((axis) => axes.indexOf(axis)),
    ),
  ],
  broadcast: (g, _, [x]) => [sumTo(g, x.shape)],
  slice: (g, op, [x]) => [unslice(g, op, x.shape)],
  pad: (g, { low, interior }, [x]) => [
    make.slice(
      g,
      low,
      interior.map((between) => between + 1),
      x.shape,
    ),
  ],
  window: (g, op, [x]) => [unwindow(g, op, x.shape)],
  concat: (g, { axis }, inputs) => {
    let from = 0;
    return inputs.map(({ shape }) => {
      const start = shape.map(() => 0).with(axis, from);
      from += shape[axis] ?? 0;
      return make.slice(
        g,
        start,
        shape.map(() => 1),
        shape,
      );
    });
  },
  reduce: (g, op, [x], y) => [reduceRule(g, op, x, y)],
  scan: (g, op, [x]) => [scanRule(g, op, x)],
  matmul: (g, op, [a, b]) => matmulRule(g, op, a, b),
  gather: (g, op, [data, index]) => [gatherRule(g, op, data, index)],
  scatter: (g, op, [base, index, updates], y) => scatterRule(g, op, [base, index, updates], y),
  argsort: none,
};

/** A rule asks for as many inputs as its primitive has. */
export const ruleOf = (op: Op): Rule<OpKind> => RULES[op.kind] as unknown as Rule<OpKind>;
