/** Dependencies against the bytes that instructions touch, on random streams; what is exact and what is not; circles. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHIP_NAMES } from '../../src/chip';

import { UserError } from '../../src/numerics';
import { parseProgram } from '../../src/program';
import type { Dim, Instruction, Pattern, Tensor } from '../../src/program';
import { dependenciesOf } from '../../src/time/dependencies';
import { timeProgram } from '../../src/time';
import { streamOf } from '../../src/time/stream';
import type { Stream } from '../../src/time/types';
import { anyRecipe, drawCase } from '../fuzz/program';
import { edgesOf, needless, unordered } from './touched';

const TENSORS: readonly Tensor[] = [
  { space: 'sbuf', name: 'a', dtype: 'uint8', partition: 0, partitions: 8, elements: 24, address: 0 },
  { space: 'sbuf', name: 'b', dtype: 'uint16', partition: 2, partitions: 4, elements: 12, address: 8 },
  { space: 'sbuf', name: 'c', dtype: 'uint8', partition: 0, partitions: 3, elements: 16, address: 20 },
  { space: 'psum', name: 'p', dtype: 'float32', partition: 0, partitions: 4, elements: 6, bank: 0 },
  { space: 'psum', name: 'q', dtype: 'uint8', partition: 3, partitions: 3, elements: 12, bank: 0 },
  { space: 'hbm', name: 'x', dtype: 'uint8', shape: [6, 10], role: 'scratch' },
  { space: 'hbm', name: 'y', dtype: 'uint16', shape: [3, 2, 4], role: 'output' },
  { space: 'hbm', name: 'z', dtype: 'uint8', shape: [40], role: 'input' },
];

const number = (max: number) => fc.nat(Math.max(0, max));

/** What a pattern steps through of so many elements: [stride, count]s of any kind that stay within, offset first. */
function stepsWithin(elements: number, most: number): fc.Arbitrary<{ offset: number; dims: readonly Dim[] }> {
  const step = fc.tuple(number(elements >> 1), fc.integer({ min: 1, max: 12 }), fc.boolean());
  return fc
    .tuple(number(elements - 1), fc.array(step, { minLength: 1, maxLength: most }))
    .map(([first, all]) => {
      let [low, high] = [first, first];
      const dims = all.map(([size, count, down]): Dim => {
        const room = down ? low : elements - 1 - high;
        const fits = size === 0 ? count : Math.min(count, Math.floor(room / size) + 1);
        if (down) low -= size * (fits - 1);
        else high += size * (fits - 1);
        return [down ? -size : size, fits];
      });
      return { offset: first, dims };
    });
}

/** Rows and columns of a tensor in HBM, or one step through it. */
function tileOf(rows: number, columns: number): fc.Arbitrary<{ offset: number; dims: readonly Dim[] }> {
  const range = (size: number) =>
    fc
      .tuple(number(size - 1), fc.integer({ min: 1, max: size }), fc.integer({ min: 1, max: 3 }))
      .map(([first, count, step]) => ({
        first,
        step,
        count: Math.min(count, Math.floor((size - 1 - first) / step) + 1),
      }));
  return fc.tuple(range(rows), range(columns)).map(([down, across]) => ({
    offset: down.first * columns + across.first,
    dims: [
      [down.step * columns, down.count],
      [across.step, across.count],
    ],
  }));
}

/** An access to a tensor: as simple as tiles and single steps, or any at all. */
function accessTo(tensor: Tensor, simple: boolean): fc.Arbitrary<Pattern> {
  const { name, dtype } = tensor;
  const register = fc.constant([['r', 1] as const]);
  const registers = simple ? fc.constant(undefined) : fc.option(register, { freq: 6, nil: undefined });
  if (tensor.space === 'hbm') {
    const columns = tensor.shape.at(-1) ?? 1;
    const elements = tensor.shape.reduce((product, extent) => product * extent, 1);
    const steps = simple ? tileOf(elements / columns, columns) : stepsWithin(elements, 3);
    return fc.tuple(steps, registers).map(([at, terms]) => ({
      space: 'hbm',
      tensor: name,
      dtype,
      ...at,
      ...(terms && { registers: terms }),
    }));
  }
  const steps = stepsWithin(tensor.elements, simple ? 1 : 3);
  return fc
    .tuple(steps, registers, number(tensor.partitions - 1), fc.integer({ min: 1, max: tensor.partitions }))
    .map(([at, terms, skipped, count]) => ({
      space: tensor.space,
      tensor: name,
      dtype,
      partition: tensor.partition + skipped,
      partitions: Math.min(count, tensor.partitions - skipped),
      ...at,
      ...(terms && { registers: terms }),
    }));
}

function anyStream(simple: boolean): fc.Arbitrary<Stream> {
  const [chipTensors, readOnly] = [TENSORS.filter(({ space }) => space !== 'hbm'), TENSORS.at(-1)];
  const of = (tensors: readonly Tensor[]) => fc.oneof(...tensors.map((tensor) => accessTo(tensor, simple)));
  const compute = fc.record({
    opcode: fc.constant('tensor_tensor' as const),
    engine: fc.constantFrom('vector' as const, 'scalar' as const, 'gpsimd' as const),
    dst: of(chipTensors),
    sources: fc.record({ data1: of(chipTensors), data2: of(chipTensors) }),
    attributes: fc.constant({ op: 'add' as const }),
  });
  const move = fc.record({
    opcode: fc.constant('dma_copy' as const),
    engine: fc.constant('dma' as const),
    dst: of(TENSORS.filter((tensor) => tensor !== readOnly)),
    sources: fc.record({ src: of(TENSORS) }),
    attributes: fc.constant({}),
  });
  return fc.array(fc.oneof(compute, move), { minLength: 2, maxLength: 24, size: 'max' }).map((drawn) => {
    const instructions = drawn.map((each, at) => ({ ...each, id: `i${at}` }) as Instruction);
    return { program: { chip: 'trn2', tensors: TENSORS, instructions }, instructions, assumed: [] };
  });
}

const indicesBefore = (stream: Stream) =>
  edgesOf(dependenciesOf(stream)).every(({ before, after }) => before < after && before >= 0);

describe('random streams', () => {
  test('whatever shares bytes is in order', () => {
    fc.assert(
      fc.property(fc.oneof(anyStream(true), anyStream(false)), (stream) => {
        expect(indicesBefore(stream)).toBe(true);
        expect(unordered(stream, edgesOf(dependenciesOf(stream)))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test('what shares none waits for nothing, where tiles and single steps are accessed', () => {
    fc.assert(
      fc.property(anyStream(true), (stream) => {
        expect(needless(stream, edgesOf(dependenciesOf(stream)))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test('no instruction waits twice for one, nor for two of one kind on a track', () => {
    fc.assert(
      fc.property(anyStream(false), (stream) => {
        const edges = edgesOf(dependenciesOf(stream));
        const pairs = edges.map(({ before, after }) => `${before} ${after}`);
        expect(new Set(pairs).size).toBe(pairs.length);
      }),
    );
  });
});

describe.each(CHIP_NAMES)('random Programs for %s', (chip) => {
  test('whatever shares bytes is in order', () => {
    fc.assert(
      fc.property(anyRecipe(chip).map(drawCase), ({ program }) => {
        const stream = streamOf(program);
        fc.pre(stream.instructions.length <= 80);
        expect(unordered(stream, edgesOf(dependenciesOf(stream)))).toEqual([]);
      }),
      // A Program is made smaller for so long at most, in ms.
      { numRuns: 60, interruptAfterTimeLimit: 30_000 },
    );
  }, 60_000);
});

/** The edges of a Program as text, each as `after needs before`, `after displaces before` or `after edge before`. */
function edges(text: string): readonly string[] {
  const stream = streamOf(parseProgram(`program trn2\n${text}`));
  const name = (at: number) => stream.instructions[at]?.id ?? '';
  return edgesOf(dependenciesOf(stream)).map(
    ({ before, after, kind }) =>
      `${name(after)} ${['needs', 'displaces', 'edge'][kind] ?? ''} ${name(before)}`,
  );
}

const TILES = `sbuf a float32 partitions 0:4 elements 8 address 0
sbuf b float32 partitions 0:4 elements 8 address 64
sbuf n int32 partitions 0:1 elements 1 address 128
`;

describe('dependencies', () => {
  test('data that its own engine made is waited for, and nothing else of its own', () => {
    expect(
      edges(`${TILES}i vector memset a p0:4 [1,8] = code 0
j vector tensor_copy b p0:4 [1,8] = src a p0:4 [1,8]
k vector memset a p0:4 [1,8] = code 0
l vector memset b p0:4 [1,8] = code 0`),
    ).toEqual(['j needs i']);
  });

  test('a place that is free anyway is not waited for', () => {
    expect(
      edges(`${TILES}i vector memset a p0:4 [1,8] = code 0
j scalar tensor_copy b p0:4 [1,8] = src a p0:4 [1,8]
k gpsimd tensor_copy a p0:4 [1,8] = src b p0:4 [1,8]`),
    ).toEqual(['j needs i', 'k needs j']);
  });

  test('DMAs of one queue wait for each other', () => {
    expect(
      edges(`hbm x float32 [4, 8] input
hbm y float32 [4, 8] output
${TILES}i dma dma_copy a p0:4 [1,8] = src x [8,4][1,8]
j dma dma_copy a p0:4 [1,8] = src x [8,4][1,8]
k dma dma_copy y [8,4][1,8] = src a p0:4 [1,8]
l dma dma_copy y [8,4][1,8] = src a p0:4 [1,8]`),
    ).toEqual(['j displaces i', 'k needs j', 'l needs j', 'l displaces k']);
  });

  test('a matmul that accumulates needs the sums that were there', () => {
    const matmul = (id: string, accumulate: boolean) =>
      `${id} tensor nc_matmul p p0:4 [1,8] = stationary a p0:4 [1,4], moving b p0:4 [1,8], accumulate ${String(accumulate)}, performance none`;
    expect(
      edges(`${TILES}psum p float32 partitions 0:4 elements 8 bank 0
i vector memset p p0:4 [1,8] = code 0
${matmul('j', true)}
${matmul('k', true)}
${matmul('l', false)}`),
    ).toEqual(['j needs i', 'k needs j']);
  });

  test('a register that was loaded is needed by whatever it addresses, on any engine', () => {
    expect(
      edges(`hbm y float32 [16] output
${TILES}l sync register_load = src n p0:1 [1,1], register r
m sync register_move = register s, value 1
k dma dma_copy y +$r*1 [1,8] = src a p0:1 [1,8]
v dma dma_copy y +$s*1 [1,8] = src a p0:1 [1,8]`),
    ).toEqual(['k needs l', 'v displaces k']);
  });

  test('where registers or indices choose, it may be any of a tensor', () => {
    expect(
      edges(`hbm y float32 [16, 8] output
sbuf i uint32 partitions 0:4 elements 1 address 256
${TILES}k dma dma_copy y [8,1][1,8] = src a p0:1 [1,8]
l dma dma_copy y [0,4][1,8] = src a p0:4 [1,8], dst_index i p0:4 [1,1], dst_stride 8
m dma dma_copy y +120 [8,1][1,8] = src a p0:1 [1,8]`),
    ).toEqual(['l displaces k', 'm displaces l']);
  });

  test.each([
    ['tiles of a matrix', 'hbm y float32 [8, 64] output', (at: number) => `y +${8 * at} [64,4][1,8]`],
    ['heads of tokens', 'hbm y float32 [64, 4, 8] output', (at: number) => `y +${8 * at} [32,64][1,8]`],
    ['every other row', 'hbm y float32 [64, 8] output', (at: number) => `y +${8 * at} [16,32][1,8]`],
    ['columns in turn', 'hbm y float32 [4, 96] output', (at: number) => `y +${at} [96,4][2,40]`],
    [
      'parts of rows in turn',
      'hbm y float32 [4, 96] output',
      (at: number) => `y +${8 * at} [96,4][16,6][1,8]`,
    ],
    ['blocks that end within rows', 'hbm y float32 [40, 7] output', (at: number) => `y +${100 * at} [1,100]`],
    [
      'pictures of channels',
      'hbm y float32 [16, 8, 8] output',
      (at: number) => `y +${32 * at} [64,16][8,4][1,8]`,
    ],
  ])('stores to %s do not meet', (_, tensor, place) => {
    expect(
      edges(`${tensor}
${TILES}i dma dma_copy ${place(0)} = src a p0:4 [1,8]
j dma dma_copy ${place(1)} = src b p0:4 [1,8]`),
    ).toEqual([]);
    expect(
      edges(`${tensor}
${TILES}i dma dma_copy ${place(0)} = src a p0:4 [1,8]
j dma dma_copy ${place(0)} = src b p0:4 [1,8]`),
    ).toEqual(['j displaces i']);
  });

  test('columns of a tile that are written in turn do not meet, though they are many', () => {
    expect(
      edges(`sbuf a float32 partitions 0:128 elements 512 address 0
i vector memset a p0:128 [2,256] = code 0
j gpsimd memset a p0:128 +1 [2,256] = code 0
k scalar tensor_copy a p0:128 +1 [4,128] = src a p0:128 [4,128]`),
    ).toEqual(['k needs i', 'k displaces j']);
  });

  test('of steps that have no common measure all in between is taken', () => {
    expect(
      edges(`sbuf a uint8 partitions 0:4 elements 64 address 0
sbuf b uint8 partitions 0:4 elements 64 address 64
i vector memset a p0:4 [7,9][3,2] = code 0
j scalar tensor_copy b p0:4 [1,1] = src a p0:4 +7 [1,1]
k gpsimd tensor_copy b p0:4 +1 [1,1] = src a p0:4 +60 [1,1]`),
    ).toEqual(['j needs i']);
  });

  test('each of few is missed when it is taken away', () => {
    const stream = streamOf(
      parseProgram(`program trn2
hbm x float32 [4, 8] input
hbm y float32 [4, 8] output
${TILES}sbuf c float32 partitions 0:4 elements 4 address 256
i dma dma_copy a p0:4 [1,8] = src x [8,4][1,8]
j vector tensor_copy b p0:4 [1,8] = src a p0:4 [1,8]
k dma dma_copy a p0:4 [1,8] = src x [8,4][1,8]
l scalar tensor_copy c p0:4 [1,4] = src a p0:4 [1,4]
m dma dma_copy y [8,4][1,8] = src b p0:4 [1,8]
n gpsimd memset b p0:4 +6 [1,2] = code 0`),
    );
    const all = edgesOf(dependenciesOf(stream));
    expect(unordered(stream, all)).toEqual([]);
    expect(all).toHaveLength(5);
    const missed = all.filter(
      (edge) =>
        unordered(
          stream,
          all.filter((other) => other !== edge),
        ).length > 0,
    );
    expect(missed).toEqual(all);
  });
});

describe('edges of authors', () => {
  const timed = (text: string) => timeProgram(parseProgram(`program trn2\n${TILES}${text}`));

  test('hold back what would otherwise start at once', () => {
    const { start, end, timing } = timed(`i vector memset a p0:4 [1,8] = code 0
j gpsimd memset b p0:4 [1,8] = code 0; after i`);
    expect(start[1]).toBe((end[0] ?? NaN) + timing.semaphore);
  });

  test('may point forward, where nothing else points back', () => {
    const { start, end, timing } = timed(`i vector memset a p0:4 [1,8] = code 0; after j
j gpsimd memset b p0:4 [1,8] = code 0`);
    expect(start[0]).toBe((end[1] ?? NaN) + timing.semaphore);
  });

  test('are left out where data says the same', () => {
    expect(
      edges(`${TILES}i vector memset a p0:4 [1,8] = code 0
j scalar tensor_copy b p0:4 [1,8] = src a p0:4 [1,8]; after i`),
    ).toEqual(['j needs i']);
  });

  test('are kept where an engine would not wait for the end of what it did itself', () => {
    expect(
      edges(`${TILES}i vector memset a p0:4 [1,8] = code 0
j vector tensor_copy b p0:4 [1,8] = src a p0:4 [1,8]; after i`),
    ).toEqual(['j needs i', 'j edge i']);
  });

  test('in a loop mean the same turn, and the last run of what is around it', () => {
    const stream = streamOf(
      parseProgram(`program trn2
${TILES}o gpsimd memset n p0:1 [1,1] = code 0
L fori $r = 0 to 2 step 1 {
i vector memset a p0:4 [1,8] = code 0; after j, o
j scalar memset b p0:4 [1,8] = code 0
k gpsimd memset n p0:1 [1,1] = code 0; after i
}`),
    );
    // o 0, then i j k of each turn: 1 2 3 and 4 5 6.
    const named = edgesOf(dependenciesOf(stream)).filter(({ kind }) => kind === 2);
    expect(named.map(({ before, after }) => [after, before])).toEqual([
      [1, 2],
      [1, 0],
      [3, 1],
      [4, 5],
      [6, 4],
    ]);
  });

  test.each([
    [
      'data',
      `i vector memset a p0:4 [1,8] = code 0; after j
j scalar tensor_copy b p0:4 [1,8] = src a p0:4 [1,8]`,
      'memset i, which waits for tensor_copy j, which waits for memset i.',
    ],
    [
      'the order of an engine',
      `i vector memset a p0:4 [1,8] = code 0; after k
j gpsimd memset n p0:1 [1,1] = code 0
k vector memset b p0:4 [1,8] = code 0`,
      'memset i, which waits for memset k, which waits for memset i.',
    ],
    [
      'another edge',
      `i vector memset a p0:4 [1,8] = code 0; after k
j gpsimd memset n p0:1 [1,1] = code 0; after i
k scalar memset b p0:4 [1,8] = code 0; after j`,
      'memset i, which waits for memset k, which waits for memset j, which waits for memset i.',
    ],
  ])('that make a circle with %s are refused by name', (_, text, circle) => {
    const stream = streamOf(parseProgram(`program trn2\n${TILES}${text}`));
    expect(() => dependenciesOf(stream)).toThrow(UserError);
    expect(() => dependenciesOf(stream)).toThrow(circle);
  });

  test('a long circle is told by its first and last', () => {
    const ids = Array.from({ length: 20 }, (_, at) => `i${at}`);
    const stream = streamOf(
      parseProgram(
        `program trn2\n${TILES}${ids.map((id) => `${id} vector memset a p0:4 [1,8] = code 0${id === 'i0' ? '; after i19' : ''}`).join('\n')}`,
      ),
    );
    expect(() => dependenciesOf(stream)).toThrow(
      'memset i0, which waits for memset i19, which waits for memset i18, which waits for memset i17, which waits for memset i16, which waits for memset i15, which waits for 14 more, which waits for memset i0.',
    );
  });
});
