import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHIPS } from '../../src/chip';
import { programProblem } from '../../src/isa';
import { counts, footprint, planMatmul, planToProgram } from '../../src/lower';
import type { MatmulPlan } from '../../src/lower';
import { countProgram, tensorBytes } from '../../src/program';
import type { Program } from '../../src/program';
import { symbolicRun } from './coverage';
import { anyRequest, withEpilogue } from './requests';

/** The products of output (m, n) in the order the contract gives them. */
function expected(plan: MatmulPlan, m: number, n: number): string[] {
  const products = plan.passes.flatMap(({ k0, rows, interleave }) =>
    Array.from({ length: rows * interleave }, (_, step) => {
      const k = k0 + (step % interleave) * rows + Math.floor(step / interleave);
      const a = plan.aLayout === 'k-major' ? k * plan.m + m : m * plan.k + k;
      return `a${a}*b${k * plan.n + n}`;
    }),
  );
  return plan.accumulate ? [...products, `c${m * plan.n + n}`] : products;
}

/** Pairs of on-chip tensors that share a byte. */
function overlapping({ tensors }: Program, bankBytes: number): string[] {
  const areas = tensors.flatMap((tensor) => {
    if (tensor.space === 'hbm') return [];
    const start = tensor.space === 'sbuf' ? tensor.address : tensor.bank * bankBytes;
    return [{ ...tensor, start, end: start + tensorBytes(tensor) }];
  });
  return areas.flatMap((a, index) =>
    areas
      .slice(index + 1)
      .filter((b) => a.space === b.space && a.start < b.end && b.start < a.end)
      .map((b) => `${a.name} ${b.name}`),
  );
}

describe('a Program made from a plan', () => {
  test('multiplies every (m, n, k) once, in the order of the passes, C last', () => {
    fc.assert(
      fc.property(anyRequest(9), (request) => {
        const plan = planMatmul(request);
        const made = symbolicRun(planToProgram(plan));
        const wanted = Array.from({ length: plan.m * plan.n }, (_, index) =>
          expected(plan, Math.floor(index / plan.n), index % plan.n),
        );
        expect(made).toEqual(wanted);
      }),
      { numRuns: 300 },
    );
  });

  test('is legal, fits, and has the counts that the plan foretells', () => {
    fc.assert(
      fc.property(fc.oneof(anyRequest(40), withEpilogue(anyRequest(40))), (request) => {
        const plan = planMatmul(request);
        const program = planToProgram(plan);
        expect(programProblem(program)).toBeUndefined();
        expect(countProgram(program)).toEqual(counts(plan));
        expect(new Set(program.instructions.map(({ id }) => id)).size).toBe(program.instructions.length);
        expect(overlapping(program, CHIPS[plan.chip].psum.bankBytes)).toEqual([]);
        const { sbuf, psum } = footprint(plan);
        expect(sbuf.total).toBeLessThanOrEqual(sbuf.usable);
        expect(psum.banks).toBeLessThanOrEqual(psum.of);
      }),
      { numRuns: 200 },
    );
  });

  test('is legal and counted with full-size tiles on every chip', () => {
    for (const chip of ['trn1', 'trn2', 'trn3'] as const) {
      const tile = { n: CHIPS[chip].matmul.moving };
      for (const wide of [{}, { tile }]) {
        const plan = planMatmul({
          m: 1100,
          n: 4700,
          k: 613,
          a: 'float8_e4m3',
          b: 'float8_e5m2',
          chip,
          ...wide,
        });
        const program = planToProgram(plan);
        expect(programProblem(program)).toBeUndefined();
        expect(countProgram(program)).toEqual(counts(plan));
      }
    }
  });

  test('of any legal request fits on chip, whatever its size', () => {
    fc.assert(
      fc.property(anyRequest(40_000, 128), (request) => {
        const { sbuf, psum } = footprint(planMatmul(request));
        expect(sbuf.total).toBeLessThanOrEqual(sbuf.usable);
        expect(psum.banks).toBeLessThanOrEqual(psum.of);
      }),
      { numRuns: 300 },
    );
  });

  test('is refused beyond five million instructions, with the number', () => {
    const plan = planMatmul({
      m: 4000,
      n: 4000,
      k: 400,
      a: 'bfloat16',
      b: 'bfloat16',
      tile: { m: 1, n: 8, k: 128 },
    });
    expect(() => planToProgram(plan)).toThrow(/has 14000000 instructions, more than the 5000000/);
  });
});
