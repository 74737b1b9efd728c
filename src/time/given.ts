/** What callers give, who may be untyped: checked where it comes in, so that what is wrong is told and not found half-way. */
import { CHIP_NAMES } from '../chip';
import { UserError } from '../numerics';

/** A value in a message. */
export function shown(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === undefined) return String(value);
  return `a value of type ${typeof value}`;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws UserError for what has not the form of a Program; what is in it the verifier checks. */
export function requireProgram(what: string, value: unknown): void {
  const mend = 'parseProgram, fromJSON, planToProgram and `program` of what trace gives are such';
  if (!isObject(value)) throw new UserError(`${what} takes a Program, received ${shown(value)}: ${mend}.`);
  const { chip, tensors, instructions } = value;
  if (!CHIP_NAMES.some((name) => name === chip)) {
    throw new UserError(
      `${what} takes a Program, whose chip is one of ${CHIP_NAMES.join(', ')}; received one whose chip is ${shown(chip)}: ${mend}.`,
    );
  }
  for (const [name, list] of Object.entries({ tensors, instructions })) {
    if (!Array.isArray(list)) {
      throw new UserError(
        `${what} takes a Program, whose ${name} are a list; received one whose ${name} are ${shown(list)}: ${mend}.`,
      );
    }
    const wrong = list.findIndex((each) => !isObject(each));
    if (wrong < 0) continue;
    throw new UserError(
      `${what} takes a Program, whose ${name} are a list of objects; received ${shown(list[wrong])} as the one of index ${wrong}: ${mend}.`,
    );
  }
}

/** @throws UserError for what timeProgram did not give. */
export function requireTimeline(what: string, value: unknown): void {
  if (isObject(value) && Array.isArray(value.instructions) && value.start instanceof Float64Array) return;
  throw new UserError(`${what} takes the Timeline that timeProgram gives, received ${shown(value)}.`);
}

/** @throws UserError for what is no whole number from `least` to `most`. */
export function requireWhole(what: string, value: unknown, least: number, most: number): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new UserError(
    `${what} must be a whole number from ${numberText(least)} to ${numberText(most)}, received ${shown(value)}.`,
  );
}

const numberText = (value: number): string => value.toLocaleString('en-US');
