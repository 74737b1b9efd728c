/**
 * How much of the output is held in PSUM at once. All of a block's tiles stay open while K streams past, each in banks
 * of its own, so a block is at most 8 banks; the larger it is, the less often A and B are loaded again.
 */
import type { Chip } from '../../chip';
import { UserError } from '../../numerics';
import { bytesOf } from '../../program';
import type { Extent, MatmulRequest } from './types';

type Area = Pick<Extent, 'm' | 'n'>;

/** PSUM banks of one open tile: float32, from a bank's start. */
export function banksOfTile(tileN: number, chip: Chip): number {
  return Math.ceil((tileN * 4) / chip.psum.bankBytes);
}

/** Tiles along one axis of a block, and banks of all of them. */
export function banksOfBlock(block: Area, tile: Area, chip: Chip): number {
  return Math.ceil(block.m / tile.m) * Math.ceil(block.n / tile.n) * banksOfTile(tile.n, chip);
}

/**
 * The block of whole tiles that fits PSUM and loads the fewest bytes: A is loaded once for every block along N, B once for
 * every block along M. Sides that the user gives are kept.
 *
 * @throws UserError when the sides given do not fit PSUM.
 */
export function chooseBlock(request: MatmulRequest, tile: Area, chip: Chip): Area {
  const { m, n, a, b, block = {} } = request;
  const given = { m: block.m && Math.min(block.m, m), n: block.n && Math.min(block.n, n) };
  const least: Area = { m: given.m ?? tile.m, n: given.n ?? tile.n };
  const banks = banksOfBlock(least, tile, chip);
  if (banks > chip.psum.banks) {
    throw new UserError(
      `PSUM has ${chip.psum.banks} banks of ${chip.psum.bankBytes} bytes a partition; a block of ${least.m} x ${least.n} in tiles of ${tile.m} x ${tile.n} keeps ${banks} open: make block.m or block.n smaller.`,
    );
  }
  const loaded = (area: Area) =>
    m * bytesOf(a) * Math.ceil(n / area.n) + n * bytesOf(b) * Math.ceil(m / area.m);
  let best = least;
  for (let tilesM = 1; tilesM <= chip.psum.banks; tilesM++) {
    const side = given.m ?? Math.min(tilesM * tile.m, m);
    for (let tilesN = 1; tilesN <= chip.psum.banks; tilesN++) {
      const area = { m: side, n: given.n ?? Math.min(tilesN * tile.n, n) };
      if (banksOfBlock(area, tile, chip) <= chip.psum.banks && loaded(area) < loaded(best)) best = area;
    }
  }
  return best;
}
