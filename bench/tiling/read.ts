/** From what the user hands in to what is judged: our plan where nothing is given, a plan's JSON, or a tiling's (docs/tiling.md). */
import {
  tiledByHand,
  tiledPlan,
  planFromJSON,
  planMatmul,
  type MatmulPlan,
  type Tiled,
} from '../../src/lower';
import { UserError } from '../../src/numerics';
import { excerpt } from '../../src/program/excerpt';
import {
  expand,
  refuseTooMany,
  TILING_FORMAT,
  tilingFile,
  type Product,
  type TilingFile,
} from '../../src/verify/tiling';
import { parsedJSON } from './json-text';

/** What was asked for beside the JSON; what is left out is the JSON's, or the default. */
export type Wanted = Partial<Product>;

type Field = keyof Product;

const DEFAULTS = {
  a: 'bfloat16',
  b: 'bfloat16',
  out: 'float32',
  aLayout: 'row-major',
  chip: 'trn2',
} as const satisfies Partial<Product>;

/** @throws UserError for JSON that is neither, naming the path of the bad field, and where it contradicts what was asked for. */
export function readTiling(text: string | undefined, wanted: Wanted): Tiled {
  const tiled =
    text === undefined ? tiledPlan(ourPlan(wanted)) : fromJSON(parsedJSON(text, 'The tiling'), wanted);
  const { m, n, k } = tiled.product;
  const elements = m * k + k * n + m * n;
  if (elements <= MAX_ELEMENTS) return tiled;
  throw new UserError(
    `A, B and the output have ${elements} elements, more than the ${MAX_ELEMENTS} that are held here: check a smaller product of a few blocks; a tiling repeats.`,
  );
}

/** Operands and result are made in full, also where only a sample of the tiles is run. */
const MAX_ELEMENTS = 2 ** 28;

function fromJSON(json: unknown, wanted: Wanted): Tiled {
  if (isTiling(json)) return byHand(tilingFile(json), wanted);
  const plan = planFromJSON(json);
  for (const field of PRODUCT_FIELDS) agree('plan', field, plan[field], wanted[field]);
  return tiledPlan(plan);
}

/** The plan that systole makes itself. */
export function ourPlan(wanted: Wanted): MatmulPlan {
  return planMatmul(completed(wanted));
}

/** A list of the most passes that are checked has less than 16 MiB. */
export const MOST_BYTES = 64 * 2 ** 20;

/** Tilings by their format, plans by the order of their loops; what looks like something else is told so. */
function isTiling(json: unknown): boolean {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new UserError(NEITHER);
  const format = 'format' in json ? json.format : undefined;
  if (format === TILING_FORMAT) return true;
  if (format === undefined && 'loopOrder' in json) return false;
  const guess = LOOKS.find(({ has }) => has in json)?.is;
  const looks = guess === undefined ? '' : ` It looks like ${guess}.`;
  throw new UserError(
    `tiling.format must be "${TILING_FORMAT}", received ${excerpt(format)}.${looks} ${NEITHER}`,
  );
}

const NEITHER = `A tiling is a JSON object with "format": "${TILING_FORMAT}" (docs/tiling.md), or a plan as \`systole plan --json\` prints it.`;

/** Fields that tell other files. */
const LOOKS = [
  { has: 'instructions', is: 'a Program, which `systole verify` checks' },
  { has: 'results', is: 'a report of the benchmark' },
  { has: 'checks', is: 'a verdict of `systole check`' },
  { has: 'tile', is: 'a tiling without its format, or a plan without its loopOrder' },
  { has: 'passes', is: 'a tiling without its format' },
] as const;

const PRODUCT_FIELDS = [
  'm',
  'n',
  'k',
  'a',
  'b',
  'out',
  'aLayout',
  'chip',
] as const satisfies readonly Field[];

function byHand(file: TilingFile, wanted: Wanted): Tiled {
  const { shape, buffers = { a: 2, b: 2, out: 2 }, passes } = file;
  const said: Wanted = { ...shape, ...given(file) };
  const agreed = PRODUCT_FIELDS.flatMap((field) => {
    const value = agree('tiling', field, said[field], wanted[field]);
    return value === undefined ? [] : [[field, value] as const];
  });
  const product = completed(Object.fromEntries(agreed));
  if (passes !== undefined) {
    refuseTooMany(passes.length);
    return tiledByHand({ product, buffers, passes });
  }
  const { tile, loops, group, banks, doubleRow } = file;
  if (tile === undefined) throw new Error('Invariant violation: a tiling without tile and without passes');
  const nest = {
    tile,
    ...(loops && { loops }),
    ...(group !== undefined && { group }),
    ...(banks && { banks }),
    ...(doubleRow !== undefined && { doubleRow }),
  };
  return tiledByHand({ product, buffers, passes: expand(nest, product) });
}

function given({ a, b, out, aLayout, chip }: TilingFile): Wanted {
  return {
    ...(a && { a }),
    ...(b && { b }),
    ...(out && { out }),
    ...(aLayout && { aLayout }),
    ...(chip && { chip }),
  };
}

/** One of the two, or both where they are the same. */
function agree<T>(what: string, field: Field, said: T | undefined, asked: T | undefined): T | undefined {
  if (said === undefined || asked === undefined || said === asked) return said ?? asked;
  const path =
    what === 'tiling' && ['m', 'n', 'k'].includes(field) ? `tiling.shape.${field}` : `${what}.${field}`;
  throw new UserError(
    `${path} is ${String(said)}, and ${String(asked)} was asked for: change one of the two.`,
  );
}

function completed(wanted: Wanted): Product {
  const { m, n, k } = wanted;
  if (m === undefined || n === undefined || k === undefined)
    throw new UserError('The product needs m, n and k: give them, or a tiling with "shape".');
  return { ...DEFAULTS, ...wanted, m, n, k };
}
