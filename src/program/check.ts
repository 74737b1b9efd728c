/**
 * Reading data that somebody else wrote: a check gives the value back with its type, or throws, naming the place, what was
 * required and what was received. Checks are values, so that the form of an instruction is data (forms/).
 */
import { nearestName, UserError } from '../numerics';
import { excerpt } from './excerpt';

/** Returns the value as what it must be, or throws, naming the place. */
export interface Check<T> {
  (value: unknown, where: string): T;
  /** What it asks for, in words. */
  readonly required?: string;
  /** The value as JSON and text can hold it, where they cannot hold it as it is. */
  readonly encode?: (value: unknown) => unknown;
}

export function wrong(where: string, required: string, value: unknown, meant?: string): UserError {
  const guess = meant === undefined ? '' : `; the nearest is ${meant}`;
  return new UserError(`${where} must be ${required}, received ${excerpt(value)}${guess}.`);
}

/** The place of a field. Places of a text end with a colon: "line 3: sources". */
function within(where: string, field: string): string {
  return where.endsWith(':') ? `${where} ${field}` : `${where}.${field}`;
}

/** A check of a value by itself: `read` gives it, or undefined when it is not what is required. */
export function checkOf<T>(required: string, read: (value: unknown) => T | undefined): Check<T> {
  const check = (value: unknown, where: string): T => {
    const found = read(value);
    if (found !== undefined) return found;
    throw wrong(where, required, value);
  };
  return Object.assign(check, { required });
}

const isWhole = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value);

export const text = checkOf('a string', (value) => (typeof value === 'string' ? value : undefined));

/** Adding 0 takes the sign from a zero, which whole numbers have none of. */
export const integer = checkOf('a whole number', (value) => (isWhole(value) ? value + 0 : undefined));

const atLeast = (least: number) =>
  checkOf(`a whole number of at least ${least}`, (value) =>
    isWhole(value) && value >= least ? value + 0 : undefined,
  );

export const size = atLeast(0);
export const positive = atLeast(1);

/** What JSON has no numbers for, and the zero whose sign it drops. */
const NAMED_NUMBERS: ReadonlyMap<unknown, number> = new Map([
  ['inf', Infinity],
  ['-inf', -Infinity],
  ['nan', NaN],
  ['-0', -0],
]);

function encodeNumber(value: unknown): unknown {
  for (const [word, named] of NAMED_NUMBERS) if (Object.is(value, named)) return word;
  return value;
}

/** A float32 constant. */
export const number: Check<number> = Object.assign(
  checkOf('a number, "inf", "-inf" or "nan"', (value) =>
    typeof value === 'number' ? value : NAMED_NUMBERS.get(value),
  ),
  { encode: encodeNumber },
);

export const flag = checkOf('true or false', (value) => (typeof value === 'boolean' ? value : undefined));

/** Of more words than these the one that was probably meant is told. */
const FEW = 8;

export function oneOf<const T extends string>(...choices: readonly T[]): Check<T> {
  const required = `one of ${choices.join(', ')}`;
  const check = (value: unknown, where: string): T => {
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    const many = typeof value === 'string' && choices.length > FEW;
    throw wrong(where, required, value, many ? nearestName(value, choices) : undefined);
  };
  return Object.assign(check, { required });
}

export function listOf<T>(item: Check<T>): Check<readonly T[]> {
  const check = (value: unknown, where: string) => {
    if (!Array.isArray(value)) throw wrong(where, 'a list', value);
    return value.map((entry, index) => item(entry, `${where}[${index}]`));
  };
  const required = item.required === undefined ? 'a list' : `a list, each ${item.required}`;
  const { encode } = item;
  return encode === undefined
    ? Object.assign(check, { required })
    : Object.assign(check, { required, encode: (list: unknown) => itemsOf(list).map(encode) });
}

/** What a list holds; nothing where it is none. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

type Pair = readonly [number, number];

/** Two whole numbers, of which `legal` holds. */
export function pairOf(what: string, legal: (pair: Pair) => boolean = () => true): Check<Pair> {
  return checkOf(what, (value) => {
    const [first, second, ...rest] = itemsOf(value);
    if (!isWhole(first) || !isWhole(second) || rest.length > 0) return undefined;
    const pair: Pair = [first + 0, second + 0];
    return legal(pair) ? pair : undefined;
  });
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
    for (const name in fields) {
      if (!Object.hasOwn(checks, name)) throw new UserError(`${where} has no field ${excerpt(name)}.`);
    }
    const checked: Record<string, unknown> = {};
    for (const [name, check] of known) {
      const field = check(fields[name], within(where, name));
      if (field !== undefined) checked[name] = field;
    }
    return checked as T;
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
    throw wrong(within(where, tag), `one of ${Object.keys(forms).join(', ')}`, name);
  };
}
