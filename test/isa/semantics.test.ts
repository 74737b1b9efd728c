import { expect, test } from 'vitest';
import { ISA, runInstruction } from '../../src/isa';
import { encode, stochasticDraw } from '../../src/numerics';
import type { Dtype } from '../../src/numerics';
import { countOf, OPCODES, readsOf, writesOf } from '../../src/program';
import type { ChipPattern, Instruction, WriteOptions } from '../../src/program';
import { testMachine, type TestTensor } from './machine';

function pattern(tensor: string, dtype: Dtype, partitions: number, elements: number): ChipPattern {
  return { space: 'sbuf', tensor, dtype, partition: 0, partitions, offset: 0, dims: [[1, elements]] };
}

/** Runs an instruction on codes by operand name and returns what it writes. */
function run(
  instruction: Instruction,
  operands: Readonly<Record<string, readonly number[]>>,
): (number | undefined)[] {
  const tensors: Record<string, TestTensor> = {};
  for (const { name, pattern } of [...writesOf(instruction), ...readsOf(instruction)]) {
    if (pattern.space === 'hbm') throw new Error('On chip only');
    const codes = operands[name];
    const { dtype, partitions, dims } = pattern;
    tensors[pattern.tensor] = { dtype, partitions, elements: countOf(dims), ...(codes && { codes }) };
  }
  const machine = testMachine(tensors);
  runInstruction(instruction, machine);
  return machine.codes('d');
}

const f32 = (value: number) => encode('float32', Math.fround(value));
const named = { id: 'x', engine: 'vector' } as const;

function copy(from: Dtype, to: Dtype, codes: readonly number[]): (number | undefined)[] {
  const [dst, src] = [pattern('d', to, 1, codes.length), pattern('s', from, 1, codes.length)];
  const both = { ...named, dst, sources: { src }, attributes: {} };
  const copied = run({ opcode: 'tensor_copy', ...both }, { src: codes });
  expect(run({ opcode: 'dma_copy', ...both }, { src: codes })).toEqual(copied);
  return copied;
}

test('copies keep bits where formats are equal, and NaN payloads with them', () => {
  expect(copy('float32', 'float32', [0x7fc12345, 1, 0x80000000])).toEqual([0x7fc12345, 1, 0x80000000]);
  expect(copy('int32', 'int32', [2 ** 24 + 1])).toEqual([2 ** 24 + 1]);
});

test('copies convert by way of float32: to nearest even, NaN canonical, wide integers rounded', () => {
  expect(copy('float32', 'bfloat16', [0x3f808000, 0x3f818000, 0xffc12345])).toEqual([0x3f80, 0x3f82, 0x7fc0]);
  expect(copy('int32', 'uint32', [2 ** 24 + 1])).toEqual([2 ** 24]);
});

test('a write rounds as it is told, and draws for each element of each partition', () => {
  const write = (attributes: WriteOptions, to: Dtype, codes: readonly number[]) => {
    const [dst, src] = [pattern('d', to, 2, codes.length / 2), pattern('s', 'float32', 2, codes.length / 2)];
    const copied = run(
      { opcode: 'tensor_copy', ...named, dst, sources: { src }, attributes },
      { src: codes },
    );
    const zeros = codes.map(() => 0x80000000);
    const sources = { data1: src, data2: { ...src, tensor: 'z' } };
    const added = run(
      { opcode: 'tensor_tensor', ...named, dst, sources, attributes: { op: 'add', ...attributes } },
      { data1: codes, data2: zeros },
    );
    expect(added).toEqual(copied);
    return copied;
  };
  const halfway = 0x3f808000;
  expect(write({ rounding: 'toward-zero' }, 'bfloat16', [0x3f81ffff, 0xff7fffff])).toEqual([0x3f81, 0xff7f]);
  expect(write({ saturate: true }, 'float32', [0x7f800000, 0xff800000])).toEqual([0x7f7fffff, 0xff7fffff]);
  const draws = { rounding: 'stochastic', seed: 5, element: 9, pitch: 100 } as const;
  const drawOf = (element: number) => stochasticDraw({ seed: 5, launch: 0, instance: 0, element });
  expect(
    write(
      draws,
      'bfloat16',
      Array.from({ length: 64 }, () => halfway),
    ),
  ).toEqual(
    Array.from({ length: 64 }, (_, at) =>
      drawOf(9 + 100 * (at >> 5) + (at & 31)) < 2 ** 31 ? 0x3f81 : 0x3f80,
    ),
  );
});

test('tensor_tensor rounds the float32 sum, then once to the output', () => {
  const add = (out: Dtype, x: number, y: number) =>
    run(
      {
        opcode: 'tensor_tensor',
        ...named,
        dst: pattern('d', out, 1, 1),
        sources: { data1: pattern('x', 'float32', 1, 1), data2: pattern('y', 'float32', 1, 1) },
        attributes: { op: 'add' },
      },
      { data1: [f32(x)], data2: [f32(y)] },
    );
  expect(add('float32', 2 ** 24, 1)).toEqual([f32(2 ** 24)]);
  // 1 + 2^-8 + 2^-30 is above the tie of bfloat16, but its float32 is the tie, which goes to even.
  expect(add('bfloat16', 1 + 2 ** -8, 2 ** -30)).toEqual([0x3f80]);
  expect(add('float32', -1, 1)).toEqual([0]);
});

test('memset writes one code everywhere', () => {
  const dst = pattern('d', 'float16', 2, 3);
  expect(run({ opcode: 'memset', ...named, dst, sources: {}, attributes: { code: 0x3c00 } }, {})).toEqual(
    Array.from({ length: 6 }, () => 0x3c00),
  );
});

function matmul(
  rows: number,
  lanes: 1 | 2,
  accumulate: boolean,
  operands: Parameters<typeof run>[1],
): (number | undefined)[] {
  const columns = (name: string) => (operands[name]?.length ?? 0) / rows;
  return run(
    {
      opcode: 'nc_matmul',
      id: 'x',
      engine: 'tensor',
      dst: pattern('d', 'float32', columns('stationary') / lanes, columns('moving') / lanes),
      sources: {
        stationary: pattern('s', 'float32', rows, columns('stationary')),
        moving: pattern('m', 'float32', rows, columns('moving')),
      },
      attributes: { accumulate, performance: lanes === 2 ? 'double_row' : 'none' },
    },
    operands,
  );
}

test('nc_matmul is stationary^T x moving', () => {
  const operands = { stationary: [1, 2, 3, 4].map(f32), moving: [5, 6, 7, 8, 9, 10].map(f32) };
  expect(matmul(2, 1, false, operands)).toEqual([29, 33, 37, 42, 48, 54].map(f32));
  expect(matmul(2, 1, true, { ...operands, dst: [100, 0, 0, 0, 0, 0].map(f32) })[0]).toBe(f32(129));
});

test('nc_matmul adds row after row, each sum rounded, and the pass to PSUM as a whole', () => {
  const ones = (count: number) => Array.from({ length: count }, () => f32(1));
  expect(matmul(3, 1, false, { stationary: [2 ** 24, 1, 1].map(f32), moving: ones(3) })).toEqual([
    f32(2 ** 24),
  ]);
  expect(matmul(3, 1, false, { stationary: [1, 1, 2 ** 24].map(f32), moving: ones(3) })).toEqual([
    f32(2 ** 24 + 2),
  ]);
  expect(matmul(2, 1, true, { stationary: ones(2), moving: ones(2), dst: [f32(2 ** 24)] })).toEqual([
    f32(2 ** 24 + 2),
  ]);
});

test('double_row takes both products of a row before the next row', () => {
  // Rows hold (2^24, -2^24) and (1, 1): taken by rows the big ones cancel first; taken by lanes one 1 would be lost.
  const stationary = [2 ** 24, -(2 ** 24), 1, 1].map(f32);
  const moving = [1, 1, 1, 1].map(f32);
  expect(matmul(2, 2, false, { stationary, moving })).toEqual([f32(2)]);
});

test('there is an entry for every opcode', () => {
  expect(Object.keys(ISA).sort()).toEqual([...OPCODES].sort());
});
