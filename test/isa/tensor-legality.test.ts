import { describe, expect, test } from 'vitest';
import { CHIP_NAMES } from '../../src/chip';
import type { ChipName } from '../../src/chip';
import type { Dtype } from '../../src/numerics';
import type { Instruction } from '../../src/program';
import { testMachine } from './machine';

type Attributes = Instruction<'nc_matmul'>['attributes'];
const PLAIN: Attributes = { accumulate: false, performance: 'none' };

describe('Tensor instructions are legal where their rules say so', () => {
  const machine = testMachine({
    s: { dtype: 'bfloat16', partitions: 32, elements: 256 },
    d: { dtype: 'float32', space: 'psum', partitions: 128, elements: 4096 },
    f: { dtype: 'float8_e4m3', partitions: 32, elements: 64 },
  });
  const sbuf = (partition: number, partitions: number, count: number) =>
    machine.on('s', { partition, partitions, dims: [[0, count]] });
  const psum = (partition: number, partitions: number, count: number, dtype: Dtype = 'float32') =>
    machine.on('d', { dtype, partition, partitions, dims: [[1, count]] });
  const base: Instruction<'nc_matmul'> = {
    opcode: 'nc_matmul',
    id: 'i',
    engine: 'tensor',
    dst: psum(0, 16, 8),
    sources: { stationary: sbuf(0, 32, 16), moving: sbuf(0, 32, 8) },
    attributes: PLAIN,
  };
  const tiled = (attributes: Partial<Attributes>): Instruction<'nc_matmul'> => ({
    ...base,
    attributes: { ...PLAIN, ...attributes },
  });
  const wide = (count: number, dtype: Dtype): Instruction => ({
    ...base,
    dst: psum(0, 16, count, dtype),
    sources: { ...base.sources, moving: sbuf(0, 32, count) },
  });
  const pair = machine.on('f', { dims: [[32, 2], [1, 32]] }); // prettier-ignore
  const doubled = (attributes: Partial<Attributes>): Instruction => ({
    ...base,
    dst: psum(0, 32, 32),
    sources: { stationary: pair, moving: pair },
    attributes: { accumulate: false, performance: 'double_row', ...attributes },
  });
  const transpose = (dst: Dtype, accumulate = false): Instruction => ({
    ...base,
    dst: psum(0, 16, 8, dst),
    attributes: { ...PLAIN, accumulate, transpose: true },
  });

  const LEGAL: readonly (readonly [string, Instruction, readonly ChipName[]])[] = [
    [
      'a tile of 64 rows and 64 columns',
      { ...tiled({ tile_position: [0, 64], tile_size: [64, 64] }), dst: psum(64, 16, 8) },
      ['trn1', 'trn2', 'trn3'],
    ],
    ['a tile of 32 rows', tiled({ tile_position: [0, 0], tile_size: [32, 128] }), ['trn2', 'trn3']],
    ['double_row in a row tile', doubled({ tile_position: [0, 0], tile_size: [32, 128] }), ['trn2', 'trn3']],
    ['an output over two banks', { ...base, dst: { ...psum(0, 16, 8), offset: 508 } }, ['trn3']],
    ['4096 columns', wide(4096, 'float32'), ['trn3']],
    ['8192 columns of bfloat16', wide(8192, 'bfloat16'), ['trn3']],
    ['transposition into bfloat16', transpose('bfloat16'), ['trn2', 'trn3']],
    ['transposition into float32', transpose('float32', true), ['trn1']],
  ];
  test.each(LEGAL)('legal: %s', (_, instruction, chips) => {
    const legal = CHIP_NAMES.filter((chip) => machine.problem(instruction, chip) === undefined);
    expect(legal).toEqual(chips);
  });

  test.each<[string, Instruction, ChipName]>([
    [
      'tile_position and tile_size go together, received tile_size alone.',
      tiled({ tile_size: [64, 64] }),
      'trn2',
    ],
    ['go together, received tile_position alone.', tiled({ tile_position: [0, 0] }), 'trn2'],
    [
      'tile_size: rows are one of 128, 64 on trn1, received 32.',
      tiled({ tile_position: [0, 0], tile_size: [32, 128] }),
      'trn1',
    ],
    [
      'tile_size: columns are one of 128, 64, 32 on trn3, received 96.',
      tiled({ tile_position: [0, 0], tile_size: [64, 96] }),
      'trn3',
    ],
    [
      'tile_position: 64 rows start at a multiple of 64 below 128, received 32.',
      tiled({ tile_position: [32, 0], tile_size: [64, 128] }),
      'trn2',
    ],
    [
      'tile_position: 32 columns start at a multiple of 32 below 128, received 128.',
      tiled({ tile_position: [0, 128], tile_size: [64, 32] }),
      'trn2',
    ],
    [
      'stationary must lie in partitions 64..127, the rows of its tile, received 0..31.',
      tiled({ tile_position: [64, 0], tile_size: [64, 128] }),
      'trn2',
    ],
    [
      'moving must lie in partitions 0..31, the rows of its tile, received 32..63.',
      {
        ...base,
        sources: { ...base.sources, moving: sbuf(32, 32, 8) },
        attributes: { ...PLAIN, tile_position: [0, 0], tile_size: [32, 128] },
      },
      'trn2',
    ],
    [
      'dst must lie in partitions 32..63, the columns of its tile, received 0..15.',
      tiled({ tile_position: [0, 32], tile_size: [64, 32] }),
      'trn2',
    ],
    [
      'double_row uses all 128 columns of the array, received tile_size of 64 columns.',
      doubled({ tile_position: [0, 0], tile_size: [128, 64] }),
      'trn2',
    ],
    ['double_row and transpose exclude each other.', doubled({ transpose: true }), 'trn2'],
    [
      'dst must lie in one PSUM bank of 2048 bytes, received bytes 2032..2063 of its tensor.',
      { ...base, dst: { ...psum(0, 16, 8), offset: 508 } },
      'trn2',
    ],
    ['at most 512 moving columns on trn2, received 513.', wide(513, 'float32'), 'trn2'],
    ['at most 4096 moving columns on trn3, received 4097.', wide(4097, 'float32'), 'trn3'],
    ['at most 8192 moving columns on trn3, received 8193.', wide(8193, 'bfloat16'), 'trn3'],
    ['dst must be float32 in PSUM, received bfloat16.', wide(8, 'bfloat16'), 'trn2'],
    ['dst must be float32 or bfloat16 in PSUM, received float16.', wide(8, 'float16'), 'trn3'],
    ['dst must be float32 in PSUM, received bfloat16.', transpose('bfloat16'), 'trn1'],
    [
      'transposition on trn2 writes bfloat16, as stationary is: received dst of float32.',
      transpose('float32'),
      'trn2',
    ],
    [
      'transpose writes codes and adds nothing: accumulate must be false.',
      transpose('bfloat16', true),
      'trn3',
    ],
  ])('%s', (message, instruction, chip) => {
    expect(machine.problem(instruction, chip)).toContain(message);
  });

  const turn = (
    engine: 'tensor' | 'vector',
    data: Instruction<'nc_transpose'>['sources']['data'],
    dst: Instruction<'nc_transpose'>['dst'],
  ): Instruction => ({ opcode: 'nc_transpose', id: 'i', engine, dst, sources: { data }, attributes: {} });
  test.each<[string, Instruction, ChipName]>([
    ['dst must be in psum, received sbuf.', turn('tensor', sbuf(0, 32, 32), sbuf(0, 32, 32)), 'trn2'],
    [
      'data must be in sbuf, received psum.',
      turn('tensor', psum(0, 32, 32, 'bfloat16'), psum(0, 32, 32, 'bfloat16')),
      'trn2',
    ],
    [
      'tensor transposes at most 128 x 128, received data of 32 x 129.',
      turn('tensor', sbuf(0, 32, 129), psum(0, 128, 32, 'bfloat16')),
      'trn2',
    ],
    [
      'vector transposes at most 32 x 32, received data of 32 x 33.',
      turn('vector', sbuf(0, 32, 33), psum(0, 33, 32, 'bfloat16')),
      'trn2',
    ],
    [
      'dst must be 8 x 32, data transposed, received 32 x 8.',
      turn('vector', sbuf(0, 32, 8), sbuf(0, 32, 8)),
      'trn2',
    ],
    [
      'dst must have data’s format, bfloat16, received float32.',
      turn('vector', sbuf(0, 32, 8), psum(0, 8, 32)),
      'trn2',
    ],
    [
      'transposition on trn2 writes uint16, for data of float8_e4m3, each code in the low byte: received dst of float8_e4m3.',
      turn('tensor', machine.on('f'), psum(0, 64, 32, 'float8_e4m3')),
      'trn2',
    ],
    [
      'tensor transposes on trn1 by multiplying, which it does not do with int32: use vector',
      turn('tensor', { ...sbuf(0, 32, 8), dtype: 'int32' }, psum(0, 8, 32, 'int32')),
      'trn1',
    ],
    ['it is issued to tensor, vector, received scalar.', { ...turn('vector', sbuf(0, 8, 8), sbuf(0, 8, 8)), engine: 'scalar' }, 'trn2'], // prettier-ignore
  ])('%s', (message, instruction, chip) => {
    expect(machine.problem(instruction, chip)).toContain(message);
  });
});
