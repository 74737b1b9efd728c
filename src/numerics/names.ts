/** The names by which a person may call a format: NKI's own, and the short ones of the command line. */
import { DTYPES, type Dtype } from './dtypes';
import { UserError } from './errors';
import { nearestName } from './nearest';

/** The short name comes first; the others are accepted too. Compared after `plain`, so `fp` may be `f` or `float`. */
const ALIASES = {
  float32: ['fp32', 'float'],
  tfloat32: ['tf32'],
  bfloat16: ['bf16'],
  float16: ['fp16', 'half'],
  float8_e4m3: ['fp8e4m3', 'e4m3'],
  float8_e4m3fn: ['fp8e4m3fn', 'e4m3fn'],
  float8_e5m2: ['fp8e5m2', 'e5m2'],
  float8_e3m4: ['fp8e3m4', 'e3m4'],
  float8_e8m0fnu: ['e8m0', 'e8m0fnu', 'fp8e8m0'],
  float4_e2m1fn: ['fp4', 'e2m1', 'fp4e2m1', 'e2m1fn'],
  int8: ['int8', 'i8'],
  uint8: ['uint8', 'u8'],
  int16: ['int16', 'i16'],
  uint16: ['uint16', 'u16'],
  int32: ['int32', 'i32'],
  uint32: ['uint32', 'u32'],
  float8_e5m2_x4: ['fp8e5m2x4', 'e5m2x4'],
  float8_e4m3fn_x4: ['fp8e4m3fnx4', 'e4m3fnx4'],
  float4_e2m1fn_x4: ['fp4x4', 'e2m1x4', 'fp4e2m1x4', 'e2m1fnx4'],
} as const satisfies Record<Dtype, readonly [string, ...string[]]>;

/** The names in that table, as they are written there; `parseDtype` takes other spellings of them too. */
export type ShortName = (typeof ALIASES)[Dtype][number];

/** Case and separators do not count. */
function squeezed(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, '');
}

/** Nor does the spelling of "float". */
function plain(name: string): string {
  return squeezed(name).replace(/^(float|fp)(?=\d)/, 'f');
}

const NAMES = DTYPES.flatMap((dtype) =>
  [dtype, ...ALIASES[dtype]].map((name): [string, Dtype] => [name, dtype]),
);
const BY_NAME = new Map(NAMES.map(([name, dtype]) => [plain(name), dtype]));

/** Of an unknown name, in a message. */
const SHOWN = 40;

/** The short name used at the command line and in tables, e.g. `bf16` for bfloat16. */
export function shortName(dtype: Dtype): string {
  return ALIASES[dtype][0];
}

/** The format whose name is nearest. */
function nearest(wanted: string): Dtype | undefined {
  const known = new Map([...NAMES.map(([name, dtype]) => [squeezed(name), dtype] as const), ...BY_NAME]);
  const found = nearestName(wanted, known.keys());
  return found === undefined ? undefined : known.get(found);
}

/**
 * The format that `name` calls: an NKI name or a short alias, in either case, with or without separators.
 * Throws UserError, naming all that are known, and the one that was probably meant, when there is none.
 */
export function parseDtype(name: string): Dtype {
  const wanted = plain(name);
  const found = BY_NAME.get(wanted);
  if (found !== undefined) return found;
  const meant = name.length > SHOWN ? undefined : nearest(wanted);
  const guess = meant === undefined ? '' : ` Did you mean ${shortName(meant)}?`;
  const shown = JSON.stringify(name.length > SHOWN ? `${name.slice(0, SHOWN)}…` : name);
  throw new UserError(`Unknown number format ${shown}.${guess} Known: ${DTYPES.map(shortName).join(', ')}.`);
}
