/**
 * What entries say about time with: elements of a partition on a datapath, performance modes, passes of the array. Sources: the cost
 * formulas of nki.isa (2.26.1); trainium_inferentia2_arch.rst, trainium2_arch.rst and trainium3_arch.rst (2.32.0).
 */
import type { Chip, EngineName } from '../chip';
import type { ChipPattern } from '../program';
import type { Work } from './entry';

type Datapath = Extract<Work, { unit: 'datapath' }>;
type Mode = NonNullable<Datapath['mode']>;

/** GpSimd cycles until its program starts (nki.isa: about 150). */
export const GPSIMD_START = 150;

/** Cycles of the second instruction, which reads accumulator registers into a tile (nki.isa: MIN_II, about 64). */
export const READ_REGISTERS = 64;

interface Besides {
  /** Into which accumulator registers are read, in an instruction of their own. */
  readonly tile?: ChipPattern | undefined;
  readonly mode?: Mode | undefined;
  readonly table?: string | undefined;
}

/** Cycles of a datapath, of as many elements one at a time; a mode divides them. */
export function datapath(cycles: number, { tile, mode, table }: Besides = {}): Work {
  return {
    unit: 'datapath',
    cycles: mode === undefined ? cycles : Math.ceil(cycles / mode),
    ...(tile === undefined ? undefined : { more: READ_REGISTERS }),
    ...(mode === undefined ? undefined : { mode }),
    ...(table === undefined ? undefined : { table }),
  };
}

/** Cycles of a program of GpSimd, after its start. */
export function gpsimd(cycles: number): Work {
  return datapath(GPSIMD_START + cycles);
}

/** The same cycles on each engine, after the start of its program on GpSimd. */
export function onEngine(engine: EngineName, cycles: number): Work {
  return engine === 'gpsimd' ? gpsimd(cycles) : datapath(cycles);
}

/** Whether elements follow each other in the innermost free dimension, of those with more than one: with an index they do not. */
export function isContiguous({ dims }: ChipPattern): boolean {
  for (let at = dims.length - 1; at >= 0; at--) {
    const dim = dims[at];
    if (dim !== undefined && dim[1] > 1) return dim[0] === 1;
  }
  return true;
}

/** What copyMode says, for docs/isa.md. */
export const COPY_MODES =
  'From trn2 on N / 4 on Vector when both tiles are contiguous in SBUF and of BF16 or FP16, N / 2 when they are not contiguous, or are and one is in PSUM (trainium2_arch.rst); on trn3 of FP8 too, and on Scalar N / 2 in both cases (trainium3_arch.rst)';

const inSbuf = ({ space }: ChipPattern) => space === 'sbuf';

/**
 * How many elements at once tensor_copy and tensor_scalar take on Vector, and on Scalar of trn3 (trainium2_arch.rst, Vector Engine
 * Performance Mode; trainium3_arch.rst, Performance mode): 4 where both tiles are in SBUF and contiguous; 2 where they are in SBUF,
 * or contiguous and one of them in PSUM; on Scalar 2 at most. Formats are those of the chip's modes; what is narrowed to
 * formats of 8 bits in SBUF goes two at once.
 */
export function copyMode(
  engine: EngineName,
  { modes }: Chip,
  dst: ChipPattern,
  src: ChipPattern,
): Mode | undefined {
  const mode = modes[engine === 'scalar' ? 'scalar' : 'vector'];
  if (mode === null || !mode.dtypes.includes(src.dtype)) return undefined;
  if (mode.narrowed.includes(dst.dtype)) return inSbuf(dst) && inSbuf(src) ? 2 : undefined;
  if (!mode.dtypes.includes(dst.dtype)) return undefined;
  const contiguous = isContiguous(dst) && isContiguous(src);
  if (inSbuf(dst) && inSbuf(src)) return contiguous && mode.most === 4 ? 4 : 2;
  return contiguous && (inSbuf(dst) || inSbuf(src)) ? 2 : undefined;
}

/** 2 on Vector where both inputs of tensor_tensor are in SBUF, and all three tiles have formats of the chip's mode. */
export function pairMode(
  { modes: { vector } }: Chip,
  dst: ChipPattern,
  left: ChipPattern,
  right: ChipPattern,
): Mode | undefined {
  if (vector === null || !inSbuf(left) || !inSbuf(right)) return undefined;
  return [dst, left, right].every(({ dtype }) => vector.dtypes.includes(dtype)) ? 2 : undefined;
}

/** Vector reads an element of SBUF and one of PSUM a cycle: two tiles in one memory take turns. */
export function fromTwoMemories(left: ChipPattern | undefined, right: ChipPattern): boolean {
  return left !== undefined && left.space !== right.space;
}

/** Moving columns that a multiplication takes as long as, or the stationary ones where those are fewer (nki.isa.nc_matmul). */
const LEAST_COLUMNS = 64;

/** A pass of the array: [rows, stationary] by [rows, moving], `passes` times over. */
export function passWork(rows: number, stationary: number, moving: number, passes: number): Work {
  return {
    unit: 'array',
    load: stationary * passes,
    multiply: Math.max(Math.min(LEAST_COLUMNS, stationary), moving) * passes,
    flops: 2 * rows * stationary * moving,
    passes,
  };
}
