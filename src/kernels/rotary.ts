/**
 * Rotary position embedding (Su et al., "RoFormer", 2021): each pair (a, b) of a head's elements is turned by the angle of its position,
 *
 *   a' = a cos - b sin,   b' = b cos + a sin.
 *
 * x is [heads, sequence, size], cos and sin are [sequence, size / 2]. Pairs are the two halves of a head (`rotary`, as in
 * GPT-NeoX and Llama) or neighbours (`rotary_interleaved`, as in GPT-J): the same instructions over other views. Positions lie in partitions,
 * 128 at a time, and one instruction turns as many heads as are loaded together.
 */
import { CHIP_NAMES } from '../chip';
import { kernel, type ChipView, type HbmView, type Kernel, type Nc } from '../kernel';
import { UserError } from '../numerics';
import { add, exact, multiply, subtract, written } from './approx';
import { libraryKernel, type LibraryKernel, type ReferenceInput } from './entry';
import { exactMatrix } from './products';
import { cubeOf, matrixOf, sizeOf, tilesOf, type Shaped } from './shapes';

const PARTITIONS = 128;
/** Elements of a partition that are loaded together: whole heads, at least one. */
const TOGETHER = 2048;

/** Where the pairs of a head lie: its i-th is at elements first(i) and second(i). */
interface Pairing {
  readonly view: (tile: ChipView, half: number) => readonly [first: ChipView, second: ChipView];
  readonly place: (index: number, half: number) => readonly [first: number, second: number];
}

const HALVES: Pairing = {
  view: (tile, half) => [tile.slice('all', 'all', [0, half]), tile.slice('all', 'all', [half, 2 * half])],
  place: (index, half) => [index, index + half],
};

const NEIGHBOURS: Pairing = {
  view: (tile, half) => [
    tile.slice('all', 'all', [0, 2 * half, 2]),
    tile.slice('all', 'all', [1, 2 * half, 2]),
  ],
  place: (index) => [2 * index, 2 * index + 1],
};

interface Inputs<T> {
  readonly x: T;
  readonly cos: T;
  readonly sin: T;
}

/** @throws UserError when the shapes do not fit. */
function extentsOf({ x, cos, sin }: Inputs<Shaped>) {
  const [heads, sequence, size] = cubeOf('x', x);
  if (size % 2 !== 0) throw new UserError(`x must have an even last dimension, received ${size}.`);
  for (const [name, table] of [
    ['cos', cos],
    ['sin', sin],
  ] as const) {
    const [positions, half] = matrixOf(name, table);
    if (positions !== sequence || half !== size / 2) {
      throw new UserError(`${name} must be [${sequence}, ${size / 2}], received [${positions}, ${half}].`);
    }
  }
  return { heads, sequence, size, half: size / 2 };
}

function turn(nc: Nc, pairing: Pairing, { x, cos, sin }: Inputs<HbmView>): void {
  const { heads, sequence, size, half } = extentsOf({ x, cos, sin });
  const result = nc.hbm('result', [heads, sequence, size], x.dtype);
  const table = (source: HbmView, rows: readonly [number, number], count: number): ChipView => {
    const tile = nc.sbuf([sizeOf(rows), half], source.dtype);
    nc.dma_copy(tile, { src: source.slice(rows, 'all') });
    return tile.expand(1).broadcast(1, count);
  };
  for (const rows of tilesOf(sequence, PARTITIONS)) {
    for (const group of tilesOf(heads, Math.max(1, Math.floor(TOGETHER / size)))) {
      const [positions, count] = [sizeOf(rows), sizeOf(group)];
      const [cosines, sines] = [table(cos, rows, count), table(sin, rows, count)];
      const values = nc.sbuf([positions, count, size], x.dtype);
      nc.dma_copy(values, { src: x.slice(group, rows, 'all').permute(1, 0, 2) });
      const out = nc.sbuf([positions, count, size], x.dtype);
      const [first, second] = pairing.view(values, half);
      const [firstOut, secondOut] = pairing.view(out, half);
      const product = (data1: ChipView, data2: ChipView): ChipView => {
        const dst = nc.sbuf([positions, count, half], 'float32');
        nc.tensor_tensor(dst, { data1, data2, op: 'multiply' });
        return dst;
      };
      nc.tensor_tensor(firstOut, {
        data1: product(first, cosines),
        data2: product(second, sines),
        op: 'subtract',
      });
      nc.tensor_tensor(secondOut, {
        data1: product(second, cosines),
        data2: product(first, sines),
        op: 'add',
      });
      nc.dma_copy(result.slice(group, rows, 'all').permute(1, 0, 2), { src: out });
    }
  }
}

export const rotary = kernel('rotary', ['x', 'cos', 'sin'], (nc, inputs) => {
  turn(nc, HALVES, inputs);
});

export const rotaryInterleaved = kernel('rotary_interleaved', ['x', 'cos', 'sin'], (nc, inputs) => {
  turn(nc, NEIGHBOURS, inputs);
});

/** Two products and their sum or difference, each rounded as float32; the write rounds once. */
function turned(pairing: Pairing, { x, cos, sin }: Inputs<ReferenceInput>) {
  const { heads, sequence, size, half } = extentsOf({ x, cos, sin });
  const result = exactMatrix(new Float64Array(x.values.length));
  for (let row = 0; row < heads * sequence; row++) {
    for (let index = 0; index < half; index++) {
      const angle = (row % sequence) * half + index;
      const [c, s] = [exact(cos.values[angle] ?? NaN), exact(sin.values[angle] ?? NaN)];
      const [at, other] = pairing.place(index, half).map((place) => row * size + place);
      if (at === undefined || other === undefined) continue;
      const [a, b] = [exact(x.values[at] ?? NaN), exact(x.values[other] ?? NaN)];
      const first = written(subtract(multiply(a, c), multiply(b, s)), x.dtype);
      const second = written(add(multiply(b, c), multiply(a, s)), x.dtype);
      [result.values[at], result.bounds[at]] = [first.value, first.error];
      [result.values[other], result.bounds[other]] = [second.value, second.error];
    }
  }
  return { result };
}

function entry(embedding: Kernel<'x' | 'cos' | 'sin'>, summary: string, pairing: Pairing): LibraryKernel {
  return libraryKernel({
    name: embedding.name,
    summary,
    doc: 'docs/kernels.md#rotary-embedding',
    chips: CHIP_NAMES,
    dtypes: ['bfloat16', 'float32'],
    sizes: {
      heads: { summary: 'heads, of all batches', of: 'inputs', default: 4, least: 1, most: 1024 },
      sequence: { summary: 'positions', of: 'inputs', default: 256, least: 1, most: 8192 },
      size: { summary: 'elements of a head', of: 'inputs', default: 64, least: 2, most: 256, step: 2 },
    },
    kernel: () => embedding,
    inputs: ({ heads, sequence, size }, dtype) => ({
      x: { shape: [heads, sequence, size], dtype, distribution: { kind: 'normal', mean: 0, deviation: 1 } },
      cos: { shape: [sequence, size / 2], dtype, distribution: { kind: 'uniform', low: -1, high: 1 } },
      sin: { shape: [sequence, size / 2], dtype, distribution: { kind: 'uniform', low: -1, high: 1 } },
    }),
    expected: (inputs) => turned(pairing, inputs),
  });
}

export const ROTARY_ENTRIES: readonly LibraryKernel[] = [
  entry(rotary, 'x with the halves of each head turned by the angles of its position', HALVES),
  entry(rotaryInterleaved, 'x with neighbours of each head turned by the angles of its position', NEIGHBOURS),
];
