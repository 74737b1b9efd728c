/** Instructions that access parts of their operands: memory is followed by what they access, not by the whole pattern. */
import { describe, expect, test } from 'vitest';
import { parseProgram } from '../../src/program';
import { verifyProgram } from '../../src/verify';

const findings = (...lines: readonly string[]) =>
  verifyProgram(parseProgram(['program trn2', ...lines].join('\n'))).findings.map(
    ({ code, instruction, operand }) => [code, instruction, operand],
  );

describe('nonzero_with_count', () => {
  const setting = [
    'hbm x int32 [2, 8] input',
    'hbm y int32 [2, 9] output',
    'sbuf s int32 partitions 0:32 elements 8 address 0',
    'sbuf d int32 partitions 0:32 elements 9 address 64',
  ];
  const load = (p: number, row: number) =>
    `load${row} dma dma_copy s p${p}:1 [1,8] = src x +${row * 8} [1,8]`;
  const count = 'count gpsimd nonzero_with_count d p0:32 [1,9] = src s p0:32 [1,8]';
  const store = (p: number, row: number) =>
    `store${row} dma dma_copy y +${row * 9} [1,9] = src d p${p}:1 [1,9]`;

  test('reads and writes the first partition of each core', () => {
    expect(findings(...setting, load(0, 0), load(16, 1), count, store(0, 0), store(16, 1))).toEqual([]);
  });
  test('needs each of them', () => {
    expect(findings(...setting, load(0, 0), load(15, 1), count, store(0, 0), store(16, 1))).toEqual([
      ['SYS301', 'count', 'src'],
      ['SYS305', 'load1', undefined],
    ]);
  });
  test('leaves the others, so that they are not there to be read', () => {
    expect(findings(...setting, load(0, 0), load(16, 1), count, store(0, 0), store(17, 1))).toEqual([
      ['SYS301', 'store1', 'src'],
    ]);
  });
});

describe('topk', () => {
  const setting = [
    'hbm x bfloat16 [16, 3] input',
    'hbm v bfloat16 [16, 1] output',
    'hbm w uint32 [1, 2] output',
    'sbuf s bfloat16 partitions 0:16 elements 3 address 0',
    'sbuf d bfloat16 partitions 0:16 elements 18 address 64',
    'sbuf i uint32 partitions 0:16 elements 18 address 128',
  ];
  // 36 elements: three of partitions 0 to 3, two of the others. 18 results: two of partitions 0 and 1, one of the others.
  const wide = (partitions: number) =>
    `wide dma dma_copy s p0:${partitions} [1,3] = src x [3,${partitions}][1,3]`;
  const rest = (columns: number) =>
    `rest dma dma_copy s p4:12 [1,${columns}] = src x +12 [3,12][1,${columns}]`;
  const top = 'top gpsimd topk d p0:16 [1,18], idx_dst i p0:16 [1,18] = src s p0:16 [1,3], n 36';
  const values = 'values dma dma_copy v [1,16][1,1] = src d p0:16 [1,1]';
  const indices = (p: number, columns: number) =>
    `indices dma dma_copy w [1,${columns}] = src i p${p}:1 [1,${columns}]`;

  test('reads n elements of the snake and writes K of each result', () => {
    expect(findings(...setting, wide(4), rest(2), top, values, indices(1, 2))).toEqual([]);
  });
  test('needs each of the n elements', () => {
    expect(findings(...setting, wide(3), rest(2), top, values, indices(1, 2))).toEqual([
      ['SYS301', 'top', 'src'],
    ]);
    expect(findings(...setting, wide(4), rest(1), top, values, indices(1, 2))).toEqual([
      ['SYS301', 'top', 'src'],
    ]);
  });
  test('leaves what is behind the K-th result', () => {
    expect(findings(...setting, wide(4), rest(2), top, values, indices(2, 2))).toEqual([
      ['SYS301', 'indices', 'src'],
    ]);
  });
  test('keeps its place where a register moves an operand', () => {
    const moved = top.replace('d p0:16', 'd p0:16 +$r*1').replace('[1,18],', '[1,17],').replace('i p0:16 [1,18]', 'i p0:16 +$r*1 [1,17]'); // prettier-ignore
    const at = 'at sync register_move = register r, value 1';
    const shifted = values.replace('src d p0:16', 'src d p0:16 +1');
    const index = 'indices dma dma_copy w [1,2] = src i p0:1 +1 [1,2]';
    expect(findings(...setting, wide(4), rest(2), at, moved, shifted, index)).toEqual([]);
    expect(findings(...setting, wide(4), rest(2), at, moved, values, index)).toEqual([
      ['SYS301', 'values', 'src'],
    ]);
  });
});

describe('local_gather', () => {
  const program = (valid: number) => [
    'hbm x float32 [16, 8] input',
    'hbm k uint16 [16, 1] input',
    'hbm y float32 [16, 5] output',
    'sbuf s float32 partitions 0:16 elements 8 address 0',
    'sbuf i uint16 partitions 0:16 elements 1 address 64',
    'sbuf d float32 partitions 0:16 elements 5 address 128',
    'load dma dma_copy s p0:16 [1,8] = src x [8,16][1,8]',
    'index dma dma_copy i p0:5 [1,1] = src k [1,5]',
    `take gpsimd local_gather d p0:16 [1,${valid}] = src_buffer s p0:16 [1,8], index i p0:16 [1,1], num_valid_indices ${valid}`,
    'fill vector memset d p0:16 +4 [1,1] = code 0',
    'store dma dma_copy y [5,16][1,5] = src d p0:16 [1,5]',
  ];
  test('needs the valid indices, and no more', () => {
    expect(findings(...program(4))).toEqual([]);
    expect(findings(...program(6)).map(([code]) => code)).toContain('SYS301');
  });
});
