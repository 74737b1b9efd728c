/** Faults seeded into a sound tiling of three by three tiles, each with where it must be found. */
import type { TilePass } from '../../src/verify/tiling';
import { passesOf, SOUND } from './tilings';

/** Passes of tile (row, column) of the grid of three by three: three along K. */
export const at = (row: number, column: number, k: number): number => (3 * row + column) * 3 + k;
export const BASE = passesOf(SOUND['k innermost']);

/** The passes of BASE, one of them changed. */
const changed = (index: number, change: Partial<TilePass>): TilePass[] =>
  BASE.map((pass, other) => (other === index ? { ...pass, ...change } : pass));
const bankOf = (index: number): number => BASE[index]?.bank ?? NaN;
export interface Fault {
  readonly passes: readonly TilePass[];
  /** In the grid of tiles, as the fault leaves it. */
  readonly tile: readonly [row: number, column: number];
  readonly wrong: readonly string[];
  readonly pass?: number;
  readonly mark?: string;
}

export const FAULTS: Readonly<Record<string, Fault>> = {
  'a dropped tile': {
    passes: BASE.filter((_, index) => index < at(1, 1, 0) || index > at(1, 1, 2)),
    tile: [1, 1],
    wrong: ['coverage', 'integers', 'order'],
    mark: 'missing',
  },
  'a dropped pass': {
    passes: BASE.filter((_, index) => index !== at(1, 1, 1)),
    tile: [1, 1],
    wrong: ['coverage', 'integers', 'order'],
    mark: 'missing',
  },
  'a doubled pass': {
    passes: BASE.flatMap((pass, index) => (index === at(1, 2, 1) ? [pass, pass] : [pass])),
    tile: [1, 2],
    wrong: ['coverage', 'integers', 'order'],
    pass: at(1, 2, 2),
    mark: 'doubled',
  },
  'a wrong bank': {
    passes: changed(at(1, 1, 1), { bank: bankOf(at(1, 1, 1)) - 1 }),
    tile: [1, 1],
    wrong: ['groups'],
    pass: at(1, 1, 1),
  },
  'a missing start': {
    passes: changed(at(2, 2, 0), { start: false }),
    tile: [2, 2],
    wrong: ['groups'],
    pass: at(2, 2, 0),
  },
  'a missing start of the first tile': {
    passes: changed(at(0, 0, 0), { start: false }),
    tile: [0, 0],
    wrong: ['groups', 'verifier', 'integers', 'order'],
    pass: at(0, 0, 0),
  },
  'a restart': {
    passes: changed(at(1, 0, 1), { start: true }),
    tile: [1, 0],
    wrong: ['groups', 'integers', 'order'],
    pass: at(1, 0, 1),
  },
  'an early stop': {
    passes: changed(at(2, 0, 1), { stop: true }).map((pass, index) =>
      index === at(2, 0, 2) ? { ...pass, stop: false } : pass,
    ),
    tile: [2, 0],
    wrong: ['groups', 'integers', 'order'],
    pass: at(2, 0, 2),
  },
  'a stop too many': {
    passes: changed(at(2, 0, 1), { stop: true }),
    tile: [2, 0],
    wrong: ['groups', 'integers', 'order'],
    pass: at(2, 0, 2),
  },
  'no stop': {
    passes: changed(at(0, 2, 2), { stop: false }),
    tile: [0, 2],
    wrong: ['groups', 'integers', 'order'],
    pass: at(0, 2, 2),
  },
  'interleaved groups in one bank': {
    // The second tile's first pass comes between those of the first tile, in its bank.
    passes: BASE.flatMap((pass, index): TilePass[] => {
      if (index === at(0, 1, 0)) return [];
      return index === 0 ? [pass, { ...pass, n: [16, 32] }] : [pass];
    }),
    tile: [0, 0],
    wrong: ['groups', 'integers', 'order'],
    pass: 2,
  },
  'an end of M one too far': {
    passes: changed(at(0, 0, 0), { m: [0, 9] }),
    tile: [0, 0],
    wrong: ['coverage', 'groups'],
  },
  'an end of N one short': {
    passes: BASE.map((pass, index) =>
      index >= at(1, 1, 0) && index <= at(1, 1, 2) ? { ...pass, n: [16, 31] } : pass,
    ),
    tile: [1, 2],
    wrong: ['coverage'],
    mark: 'missing',
  },
  'an end of K one short': {
    passes: changed(at(1, 1, 0), { k: [0, 7] }),
    tile: [1, 1],
    wrong: ['coverage', 'integers', 'order'],
    mark: 'missing',
  },
  'a K that overlaps': {
    passes: changed(at(1, 1, 1), { k: [7, 15] }),
    tile: [1, 1],
    wrong: ['coverage', 'integers', 'order'],
  },
  'outside of the product': {
    passes: changed(at(2, 2, 2), { m: [16, 24] }),
    tile: [2, 2],
    wrong: ['coverage'],
    pass: at(2, 2, 2),
    mark: 'outside',
  },
  'outside of K only': {
    passes: changed(at(1, 0, 2), { k: [16, 22] }),
    tile: [1, 0],
    wrong: ['coverage'],
    pass: at(1, 0, 2),
    mark: 'outside',
  },
  'all of it outside': {
    passes: [...BASE, { m: [24, 30], n: [0, 16], k: [0, 21], bank: 0, start: true, stop: true }],
    tile: [2, 0],
    wrong: ['coverage'],
    pass: BASE.length,
    mark: 'outside',
  },
  'a bank that is not there': {
    passes: changed(at(1, 1, 0), { bank: 8 }),
    tile: [1, 1],
    wrong: ['chip'],
    pass: at(1, 1, 0),
    mark: 'illegal',
  },
  'two tiles taken from the same rows': {
    passes: BASE.map((pass, index) =>
      index >= at(2, 1, 0) && index <= at(2, 1, 2) ? { ...pass, m: [0, 4] } : pass,
    ),
    tile: [0, 1],
    wrong: ['coverage'],
    mark: 'doubled',
  },
  'too many rows for the array': {
    passes: [{ m: [0, 20], n: [0, 44], k: [0, 21], bank: 9, start: true, stop: true }],
    tile: [0, 0],
    wrong: ['chip'],
    pass: 0,
    mark: 'illegal',
  },
};
