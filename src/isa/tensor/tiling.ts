/**
 * Row and column tiles of the array (nki.isa.nc_matmul, tiling mode): tile_size says how many rows and columns a matmul uses,
 * tile_position where they begin. Row r of the array takes partition r of SBUF and column c writes partition c of PSUM, so
 * operands lie in the partitions of the row tile, dst in those of the column tile. Results do not depend on the tile: tiles
 * that do not overlap work at the same time.
 *
 * Named choice: columns can be tiled as rows can, as the text of nc_matmul and the architecture guides say; its list of
 * parameters says that the column is 0 and the columns 128.
 */
import type { Chip } from '../../chip';
import type { ChipPattern } from '../../program';
import type { Problem } from '../entry';
import type { Operands } from './shape';

const SIDE = 128;

interface Tile {
  readonly start: number;
  readonly size: number;
}

/** NeuronCore-v2 has two tiles a side, v3 and later four. */
const sizesOf = (chip: Chip) => (chip.name === 'trn1' ? [128, 64] : [128, 64, 32]);

function tileProblem(side: 'rows' | 'columns', { start, size }: Tile, chip: Chip): Problem {
  const sizes = sizesOf(chip);
  if (!sizes.includes(size)) {
    return `tile_size: ${side} are one of ${sizes.join(', ')} on ${chip.name}, received ${size}.`;
  }
  if (start >= 0 && start < SIDE && start % size === 0) return undefined;
  return `tile_position: ${size} ${side} start at a multiple of ${size} below ${SIDE}, received ${start}.`;
}

function placeProblem(
  name: string,
  { partition, partitions }: ChipPattern,
  side: 'rows' | 'columns',
  { start, size }: Tile,
): Problem {
  if (partition >= start && partition + partitions <= start + size) return undefined;
  return `${name} must lie in partitions ${start}..${start + size - 1}, the ${side} of its tile, received ${partition}..${partition + partitions - 1}.`;
}

/** A matmul as far as its tile goes. */
interface Tiled {
  readonly dst: ChipPattern;
  readonly sources: Operands;
  readonly attributes: {
    readonly tile_position?: readonly [row: number, column: number];
    readonly tile_size?: readonly [rows: number, columns: number];
    readonly performance?: 'none' | 'double_row';
  };
}

/** What is wrong with the tile of a matmul, or with where its operands lie. */
export function tilingProblem(
  { dst, sources: { stationary, moving }, attributes }: Tiled,
  chip: Chip,
): Problem {
  const { tile_position: position, tile_size: size, performance } = attributes;
  if (position === undefined || size === undefined) {
    if (position === size) return undefined;
    return `tile_position and tile_size go together, received ${position ? 'tile_position' : 'tile_size'} alone.`;
  }
  const rows = { start: position[0], size: size[0] };
  const columns = { start: position[1], size: size[1] };
  return (
    tileProblem('rows', rows, chip) ??
    tileProblem('columns', columns, chip) ??
    (performance === 'double_row' && columns.size !== SIDE
      ? `double_row uses all ${SIDE} columns of the array, received tile_size of ${columns.size} columns.`
      : undefined) ??
    placeProblem('stationary', stationary, 'rows', rows) ??
    placeProblem('moving', moving, 'rows', rows) ??
    placeProblem('dst', dst, 'columns', columns)
  );
}
