/**
 * Seeded faults: of every kind in every Program that has a place for it, the verifier or the result on small integers must tell
 * each one.
 */
import { describe, expect, test } from 'vitest';
import { runProgram } from '../../src/execute/reference';
import { UserError } from '../../src/numerics';
import type { Program } from '../../src/program';
import { verifyProgram } from '../../src/verify';
import type { Pick } from './edit';
import { MUTATIONS, type Mutation } from './mutations';
import { numbersFrom, type Subject } from './subject';
import { subjects } from './subjects';

/** Tries of each kind on each Program; the same fault twice counts once. */
const TRIES = 6;

interface Fault {
  readonly kind: string;
  readonly subject: Subject;
  readonly mutation: Mutation;
  readonly program: Program;
}

function seeded(): readonly Fault[] {
  return subjects().flatMap((subject, number) =>
    Object.entries(MUTATIONS).flatMap(([kind, mutation], index): Fault[] => {
      const next = numbersFrom(1000 * number + index);
      const pick: Pick = (list) => list[next() % Math.max(list.length, 1)];
      const made = new Map<string, Program>();
      for (let turn = 0; turn < TRIES; turn++) {
        const program = mutation.mutate(subject.program, pick);
        if (program !== undefined) made.set(JSON.stringify(program), program);
      }
      return [...made.values()].map((program) => ({ kind, subject, mutation, program }));
    }),
  );
}

/** By what a fault is told, or undefined. */
function caughtBy({ subject, program }: Fault): string | undefined {
  const [finding] = verifyProgram(program).findings;
  if (finding !== undefined) return finding.code;
  try {
    const outputs = runProgram(program, subject.inputs);
    const wrong = Object.entries(subject.expected).some(([name, codes]) =>
      codes.some((code, index) => outputs[name]?.[index] !== code),
    );
    return wrong ? 'result' : undefined;
  } catch (error) {
    if (error instanceof UserError) return 'run';
    throw error;
  }
}

describe('seeded faults', () => {
  const faults = seeded();

  test('are made in sound Programs that give what they must', () => {
    for (const { program, inputs, expected } of subjects()) {
      expect(verifyProgram(program).findings).toEqual([]);
      expect(runProgram(program, inputs)).toEqual(expected);
    }
  });

  test('are many, of every kind', () => {
    const kinds = new Set(faults.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(Object.keys(MUTATIONS).sort());
    expect(kinds.size).toBeGreaterThanOrEqual(15);
    expect(faults.length).toBeGreaterThanOrEqual(200);
  });

  test.each(Object.keys(MUTATIONS))('%s: every one is caught', (kind) => {
    for (const fault of faults.filter((each) => each.kind === kind)) {
      const by = caughtBy(fault);
      expect([fault.subject.name, by]).not.toEqual([fault.subject.name, undefined]);
      if (fault.mutation.verifier) expect(by).toMatch(/^SYS/);
    }
  });
});
