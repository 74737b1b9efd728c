/** What untyped callers of systole/time give: each mistake is told by what was required and what was received. */
import { describe, expect, test } from 'vitest';
import { CHIP_NAMES, TIMING_CONSTANTS, TIMINGS, type TimingName } from '../../src/chip';
import { UserError } from '../../src/numerics';
import { parseProgram } from '../../src/program';
import * as time from '../../src/time';

const program = parseProgram(`program trn2
sbuf t float32 partitions 0:1 elements 64 address 0
a vector memset t p0:1 [1,64] = code 0`);

/** As JavaScript would call it. */
const call = (of: keyof typeof time, ...given: readonly unknown[]): unknown =>
  (time[of] as (...all: readonly unknown[]) => unknown)(...given);

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return error instanceof UserError ? error.message : '';
  }
  throw new Error('nothing was refused');
}

describe('a Program', () => {
  const OF = 'parseProgram, fromJSON, planToProgram and `program` of what trace gives are such.';

  test.each([
    [undefined, `timeProgram takes a Program, received undefined: ${OF}`],
    [null, `timeProgram takes a Program, received null: ${OF}`],
    ['program trn2', `timeProgram takes a Program, received "program trn2": ${OF}`],
    [[program], `timeProgram takes a Program, received a list of 1: ${OF}`],
    [
      { program },
      `timeProgram takes a Program, whose chip is one of trn1, trn2, trn3; received one whose chip is undefined: ${OF}`,
    ],
    [
      { ...program, chip: 'trn4' },
      `timeProgram takes a Program, whose chip is one of trn1, trn2, trn3; received one whose chip is "trn4": ${OF}`,
    ],
    [
      { ...program, tensors: {} },
      `timeProgram takes a Program, whose tensors are a list; received one whose tensors are a value of type object: ${OF}`,
    ],
    [
      { ...program, instructions: [...program.instructions, null] },
      `timeProgram takes a Program, whose instructions are a list of objects; received null as the one of index 1: ${OF}`,
    ],
  ])('%# is told from what is none', (given, message) => {
    expect(messageOf(() => call('timeProgram', given))).toBe(message);
  });

  test('a stream is of one, too', () => {
    expect(messageOf(() => call('streamOf', undefined))).toMatch(
      /^streamOf takes a Program, received undefined/,
    );
  });
});

describe('options', () => {
  test.each([
    [null, 'timeProgram takes an object of options; received null.'],
    ['fast', 'timeProgram takes an object of options; received fast.'],
    [
      { core: 1 },
      'timeProgram has no option "core": it takes timing, schedule, cores, turns, budget, onProgress. Did you mean cores?',
    ],
    [{ schedule: 'no' }, 'schedule must be true or false, received "no".'],
    [{ schedule: 0 }, 'schedule must be true or false, received 0.'],
    [{ cores: 0 }, 'cores of trn2 must be a whole number from 1 to 8, received 0.'],
    [{ cores: 9 }, 'cores of trn2 must be a whole number from 1 to 8, received 9.'],
    [{ cores: 1.5 }, 'cores of trn2 must be a whole number from 1 to 8, received 1.5.'],
    [{ cores: '2' }, 'cores of trn2 must be a whole number from 1 to 8, received "2".'],
    [{ budget: NaN }, 'budget must be a whole number from 1 to 500,000,000, received NaN.'],
    [{ budget: Infinity }, 'budget must be a whole number from 1 to 500,000,000, received Infinity.'],
    [{ budget: null }, 'budget must be a whole number from 1 to 500,000,000, received null.'],
    [{ turns: 3 }, 'turns must be an object of turns by the ids of loops, as in { loop0: 16 }, received 3.'],
    [
      { turns: null },
      'turns must be an object of turns by the ids of loops, as in { loop0: 16 }, received null.',
    ],
    [{ turns: { l: '3' } }, 'turns of loop "l" must be a whole number from 0 to 500,000,000, received "3".'],
    [
      { turns: { l: 3 } },
      'turns are given of loop "l": the Program has no loop of that id whose turns are unknown.',
    ],
    [{ onProgress: 'loud' }, 'onProgress must be a function, received "loud".'],
    [{ timing: null }, 'timing takes an object of options; received null.'],
    [
      { timing: { semaphor: 1 } },
      /^timing has no option "semaphor": it takes minIssue, .* Did you mean semaphore\?$/,
    ],
  ])('%j is refused', (options, message) => {
    const received = messageOf(() => call('timeProgram', program, options));
    if (typeof message === 'string') expect(received).toBe(message);
    else expect(received).toMatch(message);
  });

  test('onProgress is told of each stage as it begins', () => {
    const stages: string[] = [];
    const onProgress = ({ stage }: { readonly stage: time.TimeStage }): unknown => stages.push(stage);
    time.timeProgram(program, { onProgress });
    expect(stages).toEqual(['verify', 'simulate']);
    time.timeProgram(program, { onProgress, schedule: true });
    expect(stages.slice(2)).toEqual(['verify', 'simulate', 'schedule']);
  });
});

describe('constants', () => {
  test.each([
    [{ semaphore: 1e300 }, 'semaphore must be a number of ns from 0 to 1000000000, received 1e+300.'],
    [{ semaphore: -1 }, 'semaphore must be a number of ns from 0 to 1000000000, received -1.'],
    [{ semaphore: NaN }, 'semaphore must be a number of ns from 0 to 1000000000, received NaN.'],
    [{ semaphore: '5' }, 'semaphore must be a number of ns from 0 to 1000000000, received "5".'],
    [{ minIssue: Infinity }, 'minIssue must be a number of cycles from 0 to 1000000, received Infinity.'],
    [{ hbmStacks: 1.5 }, 'hbmStacks must be a whole number of stacks from 1 to 64, received 1.5.'],
    [{ hbmStacks: 0 }, 'hbmStacks must be a whole number of stacks from 1 to 64, received 0.'],
    [{ dmaPeak: 0 }, 'dmaPeak must be a number of B/ns from 0.001 to 1000000, received 0.'],
    [{ fastLoad: 0 }, 'fastLoad must be a number of times from 0.001 to 1000, received 0.'],
    [
      { dmaSustained: 30 },
      'dmaSustained is 30 B/ns, above dmaPeak of trn2, 27.2: no engine sustains more than its peak. Set both.',
    ],
    [
      { dmaPeak: 20 },
      'dmaSustained of trn2 is 23 B/ns, above dmaPeak, 20: no engine sustains more than its peak. Set both.',
    ],
  ])('%j are none of a chip', (timing, message) => {
    expect(messageOf(() => call('timeProgram', program, { timing }))).toBe(message);
  });

  test.each(CHIP_NAMES)('those of %s are such, and what is undefined is left out', (chip) => {
    expect(time.timingOf(chip, { ...TIMINGS[chip] })).toEqual(TIMINGS[chip]);
    const none = Object.fromEntries(
      (Object.keys(TIMING_CONSTANTS) as TimingName[]).map((name) => [name, undefined]),
    );
    expect(time.timingOf(chip, none)).toEqual(TIMINGS[chip]);
  });

  test('are of one chip together, and of any chip alone', () => {
    expect(() => {
      time.requireConstants({ dmaSustained: 35 });
    }).not.toThrow();
    expect(time.timingOf('trn3', { dmaSustained: 35 }).dmaSustained).toBe(35);
  });
});

describe('a Timeline', () => {
  test.each(['reportOf', 'criticalPath', 'trackTimes', 'traceChunks'] as const)('is what %s takes', (of) => {
    for (const given of [undefined, null, program, 'trace']) {
      expect(messageOf(() => call(of, given))).toMatch(
        `${of} takes the Timeline that timeProgram gives, received `,
      );
    }
  });

  test('has a trace of as many arrows as are told', () => {
    const timeline = time.timeProgram(program);
    const refused = (options: unknown) => messageOf(() => call('traceChunks', timeline, options));
    expect(refused({ arrows: '7' })).toBe(
      'arrows must be a whole number from 0 to 100,000,000, received "7".',
    );
    expect(refused({ arrow: 7 })).toBe(
      'traceChunks has no option "arrow": it takes arrows. Did you mean arrows?',
    );
    expect([...time.traceChunks(timeline, { arrows: 0 })].length).toBeGreaterThan(0);
  });

  test.each([
    [undefined, 'received undefined.'],
    [{}, 'received a value of type object.'],
    [[undefined], 'received undefined as the report of index 0.'],
    [[{ name: 'a', report: program }], 'received a value of type object as the report of index 0.'],
  ])('of which %j are no reports to compare', (given, end) => {
    expect(messageOf(() => call('compareTimes', given))).toBe(
      `compareTimes takes a list of { name, report }, of reports that reportOf gives; ${end}`,
    );
  });
});
