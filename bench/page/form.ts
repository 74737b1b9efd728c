/** The fields of the form as the user leaves them, and the settings that they stand for: what is wrong is said per field. */
import { CHIPS, dtypeProblem } from '../../src/chip';
import { UserError } from '../../src/numerics';
import { selectCases } from '../cases';
import { shortened } from '../report/html/format';
import { CHECKS, checkSettings, DEFAULTS, filterOf, LIMITS, quoted, type BenchSettings } from '../settings';

/** Numbers and shapes are text until they are read. */
export interface Draft extends Omit<BenchSettings, 'shapes' | 'budgetSeconds' | 'seed'> {
  readonly shapes: string;
  readonly budgetSeconds: string;
  readonly seed: string;
}

export type Field = keyof BenchSettings;
export type Problems = Readonly<Partial<Record<Field, string>>>;

export interface Reading {
  /** Null where a field has a problem. */
  readonly settings: BenchSettings | null;
  readonly problems: Problems;
  /** Cases that the settings select; 0 where they cannot be read. */
  readonly cases: number;
}

export function draftOf(settings: BenchSettings): Draft {
  const { shapes, budgetSeconds, seed } = settings;
  return {
    ...settings,
    shapes: shapes.join(', '),
    budgetSeconds: String(budgetSeconds),
    seed: String(seed),
  };
}

/** Characters of a problem: what it echoes may be a stranger's, of any length. */
const LONGEST = 240;

type Readers = { readonly [Key in Field]: (draft: Draft) => BenchSettings[Key] };

const READ: Readers = {
  dtypes: ({ dtypes }) => some('Choose at least one format.', CHECKS.dtypes(dtypes)),
  groups: ({ groups, shapes }) =>
    shapes.trim() === '' ? some('Choose at least one group, or give a shape of your own.', groups) : groups,
  shapes: ({ shapes }) => CHECKS.shapes(shapesOf(shapes)),
  chip: ({ chip }) => CHECKS.chip(chip),
  out: ({ out, chip }) => {
    const problem = chip === 'auto' ? undefined : dtypeProblem(CHIPS[chip], out);
    if (problem !== undefined) throw new UserError(problem);
    return CHECKS.out(out);
  },
  layout: ({ layout }) => CHECKS.layout(layout),
  device: ({ device }) => CHECKS.device(device),
  budgetSeconds: ({ budgetSeconds }) =>
    CHECKS.budgetSeconds(
      numberOf(
        `The budget is ${LIMITS.budgetSeconds.least} to ${LIMITS.budgetSeconds.most} seconds`,
        budgetSeconds,
      ),
    ),
  seed: ({ seed }) => CHECKS.seed(numberOf('The seed is an integer of 0 to 2^53 - 1', seed)),
  names: ({ names }) => CHECKS.names(names),
};

export function readDraft(draft: Draft): Reading {
  const problems: Partial<Record<Field, string>> = {};
  const attempt = <T>(field: Field, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems[field] = shortened(error.message, LONGEST);
      return undefined;
    }
  };
  const values = (Object.keys(READ) as Field[]).map((field) => [
    field,
    attempt(field, () => READ[field](draft)),
  ]);
  if (Object.keys(problems).length > 0) return { settings: null, problems, cases: 0 };
  const settings = checkSettings({ ...DEFAULTS, ...Object.fromEntries(values) } as BenchSettings);
  // What remains is that the chip refuses a format, or that no case has the names that a link gives.
  const field = settings.names.length > 0 ? 'names' : 'chip';
  const selected = attempt(field, () => selectCases(filterOf(settings)));
  return selected
    ? { settings, problems, cases: selected.cases.length }
    : { settings: null, problems, cases: 0 };
}

/** `512 × 512 x 512; 1X4096X4096` is what people paste. */
function shapesOf(text: string): string[] {
  return text
    .trim()
    .replaceAll(/\s*[x×*]\s*/gi, 'x')
    .split(/[\s,;]+/)
    .filter((shape) => shape !== '');
}

/** @throws UserError that gives what was typed. */
function numberOf(required: string, text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isNaN(value)) throw new UserError(`${required}; received ${quoted(text)}.`);
  return value;
}

function some<T>(message: string, values: readonly T[]): readonly T[] {
  if (values.length === 0) throw new UserError(message);
  return values;
}
