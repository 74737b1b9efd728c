/**
 * Reading data that somebody else wrote: a check gives the value back with its type, or throws, naming the place, what was
 * required and what was received. Checks are values, so that the form of an instruction is data (forms/).
 */
import { UserError } from '../numerics';

/** Returns the value as what it must be, or throws, naming the place. */
export type Check<T> = (value: unknown, where: string) => T;

/** What a check gives. */
export type Checked<C> = C extends Check<infer T> ? T : never;

export function wrong(where: string, required: string, value: unknown): UserError {
  const received = typeof value === 'number' ? String(value) : (JSON.stringify(value) as string | undefined);
  return new UserError(`${where} must be ${required}, received ${(received ?? 'nothing').slice(0, 60)}.`);
}

export const text: Check<string> = (value, where) => {
  if (typeof value === 'string') return value;
  throw wrong(where, 'a string', value);
};

export const integer: Check<number> = (value, where) => {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw wrong(where, 'a whole number', value);
};

export const size: Check<number> = (value, where) => {
  const number = integer(value, where);
  if (number >= 0) return number;
  throw wrong(where, 'a whole number of at least 0', value);
};

/** A float32 constant. JSON has no infinities and no NaN: they are the strings "inf", "-inf" and "nan". */
export const number: Check<number> = (value, where) => {
  if (typeof value === 'number') return value;
  const named = NAMED_NUMBERS.get(value);
  if (named !== undefined) return named;
  throw wrong(where, 'a number, "inf", "-inf" or "nan"', value);
};
const NAMED_NUMBERS: ReadonlyMap<unknown, number> = new Map([
  ['inf', Infinity],
  ['-inf', -Infinity],
  ['nan', NaN],
]);

/** What JSON can hold in the place of a number. */
export function numberToJSON(value: number): number | string {
  if (Number.isNaN(value)) return 'nan';
  return Number.isFinite(value) ? value : value > 0 ? 'inf' : '-inf';
}

export const flag: Check<boolean> = (value, where) => {
  if (typeof value === 'boolean') return value;
  throw wrong(where, 'true or false', value);
};

export function oneOf<const T extends string>(...choices: readonly T[]): Check<T> {
  return (value, where) => {
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw wrong(where, `one of ${choices.join(', ')}`, value);
  };
}

export function listOf<T>(item: Check<T>): Check<readonly T[]> {
  return (value, where) => {
    if (!Array.isArray(value)) throw wrong(where, 'a list', value);
    return value.map((entry, index) => item(entry, `${where}[${index}]`));
  };
}

/** Two whole numbers. */
export function pairOf(what: string): Check<readonly [number, number]> {
  return (value, where) => {
    const [first, second, ...rest] = listOf(integer)(value, where);
    if (first !== undefined && second !== undefined && rest.length === 0) return [first, second];
    throw wrong(where, what, value);
  };
}

export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value, where) => (value === undefined ? undefined : check(value, where));
}

export function fieldsOf(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(where, 'an object', value);
  }
  return value as Readonly<Record<string, unknown>>;
}

/** An object with these fields and no others; a field that is absent is left out. */
export function object<T>(checks: { readonly [F in keyof T]-?: Check<T[F] | undefined> }): Check<T> {
  const known = Object.entries<Check<unknown>>(checks);
  return (value, where) => {
    const fields = fieldsOf(value, where);
    const unknown = Object.keys(fields).find((name) => !Object.hasOwn(checks, name));
    if (unknown !== undefined) throw new UserError(`${where} has no field "${unknown}".`);
    const checked = known.map(([name, check]) => [name, check(fields[name], `${where}.${name}`)] as const);
    return Object.fromEntries(checked.filter(([, field]) => field !== undefined)) as T;
  };
}

/** An object whose form depends on one of its fields. */
export function tagged<T>(tag: string, forms: Readonly<Record<string, Check<T>>>): Check<T> {
  return (value, where) => {
    const name = fieldsOf(value, where)[tag];
    if (typeof name === 'string' && Object.hasOwn(forms, name)) {
      const form = forms[name];
      if (form !== undefined) return form(value, where);
    }
    throw wrong(`${where}.${tag}`, `one of ${Object.keys(forms).join(', ')}`, name);
  };
}
