/** Which operands may have an index, and what is required of it: each rule broken once, in an instruction that is else legal. */
import { describe, expect, test } from 'vitest';
import { CHIPS } from '../../src/chip';
import type { ChipName, EngineName } from '../../src/chip';
import { instructionProblem } from '../../src/isa';
import type { Dtype } from '../../src/numerics';
import type { ChipPattern, Instruction } from '../../src/program';

const tile = (tensor: string, elements: number, more: Partial<ChipPattern> = {}): ChipPattern => ({
  space: 'sbuf',
  tensor,
  dtype: 'float32',
  partition: 0,
  partitions: 32,
  offset: 0,
  dims: [[1, elements]],
  ...more,
});

const indexTile = (more: Partial<ChipPattern> = {}) => tile('i', 2, { dtype: 'uint16', ...more });

/** A tile whose elements an index names. */
const indirect = (tensor: string, elements: number, more: Partial<ChipPattern> = {}) =>
  tile(tensor, elements, { dims: [[0, elements]], index: indexTile(), ...more });

function copy(dst: ChipPattern, src: ChipPattern, engine: EngineName = 'vector'): Instruction {
  return { opcode: 'tensor_copy', id: 'c', engine, dst, sources: { src }, attributes: {} };
}

const problemOf = (instruction: Instruction, chip: ChipName = 'trn3') =>
  instructionProblem(instruction, CHIPS[chip]);

describe('an index', () => {
  const plain = tile('y', 24);

  test('of a source, of dst, and of both is legal on trn3', () => {
    expect(problemOf(copy(plain, indirect('x', 24)))).toBeUndefined();
    expect(problemOf(copy(indirect('y', 24), tile('x', 24)))).toBeUndefined();
    expect(problemOf(copy(indirect('y', 24), indirect('x', 24), 'scalar'))).toBeUndefined();
  });

  test.each(['trn1', 'trn2'] as const)('is not on %s', (chip) => {
    expect(problemOf(copy(plain, indirect('x', 24)), chip)).toBe(
      `src: an index chooses elements on trn3 only, received ${chip}.`,
    );
  });

  const INDEX: readonly (readonly [string, Partial<ChipPattern>, string])[] = [
    ['lies in SBUF', { space: 'psum' }, 'src.index must be in sbuf, received psum.'],
    [
      'starts at a quadrant',
      { partition: 16 },
      'src.index: 32 partitions must start at partition 0, 32, 64 or 96, received 16.',
    ],
    ['is unsigned, or int32', { dtype: 'int16' }, 'src.index must be uint16 or uint32 or int32, received int16.'],
    ['is no float', { dtype: 'float32' }, 'src.index must be uint16 or uint32 or int32, received float32.'],
    ['has no index', { index: indexTile() }, 'src.index must not have an index itself, received one.'],
    ['has as many partitions', { partitions: 16 }, 'src.index must have the 32 partitions of src, received 16.'],
    ['starts where its operand does', { partition: 32 }, 'src.index must start at partition 0, as src does, received 32.'],
    [
      'has offsets enough',
      { dims: [[1, 1]] },
      'src must have at most 16 elements, which an index of 32 x 1 gives to groups of 16 partitions, received 24.',
    ],
  ]; // prettier-ignore
  test.each(INDEX)('%s', (_, change, problem) => {
    expect(problemOf(copy(plain, indirect('x', 24, { index: indexTile(change) })))).toBe(problem);
  });

  test('takes one dimension of stride 0', () => {
    const strided = indirect('x', 24, { dims: [[1, 24]] });
    const two = indirect('x', 24, { dims: [[0, 2], [0, 12]] }); // prettier-ignore
    const wanted = 'src must have one free dimension of stride 0, since its index says where elements lie';
    expect(problemOf(copy(plain, strided))).toBe(`${wanted}, received [[1,24]].`);
    expect(problemOf(copy(plain, two))).toBe(`${wanted}, received [[0,2],[0,12]].`);
  });

  test('of partitions that are not whole groups has its first columns only', () => {
    const some = (partitions: number, elements: number) => {
      const index = indexTile({ partitions });
      return problemOf(
        copy(tile('y', elements, { partitions }), indirect('x', elements, { partitions, index })),
      );
    };
    expect(some(5, 5)).toBeUndefined();
    expect(some(5, 6)).toContain('src must have at most 5 elements');
    expect(some(24, 8)).toBeUndefined();
    expect(some(24, 9)).toContain('src must have at most 8 elements');
    expect(some(16, 32)).toBeUndefined();
    expect(some(16, 33)).toContain('src must have at most 32 elements');
  });

  test('of dst starts where the first data operand does, or where its index does', () => {
    const at = (partition: number) => indirect('y', 24, { index: indexTile({ partition }) });
    const psum = { space: 'psum', partition: 64 } as const;
    const low = tile('x', 24, { partition: 32 });
    expect(problemOf(copy(at(32), low))).toBeUndefined();
    expect(problemOf(copy(at(0), low))).toBe(
      'dst.index must start at partition 32, as the first data operand does, received 0.',
    );
    // In PSUM it may lie anywhere, unless it has an index.
    expect(problemOf(copy(at(0), tile('x', 24, psum)))).toBeUndefined();
    const gathered = indirect('x', 24, { ...psum, index: indexTile({ partition: 64 }) });
    expect(problemOf(copy(at(64), gathered))).toBeUndefined();
    expect(problemOf(copy(at(0), gathered))).toBe(
      'dst.index must start at partition 64, as the first data operand’s index does, received 0.',
    );
  });

  test('scatters into PSUM from vector, not from scalar', () => {
    const dst = indirect('y', 24, { space: 'psum' });
    expect(problemOf(copy(dst, tile('x', 24)))).toBeUndefined();
    expect(problemOf(copy(dst, tile('x', 24), 'scalar'))).toBe(
      'dst: scalar scatters into SBUF only, received psum.',
    );
    expect(problemOf(copy(tile('y', 24), indirect('x', 24, { space: 'psum' }), 'scalar'))).toBeUndefined();
  });
});

describe('operands that take none', () => {
  const cases: readonly (readonly [string, object, string])[] = [
    ['an engine', copy(tile('y', 24), indirect('x', 24), 'gpsimd'), 'src: tensor_copy takes an index on vector or scalar, received gpsimd.'],
    [
      'a second tensor',
      { opcode: 'tensor_tensor', engine: 'vector', dst: tile('y', 24), sources: { data1: tile('x', 24), data2: indirect('z', 24) }, attributes: { op: 'add' } },
      'data2: tensor_tensor takes an index of dst, data1 only.',
    ],
    [
      'a scalar operand',
      { opcode: 'tensor_scalar', engine: 'vector', dst: tile('y', 24), sources: { data: tile('x', 24), operand0: indirect('z', 1) }, attributes: { op0: 'add' } },
      'operand0: tensor_scalar takes an index of dst, data only.',
    ],
    [
      'a further result',
      { opcode: 'activation_reduce', engine: 'scalar', dst: tile('y', 24), results: { reduce_res: indirect('r', 1) }, sources: { data: tile('x', 24) }, attributes: { op: 'exp', reduce_op: 'add' } },
      'reduce_res: activation_reduce takes an index of dst, data only.',
    ],
    [
      'an instruction',
      { opcode: 'reciprocal', engine: 'vector', dst: tile('y', 24), sources: { data: indirect('x', 24) }, attributes: {} },
      'data: reciprocal takes no index: copy what it names by tensor_copy first.',
    ],
    [
      'DMA, on chip',
      { opcode: 'dma_copy', engine: 'dma', dst: tile('y', 24), sources: { src: indirect('x', 24) }, attributes: {} },
      'src: dma_copy takes no index: copy what it names by tensor_copy first.',
    ],
    [
      'address arithmetic',
      { opcode: 'tensor_scalar', engine: 'vector', dst: tile('y', 24, { dtype: 'int32' }), sources: { data: indirect('x', 24, { dtype: 'uint32' }) }, attributes: { op0: 'add', operand0: 1 } },
      'arithmetic from uint32 to int32 takes no index: copy by tensor_copy first.',
    ],
  ]; // prettier-ignore
  test.each(cases)('%s', (_, instruction, problem) => {
    expect(problemOf({ id: 'c', ...instruction } as Instruction)).toBe(problem);
  });
});

describe('nc_matmul', () => {
  const bf16 = { dtype: 'bfloat16' } as const;
  const index = indexTile({ dims: [[1, 1]] });
  interface Matmul {
    readonly dst?: Partial<ChipPattern>;
    readonly stationary?: Partial<ChipPattern>;
    readonly moving?: Partial<ChipPattern>;
    readonly attributes?: object;
  }
  const chosen = (dtype: Dtype = 'bfloat16') => ({ dtype, dims: [[0, 32]] as const, index });
  const problem = ({ dst = {}, stationary = {}, moving = {}, attributes = {} }: Matmul) =>
    problemOf({
      opcode: 'nc_matmul',
      id: 'm',
      engine: 'tensor',
      dst: tile('p', 32, { space: 'psum', ...dst }),
      sources: {
        stationary: tile('s', 32, { ...bf16, ...stationary }),
        moving: tile('t', 32, { ...bf16, ...moving }),
      },
      attributes: { accumulate: false, performance: 'none', ...attributes },
    });
  const tiles = (row: number) => ({ tile_position: [row, 0], tile_size: [32, 32] });

  test('takes an index for each operand, of groups of 32', () => {
    expect(problem({ dst: chosen('float32'), stationary: chosen(), moving: chosen() })).toBeUndefined();
    expect(problem({ moving: { ...chosen(), dims: [[0, 33]] }, dst: { dims: [[1, 33]] } })).toBe(
      'moving must have at most 32 elements, which an index of 32 x 1 gives to groups of 32 partitions, received 33.',
    );
  });

  test('multiplies 8 and 16 bits by an index', () => {
    const float32 = { stationary: chosen('float32'), moving: { dtype: 'float32' as const } };
    expect(problem(float32)).toBe('stationary: an index chooses elements of 8 or 16 bits, received float32.');
    // A float32 dst, and a float32 operand without an index, are as ever.
    expect(problem({ dst: chosen('float32') })).toBeUndefined();
  });

  test('has no index of moving with transpose', () => {
    const transposed = { attributes: { transpose: true }, dst: { dtype: 'bfloat16' as const } };
    expect(problem({ ...transposed, stationary: chosen() })).toBeUndefined();
    expect(problem({ ...transposed, moving: chosen() })).toBe('moving: with transpose it takes no index.');
  });

  test('is not tiled with an index', () => {
    expect(problem({ stationary: chosen(), attributes: tiles(0) })).toBeUndefined();
    const low = { partition: 32, index: indexTile({ dims: [[1, 1]], partition: 32 }) };
    expect(
      problem({ stationary: { ...chosen(), ...low }, moving: { partition: 32 }, attributes: tiles(32) }),
    ).toBe('tile_position must be [0, 0] where an operand has an index, received [32, 0].');
  });

  test('has the index of dst where stationary starts', () => {
    expect(problem({ dst: { ...chosen('float32'), index: { ...index, partition: 32 } } })).toBe(
      'dst.index must start at partition 0, as the first data operand does, received 32.',
    );
  });
});
