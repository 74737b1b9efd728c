/** What reports say of how far the model is from silicon. */
import { expect, test } from 'vitest';
import { CHIP_NAMES, TIMINGS } from '../../src/chip';
import { parseProgram } from '../../src/program';
import { accuracyOf } from '../../src/time/accuracy';
import { EXPERIMENTS } from '../../src/time/calibration';
import { besideTotal, reportOf, timeProgram } from '../../src/time';

test.each(CHIP_NAMES)('on %s it counts the measurements that no constant was taken from', (chip) => {
  const others = EXPERIMENTS.filter((experiment) => experiment.chip === chip)
    .flatMap(({ measurements }) => measurements)
    .filter(({ own }) => own === undefined);
  const { measurements, medianError, words } = accuracyOf(chip, TIMINGS[chip]);
  expect(measurements).toBe(others.length);
  expect(medianError === undefined).toBe(others.length === 0);
  expect(words).toContain(others.length === 0 ? `No measurement on ${chip}` : `median of ${others.length} `);
  expect(words).toMatch(/off by \d+\.\d % in the median of \d+/);
});

test('with other constants it is none', () => {
  const { measurements, medianError, words } = accuracyOf('trn2', {
    ...TIMINGS.trn2,
    semaphore: 1,
    minIssue: 2,
  });
  expect([measurements, medianError]).toEqual([0, undefined]);
  expect(words).toContain('minIssue, semaphore');
  expect(accuracyOf('trn2', { ...TIMINGS.trn2 }).measurements).toBeGreaterThan(0);
});

test('beside a total stand turns that were assumed, given or not, and how far the model is from silicon', () => {
  const program = parseProgram(`program trn2
hbm n int32 [1] input
sbuf t float32 partitions 0:1 elements 64 address 0
r sync register_load = src n [1,1], register n
l fori $i = 0 to $n step 1 {
  a vector memset t p0:1 [1,64] = code 0
}
w while $n {
  b sync register_load = src n [1,1], register n
}`);
  const report = reportOf(timeProgram(program, { turns: { l: 3 } }));
  expect(besideTotal(report)).toEqual([
    'It assumes 3 turns of fori l, 1 turn of while w: only a run knows how many.',
    report.accuracy.words,
  ]);
  expect(report.assumed).toMatchObject([
    { loop: 'l', turns: 3, given: true },
    { loop: 'w', turns: 1, given: false },
  ]);
  expect(besideTotal({ ...report, assumed: [] })).toEqual([report.accuracy.words]);
});
