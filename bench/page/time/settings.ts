/** The form of what is timed as the user leaves it, and the request that it stands for: what is wrong is said per field. */
import { CHIPS, type ChipName } from '../../../src/chip';
import type { LibraryKernel, Size } from '../../../src/kernels/entry';
import { LIBRARY } from '../../../src/kernels/library';
import type { Dtype } from '../../../src/numerics';
import type { Subject, TimeRequest } from './protocol';

/** Subjects that are no kernels of the library. */
export const MATMUL = 'matmul-by-our-plan';
export const PROGRAM = 'program';

export const SUBJECTS: readonly string[] = [MATMUL, ...LIBRARY.map(({ name }) => name), PROGRAM];

export interface TimeDraft {
  /** One of SUBJECTS. */
  readonly subject: string;
  /** Text of the sizes of the subject, by name. */
  readonly sizes: Readonly<Record<string, string>>;
  readonly dtype: Dtype;
  readonly chip: ChipName;
  readonly schedule: boolean;
  readonly cores: string;
  /** Of a Program's loops whose turns only a run knows: `loop0=16, loop1=4`. */
  readonly turns: string;
}

/** A Program that stands ready to be timed. */
export interface GivenProgram {
  readonly name: string;
  readonly text: string;
}

export interface TimeReading {
  /** Null where a field has a problem. */
  readonly request: TimeRequest | null;
  /** By the size, or `subject`, `dtype`, `chip`, `cores`, `turns`. */
  readonly problems: Readonly<Record<string, string>>;
}

const extent = (summary: string, value: number): Size => ({
  summary,
  of: 'inputs',
  default: value,
  least: 1,
  most: 65_536,
});

const EXTENTS = {
  m: extent('rows of A and of the output', 1024),
  n: extent('columns of B and of the output', 1024),
  k: extent('columns of A, rows of B', 1024),
} as const;

const MATMUL_DTYPES = CHIPS.trn3.matmul.dtypes;
/** Passes of a product: beyond them planning and timing take longer than anyone waits. */
const MOST_PASSES = 250_000;

interface Choice {
  readonly sizes: Readonly<Record<string, Size>>;
  readonly dtypes: readonly Dtype[];
  readonly chips: readonly ChipName[];
}

const BY_NAME: ReadonlyMap<string, LibraryKernel> = new Map(LIBRARY.map((entry) => [entry.name, entry]));

/** What there is to choose of a subject; of a Program nothing. */
export function choiceOf(subject: string): Choice {
  const entry = BY_NAME.get(subject);
  if (entry !== undefined) return entry;
  if (subject === MATMUL) return { sizes: EXTENTS, dtypes: MATMUL_DTYPES, chips: ['trn1', 'trn2', 'trn3'] };
  return { sizes: {}, dtypes: [], chips: [] };
}

/** What a subject is called, and in a line what it is. */
export function subjectWords(subject: string): string {
  if (subject === MATMUL) return 'M × N × K by our plan, A K-major';
  if (subject === PROGRAM) return 'a Program, of the kernel editor or a file';
  return `${subject}: ${BY_NAME.get(subject)?.summary ?? ''}`;
}

/** The defaults of a subject; its format and chip are those before where it has them. */
export function draftFor(subject: string, before?: TimeDraft): TimeDraft {
  const { sizes, dtypes, chips } = choiceOf(subject);
  const [first = 'bfloat16'] = dtypes;
  const preferred = before?.dtype ?? 'bfloat16';
  const chip = before?.chip ?? 'trn2';
  return {
    subject,
    sizes: Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, String(size.default)])),
    dtype: dtypes.includes(preferred) ? preferred : first,
    chip:
      chips.length === 0 || chips.includes(chip)
        ? chip
        : (chips.find((each) => each === 'trn2') ?? chips[0] ?? 'trn2'),
    schedule: before?.schedule ?? true,
    cores: before?.cores ?? '1',
    turns: before?.turns ?? '',
  };
}

export const FIRST: TimeDraft = draftFor(MATMUL);

/** The request of a draft; `program` is what PROGRAM stands for. */
export function readTimeDraft(draft: TimeDraft, program?: GivenProgram): TimeReading {
  const problems: Record<string, string> = {};
  const { sizes: wanted, dtypes, chips } = choiceOf(draft.subject);
  const sizes: Record<string, number> = {};
  for (const [name, size] of Object.entries(wanted)) {
    const value = numberIn(draft.sizes[name] ?? '', size);
    if (value === undefined) problems[name] = sizeProblem(size);
    else sizes[name] = value;
  }
  // A Program's chip is known once it is read: then its worker refuses more cores than it has.
  const most = Math.max(
    ...(chips.length === 0 ? Object.values(CHIPS).map(({ cores }) => cores) : [CHIPS[draft.chip].cores]),
  );
  const cores = numberIn(draft.cores, { least: 1, most });
  if (cores === undefined) problems.cores = `A whole number of 1 to ${most}, the cores of the chip.`;
  if (chips.length > 0 && !chips.includes(draft.chip)) problems.chip = `It is for ${chips.join(', ')}.`;
  else if (dtypes.length > 0 && !dtypes.includes(draft.dtype))
    problems.dtype = `It takes ${dtypes.join(', ')}.`;
  if (draft.subject === PROGRAM && program === undefined) {
    problems.subject = 'Choose a file, or press “Time it” in the section “Write a kernel”.';
  }
  const turns = draft.subject === PROGRAM ? turnsIn(draft.turns) : {};
  if (turns === undefined) problems.turns = 'Loops and whole numbers, as in loop0=16, loop1=4.';
  if (draft.subject === MATMUL) Object.assign(problems, matmulProblems(draft, sizes));
  const subject = subjectOf(draft, sizes, program);
  if (Object.keys(problems).length > 0 || cores === undefined || subject === undefined) {
    return { request: null, problems };
  }
  return {
    request: { subject, chip: draft.chip, schedule: draft.schedule, cores, turns: turns ?? {} },
    problems,
  };
}

function subjectOf(
  { subject, dtype }: TimeDraft,
  sizes: Readonly<Record<string, number>>,
  program: GivenProgram | undefined,
): Subject | undefined {
  if (subject === PROGRAM) return program && { kind: 'program', ...program };
  if (subject !== MATMUL) return { kind: 'kernel', name: subject, sizes, dtype };
  const { m, n, k } = sizes;
  return m === undefined || n === undefined || k === undefined
    ? undefined
    : { kind: 'matmul', m, n, k, dtype };
}

function matmulProblems(
  { chip, dtype }: TimeDraft,
  { m = 1, n = 1, k = 1 }: Readonly<Record<string, number>>,
): Record<string, string> {
  const { rows, stationary, moving, dtypes } = CHIPS[chip].matmul;
  if (!dtypes.includes(dtype)) return { dtype: `${chip} does not multiply it; it has ${dtypes.join(', ')}.` };
  const passes = Math.ceil(m / stationary) * Math.ceil(n / moving) * Math.ceil(k / rows);
  if (passes <= MOST_PASSES) return {};
  const words = passes.toLocaleString('en-US');
  return {
    k: `M × N × K make ${words} passes, more than the ${MOST_PASSES.toLocaleString('en-US')} that the page times: use \`systole time\`.`,
  };
}

/** By the ids of loops; undefined where the text is none. Which loops there are only the Program says. */
function turnsIn(text: string): Record<string, number> | undefined {
  const turns = new Map<string, number>();
  for (const part of text.split(/[\s,]+/).filter((each) => each !== '')) {
    const [, loop, count] = /^([\w$.-]{1,100})=(\d{1,9})$/.exec(part) ?? [];
    if (loop === undefined || turns.has(loop)) return undefined;
    turns.set(loop, Number(count));
  }
  return Object.fromEntries(turns);
}

function numberIn(
  text: string,
  { least, most, step = 1 }: Pick<Size, 'least' | 'most' | 'step'>,
): number | undefined {
  if (!/^\d{1,15}$/.test(text.trim())) return undefined;
  const value = Number(text);
  return value >= least && value <= most && value % step === 0 ? value : undefined;
}

function sizeProblem({ least, most, step = 1 }: Size): string {
  return `A whole number of ${least} to ${most}${step === 1 ? '' : `, a multiple of ${step}`}.`;
}
