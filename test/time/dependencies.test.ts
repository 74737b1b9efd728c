/** Dependencies against the bytes themselves: whatever meets is in order, and nothing waits for what it never meets. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/numerics';
import { bytesOf, offsetsOf, parseProgram, readsOf, writesOf } from '../../src/program';
import type { Dim, Instruction, Pattern, Program, Tensor } from '../../src/program';
import { trackOf, timeProgram } from '../../src/time';
import { dependenciesOf } from '../../src/time/dependencies';
import type { Dependencies } from '../../src/time';

const ENGINES = ['vector', 'scalar', 'gpsimd'] as const;
const ROWS = 4;
const COLUMNS = 16;

const HBM: readonly Tensor[] = ['x', 'y'].map((name) => ({
  space: 'hbm',
  name,
  dtype: 'float32',
  shape: [ROWS, COLUMNS],
  role: 'scratch',
}));

/** Tensors that lie over each other at many places. */
const CHIP: readonly Tensor[] = [0, 16, 32, 40].flatMap((address, index) =>
  [0, 32].map((partition): Tensor => ({
    space: 'sbuf',
    name: `t${index}_${partition}`,
    dtype: index === 1 ? 'bfloat16' : 'float32',
    partition,
    partitions: 4,
    elements: 16,
    address,
  })),
);

const size = fc.integer({ min: 1, max: 3 });

const onChip: fc.Arbitrary<Pattern> = fc
  .record({
    tensor: fc.constantFrom(...CHIP),
    first: fc.integer({ min: 0, max: 1 }),
    partitions: size,
    offset: fc.integer({ min: 0, max: 3 }),
    dims: fc.array(fc.tuple(size, size), { maxLength: 2 }),
  })
  .map(({ tensor, first, partitions, offset, dims }): Pattern => {
    if (tensor.space === 'hbm') throw new Error('Invariant violation: a tensor on chip');
    const { name, dtype, partition } = tensor;
    return { space: 'sbuf', tensor: name, dtype, partition: partition + first, partitions, offset, dims };
  });

const inHbm: fc.Arbitrary<Pattern> = fc
  .record({
    tensor: fc.constantFrom('x', 'y'),
    row: fc.integer({ min: 0, max: 1 }),
    column: fc.integer({ min: 0, max: 7 }),
    rows: size,
    columns: fc.integer({ min: 1, max: 8 }),
    step: fc.constantFrom(1, 1, 2),
  })
  .map(({ tensor, row, column, rows, columns, step }): Pattern => {
    const dims: readonly Dim[] = [
      [COLUMNS, rows],
      [step, Math.ceil(columns / step)],
    ];
    return { space: 'hbm', tensor, dtype: 'float32', offset: row * COLUMNS + column, dims };
  });

/** Not legal, and need not be: only what is read and written counts. */
const instruction = fc.oneof(
  fc.record({ kind: fc.constantFrom(...ENGINES), dst: onChip, src: onChip }),
  fc.record({ kind: fc.constant('load' as const), dst: onChip, src: inHbm }),
  fc.record({ kind: fc.constant('store' as const), dst: inHbm, src: onChip }),
);

const streams = fc.array(instruction, { maxLength: 25 }).map((drafts): readonly Instruction[] =>
  drafts.map(({ kind, dst, src }, at) => {
    const moves = kind === 'load' || kind === 'store';
    return {
      opcode: moves ? 'dma_copy' : 'tensor_copy',
      id: `i${at}`,
      engine: moves ? 'dma' : kind,
      dst,
      sources: { src },
      attributes: {},
    } as Instruction;
  }),
);

const programOf = (instructions: readonly Instruction[]): Program => ({
  chip: 'trn2',
  tensors: [...HBM, ...CHIP],
  instructions,
});

/** Every byte of a pattern: memory, partition and address. */
function bytes(pattern: Pattern): ReadonlySet<string> {
  const width = bytesOf(pattern.dtype);
  const tensor = CHIP.find(({ name }) => name === pattern.tensor);
  const base = tensor?.space === 'sbuf' ? tensor.address : 0;
  const all = new Set<string>();
  const [first, count] = pattern.space === 'hbm' ? [0, 1] : [pattern.partition, pattern.partitions];
  for (const offset of offsetsOf(pattern)) {
    for (let byte = 0; byte < width; byte++) {
      for (let row = first; row < first + count; row++) {
        all.add(
          `${pattern.space === 'hbm' ? pattern.tensor : 'sbuf'} ${row} ${base + offset * width + byte}`,
        );
      }
    }
  }
  return all;
}

interface Touched {
  readonly reads: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
}

const touched = (each: Instruction): Touched => ({
  reads: new Set(readsOf(each).flatMap(({ pattern }) => [...bytes(pattern)])),
  writes: new Set(writesOf(each).flatMap(({ pattern }) => [...bytes(pattern)])),
});

const meet = (a: ReadonlySet<string>, b: ReadonlySet<string>) => [...a].some((byte) => b.has(byte));

/** Whether `later` must wait for `earlier`: for its data, or for its place. */
function conflict(earlier: Touched, later: Touched): 'data' | 'place' | undefined {
  if (meet(earlier.writes, later.reads)) return 'data';
  return meet(earlier.writes, later.writes) || meet(earlier.reads, later.writes) ? 'place' : undefined;
}

/** For each instruction, those that are over before it starts, as far as dependencies and tracks see to it. */
function over(
  instructions: readonly Instruction[],
  { offsets, indices }: Dependencies,
): ReadonlySet<number>[] {
  const tracks = instructions.map(trackOf);
  const before: Set<number>[] = [];
  instructions.forEach((_, at) => {
    const set = new Set<number>();
    const add = (index: number) => {
      // What is before it on its track has ended by then, and so has all that those waited for.
      for (let other = 0; other <= index; other++) {
        if (tracks[other] !== tracks[index]) continue;
        set.add(other);
        for (const each of before[other] ?? []) set.add(each);
      }
    };
    for (const index of indices.subarray(offsets[at], offsets[at + 1])) add(index);
    // Engines end what they began in order; queues of DMA only begin in order.
    const engine = tracks[at] !== 'loads' && tracks[at] !== 'stores';
    const last = tracks.lastIndexOf(tracks[at] ?? 'sync', at - 1);
    if (engine && at > 0 && last >= 0) add(last);
    before.push(set);
  });
  return before;
}

describe('dependenciesOf', () => {
  test('whatever shares bytes is in order, and only that', () => {
    fc.assert(
      fc.property(streams, (instructions) => {
        const dependencies = dependenciesOf({ program: programOf(instructions), instructions, notes: [] });
        const { offsets, indices, kinds } = dependencies;
        const touches = instructions.map(touched);
        const before = over(instructions, dependencies);
        const at = (index: number): Touched => touches[index] ?? { reads: new Set(), writes: new Set() };
        for (let later = 0; later < instructions.length; later++) {
          for (let earlier = 0; earlier < later; earlier++) {
            if (conflict(at(earlier), at(later)) === undefined) continue;
            expect(before[later], `i${later} after i${earlier}`).toContain(earlier);
          }
          for (let edge = offsets[later] ?? 0; edge < (offsets[later + 1] ?? 0); edge++) {
            const kind = kinds[edge] === 0 ? 'data' : 'place';
            const found = conflict(at(indices[edge] ?? -1), at(later));
            expect([kind, 'data'], `i${later} after i${indices[edge] ?? -1}`).toContain(found);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('data that the same engine made just before is waited for, other things of its own are not', () => {
    const of = (text: string) => {
      const program = parseProgram(`program trn2
sbuf a float32 partitions 0:4 elements 8 address 0
sbuf b float32 partitions 0:4 elements 8 address 64
${text}`);
      const instructions = program.instructions as readonly Instruction[];
      const { indices, kinds } = dependenciesOf({ program, instructions, notes: [] });
      return [...indices].map((index, edge) => [index, kinds[edge]]);
    };
    expect(
      of(`i vector memset a p0:4 [1,8] = code 0
j vector tensor_copy b p0:4 [1,8] = src a p0:4 [1,8]`),
    ).toEqual([[0, 0]]);
    expect(
      of(`i vector tensor_copy b p0:4 [1,8] = src a p0:4 [1,8]
j vector memset a p0:4 [1,8] = code 0
k vector memset b p0:4 [1,8] = code 0`),
    ).toEqual([]);
  });
});

describe('edges of authors', () => {
  const HEAD = `program trn2
sbuf a float32 partitions 0:4 elements 8 address 0
sbuf b float32 partitions 0:4 elements 8 address 64
`;
  const timed = (text: string) => timeProgram(parseProgram(HEAD + text));

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

  test('that make a circle with data, or with the order of an engine, are refused by name', () => {
    const circles = [
      `i vector memset a p0:4 [1,8] = code 0; after j
j scalar tensor_copy b p0:4 [1,8] = src a p0:4 [1,8]`,
      `i vector memset a p0:4 [1,8] = code 0; after j
j vector memset b p0:4 [1,8] = code 0`,
    ];
    for (const text of circles) {
      expect(() => timed(text)).toThrow(UserError);
      expect(() => timed(text)).toThrow(
        /in a circle.*memset i, which waits for \w+ j, which waits for memset i\./,
      );
    }
  });
});
