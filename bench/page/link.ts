/**
 * Settings as the fragment of a link, and back: `#dtype=bf16,fp8e4m3&shape=512x512x512&budget=20`. A link comes from a stranger:
 * every value is checked against a closed set or a range, what is refused keeps its default and is named, nothing is evaluated.
 */
import { parseDtype, shortName, UserError } from '../../src/numerics';
import { CHECKS, CHIP_CHOICES, DEFAULTS, LAYOUTS, oneOf, quoted, type BenchSettings } from '../settings';
import { GROUPS } from '../cases';
import { DEVICES } from '../device-names';
import { shortened } from '../report/html/format';

export interface ParsedLink {
  readonly settings: BenchSettings;
  /** What was refused, a sentence each. */
  readonly problems: readonly string[];
}

/** Begins a fragment that holds a kernel, which is no settings of a benchmark: kernel/link.ts reads it. */
export const KERNEL_LINK = 'kernel=';

export function isKernelLink(fragment: string): boolean {
  return fragment.replace(/^#/, '').startsWith(KERNEL_LINK);
}

/** Begins a fragment that says what is timed: time/link.ts reads it. */
export const TIME_LINK = 'time=';

export function isTimeLink(fragment: string): boolean {
  return fragment.replace(/^#/, '').startsWith(TIME_LINK);
}

/** Whether a fragment is another section's than the benchmark's. */
export const isSectionLink = (fragment: string): boolean => isKernelLink(fragment) || isTimeLink(fragment);

/** Characters of a fragment that are read. */
const LONGEST = 20_000;

const LONGEST_PROBLEM = 240;

type Field = keyof BenchSettings;

interface Parameter<Key extends Field> {
  readonly field: Key;
  readonly write: (value: BenchSettings[Key]) => string;
  readonly read: (text: string) => BenchSettings[Key];
}

const parameter = <Key extends Field>(each: Parameter<Key>): Parameter<Key> => each;
const list = (text: string): string[] => text.split(',').filter((part) => part !== '');
const joined = (values: readonly string[]): string => values.join(',');

const PARAMETERS = {
  dtype: parameter({ field: 'dtypes', write: joined, read: list }),
  group: parameter({
    field: 'groups',
    write: joined,
    read: (text) => list(text).map((name) => oneOf('A group', GROUPS, name)),
  }),
  shape: parameter({ field: 'shapes', write: joined, read: list }),
  chip: parameter({ field: 'chip', write: String, read: (text) => oneOf('The chip', CHIP_CHOICES, text) }),
  out: parameter({ field: 'out', write: shortName, read: parseDtype }),
  layout: parameter({
    field: 'layout',
    write: String,
    read: (text) => oneOf('The layout of A', LAYOUTS, text),
  }),
  device: parameter({
    field: 'device',
    write: String,
    read: (text) => oneOf('What multiplies', DEVICES, text),
  }),
  budget: parameter({ field: 'budgetSeconds', write: String, read: (text) => number('The budget', text) }),
  seed: parameter({ field: 'seed', write: String, read: (text) => number('The seed', text) }),
  case: parameter({ field: 'names', write: joined, read: list }),
} as const satisfies Record<string, { field: Field }>;

type Name = keyof typeof PARAMETERS;

/** Without `#`; settings that have their default are left out. */
export function writeLink(settings: BenchSettings): string {
  const parts = Object.keys(PARAMETERS).flatMap((name) => written(name as Name, settings));
  return parts.join('&');
}

/** A fragment, with or without `#`. Never throws. */
export function parseLink(fragment: string): ParsedLink {
  const problems: string[] = [];
  const text = fragment.replace(/^#/, '');
  if (text.length > LONGEST) {
    return {
      settings: DEFAULTS,
      problems: [`The link has ${text.length} characters; at most ${LONGEST} are read. It was not used.`],
    };
  }
  let settings = DEFAULTS;
  const seen = new Set<string>();
  for (const [name, value] of new URLSearchParams(text)) {
    try {
      if (!isName(name)) throw new UserError(`The link has an unknown setting, ${quoted(name)}.`);
      if (seen.has(name)) throw new UserError(`The link gives ${name} twice; the first is used.`);
      seen.add(name);
      settings = { ...settings, ...read(name, value) };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(shortened(error.message, LONGEST_PROBLEM));
    }
  }
  return { settings, problems: [...new Set(problems)] };
}

function written(name: Name, settings: BenchSettings): string[] {
  const { field, write } = PARAMETERS[name] as unknown as Parameter<Field>;
  const text = write(settings[field]);
  return text === write(DEFAULTS[field])
    ? []
    : [`${name}=${encodeURIComponent(text).replaceAll('%2C', ',')}`];
}

function read(name: Name, text: string): Partial<BenchSettings> {
  const { field, read: parse } = PARAMETERS[name] as unknown as Parameter<Field>;
  const check = CHECKS[field] as (value: BenchSettings[Field]) => BenchSettings[Field];
  return { [field]: check(parse(text)) };
}

function isName(name: string): name is Name {
  return Object.hasOwn(PARAMETERS, name);
}

function number(what: string, text: string): number {
  if (!/^\d{1,16}(\.\d{1,6})?$/.test(text))
    throw new UserError(`${what} is a number written in digits; received ${quoted(text)}.`);
  return Number(text);
}
