/** Traces and memory in use of what the simulation gives: products on every chip, and kernels. */
import { describe, expect, test } from 'vitest';
import { CHIP_NAMES, CHIPS } from '../../src/chip';
import { trace } from '../../src/kernel';
import { rmsnorm, softmax } from '../../src/kernels';
import { planMatmul, planToProgram } from '../../src/lower';
import { timeProgram } from '../../src/time';
import { occupancyOf } from '../../src/time/occupancy';
import { arrayUse, dmaThroughput } from '../../src/time/throughput';
import { dmaOf, matmulsOf } from '../../src/time/report';
import { traceChunks } from '../../src/time/trace';
import type { Timeline } from '../../src/time';
import { bytesOfChunks, packetsOf, readTrace } from './perfetto';

const rows = { shape: [300, 256], dtype: 'float32' } as const;

const TIMELINES: readonly (readonly [string, Timeline])[] = [
  ...CHIP_NAMES.map((chip) => {
    const plan = planMatmul({ chip, m: 512, n: 1024, k: 512, a: 'bfloat16', b: 'bfloat16' });
    return [`a product on ${chip}`, timeProgram(planToProgram(plan))] as const;
  }),
  ['softmax', timeProgram(trace(softmax, { chip: 'trn2', inputs: { x: rows } }).program)],
  [
    'rmsnorm',
    timeProgram(
      trace(rmsnorm, { chip: 'trn3', inputs: { x: rows, gain: { shape: [1, 256], dtype: 'float32' } } })
        .program,
    ),
  ],
];

describe.each(TIMELINES)('%s', (_, timeline) => {
  const { chip, instructions, busy, total, start, end } = timeline;

  test('has a trace that breaks no rule and leaves nothing out', () => {
    const { slices, problems, arrows } = readTrace(packetsOf(bytesOfChunks(traceChunks(timeline))));
    expect(problems).toEqual([]);
    expect(
      slices
        .filter(({ says }) => 'waited for' in says)
        .map(({ says }) => says.id)
        .sort(),
    ).toEqual(instructions.map(({ id }) => id).sort());
    expect(arrows.length).toBeGreaterThan(0);
    const vector = slices.filter(({ track }) => track === 'Vector').map(({ from, to }) => to - from);
    // Each end is rounded to a nanosecond.
    const sum = vector.reduce((all, ns) => all + ns, 0);
    expect(Math.abs(sum - (busy[1] ?? 0))).toBeLessThanOrEqual(vector.length);
    expect(Math.max(...slices.map(({ to }) => to))).toBe(Math.round(total));
  });

  test('uses no more memory than there is, and none when nothing runs', () => {
    const { sbuf, psum, from, to } = occupancyOf(timeline);
    expect(Math.max(...sbuf.values)).toBeLessThanOrEqual(CHIPS[chip].sbuf.usableBytes);
    expect(Math.max(0, ...psum.values)).toBeLessThanOrEqual(CHIPS[chip].psum.banks);
    expect(sbuf.values.at(-1)).toBe(0);
    expect(from.every((time) => time >= Math.min(...start))).toBe(true);
    expect(to.every((time) => time <= Math.max(...end))).toBe(true);
  });

  test('has rates that add up to the report’s', () => {
    const mean = ({ values }: { readonly values: Float64Array }) =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(dmaThroughput(timeline, 97))).toBeCloseTo((dmaOf(timeline)?.bytes ?? 0) / total, 9);
    expect(mean(arrayUse(timeline, 97))).toBeCloseTo(matmulsOf(timeline)?.mfu ?? 0, 9);
  });
});
