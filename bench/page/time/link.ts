/**
 * What is timed as the fragment of a link, and back: `#time=softmax&rows=4096&columns=4096&dtype=bf16&chip=trn2`. A link comes from a
 * stranger: every value is checked against a closed set or the limits of its size, and reading one times nothing.
 */
import { CHIP_NAMES } from '../../../src/chip';
import { parseDtype, shortName, UserError } from '../../../src/numerics';
import { shortened } from '../../report/html/format';
import { oneOf, quoted } from '../../settings';
import { TIME_LINK } from '../link';
import { choiceOf, draftFor, PROGRAM, readTimeDraft, SUBJECTS, type TimeDraft } from './settings';

/** Characters of a fragment that are read. */
const LONGEST = 2000;

/** Without `#`. @throws UserError for a Program, which a link does not hold. */
export function writeTimeLink(draft: TimeDraft): string {
  const { subject, sizes, dtype, chip, schedule, cores } = draft;
  if (subject === PROGRAM) {
    throw new UserError('A link does not hold a Program: share the kernel that made it, or its file.');
  }
  const parts = Object.keys(choiceOf(subject).sizes).map((name): [string, string] => [
    name,
    (sizes[name] ?? '').trim(),
  ]);
  const query = new URLSearchParams([...parts, ['dtype', shortName(dtype)], ['chip', chip]]);
  if (!schedule) query.append('schedule', 'off');
  if (cores.trim() !== '1') query.append('cores', cores.trim());
  return `${TIME_LINK}${subject}&${query.toString()}`;
}

/** A fragment without `#`. @throws UserError for what cannot be timed. */
export function readTimeLink(fragment: string): TimeDraft {
  if (fragment.length > LONGEST) {
    throw new UserError(
      `The link has ${fragment.length} characters; at most ${LONGEST} are read. It was not used.`,
    );
  }
  const given = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(fragment)) {
    if (given.has(name)) throw refused(`it gives ${quoted(name)} twice.`);
    given.set(name, value);
  }
  const name = TIME_LINK.slice(0, -1);
  const subjects = SUBJECTS.filter((each) => each !== PROGRAM);
  const subject = attempt(() => oneOf('What is timed', subjects, given.get(name) ?? ''));
  given.delete(name);
  let draft = draftFor(subject);
  for (const [field, value] of given) draft = attempt(() => ({ ...draft, ...read(draft, field, value) }));
  const [problem] = Object.entries(readTimeDraft(draft).problems);
  if (problem !== undefined) throw refused(`${problem[0]}: ${problem[1]}`);
  return draft;
}

function read(draft: TimeDraft, field: string, value: string): Partial<TimeDraft> {
  if (Object.hasOwn(draft.sizes, field)) return { sizes: { ...draft.sizes, [field]: value } };
  switch (field) {
    case 'dtype':
      return { dtype: parseDtype(value) };
    case 'chip':
      return { chip: oneOf('The chip', CHIP_NAMES, value) };
    case 'schedule':
      return { schedule: oneOf('schedule', ['on', 'off'], value) === 'on' };
    case 'cores':
      return { cores: value };
    default:
      throw new UserError(`it has an unknown setting, ${quoted(field)}.`);
  }
}

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw refused(error.message);
  }
}

const refused = (why: string): UserError =>
  new UserError(`This link does not say what to time: ${shortened(why, 240)}`);
