/** The constants of a chip with some of them replaced, as far as they can be those of a chip. */
import {
  TIMING_CONSTANTS,
  TIMINGS,
  type ChipName,
  type Timing,
  type TimingConstant,
  type TimingName,
} from '../chip';
import { requireFields, UserError } from '../numerics';
import { shown } from './given';

interface Range {
  readonly least: number;
  readonly most: number;
  readonly whole?: boolean;
}

/** Far beyond any chip: what is outside is a slip of the hand, and would be added up to what no double holds. */
const RANGES = {
  cycles: { least: 0, most: 1e6 },
  ns: { least: 0, most: 1e9 },
  'B/ns': { least: 1e-3, most: 1e6 },
  times: { least: 1e-3, most: 1e3 },
  stacks: { least: 1, most: 64, whole: true },
} as const satisfies Record<TimingConstant['unit'], Range>;

const NAMES = Object.keys(TIMING_CONSTANTS) as readonly TimingName[];

/** @throws UserError for what is no constant, and for values that are none on any chip. */
export function requireConstants(given: unknown): asserts given is Partial<Timing> {
  requireFields('timing', given, NAMES);
  for (const [name, value] of Object.entries(given as Readonly<Record<TimingName, unknown>>)) {
    if (value === undefined) continue;
    const { unit } = TIMING_CONSTANTS[name as TimingName];
    const { least, most, whole = false }: Range = RANGES[unit];
    const fits = typeof value === 'number' && value >= least && value <= most;
    if (fits && (!whole || Number.isInteger(value))) continue;
    throw new UserError(
      `${name} must be a ${whole ? 'whole ' : ''}number of ${unit} from ${least} to ${most}, received ${shown(value)}.`,
    );
  }
}

/** @throws UserError for names that are none, and values that are none, alone or together. */
export function timingOf(chip: ChipName, given: unknown = {}): Timing {
  requireConstants(given);
  const timing = { ...TIMINGS[chip], ...defined(given) };
  const { dmaSustained, dmaPeak } = timing;
  if (dmaSustained <= dmaPeak) return timing;
  const whose = (name: TimingName): string => (given[name] === undefined ? ` of ${chip}` : '');
  throw new UserError(
    `dmaSustained${whose('dmaSustained')} is ${dmaSustained} B/ns, above dmaPeak${whose('dmaPeak')}, ${dmaPeak}: no engine sustains more than its peak. Set both.`,
  );
}

/** Without what is given as undefined, which is as if it were left out. */
function defined(given: Partial<Timing>): Partial<Timing> {
  return Object.fromEntries(Object.entries<unknown>(given).filter(([, value]) => value !== undefined));
}
