/** Loops over registers: followed turn by turn where bounds are known, and without false alarm where they are not. */
import { describe, expect, test } from 'vitest';
import { parseProgram } from '../../src/program';
import { verifyProgram } from '../../src/verify';

/** y = x by way of SBUF, eight rows a turn; `x` and `y` have 32. */
const copied = ({ before = '', head = 'rows fori $i = 0 to 4 step 1 {', inside = '', after = '' }) =>
  parseProgram(
    [
      'program trn2',
      'hbm x float32 [32, 24] input',
      'hbm y float32 [32, 24] output',
      'hbm n int32 [1, 1] input',
      'sbuf t float32 partitions 0:8 elements 24 address 0',
      before,
      head,
      'load dma dma_copy t p0:8 [1,24] = src x +$i*192 [24,8][1,24]',
      'store dma dma_copy y +$i*192 [24,8][1,24] = src t p0:8 [1,24]',
      inside,
      '}',
      after,
    ].join('\n'),
  );

const codes = (...given: Parameters<typeof verifyProgram>) =>
  verifyProgram(...given).findings.map(({ code }) => code);
const LOAD_N = 'bound sync register_load = src n [1,1], register r';

describe('nothing is called useless that may be of use', () => {
  const program = (...lines: string[]) =>
    codes(
      parseProgram(
        [
          'program trn2',
          'hbm x float32 [8, 24] input',
          'hbm y float32 [8, 24] output',
          'hbm n int32 [1, 1] input',
          'sbuf t float32 partitions 0:8 elements 24 address 0',
          'load dma dma_copy t p0:8 [1,24] = src x [24,8][1,24]',
          LOAD_N,
          ...lines,
          'store dma dma_copy y [24,8][1,24] = src t p0:8 [1,24]',
        ].join('\n'),
      ),
    );
  const twice = 'twice vector tensor_tensor t p0:8 [1,24] = data1 t p0:8 [1,24], data2 t p0:8 [1,24], op add';
  const again = 'again dma dma_copy t p0:8 [1,24] = src x [24,8][1,24]';
  test.each([
    ['what a loop of unknown turns overwrites', ['l fori $i = 0 to $r step 1 {', again, '}']],
    ['what the next turn reads', ['l fori $i = 0 to 3 step 1 {', twice, '}']],
    ['what only the last turn leaves', ['l fori $i = 0 to 3 step 1 {', again, '}'], ['SYS305']],
    ['a while', ['l while $r {', twice, 'end sync register_move = register r, value 0', '}']],
  ])('%s', (_, lines, expected = []) => {
    expect(program(...lines)).toEqual(expected);
  });
  test('but a result that no turn reads is', () => {
    expect(
      codes(
        copied({
          inside: 'waste vector tensor_copy u p0:8 [1,24] = src t p0:8 [1,24]',
          before: 'sbuf u float32 partitions 0:8 elements 24 address 512',
        }),
      ),
    ).toEqual(['SYS305']);
  });
});

describe('a loop with known bounds', () => {
  test('writes what its turns write, and no more', () => {
    expect(codes(copied({}))).toEqual([]);
    expect(codes(copied({ head: 'rows fori $i = 0 to 3 step 1 {' }))).toEqual(['SYS304']);
    expect(codes(copied({ head: 'rows fori $i = 1 to 4 step 1 {' }))).toEqual(['SYS304']);
    expect(codes(copied({ head: 'rows fori $i = 0 to 4 step 2 {' }))).toEqual(['SYS304']);
  });

  test('is told once for each operand that leaves its tensor, with the elements', () => {
    const { findings } = verifyProgram(copied({ head: 'rows fori $i = 0 to 7 step 1 {' }));
    expect(findings.map(({ code, instruction, operand }) => [code, instruction, operand])).toEqual([
      ['SYS202', 'load', 'src'],
      ['SYS202', 'store', 'dst'],
    ]);
    expect(findings[0]?.received).toBe('elements 768..959');
  });

  test('may take its bounds from registers that are known', () => {
    const before = 'set sync register_move = register r, value 4';
    expect(codes(copied({ before, head: 'rows fori $i = 0 to $r step 1 {' }))).toEqual([]);
    const short = 'set sync register_move = register r, value 3';
    expect(codes(copied({ before: short, head: 'rows fori $i = 0 to $r step 1 {' }))).toEqual(['SYS304']);
  });

  test('beyond the budget is followed twice, with its register between its bounds', () => {
    expect(codes(copied({}), { budget: 1 })).toEqual([]);
    expect(codes(copied({ head: 'rows fori $i = 0 to 5 step 1 {' }), { budget: 1 })).toEqual([
      'SYS202',
      'SYS202',
    ]);
  });

  test('leaves its register as the last turn had it', () => {
    const after = 'more sync register_move = register k, from i';
    expect(codes(copied({ after }))).toEqual([]);
    expect(codes(copied({ before: after }))).toEqual(['SYS601']);
  });
});

describe('a loop with bounds that only a run knows', () => {
  test('raises no alarm', () => {
    expect(codes(copied({ before: LOAD_N, head: 'rows fori $i = 0 to $r step 1 {' }))).toEqual([]);
    const turns = `set sync register_move = register i, value 1\n${LOAD_N}`;
    const inside = 'next sync register_load = src n [1,1], register i';
    expect(codes(copied({ before: turns, head: 'rows while $i {', inside }))).toEqual([]);
  });

  test('still finds what no value can mend', () => {
    const inside = 'again vector tensor_copy t p0:8 [1,24] = src t p0:8 +1 [1,24]';
    expect(codes(copied({ before: LOAD_N, head: 'rows fori $i = 0 to $r step 1 {', inside }))).toContain(
      'SYS202',
    );
    expect(codes(copied({ before: LOAD_N, head: 'rows while $r {' }))).toContain('SYS603');
  });
});

test('loops in loops, of any number of turns, take no longer than the budget', () => {
  const nest = (head: (depth: number) => string) =>
    parseProgram(
      [
        'program trn2',
        'hbm n int32 [1, 1] input',
        'sbuf t float32 partitions 0:8 elements 24 address 0',
        LOAD_N,
        ...Array.from({ length: 30 }, (_, depth) => head(depth)),
        'clear vector memset t p0:8 [1,24] = code 0',
        ...Array.from({ length: 30 }, () => '}'),
      ].join('\n'),
    );
  expect(codes(nest((depth) => `l${depth} fori $i${depth} = 0 to 1000000000 step 1 {`))).toEqual([]);
  expect(codes(nest((depth) => `l${depth} fori $i${depth} = 0 to $r step 1 {`))).toEqual([]);
});

test('findings beyond the limit are counted', () => {
  const verdict = verifyProgram(copied({ head: 'rows fori $i = 0 to 7 step 1 {' }), { limit: 1 });
  expect(verdict).toMatchObject({ sound: false, more: 1 });
  expect(verdict.findings).toHaveLength(1);
});

test('a Program is held against another chip on request', () => {
  const program = copied({ inside: 'f vector memset t p0:8 [1,24] as float8_e4m3fn = code 0' });
  expect(codes(program)).toContain('SYS107');
  expect(codes(program, { chip: 'trn3' })).toEqual([]);
});

test('what is accessed in too many pieces is named, not guessed at', () => {
  const program = parseProgram(
    [
      'program trn2',
      'hbm x int8 [2097152] input',
      'hbm y int8 [2097152] output',
      'scatter dma dma_copy y [2,1048576] = src x [2,1048576]',
    ].join('\n'),
  );
  expect(verifyProgram(program)).toEqual({ sound: true, findings: [], more: 0, unfollowed: ['x', 'y'] });
});
