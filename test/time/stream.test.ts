/** Streams: loops unrolled as an executor takes them, registers added to offsets, and what is not known before a run. */
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/numerics';
import { parseProgram, printProgram } from '../../src/program';
import { streamOf, timeProgram } from '../../src/time';
import { streamNotes } from '../../src/time/stream';

const HEAD = `program trn2
sbuf t float32 partitions 0:1 elements 64 address 0
hbm x float32 [1, 64] input
hbm n int32 [1] input
`;

const program = (text: string) => parseProgram(HEAD + text);
const offsets = (text: string, turns?: Record<string, number>) =>
  streamOf(program(text), { turns }).instructions.map(({ dst }) => dst?.offset);

describe('streamOf', () => {
  test('a stream without loops and registers is the Program’s own instructions', () => {
    const straight = program('a sync dma_copy t p0:1 [1,64] = src x [1,64]');
    expect(streamOf(straight).instructions).toEqual(straight.instructions);
    expect(streamOf(straight).instructions[0]).toBe(straight.instructions[0]);
    expect(streamNotes(streamOf(straight))).toEqual([]);
    expect(streamOf(straight).assumed).toEqual([]);
  });

  test('loops over known bounds are unrolled, their registers added to the offsets', () => {
    const text = `l fori $i = 2 to 9 step 3 {
  m fori $j = 0 to 2 step 1 {
    a sync dma_copy t p0:1 +$i*4 +$j*1 [1,1] = src x [1,1]
  }
}`;
    const { instructions } = streamOf(program(text));
    expect(instructions.map(({ dst }) => dst?.offset)).toEqual([8, 9, 20, 21, 32, 33]);
    expect(instructions.every(({ dst }) => dst?.registers === undefined)).toBe(true);
  });

  test('bounds may be registers that were moved to', () => {
    expect(
      offsets(`r sync register_move = register n, value 3
s sync register_move = register m, from n
l fori $i = 1 to $m step 1 {
  a sync dma_copy t p0:1 +$i*1 [1,1] = src x [1,1]
}`),
    ).toEqual([undefined, undefined, 1, 2]);
  });

  test('loops over registers that are loaded take as many turns as they are told, or one, and say so', () => {
    const text = `r sync register_load = src n [1,1], register n
l fori $i = 1 to $n step 1 {
  a sync dma_copy t p0:1 +$i*1 [1,1] = src x [1,1]
}
w while $n {
  b sync dma_copy t p0:1 +$n*1 [1,1] = src x [1,1]
}`;
    expect(offsets(text)).toEqual([undefined, 1, 0]);
    expect(offsets(text, { l: 3, w: 0 })).toEqual([undefined, 1, 2, 3]);
    const stream = streamOf(program(text), { turns: { l: 3 } });
    expect(stream.assumed).toEqual([
      { loop: 'l', name: 'fori l', turns: 3, given: true },
      { loop: 'w', name: 'while w', turns: 1, given: false },
    ]);
    expect(streamNotes(stream)).toEqual([
      'fori l is assumed to take 3 turns.',
      'How many turns while w takes only a run knows: one is assumed; to time others, give the turns of "w" (--turns w=N).',
    ]);
    expect(stream.instructions.at(-1)?.dst?.registers).toEqual([['n', 1]]);
  });

  test('that nothing was there to time is said, and takes no time', () => {
    const empty = (text: string) => {
      const { total, notes } = timeProgram(program(text), { schedule: true });
      return [total, ...notes];
    };
    expect(empty('')).toEqual([0, 'Nothing of the Program was timed: it has no instructions.']);
    expect(empty('l fori $i = 2 to 2 step 1 {\n  a sync register_move = register r, value 1\n}')).toEqual([
      0,
      'Nothing of the Program was timed: its loops take no turns.',
    ]);
  });

  test('turns of what is no such loop, or none at all, and too many instructions are refused', () => {
    const text = `l fori $i = 0 to 9 step 1 {
  a sync dma_copy t p0:1 +$i*1 [1,1] = src x [1,1]
}`;
    expect(() => streamOf(program(text), { turns: { l: 2 } })).toThrow(
      'turns are given of loop "l": the Program has no loop of that id whose turns are unknown.',
    );
    for (const count of [-1, 0.5, NaN]) {
      expect(() => streamOf(program(text), { turns: { l: count } })).toThrow(UserError);
    }
    expect(streamOf(program(text), { budget: 9 }).instructions).toHaveLength(9);
    expect(() => streamOf(program(text), { budget: 8 })).toThrow(
      'The Program has more than 8 instructions, its loops unrolled, at dma_copy a',
    );
  });

  test('what is unrolled prints as a Program', () => {
    const { instructions, program: of } = streamOf(
      program(`l fori $i = 0 to 2 step 1 {
  a sync dma_copy t p0:1 +$i*1 [1,1] = src x +$i*2 [1,1]
}`),
    );
    expect(printProgram({ ...of, instructions })).toContain('t p0:1 +1 [1,1] = src x +2 [1,1]');
  });
});
