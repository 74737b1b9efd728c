/** Options of a call: an object of the fields that the call knows, so that one that is misspelt or misplaced is told. */
import { requireFields, UserError } from '../../numerics';

/** @throws UserError, under the call's name, for what is no object, or has a field that is not among `known`. */
export function optionsOf<T extends object>(op: string, options: T, known: readonly (keyof T & string)[]): T {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new UserError(
      `${op}: options are an object, as ${example(given, known)}; received ${textOf(given)}.`,
    );
  requireFields(op, options, known);
  return options;
}

/** What was probably meant: formats are text, axes are not. */
function example(given: unknown, known: readonly string[]): string {
  const likely = typeof given === 'string' ? 'dtype' : 'axis';
  const field = known.includes(likely) ? likely : (known[0] ?? '');
  return `{ ${field}: ${given === null || given === undefined ? '...' : textOf(given)} }`;
}

/** As messages show what was received. */
export const textOf = (value: unknown): string =>
  typeof value === 'string'
    ? `'${value}'`
    : Array.isArray(value)
      ? `[${value.join(', ')}]`
      : typeof value === 'function'
        ? 'a function'
        : String(value);

/** Fields that many calls know. */
export const RESULT = ['dtype'] as const;
export const REDUCTION = ['axis', 'keepdims', 'dtype'] as const;
/** Of calls whose result has one format. */
export const CHOICE = ['axis', 'keepdims'] as const;
export const AXIS = ['axis', 'dtype'] as const;

/** @throws UserError for what is none of the words. */
export function oneOf<T extends string>(op: string, name: string, value: T, words: readonly T[]): T {
  if (words.includes(value)) return value;
  throw new UserError(`${op}: ${name} is one of ${words.join(', ')}; received ${textOf(value)}.`);
}
