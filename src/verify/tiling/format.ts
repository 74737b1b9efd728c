/** The JSON of a tiling (docs/tiling.md): its form is checked here field by field, and a mistake named with its path. */
import { CHIP_NAMES, type ChipName } from '../../chip';
import { DTYPES, parseDtype, UserError, type Dtype } from '../../numerics';
import {
  fieldsOf,
  flag,
  listOf,
  object,
  oneOf,
  optional,
  pairOf,
  positive,
  size,
  wrong,
  type Check,
} from '../../program/check';
import { AXES, type Axis, type Buffers, type Product, type Range, type TilePass } from './types';

export const TILING_FORMAT = 'systole tiling';
export const TILING_VERSION = 1;

export interface LoopStep {
  readonly axis: Axis;
  /** tile's extent along the axis when left out. */
  readonly step?: number;
}

/** A tiling as nested loops. */
export interface LoopNest {
  /** Extents of one pass. */
  readonly tile: Readonly<Record<Axis, number>>;
  /** Outermost first; the innermost along each axis steps by the tile. m, n, k when left out. */
  readonly loops?: readonly LoopStep[];
  /** Indices of K that one accumulation group takes; all of them when left out. */
  readonly group?: number;
  /** First banks, which groups take in turn; all of them when left out. */
  readonly banks?: readonly number[];
  readonly doubleRow?: boolean;
}

/** What the JSON says; what it leaves out, the one who asks says. */
export interface TilingFile extends Partial<LoopNest> {
  readonly format: typeof TILING_FORMAT;
  readonly version: typeof TILING_VERSION;
  readonly shape?: Readonly<Record<Axis, number>>;
  readonly a?: Dtype;
  readonly b?: Dtype;
  readonly out?: Dtype;
  readonly aLayout?: Product['aLayout'];
  readonly chip?: ChipName;
  readonly buffers?: Buffers;
  readonly passes?: readonly TilePass[];
}

const pair = pairOf('[begin, end]');
const range: Check<Range> = (value, where) => {
  const [begin, end] = pair(value, where);
  if (begin >= 0 && begin < end) return [begin, end];
  throw wrong(where, '[begin, end] with 0 <= begin < end', value);
};

function some<T>(item: Check<T>, what: string): Check<readonly T[]> {
  const list = listOf(item);
  return (value, where) => {
    const items = list(value, where);
    if (items.length > 0) return items;
    throw wrong(where, `a list of at least one ${what}`, value);
  };
}

const extents = object<Readonly<Record<Axis, number>>>({ m: positive, n: positive, k: positive });

/** By NKI's name or a short one. */
const dtype: Check<Dtype> = (value, where) => {
  if (typeof value !== 'string') throw wrong(where, `one of ${DTYPES.join(', ')}`, value);
  try {
    return parseDtype(value);
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${where}: ${error.message}`);
    throw error;
  }
};

const version: Check<typeof TILING_VERSION> = (value, where) => {
  if (value === TILING_VERSION) return value;
  throw wrong(where, String(TILING_VERSION), value);
};

const FILE = object<TilingFile>({
  format: oneOf(TILING_FORMAT),
  version,
  shape: optional(extents),
  a: optional(dtype),
  b: optional(dtype),
  out: optional(dtype),
  aLayout: optional(oneOf('row-major', 'k-major')),
  chip: optional(oneOf(...CHIP_NAMES)),
  tile: optional(extents),
  loops: optional(some(object<LoopStep>({ axis: oneOf(...AXES), step: optional(positive) }), 'loop')),
  group: optional(positive),
  banks: optional(some(size, 'bank')),
  doubleRow: optional(flag),
  buffers: optional(object<Buffers>({ a: positive, b: positive, out: positive })),
  passes: optional(
    some(
      object<TilePass>({
        m: range,
        n: range,
        k: range,
        doubleRow: optional(flag),
        bank: size,
        start: flag,
        stop: flag,
      }),
      'pass',
    ),
  ),
});

const LOOP_FIELDS = [
  'tile',
  'loops',
  'group',
  'banks',
  'doubleRow',
] as const satisfies readonly (keyof LoopNest)[];

/** @throws UserError when the JSON value is no tiling, naming the path of the bad field. */
export function tilingFile(json: unknown): TilingFile {
  // A version to come may have other fields: it is looked at first.
  const { version: given } = fieldsOf(json, 'tiling');
  version(given, 'tiling.version');
  const file = FILE(json, 'tiling');
  if (file.passes === undefined) {
    if (file.tile !== undefined) return file;
    throw new UserError('tiling must have either "tile" (with "loops"), or "passes", received neither.');
  }
  const both = LOOP_FIELDS.find((field) => file[field] !== undefined);
  if (both === undefined) return file;
  throw new UserError(
    `tiling.${both} says how passes come from loops, and tiling.passes lists them: give one of the two.`,
  );
}
