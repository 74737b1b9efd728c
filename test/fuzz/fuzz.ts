/** Holds two executors against each other on random Programs, and makes the first one on which they differ as small as it gets. */
import fc from 'fast-check';
import type { ChipName } from '../../src/chip';
import { instructionsOf, printProgram } from '../../src/program';
import type { Opcode } from '../../src/program';
import { comparePrograms, type Executor } from './agreement';
import type { Case } from './draft';
import { anyRecipe, drawCase, isSound } from './program';

export interface FuzzRequest {
  readonly chip: ChipName;
  readonly programs: number;
  /** Of the random numbers, and the number of the theme: the same seed, the same Programs. A whole number of at least 0. */
  readonly seed: number;
  /** Where, under the seed, a Program that differed was found: that one alone. */
  readonly path?: string | undefined;
  /** All that the chip has when left out. */
  readonly opcodes?: readonly Opcode[] | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgram?: (() => void) | undefined;
  /** Milliseconds that a Program may be made smaller for. */
  readonly shrinkMs?: number;
}

/** Executors that differ: on what, in what, and how to see it again. */
export interface Disagreement {
  readonly made: Case;
  readonly difference: string;
  readonly seed: number;
  /** Which of the seed's Programs it was, before it was made smaller. */
  readonly path: string;
}

export interface FuzzResult {
  /** Programs that were run on both. */
  readonly programs: number;
  /** Drawn, and thrown away because a rule of docs/errors.md is broken. */
  readonly unsound: number;
  /** Programs that stopped with an error, the same on both. */
  readonly stopped: number;
  /** Instructions that were run, by opcode; those of a loop once. */
  readonly counts: ReadonlyMap<Opcode, number>;
  /** Instructions that were drawn and were not legal, by opcode. */
  readonly refused: ReadonlyMap<Opcode, number>;
  readonly disagreement: Disagreement | undefined;
}

const SHRINK_MS = 60_000;

export async function fuzz(
  expected: Executor,
  received: Executor,
  request: FuzzRequest,
): Promise<FuzzResult> {
  const { chip, programs, seed, path, opcodes, signal, onProgram, shrinkMs = SHRINK_MS } = request;
  const [counts, refused] = [new Map<Opcode, number>(), new Map<Opcode, number>()];
  const done = { programs: 0, unsound: 0, stopped: 0 };
  /** Since the first disagreement: until when a smaller Program is looked for, and what is known of Programs already. */
  let until = Infinity;
  const known = new Map<string, string | undefined>();

  /** In what the executors differ. */
  async function differenceOn({ program, inputs }: Case): Promise<string | undefined> {
    const looks = until < Infinity;
    const key = looks ? textOf({ program, inputs }) : '';
    if (looks && known.has(key)) return known.get(key);
    const difference = await comparePrograms(expected, received, program, inputs).catch(
      (error: unknown) => `thrown: ${String(error)}`,
    );
    if (looks) known.set(key, difference);
    else if (difference === undefined) count(program.instructions);
    if (difference !== undefined && !looks) until = performance.now() + shrinkMs;
    return difference;
  }

  function count(nodes: Case['program']['instructions']): void {
    for (const { opcode } of instructionsOf(nodes)) counts.set(opcode, (counts.get(opcode) ?? 0) + 1);
  }

  const property = fc.asyncProperty(anyRecipe(chip, { theme: seed, opcodes }), async (recipe) => {
    if (signal?.aborted === true || performance.now() > until) return;
    // fast-check goes on behind the one that the path names.
    if (path !== undefined && until === Infinity && done.programs + done.unsound > 0) return;
    const made = drawCase(recipe);
    if (until === Infinity) {
      for (const opcode of made.refused) refused.set(opcode, (refused.get(opcode) ?? 0) + 1);
      if (isSound(made)) done.programs++;
      else done.unsound++;
      onProgram?.();
    }
    if (!isSound(made)) return;
    const difference = await differenceOn(made);
    if (difference !== undefined) throw new Error(difference);
  });
  const checked = await fc.check(property, {
    numRuns: programs,
    seed,
    ...(path !== undefined && { path }),
  });
  const [recipe] = checked.counterexample ?? [];
  if (recipe === undefined) return { ...done, counts, refused, disagreement: undefined };
  const made = drawCase(recipe);
  const difference = (await differenceOn(made)) ?? 'nothing, when it was run once more';
  const disagreement = {
    made,
    difference,
    seed: checked.seed,
    path: checked.counterexamplePath?.split(':')[0] ?? '',
  };
  return { ...done, counts, refused, disagreement };
}

/** A Program and its inputs in words. */
export function textOf({ program, inputs }: Pick<Case, 'program' | 'inputs'>): string {
  const codes = Object.entries(inputs).map(
    ([name, list]) => `${name} = ${Array.from(list, (code) => code.toString(16)).join(' ')}`,
  );
  return [printProgram(program), ...codes].join('\n');
}
