/** Nothing is reported on Programs that are right. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHIP_NAMES } from '../../src/chip';
import { programProblem } from '../../src/isa';
import { trace } from '../../src/kernel';
import { KERNELS } from '../../src/kernels';
import { planMatmul, planToProgram } from '../../src/lower';
import type { Program } from '../../src/program';
import { verifyProgram } from '../../src/verify';
import { anyRequest, withEpilogue } from '../lower/requests';
import { anyProgram } from '../program/arbitrary';
import { inputsFor } from './kernels';

const SOUND = { sound: true, findings: [], more: 0, unfollowed: [] };

const verdict = (program: Program) => verifyProgram(program);

describe('a lowered matmul is sound', () => {
  test('of any small shape, on every chip', () => {
    fc.assert(
      fc.property(fc.oneof(anyRequest(40), withEpilogue(anyRequest(40))), (request) => {
        expect(verdict(planToProgram(planMatmul(request)))).toEqual(SOUND);
      }),
      { numRuns: 300 },
    );
  });

  test('of ragged tiles as large as the chip takes', () => {
    for (const chip of CHIP_NAMES) {
      for (const aLayout of ['row-major', 'k-major'] as const) {
        const shape = { m: 300, n: 1100, k: 500, a: 'bfloat16', b: 'bfloat16', accumulate: true } as const;
        const groups = { tile: { k: 64 }, block: { k: 128 } };
        expect(verdict(planToProgram(planMatmul({ ...shape, chip, aLayout, ...groups })))).toEqual(SOUND);
      }
    }
  });
});

describe('our own kernels are sound', () => {
  for (const chip of CHIP_NAMES) {
    test.each(KERNELS.map((kernel) => [kernel.name, kernel] as const))(`%s on ${chip}`, (_, kernel) => {
      for (const size of ['one tile', 'ragged'] as const) {
        const { program } = trace(kernel, { chip, inputs: inputsFor(kernel, size) });
        expect(verdict(program)).toEqual(SOUND);
      }
    });
  }
});

test('any Program of the right form gets a verdict, and what no executor takes is not sound', () => {
  fc.assert(
    fc.property(anyProgram, (program) => {
      const { sound } = verdict(program);
      if (programProblem(program) !== undefined) expect(sound).toBe(false);
    }),
    { numRuns: 1000 },
  );
});
