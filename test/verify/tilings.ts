/** Small tilings for tests: hand-made loop orders, their passes, and the verdict on them without an adapter. */
import { judgeTiling, readTiling, type TilingVerdict, type Wanted } from '../../bench/tiling';
import type { Adapter } from '../../bench/tiling';
import { createWasmMatmul } from '../../src/execute/wasm';
import type { ChipName } from '../../src/chip';
import type { Dtype } from '../../src/numerics';
import {
  expand,
  TILING_FORMAT,
  type LoopNest,
  type LoopStep,
  type Product,
  type TilePass,
} from '../../src/verify/tiling';

const reference = await createWasmMatmul();

/** Three tiles by three by three, ragged at each end. */
export const SHAPE = { m: 20, n: 44, k: 21 } as const;
export const TILE = { m: 8, n: 16, k: 8 } as const;

export function product(chip: ChipName = 'trn2', dtype: Dtype = 'bfloat16', out: Dtype = 'float32'): Product {
  return { ...SHAPE, a: dtype, b: dtype, out, aLayout: 'row-major', chip };
}

const m = { axis: 'm' } as const;
const n = { axis: 'n' } as const;
const k = { axis: 'k' } as const;
const stepped = (axis: LoopStep['axis'], step: number): LoopStep => ({ axis, step });

/** Loop orders that people write, outermost first; each sound. */
export const SOUND = {
  'k innermost': { tile: TILE, loops: [m, n, k] },
  'n outside of m': { tile: TILE, loops: [n, m, k] },
  'K streamed past a block': { tile: TILE, loops: [stepped('m', 16), stepped('n', 32), k, m, n] },
  'K outermost, in groups': { tile: TILE, group: 8, loops: [k, n, m] },
  'blocks of K, summed in SBUF': { tile: TILE, group: 16, loops: [m, stepped('k', 16), n, k] },
  'two banks in turn': { tile: TILE, loops: [m, n, k], banks: [3, 6] },
} as const satisfies Record<string, LoopNest>;

export function passesOf(nest: LoopNest, of: Product = product()): readonly TilePass[] {
  return expand(nest, of);
}

/** A tiling's JSON. */
export function tilingText(fields: object): string {
  return JSON.stringify({ format: TILING_FORMAT, version: 1, ...fields });
}

export interface JudgeOptions {
  readonly wanted?: Wanted;
  readonly adapter?: Adapter;
  readonly budget?: number;
}

export function judge(text: string | undefined, options: JudgeOptions = {}): Promise<TilingVerdict> {
  const { wanted = SHAPE, adapter, budget } = options;
  return judgeTiling({
    tiled: readTiling(text, wanted),
    seed: 1,
    reference,
    adapter: () => Promise.resolve(adapter ?? { leftOut: 'none in this test' }),
    ...(budget !== undefined && { budget }),
  });
}

/** The states of all checks, by name. */
export function statesOf({ checks }: TilingVerdict): Record<string, string> {
  return Object.fromEntries(checks.map(({ name, state }) => [name, state]));
}

/** The states of a right tiling without an adapter. */
export const RAN = {
  coverage: 'right',
  chip: 'right',
  memory: 'right',
  groups: 'right',
  verifier: 'right',
  integers: 'right',
  order: 'right',
  adapter: 'left-out',
};
