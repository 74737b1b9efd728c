/** Names in a Program: of tensors, instructions, loops and registers. Text holds them bare, so that few characters are allowed. */
import { UserError } from '../numerics';
import { checkOf } from './check';

/** What a name is, in words. */
export const NAME_RULE =
  '1 to 200 letters, digits, "_", "." and "-", the first a letter or "_" (and none of true, false, program, hbm, sbuf, psum)';

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,199}$/;
/** Words of the text. */
const TAKEN: ReadonlySet<string> = new Set(['true', 'false', 'program', 'hbm', 'sbuf', 'psum']);

export const name = checkOf(NAME_RULE, (value) =>
  typeof value === 'string' && NAME.test(value) && !TAKEN.has(value) ? value : undefined,
);

/** Names that must differ, and the place of each. */
export class Distinct {
  readonly #places = new Map<string, string>();

  /** `called` is what a later message calls the place. @throws UserError when the name was claimed before. */
  claim(claimed: string, where: string, called = where): void {
    const first = this.#places.get(claimed);
    if (first !== undefined) {
      throw new UserError(`${where} must differ from ${first}, received "${claimed}".`);
    }
    this.#places.set(claimed, called);
  }
}

/** @throws UserError for what is no name. */
export function requireName(what: string, value: string): void {
  name(value, `The name of ${what}`);
}
