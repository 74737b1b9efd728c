/** Random matmul requests that are legal: small shapes, and tiles small enough to need several of everything. */
import fc from 'fast-check';
import { CHIPS, CHIP_NAMES, matmulPairProblem } from '../../src/chip';
import type { MatmulRequest } from '../../src/lower';

const CASES = CHIP_NAMES.flatMap((chip) =>
  CHIPS[chip].matmul.dtypes.flatMap((a) =>
    CHIPS[chip].matmul.dtypes
      .filter((b) => matmulPairProblem(CHIPS[chip], a, b) === undefined)
      .map((b) => ({ chip, a, b })),
  ),
);

/** Shapes up to `most` a side, tiles up to `tileMost`. `block.m` x `block.n` are at most 2 x 4 tiles, which is all of PSUM. */
export function anyRequest(most: number, tileMost = most): fc.Arbitrary<MatmulRequest> {
  const extent = fc.integer({ min: 1, max: most });
  const side = fc.integer({ min: 1, max: tileMost });
  return fc
    .record({
      pair: fc.constantFrom(...CASES),
      out: fc.constantFrom('float32', 'bfloat16', 'float16', 'float8_e5m2', 'int8' as const),
      extent: fc.record({ m: extent, n: extent, k: extent }),
      tile: fc.record({ m: side, n: side, k: side }),
      tiles: fc.record({ m: fc.integer({ min: 1, max: 2 }), n: fc.integer({ min: 1, max: 4 }), k: side }),
      given: fc.record({ tile: fc.boolean(), block: fc.boolean() }),
      accumulate: fc.boolean(),
      aLayout: fc.constantFrom('row-major', 'k-major'),
      plainOnly: fc.boolean(),
    })
    .map(({ pair, out, extent, tile, tiles, given, accumulate, aLayout, plainOnly }) => ({
      ...extent,
      ...pair,
      out,
      accumulate,
      aLayout,
      ...(plainOnly && { doubleRow: false }),
      ...(given.tile && { tile }),
      ...(given.tile &&
        given.block && { block: { m: tile.m * tiles.m, n: tile.n * tiles.n, k: tile.k + tiles.k } }),
      ...(!given.tile && given.block && { block: { k: tiles.k } }),
    }));
}
