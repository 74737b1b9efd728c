/** What `systole time` times: a kernel of the library, a file, or a product M N K, with options of its own; several, to compare them. */
import { Command, CommanderError } from 'commander';
import { CHIP_NAMES, parseChip, type ChipName, type TimingName } from '../chip';
import { planToProgram, type MatmulPlan } from '../lower';
import { parseDtype, shortName, UserError } from '../numerics';
import type { Program } from '../program';
import { requireConstants } from '../time';
import type { TimeOptions } from '../time';
import { libraryTitle, parseSizes } from './library';
import { openNamed } from './named-program';
import { counted, dtypePair, integerFrom, positiveInteger, seconds } from './options';
import { addPlanOptions, planOf, type PlanOptions } from './plan-options';
import { STAGE_PATIENCE_MS } from './progress';

/** Options of what is timed, and how: those that --compare takes too. */
export interface SubjectOptions extends Partial<PlanOptions> {
  readonly size?: Readonly<Record<string, number>>;
  readonly dtype?: string;
  readonly chip?: ChipName;
  readonly kernel?: string;
  readonly schedule?: boolean;
  readonly cores?: number;
  readonly turns?: Readonly<Record<string, number>>;
  readonly set?: Readonly<Partial<Record<TimingName, number>>>;
  readonly budget?: number;
  readonly timeLimit?: number;
}

export interface Subject {
  readonly name: string;
  readonly what: readonly string[];
  readonly options: SubjectOptions;
}

/** Only products have these, and only what has a name these, by the names of the options' values. */
const OF_PLANS: readonly (keyof SubjectOptions)[] = [
  'out',
  'rounding',
  'saturate',
  'tile',
  'block',
  'kMajor',
  'accumulate',
  'doubleRow',
];
const OF_NAMES: readonly (keyof SubjectOptions)[] = ['size', 'kernel', 'timeLimit'];
/** What subjects that are compared have in common, unless they say otherwise. */
const OF_TIMING: readonly (keyof SubjectOptions)[] = ['chip', 'schedule', 'cores', 'set', 'turns', 'budget'];

const OPTIONS = [...OF_PLANS, ...OF_NAMES, ...OF_TIMING, 'dtype'] as const;

/** `name=number`, for options that may be given several times. */
function assignment(option: string, example: string, number: (text: string, name: string) => number) {
  return (text: string, before: Readonly<Record<string, number>> = {}): Readonly<Record<string, number>> => {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw new UserError(`${option} takes name=number, as in ${example}, received "${text}".`);
    }
    if (Object.hasOwn(before, name)) throw new UserError(`${option} gives ${name} twice.`);
    return { ...before, [name]: number(value, name) };
  };
}

const anyNumber = (text: string, name: string): number => {
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new UserError(`--set ${name} takes a number, received "${text}".`);
};

/** @throws UserError for what is no constant, or cannot be its value. */
function parseSet(text: string, before?: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const set = assignment('--set', 'semaphore=200', anyNumber)(text, before);
  requireConstants(set);
  return set;
}

const parseTurns = assignment('--turns', 'loop0=16', (text, name) => integerFrom(0, `--turns ${name}`)(text));

export function addSubjectOptions(command: Command): Command {
  command
    .option('--chip <name>', 'trn1, trn2 or trn3 (default: trn2, or what the kernel is for)', parseChip)
    .option('--size <name=value>', 'of a kernel of the library (repeatable, or with commas)', parseSizes)
    .option('--dtype <format>', 'of the data of a kernel of the library; of a product a[,b], as in bf16')
    .option('--kernel <name>', 'which kernel of a file')
    .option(
      '--schedule',
      'move loads earlier, as far as memory allows, as the vendor’s compiler does (default)',
    )
    .option('--no-schedule', 'time the Program as it is written')
    .option(
      '--cores <count>',
      'cores of the chip that run it at once, and share HBM (default: 1)',
      positiveInteger('--cores'),
    )
    .option(
      '--turns <loop=count>',
      'of a loop whose turns only a run knows (repeatable; default: 1)',
      parseTurns,
    )
    .option('--set <name=value>', 'a constant of the timing model, see --constants (repeatable)', parseSet)
    .option('--budget <count>', 'most instructions that are traced and timed', positiveInteger('--budget'))
    .option(
      '--time-limit <seconds>',
      'for the kernel of a file to return (default: 60)',
      seconds('--time-limit'),
    );
  refuseBoth(command, 'schedule', 'no-schedule');
  return addPlanOptions(command);
}

/** One would silently lose. */
function refuseBoth(command: Command, ...names: readonly string[]): void {
  const said = new Set<string>();
  for (const name of names) {
    command.on(`option:${name}`, () => {
      if (said.add(name).size > 1) throw new UserError(`--${names.join(' and --')} exclude each other.`);
    });
  }
}

/** Those that were given, and not left to their defaults. */
export function givenOptions(command: Command): SubjectOptions {
  const all = command.opts<SubjectOptions>();
  const given = OPTIONS.filter((name) => command.getOptionValueSource(name) === 'cli');
  return Object.fromEntries(given.map((name) => [name, all[name]]));
}

/** Words as a shell parts them, as far as quotes go. */
const wordsOf = (text: string): string[] =>
  [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );

/**
 * What --compare says: `WHAT [options]`, timed as the first where it says nothing else; or options alone, which make another of
 * the first.
 *
 * @throws UserError for a text that is neither.
 */
export function comparedSubject(text: string, first: Subject): Subject {
  const command = addSubjectOptions(new Command('--compare'))
    .argument('[what...]')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  try {
    command.parse(wordsOf(text), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new UserError(`--compare "${text}": ${error.message.replace(/^error: /, '').replace('\n', ' ')}.`);
  }
  const own = givenOptions(command);
  if (command.args.length === 0) {
    if (Object.keys(own).length === 0) {
      throw new UserError(
        '--compare takes what to compare with, as in "softmax --dtype bf16" or "--no-schedule".',
      );
    }
    return { name: `${first.name} ${text.trim()}`, what: first.what, options: { ...first.options, ...own } };
  }
  const common = Object.fromEntries(
    Object.entries(first.options).filter(([name]) => OF_TIMING.some((each) => each === name)),
  );
  return { name: text.trim(), what: command.args, options: { ...common, ...own } };
}

/** `trn1,trn3`, each once. */
export function parseChips(text: string): readonly ChipName[] {
  const chips = text.split(',').map((name) => parseChip(name.trim()));
  if (new Set(chips).size !== chips.length) {
    throw new UserError(`--chips takes each of ${CHIP_NAMES.join(', ')} once, received "${text}".`);
  }
  return chips;
}

export interface OpenedSubject {
  readonly name: string;
  /** A line that says what it is. */
  readonly title: string;
  readonly program: Program;
  readonly options: TimeOptions;
  readonly scheduled: boolean;
}

/** @throws UserError for what is no kernel, Program or product, and for options that it has no use for. */
export async function openSubject({ name, what, options }: Subject): Promise<OpenedSubject> {
  const { schedule = true, cores, turns, set, budget } = options;
  const timing: TimeOptions = {
    schedule,
    ...(cores !== undefined && { cores }),
    ...(turns && { turns }),
    ...(set && { timing: set }),
    ...(budget !== undefined && { budget }),
  };
  const numbers = isProduct(what);
  requireUsed(
    name,
    options,
    numbers ? OF_NAMES : OF_PLANS,
    numbers ? 'a product M N K' : 'a kernel or a Program',
  );
  const opened = await (numbers ? openProduct(what, options) : openKernelOrProgram(what, options));
  return { name, ...opened, options: timing, scheduled: schedule };
}

/** Numbers, or what was meant for them: a second word in another form would be an input, which has a name. */
const isProduct = (what: readonly string[]): boolean =>
  what.every((word) => /^\d+$/.test(word))
    ? what.length > 0
    : what.length > 1 && what.every((word) => /^[-+]?\.?\d[^=/]*$/.test(word));

function requireUsed(
  name: string,
  options: SubjectOptions,
  idle: readonly (keyof SubjectOptions)[],
  kind: string,
): void {
  const given = idle.filter((each) => options[each] !== undefined).map(flagOf);
  if (given.length === 0) return;
  throw new UserError(`${name} is ${kind}, which has no use for ${given.join(', ')}: leave it out.`);
}

const flagOf = (name: string): string =>
  `${name === 'doubleRow' ? '--no-' : '--'}${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

type Opened = Pick<OpenedSubject, 'title' | 'program'>;

async function openKernelOrProgram(
  [what, ...inputs]: readonly string[],
  { dtype, timeLimit = 60, ...options }: SubjectOptions,
): Promise<Opened> {
  if (what === undefined || what.trim() === '') {
    throw new UserError(
      'time takes a kernel of the library (`systole run --list` tells them), a kernel file, a Program, or a product M N K.',
    );
  }
  const { size, chip, kernel, budget } = options;
  const { library, program } = await openNamed(what, inputs, {
    ...(size && { size }),
    ...(chip && { chip }),
    ...(kernel !== undefined && { kernel }),
    ...(budget !== undefined && { budget }),
    ...(dtype !== undefined && { dtype: parseDtype(dtype) }),
    timeLimit,
    tellAfterMs: STAGE_PATIENCE_MS,
    seed: undefined,
  });
  return { program, title: library === undefined ? `${what} on ${program.chip}` : libraryTitle(library) };
}

function openProduct(
  texts: readonly string[],
  { dtype = 'bf16', chip = 'trn2', doubleRow = true, ...options }: SubjectOptions,
): Opened {
  const numbers = texts.map((text, index) => positiveInteger('MNK'[index] ?? 'M N K')(text));
  const [m, n, k] = numbers;
  if (m === undefined || n === undefined || k === undefined || numbers.length > 3) {
    throw new UserError(
      `A product is three numbers, M N K, as in 1024 1024 1024; received ${counted(numbers.length, 'number')}: ${texts.join(' ')}.`,
    );
  }
  const plan = planOf({ m, n, k }, { ...options, dtype: dtypePair(dtype), chip, doubleRow });
  return { title: planTitle(plan), program: planToProgram(plan) };
}

function planTitle({ m, n, k, a, b, out, chip, tile, block, aLayout }: MatmulPlan): string {
  const extents = ({ m: rows, n: columns, k: depth }: MatmulPlan['tile']): string =>
    `${rows} x ${columns} x ${depth}`;
  const formats = `${shortName(a)} x ${shortName(b)} to ${shortName(out)}`;
  return `out[${m}, ${n}] = A[${m}, ${k}] B[${k}, ${n}] on ${chip}: ${formats}, A ${aLayout}, tiles of ${extents(tile)}, blocks of ${extents(block)}`;
}
