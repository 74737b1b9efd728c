/**
 * The settings of a run that the page offers, as plain data. Whatever its origin, a form, a link or a command line, it passes
 * `checkSettings` before it is used.
 */
import { CHIPS, type ChipName } from '../src/chip';
import { NUMERIC_DTYPES, parseDtype, UserError, type Dtype } from '../src/numerics';
import type { ALayout } from '../src/lower';
import { DEVICES, type DeviceName } from './device-names';
import { DTYPE_PAIRS, GROUPS, pairName, parsePair, type CaseFilter, type Group } from './cases';

export interface BenchSettings {
  /** Pairs by their short names, `bf16` or `fp8e4m3xfp8e5m2`. */
  readonly dtypes: readonly string[];
  readonly groups: readonly Group[];
  /** Own shapes, `MxNxK`. */
  readonly shapes: readonly string[];
  /** `auto` is trn2, or trn3 where trn2 lacks the format. */
  readonly chip: ChipName | 'auto';
  readonly out: Dtype;
  readonly layout: ALayout;
  /** What multiplies. */
  readonly device: DeviceName;
  readonly budgetSeconds: number;
  readonly seed: number;
  /** Only these cases; all when empty. */
  readonly names: readonly string[];
}

export const DEFAULTS: BenchSettings = {
  dtypes: DTYPE_PAIRS.map(([a, b]) => pairName(a, b)),
  groups: GROUPS,
  shapes: [],
  chip: 'auto',
  out: 'float32',
  layout: 'row-major',
  device: 'webgpu',
  budgetSeconds: 60,
  seed: 1,
  names: [],
};

/** What a run may be asked for at most: beyond it, a link could keep a stranger's GPU busy for hours. */
export const LIMITS = {
  extent: 65_536,
  /** Elements of one operand or of the result: 1 GiB of float32. */
  elements: 2 ** 28,
  shapes: 32,
  names: 500,
  budgetSeconds: { least: 1, most: 3600 },
  seed: Number.MAX_SAFE_INTEGER,
} as const;

type Checks = { readonly [Key in keyof BenchSettings]: (value: BenchSettings[Key]) => BenchSettings[Key] };

/** Each gives the value in its normal form. @throws UserError that says what is required and what was received. */
export const CHECKS: Checks = {
  dtypes: (values) => unique(values.map((text) => pairName(...parsePair(text)))),
  groups: (values) => unique(values.map((value) => oneOf('A group', GROUPS, value))),
  shapes: (values) => atMost('shapes', LIMITS.shapes, unique(values.map(checkShape))),
  chip: (value) => oneOf('The chip', CHIP_CHOICES, value),
  out: (value) => oneOf('The output format', NUMERIC_DTYPES, parseDtype(value)),
  layout: (value) => oneOf('The layout of A', LAYOUTS, value),
  device: (value) => oneOf('What multiplies', DEVICES, value),
  budgetSeconds: (value) => {
    const { least, most } = LIMITS.budgetSeconds;
    if (value >= least && value <= most) return value;
    throw new UserError(`The budget is ${least} to ${most} seconds; received ${value}.`);
  },
  seed: (value) => {
    if (Number.isInteger(value) && value >= 0 && value <= LIMITS.seed) return value;
    throw new UserError(`The seed is an integer of 0 to 2^53 - 1; received ${value}.`);
  },
  names: (values) => atMost('case names', LIMITS.names, unique(values)),
};

export const CHIP_CHOICES: readonly (ChipName | 'auto')[] = ['auto', ...(Object.keys(CHIPS) as ChipName[])];
export const LAYOUTS: readonly ALayout[] = ['row-major', 'k-major'];

/** @throws UserError for the first setting that cannot be. */
export function checkSettings(settings: BenchSettings): BenchSettings {
  const { dtypes, groups, shapes, chip, out, layout, device, budgetSeconds, seed, names } = settings;
  return {
    dtypes: CHECKS.dtypes(dtypes),
    groups: CHECKS.groups(groups),
    shapes: CHECKS.shapes(shapes),
    chip: CHECKS.chip(chip),
    out: CHECKS.out(out),
    layout: CHECKS.layout(layout),
    device: CHECKS.device(device),
    budgetSeconds: CHECKS.budgetSeconds(budgetSeconds),
    seed: CHECKS.seed(seed),
    names: CHECKS.names(names),
  };
}

export function filterOf({ dtypes, groups, shapes, chip, out, layout, names }: BenchSettings): CaseFilter {
  if (dtypes.length === 0) throw new UserError('No format is chosen: take at least one.');
  // Of all formats, those that a chip lacks are left out with the reason; one that was chosen among them is refused.
  const all =
    dtypes.length === DEFAULTS.dtypes.length && DEFAULTS.dtypes.every((each) => dtypes.includes(each));
  return {
    groups,
    shapes,
    ...(!all && { dtypes }),
    ...(chip !== 'auto' && { chip }),
    ...(out !== 'float32' && { out }),
    ...(layout !== 'row-major' && { aLayout: layout }),
    ...(names.length > 0 && { names }),
  };
}

/** `MxNxK` within the limits. */
function checkShape(text: string): string {
  const [m = 0, n = 0, k = 0, ...more] = /^[\dx]{1,40}$/.test(text) ? text.split('x').map(Number) : [];
  const extents = [m, n, k];
  if (more.length > 0 || extents.some((extent) => !(extent >= 1 && extent <= LIMITS.extent))) {
    throw new UserError(
      `A shape is MxNxK, three integers of 1 to ${LIMITS.extent}, as in 128x768x2304; received ${quoted(text)}.`,
    );
  }
  if (Math.max(m * k, k * n, m * n) > LIMITS.elements) {
    throw new UserError(
      `Operands and result may have ${LIMITS.elements} elements each; ${text} has one of ${Math.max(m * k, k * n, m * n)}.`,
    );
  }
  return extents.join('x');
}

/** @throws UserError that names the choices. */
export function oneOf<T extends string>(what: string, choices: readonly T[], value: string): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined)
    throw new UserError(`${what} is one of ${choices.join(', ')}; received ${quoted(value)}.`);
  return found;
}

function atMost<T>(what: string, most: number, values: readonly T[]): readonly T[] {
  if (values.length > most) throw new UserError(`At most ${most} ${what}; received ${values.length}.`);
  return values;
}

/** A stranger's text, short enough for a message. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

const unique = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];
