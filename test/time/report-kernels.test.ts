/** Reports on what the simulation gives of products and of kernels of the library. */
import { describe, expect, it } from 'vitest';
import { CHIP_NAMES } from '../../src/chip';
import { trace } from '../../src/kernel';
import { sizesOf } from '../../src/kernels/entry';
import { LIBRARY } from '../../src/kernels/library';
import { planMatmul, planToProgram } from '../../src/lower';
import type { Program } from '../../src/program';
import { criticalPath, reportOf, timeProgram, type Track } from '../../src/time';

const kernels = LIBRARY.map((entry): readonly [string, Program] => {
  const sizes = sizesOf(entry, {});
  const [dtype = 'float32'] = entry.dtypes;
  const chip = entry.chips.includes('trn2') ? 'trn2' : (entry.chips[0] ?? 'trn2');
  return [entry.name, trace(entry.kernel(sizes), { chip, inputs: entry.inputs(sizes, dtype) }).program];
});
const products = CHIP_NAMES.map((chip): readonly [string, Program] => [
  `product on ${chip}`,
  planToProgram(
    planMatmul({ m: 512, n: 1024, k: 512, a: 'bfloat16', b: 'bfloat16', aLayout: 'k-major', chip }),
  ),
]);

const sum = (all: readonly { readonly ps: number }[]): number => all.reduce((ps, part) => ps + part.ps, 0);

describe.each([...kernels, ...products])('%s', (_, program) => {
  const timeline = timeProgram(program, { schedule: true });
  const report = reportOf(timeline);

  it('has every picosecond on the path once, and of each track once', () => {
    const { from, to } = criticalPath(timeline);
    expect([from[0], to.at(-1)]).toEqual([0, report.totalPs]);
    expect(from.slice(1)).toEqual(to.slice(0, -1));
    for (const parts of [report.path, report.resources, report.lines])
      expect(sum(parts)).toBe(report.totalPs);
    for (const { parts } of report.tracks) expect(sum(parts)).toBe(report.totalPs);
  });

  it('has tracks that work as long as the simulation says they are busy, to the rounding of an instruction', () => {
    // Scalar may load tables while it waits, which counts as busy. Busy times are sums in float64, of at most some thousand terms.
    const exact: readonly Track[] = ['vector', 'gpsimd', 'loads', 'stores'];
    for (const { track, busy, instructions, parts } of report.tracks) {
      const works = parts.find(({ waits }) => waits === undefined)?.ps ?? 0;
      if (exact.includes(track)) expect(Math.abs(works - 1000 * busy)).toBeLessThanOrEqual(instructions);
      expect(busy).toBeLessThanOrEqual(report.total * (1 + 1e-12));
    }
  });

  it('has shares of peaks that are no more than all', () => {
    const { matmuls, roofline, dma } = report;
    for (const share of [matmuls?.mfu, matmuls?.hfu, roofline?.share, dma?.meanShare, dma?.mostShare]) {
      expect(share ?? 0).toBeLessThanOrEqual(1);
    }
  });
});
