/** What a request must satisfy before it is planned: whole extents, formats that the chip has, tiles that its array takes. */
import { doubleRowProblem, dtypeProblem, matmulPairProblem } from '../../chip';
import type { Chip } from '../../chip';
import { requireFields, ROUNDINGS, UserError } from '../../numerics';
import type { Dtype } from '../../numerics';
import { bytesOf } from '../../program';
import type { Extent, MatmulRequest } from './types';

type Partly = Partial<Extent>;

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new UserError(problem);
}

function checkExtents(what: string, extents: Partly): void {
  for (const axis of ['m', 'n', 'k'] as const) {
    const value = extents[axis];
    if (Number.isSafeInteger(value) && Number(value) >= 1) continue;
    if (value === undefined && what !== '') continue;
    throw new UserError(`${what}${axis} must be a whole number of at least 1, received ${shown(value)}.`);
  }
}

/** A value of an untyped caller in a message. */
function shown(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value); // JSON has no NaN, and no bigint
  const json: unknown = JSON.stringify(value);
  return typeof json === 'string' ? json : 'nothing';
}

const CHOICES = {
  rounding: ROUNDINGS,
  saturate: [false, true],
  accumulate: [false, true],
  doubleRow: [false, true],
  aLayout: ['row-major', 'k-major'],
} as const satisfies { readonly [F in keyof MatmulRequest]?: readonly MatmulRequest[F][] };

/** Fields of few values, and the seed: typed callers cannot get them wrong, a page's form or JSON can. */
function checkChoices(request: MatmulRequest): void {
  for (const [field, choices] of Object.entries<readonly unknown[]>(CHOICES)) {
    const value: unknown = request[field as keyof typeof CHOICES];
    if (value === undefined || choices.includes(value)) continue;
    throw new UserError(`${field} must be one of ${choices.join(', ')}, received ${shown(value)}.`);
  }
  const { rounding, seed = 0 } = request;
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new UserError(`seed must be a whole number of 0 to 2^53 - 1, received ${shown(seed)}.`);
  }
  if (seed !== 0 && rounding !== 'stochastic') {
    throw new UserError(
      `seed is for stochastic rounding: received ${seed} with ${rounding ?? 'nearest-even'}. Leave it out, or ask for rounding "stochastic".`,
    );
  }
}

function checkHbm(request: MatmulRequest, out: Dtype, chip: Chip): void {
  const { m, n, k, a, b, accumulate = false, epilogue: { bias, residual } = {} } = request;
  const bytes =
    m * k * bytesOf(a) +
    k * n * bytesOf(b) +
    m * n * bytesOf(out) * (accumulate ? 2 : 1) +
    (bias === undefined ? 0 : n * bytesOf(bias)) +
    (residual === undefined ? 0 : m * n * bytesOf(residual));
  if (bytes <= chip.hbm.bytes) return;
  const gib = (value: number) => Number((value / 2 ** 30).toPrecision(6));
  throw new UserError(
    `A[${m}, ${k}], B[${k}, ${n}] and the output take ${gib(bytes)} GiB, more than the ${gib(chip.hbm.bytes)} GiB of HBM of ${chip.name}: split the product.`,
  );
}

const FIELDS = Object.keys({
  m: true,
  n: true,
  k: true,
  a: true,
  b: true,
  out: true,
  accumulate: true,
  rounding: true,
  saturate: true,
  seed: true,
  epilogue: true,
  aLayout: true,
  chip: true,
  doubleRow: true,
  tile: true,
  block: true,
} satisfies Record<keyof MatmulRequest, true>);

/** @throws UserError for the first thing about shapes or formats that cannot be. */
export function checkRequest(request: MatmulRequest, out: Dtype, chip: Chip): void {
  requireFields('planMatmul', request, FIELDS);
  checkChoices(request);
  checkExtents('', request);
  for (const what of ['tile', 'block'] as const) {
    const extents = request[what] ?? {};
    requireFields(what, extents, ['m', 'n', 'k']);
    checkExtents(`${what}.`, extents);
  }
  refuse(matmulPairProblem(chip, request.a, request.b));
  refuse(dtypeProblem(chip, out));
  checkHbm(request, out, chip);
  for (const axis of ['m', 'n', 'k'] as const) {
    const tile = request.tile?.[axis];
    const block = request.block?.[axis];
    if (tile !== undefined && block !== undefined && block < tile) {
      throw new UserError(
        `block.${axis} must hold at least one tile: received block.${axis} = ${block}, tile.${axis} = ${tile}.`,
      );
    }
  }
}

/** Whether to cut full passes as double-row: demanded, forbidden, or taken wherever it is legal. */
export function wantsDoubleRow({ a, b, doubleRow, tile }: MatmulRequest, chip: Chip): boolean {
  const problem = doubleRowProblem(chip, a, b);
  if (doubleRow === true) {
    refuse(problem);
    if (tile?.k !== undefined && tile.k % 2 === 1) {
      throw new UserError(`A double-row pass takes an even tile.k, received ${tile.k}.`);
    }
    return true;
  }
  return doubleRow !== false && problem === undefined && (tile?.k ?? 2) % 2 === 0;
}

/** The largest tile of the chip, and the user's in its place where one is given. */
export function tileLimits(tile: Partly, doubleRow: boolean, chip: Chip): Extent {
  const { rows, stationary, moving } = chip.matmul;
  const most: Extent = { m: stationary, n: moving, k: doubleRow ? 2 * rows : rows };
  const rule = {
    m: `a pass has at most ${most.m} stationary columns`,
    n: `a pass has at most ${most.n} moving columns on ${chip.name}`,
    k: doubleRow
      ? `a double-row pass has at most 2 x ${rows} rows`
      : `a plain pass has at most ${rows} rows (2 x ${rows} as fp8 double-row, where legal)`,
  };
  for (const axis of ['m', 'n', 'k'] as const) {
    const value = tile[axis];
    if (value !== undefined && value > most[axis]) {
      throw new UserError(`tile.${axis}: ${rule[axis]}, received ${value}.`);
    }
  }
  // One bank of float32 wide by default, also on trn3: a wider tile is legal there, but holds all of PSUM at once and
  // leaves no bank to accumulate in while it is copied out.
  const bank = chip.psum.bankBytes / 4;
  return { m: tile.m ?? most.m, n: tile.n ?? Math.min(most.n, bank), k: tile.k ?? most.k };
}
