/**
 * What a graph computes in float64, without any rounding between: what finite differences are taken of. Views are asked of the
 * definition, on places in place of values; everything else is written out here, of Math alone.
 */
import { make, Node, sizeOf, type MapFunction, type OpOf, type Stored } from '../../../src/tensor/graph';
import { evaluate } from '../../../src/tensor/reference';
import { decodeArray, type CodeArray } from '../../../src/numerics';

const held = (codes: CodeArray): Stored => ({ codes, release: () => undefined });

/** erf by its series, and by its continued fraction where that converges faster. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size < 2) {
    let [term, sum] = [x, x];
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      term *= -(x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-size * size) / Math.sqrt(Math.PI) / (size + fraction));
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const swish = (a: number) => (x: number) => x * sigmoid(a * x);
const swishSlope = (a: number) => (x: number) => {
  const s = sigmoid(a * x);
  return s + a * x * s * (1 - s);
};
const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
const normal = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;
const truth = (holds: boolean): number => Number(holds);
const bits = (): number => {
  throw new Error('no bits in float64');
};

export const FUNCTIONS: Readonly<Record<Exclude<MapFunction, 'select'>, (x: number, y: number) => number>> = {
  add: (x, y) => x + y,
  subtract: (x, y) => x - y,
  multiply: (x, y) => x * y,
  maximum: Math.max,
  minimum: Math.min,
  abs_max: (x, y) => (Math.abs(x) > Math.abs(y) ? x : y),
  abs_min: (x, y) => (Math.abs(x) < Math.abs(y) ? x : y),
  equal: (x, y) => truth(x === y),
  not_equal: (x, y) => truth(x !== y),
  greater_equal: (x, y) => truth(x >= y),
  greater: (x, y) => truth(x > y),
  less_equal: (x, y) => truth(x <= y),
  less: (x, y) => truth(x < y),
  logical_and: (x, y) => truth(x !== 0 && y !== 0),
  logical_or: (x, y) => truth(x !== 0 || y !== 0),
  logical_xor: (x, y) => truth((x !== 0) !== (y !== 0)),
  power: Math.pow,
  abs: Math.abs,
  square: (x) => x * x,
  relu: (x) => Math.max(x, 0),
  rsqrt: (x) => 1 / Math.sqrt(x),
  reciprocal: (x) => 1 / x,
  bitwise_and: bits,
  bitwise_or: bits,
  bitwise_xor: bits,
  invert: bits,
  left_shift: bits,
  right_shift: bits,
  sigmoid,
  gelu: (x) => x * normal(x),
  gelu_dx: (x) => normal(x) + x * density(x),
  gelu_apprx_tanh: (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  gelu_apprx_sigmoid: swish(1.702),
  gelu_apprx_sigmoid_dx: swishSlope(1.702),
  silu: swish(1),
  silu_dx: swishSlope(1),
  tanh: Math.tanh,
  softplus: (x) => Math.log1p(Math.exp(x)),
  mish: (x) => x * Math.tanh(Math.log1p(Math.exp(x))),
  erf,
  erf_dx: (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x),
  exp: Math.exp,
  sign: Math.sign,
  log: Math.log,
  sin: Math.sin,
  arctan: Math.atan,
  sqrt: Math.sqrt,
  negate: (x) => -x,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  rint: Math.round,
};

const JOINS = {
  add: (x: number, y: number) => x + y,
  multiply: (x: number, y: number) => x * y,
  maximum: Math.max,
  minimum: Math.min,
} as const;
const NEUTRAL = { add: 0, multiply: 1, maximum: -Infinity, minimum: Infinity } as const;

/** Values of leaves that are given stand for their own. */
export function float64(root: Node, given: ReadonlyMap<Node, Float64Array>): Float64Array {
  const known = new Map<Node, Float64Array>(given);
  const of = (node: Node): Float64Array => {
    const values = known.get(node) ?? compute(node, node.inputs.map(of));
    known.set(node, values);
    return values;
  };
  return of(root);
}

/** Where each element of a view comes from: 1 more than its place, and 0 for what is none of the input's. */
function sources(node: Node, inputs: readonly Node[]): CodeArray {
  let from = 1;
  const places = inputs.map((input) => {
    const codes = Uint32Array.from({ length: input.size }, () => from++);
    return make.leaf(input.shape, 'uint32', held(codes));
  });
  const op = node.op.kind === 'pad' ? { ...node.op, value: 0 } : node.op;
  const view = new Node(op, [...places, ...node.inputs.slice(places.length)], node.shape, 'uint32');
  return evaluate(view);
}

function compute(node: Node, inputs: readonly Float64Array[]): Float64Array {
  const { op, size } = node;
  const [x = new Float64Array(), y = x, z = x] = inputs;
  const each = (value: (i: number) => number): Float64Array =>
    Float64Array.from({ length: size }, (_, i) => value(i));
  switch (op.kind) {
    case 'fill':
      return each(() => op.value);
    case 'map': {
      const { fn } = op;
      if (fn === 'select') return each((i) => (x[i] === 0 ? (z[i] ?? 0) : (y[i] ?? 0)));
      return each((i) => FUNCTIONS[fn](x[i] ?? 0, y[i] ?? 0));
    }
    case 'cast':
      return x;
    case 'reduce':
      return reduce(op, x, size);
    case 'scan':
      return scan(op, x, node.shape.at(-1) ?? 1);
    case 'matmul':
      return multiply(op, node, x, y);
    case 'scatter':
      return scatter(op, node, x, y, z);
    case 'gather':
    case 'reshape':
    case 'permute':
    case 'broadcast':
    case 'slice':
    case 'pad':
    case 'window':
    case 'concat': {
      const viewed = op.kind === 'gather' ? node.inputs.slice(0, 1) : node.inputs;
      const all = [
        op.kind === 'pad' ? op.value : 0,
        ...inputs.slice(0, viewed.length).flatMap((input) => [...input]),
      ];
      return Float64Array.from(sources(node, viewed), (place) => all[place] ?? NaN);
    }
    case 'iota':
    case 'leaf':
    case 'random':
    case 'bitcast':
    case 'argsort':
      return Float64Array.from(
        node.dtype === 'int32'
          ? new Int32Array(evaluate(node).buffer)
          : decodeArray(node.dtype, evaluate(node)),
      );
  }
}

function reduce({ reduction }: OpOf<'reduce'>, x: Float64Array, rows: number): Float64Array {
  const count = x.length / rows;
  return Float64Array.from({ length: rows }, (_, row) => {
    const part = x.subarray(row * count, (row + 1) * count);
    if (reduction === 'argmaximum') return part.indexOf(Math.max(...part));
    if (reduction === 'argminimum') return part.indexOf(Math.min(...part));
    const join = JOINS[reduction];
    return part.reduce((total, value) => join(total, value), NEUTRAL[reduction]);
  });
}

function scan({ scan: how, exclusive, reverse }: OpOf<'scan'>, x: Float64Array, count: number): Float64Array {
  const result = new Float64Array(x.length);
  for (let row = 0; row < x.length; row += count) {
    let total = NEUTRAL[how];
    for (let i = 0; i < count; i++) {
      const at = row + (reverse ? count - 1 - i : i);
      const next = JOINS[how](total, x[at] ?? 0);
      result[at] = exclusive ? total : next;
      total = next;
    }
  }
  return result;
}

function multiply(op: OpOf<'matmul'>, { shape }: Node, a: Float64Array, b: Float64Array): Float64Array {
  const [m = 0, n = 0] = shape.slice(-2);
  const batch = sizeOf(shape.slice(0, -2));
  const k = a.length / batch / m;
  return Float64Array.from({ length: batch * m * n }, (_, i) => {
    const [p, row, column] = [Math.floor(i / (m * n)), Math.floor(i / n) % m, i % n];
    let sum = 0;
    for (let q = 0; q < k; q++) {
      const left = a[p * m * k + (op.aLayout === 'k-major' ? q * m + row : row * k + q)] ?? 0;
      const right = b[p * k * n + (op.bLayout === 'transposed' ? column * k + q : q * n + column)] ?? 0;
      sum += left * right;
    }
    return sum;
  });
}

function scatter(
  { combine }: OpOf<'scatter'>,
  { shape, inputs }: Node,
  base: Float64Array,
  index: Float64Array,
  updates: Float64Array,
): Float64Array {
  const [outer = 0, size = 0, inner = 0] = shape;
  const count = inputs[2]?.shape[1] ?? 0;
  const result = base.slice();
  for (let i = 0; i < outer * count * inner; i++) {
    const [block, j, k] = [Math.floor(i / (count * inner)), Math.floor(i / inner) % count, i % inner];
    const row = index[(inputs[1]?.shape[0] === 1 ? 0 : block * count) + j] ?? 0;
    if (row < 0 || row >= size) continue;
    const at = (block * size + row) * inner + k;
    const update = updates[i] ?? 0;
    result[at] = combine === 'set' ? update : JOINS[combine](result[at] ?? 0, update);
  }
  return result;
}
