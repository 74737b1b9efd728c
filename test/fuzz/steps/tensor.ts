/** Draws passes of the systolic array: groups that are started, continued and interleaved, tiles, double rows, transposes, MX. */
import { movesCodes } from '../../../src/isa';
import { bitsOf, type Dtype } from '../../../src/numerics';
import { countOf } from '../../../src/program';
import type { ChipPattern, TensorOpcode } from '../../../src/program';
import type { Choices } from '../choices';
import type { Draft } from '../draft';
import type { Draw } from './draw';

const FLOAT32: readonly Dtype[] = ['float32', 'tfloat32'];
const SIDE = 128;
const QUADRANT = 32;

interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly position: readonly [number, number];
}

/** A part of the array, or nothing for all of it. */
function anyTile({ choices, chip }: Draft, allColumns: boolean): Tile | undefined {
  if (!choices.oneIn(3)) return undefined;
  const sizes = chip.name === 'trn1' ? [64, 128] : [32, 64, 128];
  const rows = choices.of(sizes);
  const columns = allColumns ? SIDE : choices.of(sizes);
  return {
    rows,
    columns,
    position: [rows * choices.below(SIDE / rows), columns * choices.below(SIDE / columns)],
  };
}

const attributesOf = (tile: Tile | undefined) =>
  tile === undefined ? {} : { tile_position: tile.position, tile_size: [tile.rows, tile.columns] as const };

/** The sum that is continued, or a new one of a float32 tile. */
function sumOf(
  draft: Draft,
  tile: Tile | undefined,
  most: number,
  multiple = 1,
): { readonly dst: ChipPattern; readonly accumulate: boolean } {
  const { choices } = draft;
  const open = draft.sums.open.filter(
    ({ partition, partitions, dims }) =>
      (tile === undefined ||
        (partition >= tile.position[1] && partition + partitions <= tile.position[1] + tile.columns)) &&
      countOf(dims) * partitions <= most &&
      partitions % multiple === 0,
  );
  if (open.length > 0 && !choices.oneIn(3)) return { dst: choices.of(open), accumulate: true };
  const shape = draft.shape({ partitions: tile?.columns ?? SIDE });
  const dtypes =
    draft.chip.name === 'trn3' ? (['float32', 'float32', 'bfloat16'] as const) : (['float32'] as const);
  const partitions = Math.ceil(shape.partitions / multiple) * multiple;
  const width = Math.max(1, Math.min(shape.width, Math.floor(most / partitions)));
  const start = tile === undefined ? {} : { start: tile.position[1] };
  return {
    dst: draft.target({ partitions, width, dtypes, spaces: ['psum'], still: true, ...start }),
    accumulate: false,
  };
}

/** Two formats that may be multiplied. */
function formats(draft: Draft, double: boolean): readonly [readonly Dtype[], readonly Dtype[]] {
  const { choices, chip } = draft;
  const legal = (double ? chip.matmul.doubleRow : chip.matmul.dtypes).filter((dtype) =>
    draft.dtypes.includes(dtype),
  );
  const wide = !double && choices.oneIn(3);
  const some = legal.filter((dtype) => FLOAT32.includes(dtype) === wide);
  return [[draft.of(some)], choices.oneIn(3) ? some : [draft.of(some)]];
}

const MOST = 4096;

const matmul: Draw = (draft) => {
  const { choices } = draft;
  if (choices.oneIn(6)) {
    transposing(draft);
    return;
  }
  const double = draft.chip.matmul.doubleRow.length > 0 && choices.oneIn(5);
  const tile = anyTile(draft, double);
  const { partitions } = draft.shape({ partitions: tile?.rows ?? SIDE });
  const { dst, accumulate } = sumOf(draft, tile, MOST);
  const [first, second] = formats(draft, double);
  const start = tile === undefined ? {} : { start: tile.position[0] };
  const operand = (columns: number, dtypes: readonly Dtype[]): ChipPattern => {
    const wanted = { partitions, dtypes, spaces: ['sbuf'] as const, ...start };
    if (!double) return draft.source({ ...wanted, width: columns });
    const flat = draft.source({ ...wanted, width: 2 * columns, rank: 1 });
    const [[stride, count]] = [flat.dims[0] ?? [1, 2 * columns]];
    return { ...flat, dims: [[stride * (count / 2), 2], [stride, count / 2]] }; // prettier-ignore
  };
  const stationary = operand(dst.partitions, first);
  const moving = operand(countOf(dst.dims), second);
  draft.add({
    opcode: 'nc_matmul',
    engine: 'tensor',
    dst,
    sources: { stationary, moving },
    attributes: {
      accumulate,
      performance: double ? 'double_row' : 'none',
      ...attributesOf(tile),
      ...(choices.oneIn(8) && { moving_onezero: false, stationary_onezero: false }),
    },
  });
};

/** In transpose mode each column of moving has a single 1. */
function transposing(draft: Draft): void {
  const { choices, chip } = draft;
  const [[dtype = 'float32']] = [formats(draft, false)[0]];
  const rows = draft.shape().partitions;
  const shape = draft.shape({ width: 16 });
  const stationary = draft.source({
    partitions: rows,
    width: shape.partitions,
    dtypes: [dtype],
    spaces: ['sbuf'],
  });
  const moving = draft.source({
    partitions: rows,
    width: rows,
    dtypes: [stationary.dtype],
    spaces: ['sbuf'],
    content: { kind: 'identity', width: rows },
  });
  const moved: Dtype = bitsOf(stationary.dtype) === 8 ? 'uint16' : stationary.dtype;
  const written: Dtype = movesCodes(chip.name) ? moved : 'float32';
  const dst = draft.target({
    partitions: shape.partitions,
    width: rows,
    dtypes: [written],
    spaces: ['psum'],
    still: true,
  });
  draft.add({
    opcode: 'nc_matmul',
    engine: 'tensor',
    dst,
    sources: { stationary, moving },
    attributes: {
      accumulate: false,
      performance: 'none',
      transpose: true,
      ...(choices.oneIn(4) && { moving_onezero: true }),
    },
  });
}

const PACKED = ['float8_e4m3fn_x4', 'float8_e5m2_x4', 'float4_e2m1fn_x4'] as const;

/** Where the scales of so many partitions of data lie. */
export function rowsOfScales(
  choices: Choices,
  partitions: number,
): { readonly partitions: number; readonly start: number } {
  const least = partitions - QUADRANT + 4;
  const rows = partitions === QUADRANT ? 4 : choices.between(least, partitions);
  const starts = Array.from({ length: SIDE }, (_, at) => at).filter(
    (at) => at % QUADRANT < 16 && at % 4 === 0 && at + rows <= SIDE,
  );
  return { partitions: rows, start: choices.of(starts) };
}

const matmulMx: Draw = (draft) => {
  const { choices } = draft;
  const tile = anyTile(draft, true);
  const partitions = QUADRANT * choices.between(1, (tile?.rows ?? SIDE) / QUADRANT);
  const { dst, accumulate } = sumOf(draft, tile, MOST / 4, 2);
  const start = tile === undefined ? {} : { start: tile.position[0] };
  const operand = (width: number) => {
    const data = draft.source({ partitions, width, dtypes: PACKED, spaces: ['sbuf'], ...start });
    const kind = choices.oneIn(6)
      ? ({ kind: 'codes', seed: choices.below(1000) } as const)
      : ({ kind: 'below', count: 250, seed: choices.below(1000) } as const);
    const scale = draft.source({
      ...rowsOfScales(choices, partitions),
      width,
      dtypes: ['uint8', 'float8_e8m0fnu'],
      spaces: ['sbuf'],
      anyStart: true,
      ...(choices.oneIn(2) && { content: kind }),
    });
    return { data, scale };
  };
  const [left, right] = [operand(dst.partitions), operand(countOf(dst.dims))];
  draft.add({
    opcode: 'nc_matmul_mx',
    engine: 'tensor',
    dst,
    sources: {
      stationary: left.data,
      moving: right.data,
      stationary_scale: left.scale,
      moving_scale: right.scale,
    },
    attributes: { accumulate, ...attributesOf(tile) },
  });
};

const transpose: Draw = (draft) => {
  const { choices, chip } = draft;
  const engine = choices.of(['tensor', 'vector'] as const);
  const most = engine === 'tensor' ? SIDE : QUADRANT;
  const { partitions, width } = draft.shape({ partitions: most, width: most });
  const multiplied = engine === 'tensor' && !movesCodes(chip.name);
  const dtypes = multiplied ? chip.matmul.dtypes : draft.dtypes;
  const data = draft.source({
    partitions,
    width,
    dtypes,
    ...(engine === 'tensor' && { spaces: ['sbuf'] as const }),
  });
  const written: Dtype =
    engine === 'tensor' && !multiplied && bitsOf(data.dtype) === 8 ? 'uint16' : data.dtype;
  const dst = draft.target({
    partitions: width,
    width: partitions,
    dtypes: [written],
    ...(engine === 'tensor' && { spaces: ['psum'] as const }),
  });
  draft.add({ opcode: 'nc_transpose', engine, dst, sources: { data }, attributes: {} });
};

export const TENSOR_STEPS = {
  nc_matmul: matmul,
  nc_matmul_mx: matmulMx,
  nc_transpose: transpose,
} as const satisfies Record<TensorOpcode, Draw>;
