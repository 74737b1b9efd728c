/**
 * Random instructions on one small arena of SBUF and one of PSUM: operands are views of any format that stride in several ways and
 * often overlap, or are the same one.
 */
import fc from 'fast-check';
import { CHIPS } from '../../../../src/chip';
import { instructionProblem } from '../../../../src/isa';
import { codeArray, type CodeArray, type Dtype } from '../../../../src/numerics';
import { bytesOf } from '../../../../src/program';
import type { ChipPattern, Dim, Instruction, Program, WriteOptions } from '../../../../src/program';
import { ANY, codes, type Shape } from '../../../isa/vector-arbitrary';

const P = 128;
/** Of each partition, unless said otherwise. */
const BYTES = 176;

const chip = 'trn2';

export interface Given {
  readonly program: Program;
  readonly inputs: Readonly<Record<string, CodeArray>>;
}

type Space = ChipPattern['space'];

export const SBUF: readonly Space[] = ['sbuf'];
export const ON_CHIP: readonly Space[] = ['sbuf', 'psum'];

/** Sixteen partitions are every group of an engine that has groups; more are more of the same. */
export const shapes: fc.Arbitrary<Shape> = fc.record({
  partitions: fc.constantFrom(1, 3, 32),
  outer: fc.integer({ min: 1, max: 4 }),
  inner: fc.integer({ min: 1, max: 5 }),
});

const layouts = ({ outer, inner }: Shape): readonly (readonly Dim[])[] => [
  [[1, outer * inner]],
  [
    [inner, outer],
    [1, inner],
  ],
  [
    [inner + 1, outer],
    [1, inner],
  ],
  [
    [1, outer],
    [outer, inner],
  ],
  [[-1, outer * inner]],
  [[2, outer * inner]],
];

/** Some repeat their rows. */
const repeated = ({ outer, inner }: Shape): readonly Dim[] => [
  [0, outer],
  [1, inner],
];

/** Lowest and highest element that dimensions reach from an offset. */
function reachOf(dims: readonly Dim[]): readonly [number, number] {
  let [low, high] = [0, 0];
  for (const [stride, count] of dims) {
    low += Math.min(0, stride * (count - 1));
    high += Math.max(0, stride * (count - 1));
  }
  return [low, high];
}

function view(
  { partitions }: Shape,
  dtypes: readonly Dtype[],
  views: readonly (readonly Dim[])[],
  spaces: readonly Space[],
): fc.Arbitrary<ChipPattern> {
  const parts = fc.record({
    space: fc.constantFrom(...spaces),
    dtype: fc.constantFrom(...dtypes),
    dims: fc.constantFrom(...views),
    partition: fc.constantFrom(0, 32, 64, 96),
  });
  return parts.chain(({ space, dtype, dims, partition }) => {
    const [low, high] = reachOf(dims);
    const most = BYTES / bytesOf(dtype) - 1 - high;
    return fc
      .integer({ min: -low, max: Math.max(-low, most) })
      .map((offset): ChipPattern => ({ space, tensor: space, dtype, partition, partitions, offset, dims }));
  });
}

/** A [P, N] source. */
export const source = (shape: Shape, dtypes = ANY, spaces = ON_CHIP) =>
  view(shape, dtypes, [...layouts(shape), repeated(shape)], spaces);

/** A [P, N] destination. */
export const target = (shape: Shape, dtypes = ANY, spaces = ON_CHIP) =>
  view(shape, dtypes, [...layouts(shape), repeated(shape)], spaces);

/** A [P, 1] operand. */
export const column = (
  { partitions }: Shape,
  dtypes: readonly Dtype[] = ['float32'],
  spaces: readonly Space[] = ON_CHIP,
) => view({ partitions, outer: 1, inner: 1 }, dtypes, [[[1, 1]], []], spaces);

/** How an instruction may be told to round. */
export const writes: fc.Arbitrary<WriteOptions> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<WriteOptions>({}) },
  fc.record({ rounding: fc.constant('toward-zero' as const), saturate: fc.boolean() }),
  fc.record({ saturate: fc.constant(true) }),
  fc.record({
    rounding: fc.constant('stochastic' as const),
    seed: fc.nat(),
    element: fc.constantFrom(0, 5, 2 ** 32 - 3),
    pitch: fc.constantFrom(0, 7, 2 ** 31 + 1),
  }),
);

/** A constant of an attribute. */
export const constants = fc.oneof(
  fc.constantFrom(0, -0, 1, 0.1, -2.5, 3, 1e300, 2 ** -149, Infinity, -Infinity),
  fc.float({ noNaN: true, min: -100, max: 100 }),
);

/** A view that may be replaced by another one of as many elements: then the two are one. */
export const orSame = (own: fc.Arbitrary<ChipPattern>, other: ChipPattern): fc.Arbitrary<ChipPattern> =>
  fc.oneof({ weight: 3, arbitrary: own }, fc.constant(other));

const whole = (space: Space, bytes: number): ChipPattern => ({
  space,
  tensor: space,
  dtype: 'uint8',
  partition: 0,
  partitions: P,
  offset: 0,
  dims: [[1, bytes]],
});

/** Programs of some of the instructions, on memories that are written all over. */
export function programs(instructions: fc.Arbitrary<Instruction>, count: number): fc.Arbitrary<Given> {
  const legal = instructions.filter(
    (instruction) => instructionProblem(instruction, CHIPS[chip]) === undefined,
  );
  return fc
    .record({
      body: fc.array(legal, { minLength: count, maxLength: count }),
      words: fc.array(codes('float32'), { minLength: 97, maxLength: 97 }),
    })
    .map(({ body, words }) => ({ program: programOf(body), inputs: { x: contents(words) } }));
}

/** Words over all partitions: as many as are not a multiple of a partition's, so that partitions differ. */
export function contents(words: readonly number[], bytes = BYTES): CodeArray {
  const all = Uint32Array.from({ length: (P * bytes) / 4 }, (_, at) => words[at % words.length] ?? 0);
  return codeArray('uint8', P * bytes).map((_, at) => (all[at >> 2] ?? 0) >>> ((at & 3) * 8));
}

/** Loads both memories from x, then runs instructions. */
export function programOf(body: readonly Instruction[], bytes = BYTES): Program {
  const onChip = { dtype: 'uint8', partition: 0, partitions: P, elements: bytes } as const;
  return {
    chip,
    tensors: [
      { space: 'hbm', name: 'x', dtype: 'uint8', shape: [P, bytes], role: 'input' },
      { space: 'sbuf', name: 'sbuf', ...onChip, address: 3 },
      { space: 'psum', name: 'psum', ...onChip, bank: 0 },
    ],
    instructions: [
      {
        opcode: 'dma_copy',
        id: 'load',
        engine: 'sync',
        dst: whole('sbuf', bytes),
        sources: { src: { space: 'hbm', tensor: 'x', dtype: 'uint8', offset: 0, dims: [[1, P * bytes]] } },
        attributes: {},
      },
      {
        opcode: 'tensor_copy',
        id: 'spread',
        engine: 'vector',
        dst: whole('psum', bytes),
        sources: { src: whole('sbuf', bytes) },
        attributes: {},
      },
      ...body.map((instruction, at) => ({ ...instruction, id: `i${at}` })),
    ],
  };
}
