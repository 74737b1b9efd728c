import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { beforeAll, describe, expect, test } from 'vitest';
import { CHIPS, TIMINGS, type ChipName } from '../../src/chip';
import { trace } from '../../src/kernel';
import type { Dtype } from '../../src/numerics';
import { timeProgram } from '../../src/time';
import { passes } from '../../src/time/calibration/kernels/small';
import { withMedians, withRows } from '../../src/time/calibration/document';
import {
  active,
  activeShare,
  duration,
  interval,
  packetTime,
  span,
  sustained,
  transfer,
  triggerToByte,
} from '../../src/time/calibration/measures';
import {
  calibrationReport,
  calibrationText,
  EXPERIMENTS,
  medianError,
  rowText,
  summaryText,
  type CalibrationReport,
  type CalibrationRow,
} from '../../src/time/calibration';
import { timelineOf } from './timelines';

const row: CalibrationRow = {
  name: 'a kernel',
  chip: 'trn2',
  what: 'total',
  unit: 'us',
  published: 10,
  predicted: 10.56789,
  error: 5.6789,
  bound: 5,
  source: 'somewhere',
  reading: 'written',
  remark: '',
};

describe('published measurements', () => {
  let report: CalibrationReport;

  // About 700,000 instructions are traced, verified, scheduled and simulated.
  beforeAll(() => {
    report = calibrationReport();
  }, 300_000);

  test('the required bounds are kept', () => {
    const beyond = report.rows.filter(({ error, bound = Infinity }) => !(Math.abs(error) <= bound));
    expect(beyond.map(rowText)).toEqual([]);
  });

  test('what is required: four products, transfers and activations', () => {
    const bounds = report.rows.flatMap(({ bound }) => bound ?? []);
    expect(bounds.filter((bound) => bound === 10)).toHaveLength(1);
    expect(bounds.filter((bound) => bound === 3)).toHaveLength(3);
    expect(bounds.filter((bound) => bound === 15).length).toBeGreaterThanOrEqual(12);
    expect(bounds.every((bound) => bound <= 15)).toBe(true);
  });

  test('docs/calibration.md has every row as it is now: `npm run docs`', async () => {
    const file = fileURLToPath(new URL('../../docs/calibration.md', import.meta.url));
    const page = readFileSync(file, 'utf8');
    const made = await format(withRows(page, report), { ...(await resolveConfig(file)), filepath: file });
    expect(page).toBe(made);
  });

  test('src/time/accuracy.ts has the medians as they are now: `npm run docs`', async () => {
    const file = fileURLToPath(new URL('../../src/time/accuracy.ts', import.meta.url));
    const text = readFileSync(file, 'utf8');
    const made = await format(withMedians(text, report), { ...(await resolveConfig(file)), filepath: file });
    expect(text).toBe(made);
  });

  test('rows have sources and names of their own', () => {
    const names = report.rows.map(({ chip, name, what, source }) => `${chip} ${name} ${what} ${source}`);
    expect(new Set(names).size).toBe(names.length);
    expect(report.rows.every(({ source }) => /\.(rst|png)/.test(source))).toBe(true);
    expect(report.rows).toHaveLength(EXPERIMENTS.flatMap(({ measurements }) => measurements).length);
  });
});

describe('the report', () => {
  test('the median of an odd and an even number of rows, of absolute errors', () => {
    const of = (...errors: number[]) => medianError(errors.map((error) => ({ ...row, error })));
    expect(of(-9, 1, 4)).toBe(4);
    expect(of(-9, 1, 4, 5)).toBe(4.5);
    expect(() => of()).toThrow(/no rows/);
  });

  test('text says which bounds are not kept', () => {
    const text = calibrationText({ rows: [row, { ...row, error: -4.9 }], median: 5.3 });
    expect(text).toContain('+5.7 %');
    expect(text).toContain('(more than 5 %)');
    expect(text).toContain('-4.9 %');
    expect(text.match(/more than/g)).toHaveLength(1);
    expect(text).toContain('2 measurements, median error 5.3 %; 1 of 2 required bounds are kept.');
  });

  test('the median is given without rows that constants were taken from, too', () => {
    const text = summaryText({ rows: [row, { ...row, error: 1, own: true }], median: 3.3 });
    expect(text).toContain('median error 3.3 %; 5.7 % of the 1 that no constant was taken from;');
  });

  test('a page without a place for the rows is refused', () => {
    expect(() => withRows('# Calibration', { rows: [row], median: 5 })).toThrow(/lacks/);
    expect(() => withMedians('', { rows: [row], median: 5 })).toThrow(/lacks/);
  });
});

describe('measures', () => {
  const TEXT = `program trn2
hbm x bfloat16 [128, 512] input
sbuf a bfloat16 partitions 0:128 elements 512 address 0
sbuf b bfloat16 partitions 0:128 elements 512 address 1024
l dma dma_copy a p0:128 [1,512] = src x [512,128][1,512]
m dma dma_copy b p0:128 [1,512] = src x [512,128][1,512]
c vector tensor_copy a p0:128 [1,512] = src b p0:128 [1,512]
d vector tensor_copy b p0:128 [1,512] = src a p0:128 [1,512]
e vector tensor_copy a p0:128 [1,512] = src b p0:128 [1,512]
`;
  const timeline = {
    ...timelineOf(TEXT, [
      { start: 0, moving: 100, end: 300 },
      { start: 10, moving: 200, end: 500 },
      { start: 600, free: 650, end: 700 },
      { start: 650, free: 700, end: 720 },
      { start: 800, free: 850, end: 1000 },
    ]),
    dmaBusy: Float64Array.of(3, 4),
  };

  test('active time counts what overlaps once, and gaps not at all; of a DMA it begins with its first byte', () => {
    expect(active(timeline, ['loads'])).toBe(400);
    expect(active(timeline, ['vector'])).toBe(320);
    expect(activeShare(timeline, 'loads', 'vector')).toBe(72);
    expect(active(timeline, ['scalar'])).toBe(0);
  });

  test('spans, intervals and durations', () => {
    expect(duration(timeline, 'tensor_copy', 2)).toBe(200);
    expect(transfer(timeline, 'loads', 1)).toBe(300);
    expect(triggerToByte(timeline, 'loads')).toBe(100);
    expect(interval(timeline, 'tensor_copy')).toBe(150);
    expect(span(timeline, 'vector')).toBe(400);
    expect(packetTime(timeline)).toBe(7);
    expect(sustained(timeline, 3200)).toBe(1);
  });

  test('what is not there is not measured', () => {
    expect(() => duration(timeline, 'tensor_copy', 3)).toThrow(/to measure/);
    expect(() => transfer(timeline, 'stores')).toThrow(/to measure/);
    expect(() => interval(timeline, 'activation')).toThrow(/to measure/);
  });
});

interface Pass {
  readonly chip: ChipName;
  readonly dtype: Dtype;
  readonly columns: number;
  readonly width: number;
}

/** ns between passes of [128, columns] by [128, width]. */
function passTime({ chip, dtype, columns, width }: Pass): number {
  const { program } = trace(passes, {
    chip,
    inputs: { stationary: { shape: [128, columns], dtype }, moving: { shape: [128, width], dtype } },
  });
  return interval(timeProgram(program), 'nc_matmul');
}

describe('rates of the array', () => {
  test.each(['trn1', 'trn2', 'trn3'] as const)('%s reaches its documented peak with full passes', (chip) => {
    const { bits16, float32 } = CHIPS[chip].peakTflops;
    const flops = 2 * 128 * 128 * 512;
    const rate = (dtype: Dtype) => flops / passTime({ chip, dtype, columns: 128, width: 512 }) / 1000;
    // The documents round to whole TFLOPS.
    expect(Math.round(rate('bfloat16'))).toBe(bits16);
    expect(Math.round(rate('float32'))).toBe(float32);
  });

  test('a matrix by a vector takes the least interval, and four times it in float32', () => {
    const { tensor } = CHIPS.trn2.clocks;
    const vector = (dtype: Dtype) => passTime({ chip: 'trn2', dtype, columns: 128, width: 1 });
    expect(vector('bfloat16')).toBeCloseTo(TIMINGS.trn2.multiplyIssue / tensor, 6);
    expect(vector('float32')).toBeCloseTo((4 * TIMINGS.trn2.multiplyIssue) / tensor, 6);
  });
});
