/** Constants of time against what else is known of a chip: no fact has two values. */
import { expect, test } from 'vitest';
import { CHIP_NAMES, CHIPS, TIMING_CONSTANTS, TIMINGS, transferOverhead } from '../../src/chip';

test.each(CHIP_NAMES)('%s: rates are those of the chip', (name) => {
  const { dma, hbm } = CHIPS[name];
  const timing = TIMINGS[name];
  expect(timing.dmaSustained).toBe(dma.bytesPerNanosecond);
  expect(timing.hbmStacks * timing.hbmStackRate).toBe(hbm.bytesPerSecond / 1e9);
  expect(CHIPS[name].cores % timing.hbmStacks).toBe(0);
});

test.each(CHIP_NAMES)('%s: 32 KiB after 32 KiB move at the sustained rate', (name) => {
  const timing = TIMINGS[name];
  const taken = transferOverhead(timing) + 32768 / timing.dmaPeak;
  expect(32768 / taken).toBeCloseTo(timing.dmaSustained, 12);
  expect(transferOverhead({ ...timing, dmaPeak: timing.dmaSustained })).toBe(0);
});

test('every constant is a number of every chip, and says where it comes from', () => {
  for (const name of CHIP_NAMES) {
    expect(Object.keys(TIMINGS[name]).sort()).toEqual(Object.keys(TIMING_CONSTANTS).sort());
  }
  for (const { source, documented } of Object.values(TIMING_CONSTANTS)) {
    expect(source.startsWith('a parameter')).toBe(!documented);
  }
});
