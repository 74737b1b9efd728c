/** Memory that is used again and again, on every adapter: it waits for less, and still leaves what the reference leaves. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WebGpuInterpreter } from '../../../../src/execute/webgpu/interpreter';
import { codeArray } from '../../../../src/numerics';
import { parseProgram, type Program } from '../../../../src/program';
import { rounds } from '../../runs';
import { onEveryAdapter } from './adapters';
import { expectAgreement } from './agree';

const P = 64;
/** Elements of each partition: several blocks of bytes, so that pieces of a tile are apart. */
const N = 64;

const BEGIN = [
  'program trn3',
  `hbm x float32 [${P * N}] input`,
  `hbm y float32 [${P * N}] output`,
  `sbuf a float32 partitions 0:${P} elements ${N} address 0`,
  `sbuf b float32 partitions 0:${P} elements ${N} address ${4 * N}`,
  // The second half of a and the first of b, under another name.
  `sbuf ab float32 partitions 0:${P} elements ${N} address ${2 * N}`,
  `sbuf h bfloat16 partitions 0:${P} elements ${N} address ${8 * N}`,
  `sbuf i uint32 partitions 0:${P} elements 1 address ${12 * N}`,
  `psum s float32 partitions 0:${P} elements ${N} bank 0`,
  `in sync dma_copy a p0:${P} [1,${N}] = src x [1,${P * N}]`,
  `toB vector tensor_copy b p0:${P} [1,${N}] = src a p0:${P} [1,${N}]`,
  `toH vector tensor_copy h p0:${P} [1,${N}] = src a p0:${P} [1,${N}]`,
  `toS vector tensor_copy s p0:${P} [1,${N}] = src b p0:${P} [1,${N}]`,
  `toI gpsimd iota i p0:${P} [1,1] = pattern [[1,1]], offset 3, channel_multiplier 0`,
  `toY sync dma_copy y [1,${P * N}] = src x [1,${P * N}]`,
];

const INPUTS = {
  x: codeArray('float32', P * N).map((_, at) => 0x3f000000 + (Math.imul(at + 1, 0x9e3779b1) >>> 9)),
};

const programOf = (lines: readonly string[]): Program =>
  parseProgram([...BEGIN, ...lines.map((line, at) => `n${at} ${line}`)].join('\n'));

/** Tile after tile through the same place: in, squared, out. */
const tiles = (count: number): Program =>
  programOf(
    Array.from({ length: count }, (_, at) => [
      `sync dma_copy a p0:8 [1,${N}] = src x +${at * 8 * N} [1,${8 * N}]`,
      `vector tensor_tensor b p0:8 [1,${N}] = data1 a p0:8 [1,${N}], data2 a p0:8 [1,${N}], op multiply`,
      `sync dma_copy y +${at * 8 * N} [1,${8 * N}] = src b p0:8 [1,${N}]`,
    ]).flat(),
  );

async function run(interpreter: WebGpuInterpreter, program: Program, renames: boolean) {
  const started = await interpreter.start(program, INPUTS, { renames });
  try {
    await started.runToEnd();
    return { outputs: await started.outputs(), dispatches: started.dispatches };
  } finally {
    started.release();
  }
}

interface Shape {
  readonly partition: number;
  readonly partitions: number;
  readonly count: number;
}

/** Whole tiles more often than not: only what is overwritten whole is renamed, and pieces bring it home. */
const shapes: fc.Arbitrary<Shape> = fc.record({
  partition: fc.constantFrom(0, 32),
  partitions: fc.constantFrom(32, 16),
  count: fc.constantFrom(N, N, N / 2, 16, 6),
});

const instructions = shapes.chain(({ partition, partitions, count }) => {
  const operand = (...tensors: string[]) =>
    fc
      .tuple(fc.constantFrom(...tensors), fc.constantFrom(0, 0, 2, 16, N / 2))
      .map(
        ([tensor, offset]) =>
          `${tensor} p${partition}:${partitions} +${Math.min(offset, N - count)} [1,${count}]`,
      );
  const rows = partitions * count;
  const any = operand('a', 'b', 'ab', 'h', 's');
  const stored = operand('a', 'b', 'ab', 'h');
  const chosen = fc
    .constantFrom('a', 'b', 'ab')
    .map((tensor) => `${tensor} p${partition}:${partitions} [0,16] by i p${partition}:${partitions} [1,1]`);
  return fc.oneof(
    fc.tuple(any, any).map(([dst, src]) => `vector tensor_copy ${dst} = src ${src}`),
    fc
      .tuple(any, any, stored)
      .map(([dst, left, right]) => `vector tensor_tensor ${dst} = data1 ${left}, data2 ${right}, op add`),
    fc.tuple(stored, fc.nat(9)).map(([dst, value]) => `gpsimd memset ${dst} = code ${value}`),
    fc
      .tuple(stored, fc.nat(P * N - rows))
      .map(([dst, from]) => `sync dma_copy ${dst} = src x +${from} [1,${rows}]`),
    fc
      .tuple(stored, fc.nat(P * N - rows))
      .map(([src, to]) => `sync dma_copy y +${to} [1,${rows}] = src ${src}`),
    chosen.map((src) => `vector tensor_copy h p${partition}:${partitions} [1,16] = src ${src}`),
    fc.tuple(operand('s'), operand('h'), fc.boolean()).map(([dst, moving, accumulate]) => {
      const columns = partitions;
      const into = dst.replace(/p\d+:\d+/, `p0:${columns}`);
      return `tensor nc_matmul ${into} = stationary h p${partition}:${partitions} [1,${columns}], moving ${moving}, accumulate ${accumulate}, performance none`;
    }),
  );
});

onEveryAdapter((on) => {
  test('dispatches do not grow with the tiles that pass through one place', async () => {
    const few = await run(on.interpreter, tiles(1), true);
    const many = await run(on.interpreter, tiles(8), true);
    const waiting = await run(on.interpreter, tiles(8), false);
    expect(many.dispatches).toBe(few.dispatches);
    expect(waiting.dispatches).toBeGreaterThan(many.dispatches + 8);
    expect(waiting.outputs).toEqual(many.outputs);
    await expectAgreement(on.interpreter, tiles(8), INPUTS);
  });

  test('what an index chooses is found where it lies now', async () => {
    // What is copied to a is there before a is free: so a is renamed. What reads a after the index has chosen where to write has the
    // kernel of what was written, and would go out with it if it were not known to wait for a where that lies now.
    const [a, b, s] = ['a', 'b', 's'].map((tensor) => `${tensor} p0:${P} [1,${N}]`);
    const program = programOf([
      `vector tensor_tensor ${b} = data1 ${b}, data2 ${b}, op add`,
      `vector tensor_tensor ${s} = data1 ${s}, data2 ${a}, op multiply`,
      `vector tensor_copy ${a} = src ${b}`,
      'vector tensor_copy a p0:32 [0,16] by i p0:32 [1,1] = src b p0:32 [1,16]',
      'vector tensor_copy s p0:32 [1,16] = src a p0:32 [1,16]',
    ]);
    await expectAgreement(on.interpreter, program, INPUTS);
  });

  test('whatever overwrites whatever, the reference leaves the same', async () => {
    const lines = fc.array(instructions, { minLength: 10, maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(lines, (all) => expectAgreement(on.interpreter, programOf(all), INPUTS)),
      { numRuns: rounds(12) },
    );
  });
});
