/**
 * Random Programs that are legal on a chip and sound (docs/errors.md), with inputs that are hard on arithmetic. A Program is drawn
 * from plain data, stretches of steps with the numbers that their choices are read from, so that fast-check makes it smaller:
 * fewer instructions first, then simpler ones.
 */
import fc from 'fast-check';
import type { ChipName } from '../../src/chip';
import { ISA } from '../../src/isa';
import type { Opcode } from '../../src/program';
import { OPCODES } from '../../src/program';
import { verifyProgram } from '../../src/verify';
import { Choices, CHOICES } from './choices';
import { Draft, type Case } from './draft';
import { ACCUMULATING } from './steps/accumulating';
import { DMA_STEPS } from './steps/dma';
import type { Draw } from './steps/draw';
import { ELEMENTWISE } from './steps/elementwise';
import { GPSIMD_STEPS } from './steps/gpsimd';
import { drawLoop } from './steps/loop';
import { RANDOM_STEPS } from './steps/random';
import { REGISTER_STEPS } from './steps/register';
import { SEARCHING } from './steps/searching';
import { TENSOR_STEPS } from './steps/tensor';
import { Theme } from './theme';

const STEPS: Readonly<Record<Opcode, Draw>> = {
  ...DMA_STEPS,
  ...TENSOR_STEPS,
  ...ELEMENTWISE,
  ...ACCUMULATING,
  ...SEARCHING,
  ...GPSIMD_STEPS,
  ...RANDOM_STEPS,
  ...REGISTER_STEPS,
};

/** What one instruction is drawn from. */
export interface Step {
  readonly opcode: Opcode;
  readonly numbers: readonly number[];
}

/** Steps that follow each other, in loops of so many turns each, the outermost first. */
export interface Stretch {
  readonly turns: readonly number[];
  readonly numbers: readonly number[];
  readonly steps: readonly Step[];
}

export interface Recipe {
  readonly chip: ChipName;
  /** Number of the theme that it keeps to; everything when left out. */
  readonly theme?: number | undefined;
  readonly numbers: readonly number[];
  readonly stretches: readonly Stretch[];
}

/** Numbers that a step draws from; behind them everything is as simple as can be. */
const NUMBERS = 80;
const [MAX_STRETCHES, MAX_STEPS] = [8, 3];
/** Few instructions a Program, so that they meet their own kind, and each other. */
const MAX_PALETTE = 6;
const THEME_OPCODES = 8;

const number = fc.noBias(fc.nat(CHOICES - 1));
const numbersOf = (count: number) => fc.array(number, { minLength: count, maxLength: count });

export interface RecipeOptions {
  readonly theme?: number | undefined;
  /** Those that are drawn; all that the chip has when left out. */
  readonly opcodes?: readonly Opcode[] | undefined;
}

/** The opcodes that a chip has. */
export const opcodesOf = (chip: ChipName): readonly Opcode[] =>
  OPCODES.filter((opcode) => ISA[opcode].chips.includes(chip));

export function anyRecipe(
  chip: ChipName,
  { theme, opcodes = opcodesOf(chip) }: RecipeOptions = {},
): fc.Arbitrary<Recipe> {
  const known = new Theme(theme ?? -1).some(opcodes, THEME_OPCODES);
  const palette = fc.noShrink(fc.array(fc.constantFrom(...known), { minLength: 1, maxLength: MAX_PALETTE }));
  const step = fc.record({ pick: number, numbers: numbersOf(NUMBERS) });
  const turns = fc.oneof(
    { weight: 5, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 }) },
  );
  const stretch = fc.record({
    steps: fc.array(step, { minLength: 1, maxLength: MAX_STEPS, size: 'max' }),
    turns,
    numbers: numbersOf(4),
  });
  const stretches = fc.array(stretch, { minLength: 1, maxLength: MAX_STRETCHES, size: 'max' });
  return fc
    .record({ stretches, palette, numbers: numbersOf(8) })
    .map(({ stretches: all, palette: some, numbers }) => ({
      chip,
      theme,
      numbers,
      stretches: all.map(({ steps, ...rest }) => ({
        ...rest,
        steps: steps.map(({ pick, numbers: own }) => ({
          opcode: new Choices([pick]).of(some),
          numbers: own,
        })),
      })),
    }));
}

/**
 * The Program of a recipe: legal, and sound as a rule. Loops first keep what was before them; where that is not sound in a later
 * turn, each turn starts anew.
 */
export function drawCase(recipe: Recipe): Case {
  const kept = draw(recipe, 'keeps');
  const loops = recipe.stretches.some(({ turns }) => turns.length > 0);
  return loops && !isSound(kept) ? draw(recipe, 'forgets') : kept;
}

export const isSound = ({ program }: Case): boolean => verifyProgram(program).sound;

function draw({ chip, theme = -1, numbers, stretches }: Recipe, loops: 'keeps' | 'forgets'): Case {
  const head = new Choices(numbers);
  const draft = new Draft(chip, new Theme(theme), head);
  for (const { turns, numbers: own, steps } of stretches) {
    const body = () => {
      for (const step of steps) {
        draft.choices = new Choices(step.numbers);
        STEPS[step.opcode](draft);
      }
    };
    draft.choices = new Choices(own);
    drawLoop(draft, { turns, forgets: loops === 'forgets' }, body);
  }
  draft.settleAll();
  draft.choices = head;
  if (head.oneIn(2)) draft.store();
  return draft.case;
}
