/**
 * nc_matmul (nki.isa.nc_matmul): one pass of the systolic array, dst[M, N] (+)= stationary[K, M]^T moving[K, N].
 * K is the operands' partitions, M dst's. With double_row both operands have an outer free dimension of 2, and row p
 * takes its products (j = 0, p), then (j = 1, p). Order and rounding: docs/numerics.md, Tensor engine.
 */
import { doubleRowProblem, matmulPairProblem } from '../../chip';
import type { Chip } from '../../chip';
import { decodeArray, encodeArray } from '../../numerics';
import type { Dtype } from '../../numerics';
import { bytesOf } from '../../program';
import type { ChipPattern, Instruction } from '../../program';
import { passWork } from '../cost';
import { ALL_CHIPS, type Entry, type Machine, type Problem } from '../entry';
import { operandProblems, spaceProblem, widthOf } from '../rules';
import { passSums } from './pass';
import { columnsProblem, rowsProblem, sumProblem } from './shape';
import { tilingProblem } from './tiling';
import { movesCodes, passedRows, transposeCodes, transposedProblem } from './transpose';

type Matmul = Instruction<'nc_matmul'>;

const FLOAT32: readonly Dtype[] = ['float32', 'tfloat32'];

const lanesOf = ({ attributes }: Matmul) => (attributes.performance === 'double_row' ? 2 : 1);

/** Columns of an operand: its free elements, of one of the two rows with double-row. */
const columnsOf = (instruction: Matmul, operand: ChipPattern) => widthOf(operand) / lanesOf(instruction);

/** Where one pass fills a bank at most, its output lies in one (NKI migration guide: a PSUM tile does not cross banks). */
function bankProblem({ dst }: Matmul, { matmul, psum: { bankBytes } }: Chip): Problem {
  const bytes = bytesOf(dst.dtype);
  if (matmul.moving * 4 > bankBytes || dst.registers !== undefined) return undefined;
  let [low, high] = [dst.offset, dst.offset];
  for (const [stride, count] of dst.dims) {
    if (stride < 0) low += stride * (count - 1);
    else high += stride * (count - 1);
  }
  const [first, last] = [
    Math.floor((low * bytes) / bankBytes),
    Math.floor(((high + 1) * bytes - 1) / bankBytes),
  ];
  if (first === last) return undefined;
  return `dst must lie in one PSUM bank of ${bankBytes} bytes, received bytes ${low * bytes}..${(high + 1) * bytes - 1} of its tensor.`;
}

function rowPairProblem(name: string, { dims }: ChipPattern): Problem {
  if (dims[0]?.[1] === 2) return undefined;
  return `double_row: ${name} must have an outer free dimension of 2, received ${dims[0]?.[1] ?? 'none'}.`;
}

function doubleRowProblems({ sources: { stationary, moving }, attributes }: Matmul, chip: Chip): Problem {
  if (attributes.performance !== 'double_row') return undefined;
  return (
    doubleRowProblem(chip, stationary.dtype, moving.dtype) ??
    (attributes.transpose === true ? 'double_row and transpose exclude each other.' : undefined) ??
    rowPairProblem('stationary', stationary) ??
    rowPairProblem('moving', moving)
  );
}

function dstProblem({ dst, sources: { stationary }, attributes }: Matmul, chip: Chip): Problem {
  if (attributes.transpose === true && movesCodes(chip.name)) {
    return attributes.accumulate
      ? 'transpose writes codes and adds nothing: accumulate must be false.'
      : transposedProblem('stationary', stationary.dtype, dst.dtype, chip);
  }
  return sumProblem(dst, chip);
}

/** What an index asks of the Tensor engine besides (nki.isa.nc_matmul, "Tensor indirection"). */
function indexedProblem({ dst, sources: { stationary, moving }, attributes }: Matmul): Problem {
  if (dst.index === undefined && stationary.index === undefined && moving.index === undefined)
    return undefined;
  const { tile_position: position = [0, 0], transpose } = attributes;
  if (transpose === true && moving.index !== undefined) return 'moving: with transpose it takes no index.';
  if (position[0] !== 0 || position[1] !== 0) {
    return `tile_position must be [0, 0] where an operand has an index, received [${position.join(', ')}].`;
  }
  for (const [name, { index, dtype }] of [
    ['stationary', stationary],
    ['moving', moving],
  ] as const) {
    if (index === undefined || !FLOAT32.includes(dtype)) continue;
    return `${name}: an index chooses elements of 8 or 16 bits, received ${dtype}.`;
  }
  return undefined;
}

function multiply(instruction: Matmul, machine: Machine): void {
  const { dst, sources, attributes } = instruction;
  const { stationary, moving } = sources;
  const weights = decodeArray(stationary.dtype, machine.read('stationary', stationary));
  const values = decodeArray(moving.dtype, machine.read('moving', moving));
  // Row p, lane j of an operand is its (p * lanes + j)-th run of columns, so lanes are rows here: p outer, j inner.
  const sums = passSums(weights, values, columnsOf(instruction, stationary), columnsOf(instruction, moving));
  if (attributes.accumulate) {
    decodeArray(dst.dtype, machine.read('dst', dst)).forEach((held, at) => {
      sums[at] = held + (sums[at] ?? NaN);
    });
  }
  machine.write(dst, encodeArray(dst.dtype, sums));
}

function transpose({ dst, sources: { stationary, moving } }: Matmul, machine: Machine): void {
  const values = decodeArray(moving.dtype, machine.read('moving', moving));
  const rows = passedRows(values, widthOf(moving));
  const codes = machine.read('stationary', stationary);
  machine.write(dst, transposeCodes(codes, widthOf(stationary), rows, dst.dtype));
}

/** Times that the array takes its operands. */
function passesOf({ sources: { stationary, moving }, attributes }: Matmul, { matmul, name }: Chip): number {
  const { transpose, stationary_onezero, moving_onezero } = attributes;
  const [wide, wideMoving] = [stationary.dtype === 'float32', moving.dtype === 'float32'];
  if (!wide && !wideMoving) return 1;
  if (transpose === true && movesCodes(name)) return matmul.transposePasses;
  let passes: number = matmul.float32Passes;
  if (wide && stationary_onezero === true) passes /= 2;
  if (wideMoving && moving_onezero === true) passes /= 2;
  return passes;
}

export const ncMatmul: Entry<'nc_matmul'> = {
  summary: 'dst = stationary transposed x moving, or that added to dst: one pass of the systolic array.',
  chips: ALL_CHIPS,
  engines: ['tensor'],
  indirect: { sources: ['stationary', 'moving'] },
  rules: [
    'stationary [K, M] and moving [K, N] are in SBUF, dst [M, N] in PSUM; K and M are at most 128.',
    'N is at most 512 on trn1 and trn2; on trn3 4096 into float32 and 8192 into bfloat16.',
    'On trn1 and trn2 dst lies in one PSUM bank; on trn3 it may span several.',
    'float32 and tfloat32 multiply only float32 or tfloat32; float8_e4m3 and float8_e4m3fn are not mixed.',
    'dst is float32, on trn3 float32 or bfloat16; bfloat16 is accumulated by a float32 addition and one rounding.',
    'double_row (trn2, trn3) takes two fp8 operands [K, 2, M] and [K, 2, N], and neither transposes nor tiles columns.',
    'tile_size has 128, 64 or, on trn2 and trn3, 32 rows, and as many columns; tile_position is a multiple of it.',
    'stationary and moving lie in the partitions of the row tile, dst in those of the column tile.',
    'transpose on trn2 and trn3 moves the codes of stationary, without accumulation; each column of moving has a single 1 among zeros.',
    'transpose writes stationary’s format, and uint16 with an upper byte of 0 for 8-bit formats; on trn1 it multiplies as ever.',
    'With an index, stationary and moving are of 8 or 16 bits; moving has none with transpose, and tile_position is [0, 0].',
    'stationary_onezero and moving_onezero are hints about speed and change no bit.',
  ],
  problems: (instruction, chip) => {
    const { dst, sources } = instruction;
    const { stationary, moving } = sources;
    return [
      spaceProblem('stationary', stationary, ['sbuf']),
      spaceProblem('moving', moving, ['sbuf']),
      spaceProblem('dst', dst, ['psum']),
      ...operandProblems({ dst, stationary, moving }, 'tensor', chip),
      matmulPairProblem(chip, stationary.dtype, moving.dtype),
      doubleRowProblems(instruction, chip),
      dstProblem(instruction, chip),
      rowsProblem(sources),
      columnsProblem(dst, columnsOf(instruction, stationary), columnsOf(instruction, moving), chip),
      bankProblem(instruction, chip),
      tilingProblem(instruction, chip),
      indexedProblem(instruction),
    ];
  },
  run: (instruction, machine) => {
    const moves = instruction.attributes.transpose === true && movesCodes(machine.chip);
    (moves ? transpose : multiply)(instruction, machine);
  },
  cost: {
    words:
      'max(min(64, M), N) Tensor cycles, with double_row for twice the rows; four times that for float32, half of it for each float32 operand said to hold ones and zeros only, and for float32 in transpose mode from trn2 on; loading the next stationary overlaps',
    documented: true,
    work: (instruction, chip) => {
      const { stationary, moving } = instruction.sources;
      return passWork(
        lanesOf(instruction) * stationary.partitions,
        columnsOf(instruction, stationary),
        columnsOf(instruction, moving),
        passesOf(instruction, chip),
      );
    },
  },
};
