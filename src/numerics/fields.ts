/** Options of untyped callers: a field that nothing reads is a mistake, told by name. */
import { nearestName } from './nearest';
import { UserError } from './errors';

/** @throws UserError when `value` is no object, or has a field that is not among `known`. */
export function requireFields(what: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null) {
    throw new UserError(`${what} takes an object of options; received ${String(value)}.`);
  }
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, known);
  const meant = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  throw new UserError(`${what} has no option "${unknown}": it takes ${known.join(', ')}.${meant}`);
}
