/**
 * The orders in which somebody may have added the K products of an output, as data: which product comes when, where a running sum
 * is set aside, and how the sums that were set aside are added. docs/identify.md lists the families.
 */
import { planMatmul } from '../../src/lower';

export const ORDER_KINDS = [
  'systolic',
  'double-row',
  'untiled',
  'blocked',
  'balanced',
  'reloaded',
  'lanes',
  'vectors',
  'pairwise',
  'descending',
] as const;
export type OrderKind = (typeof ORDER_KINDS)[number];

/**
 * How sums become one: each added to a total in turn, neighbours in pairs, or the far half onto the near half, again and again or once
 * before one of the others; `pairwise` cuts at the middle.
 */
export type Combine = 'ascending' | 'adjacent' | 'halves' | 'half-ascending' | 'half-adjacent' | 'pairwise';

export interface Order {
  readonly kind: OrderKind;
  /** Products to a block, or sums kept side by side; 0 where the kind has no such number. */
  readonly size: number;
  /** `balanced`: what the last blocks are a multiple of. `vectors`: lanes of one vector. */
  readonly part?: number;
  readonly combine?: Combine;
}

/** Products index[0], index[1], .. are added in chains; the chains of a block are combined, and the blocks added in turn. */
export interface Schedule {
  readonly index: Int32Array;
  /** Where each chain ends, in `index`. */
  readonly chains: Int32Array;
  /** Where each block ends, in `chains`. */
  readonly blocks: Int32Array;
  /** Chains of a block that are first added to one another at this distance; 0 for none. */
  readonly vector: number;
  readonly combine: Combine;
  /** A block starts from the total, not from +0. */
  readonly reload: boolean;
}

interface Family {
  readonly title: (order: Order) => string;
  /** One sentence: whose order this is in practice. */
  readonly meaning: string;
  readonly schedule: (k: number, order: Order) => Schedule;
}

const COMBINED = {
  ascending: 'in turn',
  adjacent: 'by neighbours',
  halves: 'by halves',
  'half-ascending': 'by halves once and then in turn',
  'half-adjacent': 'by halves once and then by neighbours',
  pairwise: 'by pairs',
} as const satisfies Record<Combine, string>;

export const ORDERS = {
  systolic: {
    title: () => '128-row passes',
    meaning:
      'The systolic order of one NeuronCore: 128 products to a pass, each pass summed from zero, passes added in turn.',
    schedule: (k) => blocked(ascending(k), ends(k, 128)),
  },
  'double-row': {
    title: () => 'double-row passes of 256',
    meaning: 'The systolic order with two rows of fp8 to a partition, whose products are added in turn.',
    schedule: (k) => doubleRow(k),
  },
  untiled: {
    title: () => 'untiled order',
    meaning: 'One sum, k ascending: what a plain loop does, and many GPU kernels without split K.',
    schedule: (k) => blocked(ascending(k), [k]),
  },
  blocked: {
    title: ({ size }) => `K in blocks of ${size}`,
    meaning:
      'Each block summed from zero and then added to the output: what cache-blocked CPU libraries and split-K GPU kernels do.',
    schedule: (k, { size }) => blocked(ascending(k), ends(k, size)),
  },
  balanced: {
    title: ({ size, part = 1 }) =>
      `K in blocks of ${size}, the last two equal${part > 1 ? ` (to a multiple of ${part})` : ''}`,
    meaning:
      'The cut of OpenBLAS: full blocks, and what is left between one and two blocks is halved; each block is summed from zero.',
    schedule: (k, { size, part = 1 }) => blocked(ascending(k), balancedEnds(k, size, part)),
  },
  reloaded: {
    title: ({ size }) => `output stored and loaded again every ${size} products`,
    meaning: 'One running sum that passes through the narrow output between blocks of K.',
    schedule: (k, { size }) => ({ ...blocked(ascending(k), ends(k, size)), reload: true }),
  },
  lanes: {
    title: ({ size, combine = 'ascending' }) => `${size} strided sums, added ${COMBINED[combine]}`,
    meaning:
      'Lane l takes k = l, l + lanes, ..: a SIMD dot product, or a workgroup of a GPU that shares one output.',
    schedule: (k, { size, combine = 'ascending' }) => strided(k, size, 0, combine),
  },
  vectors: {
    title: ({ size, part = 1, combine = 'ascending' }) =>
      `${size / part} vectors of ${part} strided sums, lanes added ${COMBINED[combine]}`,
    meaning: 'An unrolled SIMD dot product: vectors are added first, then the lanes of the one that is left.',
    schedule: (k, { size, part = 1, combine = 'ascending' }) => strided(k, size, part, combine),
  },
  pairwise: {
    title: ({ combine = 'pairwise' }) => `pairwise order (${COMBINED[combine]})`,
    meaning: 'Products added in a tree: what accurate summation and reduction shaders do.',
    schedule: (k, { combine = 'pairwise' }) => ({
      index: ascending(k),
      chains: Int32Array.from({ length: k }, (_, each) => each + 1),
      blocks: Int32Array.of(k),
      vector: 0,
      combine,
      reload: false,
    }),
  },
  descending: {
    title: () => 'descending order',
    meaning: 'One sum, k descending: a loop that counts down.',
    schedule: (k) => blocked(ascending(k).slice().reverse(), [k]),
  },
} as const satisfies Record<OrderKind, Family>;

export function orderTitle(order: Order): string {
  return ORDERS[order.kind].title(order);
}

export function scheduleOf(k: number, order: Order): Schedule {
  return ORDERS[order.kind].schedule(k, order);
}

/** The ways to add so many sums that differ. */
function trees(count: number): readonly Combine[] {
  if (count === 2) return ['ascending'];
  const three: readonly Combine[] = ['ascending', 'adjacent', 'halves'];
  return count === 4 ? three : [...three, 'half-adjacent', 'half-ascending'];
}

/** Orders that people are likely to use, the likeliest first; none twice for this K. */
export function commonOrders(k: number, doubleRowLegal: boolean): readonly Order[] {
  const sizes = [
    16, 32, 64, 256, 384, 512, 1024, 8, 4, 2, 96, 192, 240, 320, 448, 640, 768, 2048, 4096, 8192,
  ];
  const lanes = [4, 8, 16, 2, 32, 64];
  const vectors = [16, 32, 64, 128].flatMap((size) => [4, 8, 16].map((part) => ({ size, part })));
  return [
    ...(doubleRowLegal && k > 2 ? [{ kind: 'double-row', size: 256 } as const] : []),
    ...(k > 128 ? [{ kind: 'systolic', size: 128 } as const] : []),
    { kind: 'untiled', size: 0 } as const,
    ...sizes.filter((size) => size < k - 1).map((size) => ({ kind: 'blocked', size }) as const),
    ...lanes
      .filter((size) => size < k)
      .flatMap((size) => trees(size).map((combine) => ({ kind: 'lanes', size, combine }) as const)),
    ...vectors
      .filter(({ size, part }) => size < k && size > part)
      .flatMap((each) => trees(each.part).map((combine) => ({ kind: 'vectors', ...each, combine }) as const))
      // Two vectors are strided sums by halves once, and then as the lanes are.
      .filter(({ size, part, combine }) => size > 2 * part || combine.startsWith('half-')),
    ...(k > 2
      ? (['pairwise', 'adjacent', 'halves'] as const).map(
          (combine) => ({ kind: 'pairwise', size: 0, combine }) as const,
        )
      : []),
    ...(k > 2 ? [{ kind: 'descending', size: 0 } as const] : []),
  ];
}

/** Products that the search through block sizes may add for one output: beyond it only every second, fourth, .. size is tried. */
const SEARCH = 2 ** 24;

/** Every other size of a block, and OpenBLAS's cuts, whose blocks are multiples of 16. A last block of one product is the chain going on. */
export function searchedOrders(k: number): readonly Order[] {
  let step = 1;
  while ((k / step) * k > SEARCH) step *= 2;
  const common = new Set(commonOrders(k, false).map(({ kind, size }) => `${kind} ${size}`));
  const sizes = Array.from({ length: Math.max(0, Math.ceil(k / step) - 1) }, (_, each) => (each + 1) * step);
  const blocks = sizes
    .filter((size) => size > 1 && size !== 128 && size < k - 1 && !common.has(`blocked ${size}`))
    .map((size): Order => ({ kind: 'blocked', size }));
  const seen = new Set<string>();
  const balanced = Array.from({ length: 127 }, (_, each) => 16 * (each + 2))
    .filter((size) => k > 2 * size)
    .flatMap((size) => [1, 4, 8, 16].map((part): Order => ({ kind: 'balanced', size, part })))
    .filter(({ size, part = 1 }) => {
      const cut = balancedEnds(k, size, part).slice(-3).join();
      if (cut === ends(k, size).slice(-3).join() || seen.has(`${size} ${cut}`)) return false;
      seen.add(`${size} ${cut}`);
      return true;
    });
  return [...balanced, ...blocks];
}

/** Blocks between which a narrow output may be stored. */
export function reloadedOrders(k: number): readonly Order[] {
  return [16, 32, 64, 128, 256, 512, 1024, 2048]
    .filter((size) => size < k)
    .map((size) => ({ kind: 'reloaded', size }));
}

let counted = new Int32Array(0);

/** 0, 1, .. k - 1; the same array for every order of one product. */
function ascending(k: number): Int32Array {
  if (counted.length !== k) counted = Int32Array.from({ length: k }, (_, each) => each);
  return counted;
}

function ends(k: number, size: number): number[] {
  return Array.from({ length: Math.ceil(k / size) }, (_, each) => Math.min(k, (each + 1) * size));
}

/** OpenBLAS, driver/level3/level3.c: what remains between one block and two is halved, to a multiple of the register tile. */
function balancedEnds(k: number, size: number, part: number): number[] {
  const cut: number[] = [];
  for (let at = 0; at < k;) {
    const left = k - at;
    if (left >= 2 * size) at += size;
    else if (left > size) at += Math.ceil(Math.floor(left / 2) / part) * part;
    else at = k;
    cut.push(at);
  }
  return cut;
}

/** One chain to a block. */
function blocked(index: Int32Array, chainEnds: readonly number[]): Schedule {
  return {
    index,
    chains: Int32Array.from(chainEnds),
    blocks: Int32Array.from(chainEnds, (_, each) => each + 1),
    vector: 0,
    combine: 'ascending',
    reload: false,
  };
}

function strided(k: number, lanes: number, vector: number, combine: Combine): Schedule {
  const index = new Int32Array(k);
  const chains = new Int32Array(lanes);
  let at = 0;
  for (let lane = 0; lane < lanes; lane++) {
    for (let each = lane; each < k; each += lanes) index[at++] = each;
    chains[lane] = at;
  }
  return { index, chains, blocks: Int32Array.of(lanes), vector, combine, reload: false };
}

/** As planMatmul cuts K for two fp8 operands on trn2. */
function doubleRow(k: number): Schedule {
  const { passes } = planMatmul({ m: 1, n: 1, k, a: 'float8_e5m2', b: 'float8_e5m2', chip: 'trn2' });
  const index = new Int32Array(k);
  const cut: number[] = [];
  let at = 0;
  for (const { k0, rows, interleave } of passes) {
    for (let row = 0; row < rows; row++)
      for (let lane = 0; lane < interleave; lane++) index[at++] = k0 + lane * rows + row;
    cut.push(at);
  }
  return blocked(index, cut);
}
