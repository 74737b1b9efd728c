/** Graphs of any primitives and formats, as fast-check draws them. */
import fc from 'fast-check';
import { CHIPS, matmulPairProblem, type Chip } from '../../../src/chip';
import {
  codeArray,
  encodeArray,
  NUMERIC_DTYPES,
  type CodeArray,
  type Dtype,
  bitsOf,
} from '../../../src/numerics';
import { ACTIVATION_OPS, ALU_OPS } from '../../../src/program';
import {
  arityOf,
  COMPOSED,
  make,
  REDUCTIONS,
  SCANS,
  sizeOf,
  type MapFunction,
  type Node,
  type OpKind,
  type Outside,
  type Shape,
} from '../../../src/tensor/graph';

type Draw = fc.GeneratorValue;

/** Makes a leaf of codes. */
export type Place = (codes: CodeArray, dtype: Dtype, shape: Shape) => Node;

const isFloat = (dtype: Dtype): boolean => !/int/.test(dtype);
const BITWISE = ['bitwise_and', 'bitwise_or', 'bitwise_xor', 'invert', 'left_shift', 'right_shift'];
const FUNCTIONS: readonly MapFunction[] = [
  ...COMPOSED,
  ...ALU_OPS,
  ...ACTIVATION_OPS.filter((op) => op !== 'copy'),
];

/** Of which thousands take no time. */
const QUICK = [
  'add',
  'multiply',
  'maximum',
  'less',
  'select',
  'bitwise_xor',
  'relu',
] as const satisfies readonly MapFunction[];

const below = (count: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: count - 1 });
const anyOf = <T>(choices: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...choices);

export class Graph {
  readonly nodes: Node[] = [];
  readonly #draw: Draw;
  readonly #place: Place;

  readonly wide: boolean;
  /** Formats that values have: those of a chip, or all. */
  readonly dtypes: readonly Dtype[];
  /** Whose products are made. */
  readonly chip: Chip;

  /**
   * @param wide of shapes whose rows and columns are multiples of four, and of some thousand elements.
   * @param chip the chip whose formats alone are used; when left out all formats are, and products of trn2.
   */
  constructor(draw: Draw, place: Place, wide = false, chip?: Chip) {
    this.#draw = draw;
    this.#place = place;
    this.wide = wide;
    this.dtypes = NUMERIC_DTYPES.filter((dtype) => chip?.dtypes.includes(dtype) ?? true);
    this.chip = chip ?? CHIPS.trn2;
  }

  /** Adds one more node. */
  grow(kinds: readonly OpKind[]): void {
    const node = RULES[this.#draw(anyOf, kinds)](this);
    if (node.size <= (this.wide ? 50_000 : 5000)) this.nodes.push(node);
  }

  below(count: number): number {
    return this.#draw(below, Math.max(count, 1));
  }

  pick<T>(choices: readonly T[]): T {
    return this.#draw(anyOf, choices);
  }

  flag(): boolean {
    return this.below(2) === 1;
  }

  shape(rank = this.below(4)): number[] {
    if (this.wide)
      return this.pick([
        [8, 16, 64],
        [64, 128],
        [4, 2048],
        [1, 8192],
        [8, 1, 1024],
        [1, 64],
      ]);
    return Array.from({ length: rank }, () => (this.below(12) === 0 ? 0 : 1 + this.below(5)));
  }

  /** Codes of small numbers, or any. */
  codes(dtype: Dtype, size: number): CodeArray {
    const seed = this.below(2 ** 30);
    const any = this.flag();
    let state = seed;
    const word = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state ^ (state >>> 15)) >>> 0;
    };
    if (!any)
      return encodeArray(
        dtype,
        Float32Array.from({ length: size }, () => ((word() % 65) - 32) / 4),
      );
    const codes = codeArray(dtype, size);
    for (let i = 0; i < size; i++) codes[i] = word() % 2 ** bitsOf(dtype);
    return codes;
  }

  leaf(dtype: Dtype = this.pick(this.dtypes), shape: Shape = this.shape()): Node {
    const node = this.#place(this.codes(dtype, sizeOf(shape)), dtype, shape);
    this.nodes.push(node);
    return node;
  }

  /** A node of the graph, or a leaf. */
  any(fits: (node: Node) => boolean = () => true): Node {
    const found = this.nodes.filter(fits);
    return found.length === 0 ? this.leaf() : this.pick(found);
  }

  /** One of a shape: of the graph, or a leaf. */
  like(shape: Shape, dtype?: Dtype): Node {
    const found = this.nodes.filter(
      (node) => make.sameShape(node.shape, shape) && (dtype === undefined || node.dtype === dtype),
    );
    return found.length === 0 || this.below(4) === 0 ? this.leaf(dtype, shape) : this.pick(found);
  }

  key(): Node {
    return this.#place(Uint32Array.from([this.below(1000), 0, this.below(3), this.below(3)]), 'uint32', [4]);
  }

  index(outer: number, count: number, rows: number): Node {
    const shape = [this.flag() ? 1 : outer, count];
    const codes = Uint32Array.from({ length: sizeOf(shape) }, () =>
      this.below(6) === 0 ? this.below(2 * rows + 4) - 2 : this.below(rows),
    );
    return this.#place(codes, 'int32', shape);
  }
}

const map = (graph: Graph): Node => {
  const fn = graph.pick(graph.wide ? QUICK : FUNCTIONS);
  const first = graph.any();
  if (BITWISE.includes(fn)) {
    const dtype = graph.pick(['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32'] as const);
    const inputs = Array.from({ length: arityOf(fn) }, () => graph.like(first.shape, dtype));
    return make.map(fn, inputs, dtype);
  }
  const same = graph.flag();
  const others = Array.from({ length: arityOf(fn) - 1 }, () =>
    graph.like(first.shape, same ? first.dtype : undefined),
  );
  return make.map(fn, [first, ...others], graph.flag() ? first.dtype : graph.pick(graph.dtypes));
};

const OUTSIDE: readonly Outside[] = ['fault', 'clamp', 'zero'];

/** [outer, size, inner] of any node. */
const canonical = (graph: Graph): Node => {
  const x = graph.any(({ size }) => size > 0);
  const axis = graph.below(x.shape.length);
  return make.reshape(x, [
    sizeOf(x.shape.slice(0, axis)),
    x.shape[axis] ?? 1,
    sizeOf(x.shape.slice(axis + 1)),
  ]);
};

const ranked = (graph: Graph): Node => {
  const x = graph.any(({ shape }) => shape.length > 0);
  return x.shape.length > 0 ? x : make.reshape(x, [x.size]);
};

const RULES: { readonly [K in OpKind]: (graph: Graph) => Node } = {
  leaf: (graph) => graph.leaf(),
  fill: (graph) =>
    make.fill(graph.any().shape, graph.pick(graph.dtypes), graph.pick([0, -0, 1, -1.5, 1e9, NaN, 1 / 3])),
  iota: (graph) => {
    const shape = [...graph.shape(), 3];
    return make.iota(shape, graph.below(shape.length));
  },
  random: (graph) => make.random(graph.key(), graph.shape()),
  map,
  cast: (graph) => {
    const rounding = graph.pick(['nearest-even', 'toward-zero', 'stochastic'] as const);
    const key = rounding === 'stochastic' ? { key: graph.key() } : {};
    return make.cast(graph.any(), graph.pick(graph.dtypes), { rounding, saturate: graph.flag(), ...key });
  },
  bitcast: (graph) => {
    const x = graph.any();
    return make.bitcast(x, graph.pick(graph.dtypes.filter((dtype) => bitsOf(dtype) === bitsOf(x.dtype))));
  },
  reshape: (graph) => {
    const x = graph.any();
    const merged = graph.flag() ? [x.size] : [1, ...x.shape.toReversed(), 1];
    return make.reshape(x, merged);
  },
  permute: (graph) => {
    const x = graph.any();
    const turn = graph.below(x.shape.length);
    const axes = [...x.shape.keys()];
    return make.permute(x, graph.flag() ? axes.toReversed() : [...axes.slice(turn), ...axes.slice(0, turn)]);
  },
  broadcast: (graph) => {
    const x = graph.any();
    const wide = make.reshape(x, [...x.shape, 1]);
    return make.broadcast(wide, [
      ...x.shape.map((extent) => (extent === 1 ? 3 : extent)),
      1 + graph.below(4),
    ]);
  },
  slice: (graph) => {
    const x = graph.any();
    const steps = x.shape.map((extent) => {
      const step = graph.pick([1, 1, 2, -1, -2]);
      const start = graph.below(extent);
      const room = step > 0 ? extent - 1 - start : start;
      return { step, start, count: extent === 0 ? 0 : 1 + Math.floor(room / Math.abs(step)) };
    });
    const of = (field: 'step' | 'start' | 'count'): number[] => steps.map((each) => each[field]);
    return make.slice(x, of('start'), of('step'), of('count'));
  },
  pad: (graph) => {
    const x = graph.any();
    const counts = (most: number): number[] => x.shape.map(() => graph.below(most));
    return make.pad(
      x,
      { low: counts(3), high: counts(3), interior: counts(3) },
      graph.pick([0, -0, 2.5, -Infinity, NaN]),
    );
  },
  window: (graph) => {
    const x = ranked(graph);
    const axis = graph.below(x.shape.length);
    const extent = x.shape[axis] ?? 0;
    if (extent === 0) return x;
    const taps = 1 + graph.below(extent);
    const dilation = taps === 1 ? 1 + graph.below(2) : 1 + graph.below(Math.floor((extent - 1) / (taps - 1)));
    return make.window(x, axis, taps, 1 + graph.below(2), dilation);
  },
  concat: (graph) => {
    const x = ranked(graph);
    const axis = graph.below(x.shape.length);
    const others = Array.from({ length: graph.below(7) }, () =>
      graph.like(graph.flag() ? x.shape : x.shape.with(axis, graph.below(4)), x.dtype),
    );
    return make.concat([x, ...others], axis);
  },
  reduce: (graph) => {
    const reduction = graph.pick(REDUCTIONS);
    const x = graph.any(({ size }) => size > 0);
    const axes = graph.below(x.shape.length + 1);
    const nothing = sizeOf(x.shape.slice(x.shape.length - axes)) === 0;
    const isPlace = reduction.startsWith('arg');
    const how = nothing ? 'add' : reduction;
    return make.reduce(
      x,
      how,
      axes,
      isPlace && !nothing ? 'int32' : graph.flag() ? x.dtype : graph.pick(graph.dtypes.filter(isFloat)),
    );
  },
  scan: (graph) => {
    const x = ranked(graph);
    const how = { exclusive: graph.flag(), reverse: graph.flag() };
    return make.scan(x, graph.pick(SCANS), graph.flag() ? x.dtype : graph.pick(graph.dtypes), how);
  },
  matmul: (graph) => {
    const floats = graph.dtypes.filter(isFloat);
    const pairs = floats
      .flatMap((a) => floats.map((b) => ({ a, b })))
      .filter(({ a, b }) => matmulPairProblem(graph.chip, a, b) === undefined);
    const { a, b } = graph.pick(pairs);
    const [m, n, k] = [1 + graph.below(9), 1 + graph.below(9), graph.below(20)];
    const batch = graph.flag() ? [] : [1 + graph.below(3)];
    const [aLayout, bLayout] = [
      graph.pick(['row-major', 'k-major'] as const),
      graph.pick(['row-major', 'transposed'] as const),
    ];
    const operand = (dtype: Dtype, rows: number, columns: number): Node => {
      if (batch.length > 0 && graph.below(3) === 0)
        return make.broadcast(graph.leaf(dtype, [1, rows, columns]), [...batch, rows, columns]);
      return graph.leaf(dtype, [...batch, rows, columns]);
    };
    const left = aLayout === 'k-major' ? operand(a, k, m) : operand(a, m, k);
    const right = bLayout === 'transposed' ? operand(b, n, k) : operand(b, k, n);
    const rounding = graph.pick(['nearest-even', 'toward-zero', 'stochastic'] as const);
    const seed = rounding === 'stochastic' ? graph.below(1000) : 0;
    const out = graph.pick(['float32', 'bfloat16', 'float16', 'float8_e4m3'] as const);
    return make.matmul(left, right, out, { aLayout, bLayout, rounding, seed, saturate: graph.flag() });
  },
  gather: (graph) => {
    const data = canonical(graph);
    const [outer = 0, rows = 0] = data.shape;
    return make.gather(data, graph.index(outer, graph.below(6), rows), {
      outside: graph.pick(OUTSIDE),
      what: `gather ${graph.below(9)}`,
    });
  },
  scatter: (graph) => {
    const base = canonical(graph);
    const [outer = 0, rows = 0, inner = 0] = base.shape;
    const count = graph.below(6);
    return make.scatter(
      base,
      graph.index(outer, count, rows),
      graph.like([outer, count, inner], base.dtype),
      {
        combine: graph.pick(['set', 'add', 'maximum', 'minimum'] as const),
        outside: graph.pick(OUTSIDE),
        what: `scatter ${graph.below(9)}`,
      },
    );
  },
  argsort: (graph) => make.argsort(ranked(graph), graph.flag()),
};

export const KINDS = Object.keys(RULES) as OpKind[];
