/** Random matmul requests that are legal: small shapes, and tiles small enough to need several of everything. */
import fc from 'fast-check';
import { CHIPS, CHIP_NAMES, matmulPairProblem } from '../../src/chip';
import type { Epilogue, MatmulRequest } from '../../src/lower';

const CASES = CHIP_NAMES.flatMap((chip) =>
  CHIPS[chip].matmul.dtypes.flatMap((a) =>
    CHIPS[chip].matmul.dtypes
      .filter((b) => matmulPairProblem(CHIPS[chip], a, b) === undefined)
      .map((b) => ({ chip, a, b })),
  ),
);

/** How an output is rounded; a seed only where it is drawn from. */
export const anyRounding: fc.Arbitrary<Pick<MatmulRequest, 'rounding' | 'saturate' | 'seed'>> = fc
  .record({
    rounding: fc.constantFrom('nearest-even', 'toward-zero', 'stochastic' as const),
    saturate: fc.boolean(),
    seed: fc.maxSafeNat(),
  })
  .map(({ seed, ...rest }) => ({ ...rest, ...(rest.rounding === 'stochastic' && { seed }) }));

/** Any steps, of functions that are cheap and dear, with formats that every chip has. */
export const anyEpilogue: fc.Arbitrary<Epilogue> = fc.record(
  {
    scale: fc.float({ noNaN: true, noDefaultInfinity: true }),
    bias: fc.constantFrom('float32', 'bfloat16', 'float16', 'float8_e5m2' as const),
    activation: fc.constantFrom('relu', 'gelu', 'silu', 'tanh', 'exp', 'copy' as const),
    residual: fc.constantFrom('float32', 'bfloat16', 'float8_e4m3' as const),
    outScale: fc.constantFrom(0.5, 2 ** -140, -3, 448 / 3),
  },
  { requiredKeys: [] },
);

/** The same requests, with an epilogue. */
export const withEpilogue = (requests: fc.Arbitrary<MatmulRequest>): fc.Arbitrary<MatmulRequest> =>
  fc.tuple(requests, anyEpilogue).map(([request, epilogue]) => ({ ...request, epilogue }));

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
      rounding: anyRounding,
      accumulate: fc.boolean(),
      aLayout: fc.constantFrom('row-major', 'k-major'),
      plainOnly: fc.boolean(),
    })
    .map(({ pair, out, rounding, extent, tile, tiles, given, accumulate, aLayout, plainOnly }) => ({
      ...extent,
      ...pair,
      ...rounding,
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
