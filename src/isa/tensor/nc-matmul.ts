/**
 * nc_matmul (nki.isa.nc_matmul): one pass of the systolic array, dst[M, N] (+)= stationary[K, M]^T moving[K, N].
 * K is the operands' partitions, M dst's. With double_row both operands have an outer free dimension of 2, and row p
 * takes its products (j = 0, p), then (j = 1, p). Order and rounding: docs/architecture.md, Contracts.
 */
import { doubleRowProblem, matmulPairProblem } from '../../chip';
import { decodeArray, encodeArray } from '../../numerics';
import { countOf } from '../../program';
import type { ChipPattern, Instruction } from '../../program';
import type { Entry, Problem } from '../entry';
import { operandProblems, spaceProblem } from '../rules';

type Matmul = Instruction<'nc_matmul'>;

const lanesOf = ({ attributes }: Matmul) => (attributes.performance === 'double_row' ? 2 : 1);

/** Columns of an operand: its free elements, of one of the two rows with double-row. */
const columnsOf = (instruction: Matmul, operand: ChipPattern) => countOf(operand.dims) / lanesOf(instruction);

function shapeProblems(instruction: Matmul): readonly Problem[] {
  const { dst, sources } = instruction;
  const { stationary, moving } = sources;
  const m = columnsOf(instruction, stationary);
  const n = columnsOf(instruction, moving);
  const shape = `${dst.partitions} x ${countOf(dst.dims)}`;
  return [
    stationary.partitions === moving.partitions
      ? undefined
      : `stationary and moving must have equal partitions, received ${stationary.partitions} and ${moving.partitions}.`,
    shape === `${m} x ${n}`
      ? undefined
      : `dst must be ${m} partitions (stationary columns) x ${n} (moving columns), received ${shape}.`,
  ];
}

function doubleRowProblems(instruction: Matmul): readonly Problem[] {
  if (lanesOf(instruction) === 1) return [];
  return Object.entries(instruction.sources).map(([name, { dims }]) =>
    dims[0]?.[1] === 2
      ? undefined
      : `double_row: ${name} must have an outer free dimension of 2, received ${dims[0]?.[1] ?? 'none'}.`,
  );
}

export const ncMatmul: Entry<'nc_matmul'> = {
  engines: ['tensor'],
  problems: (instruction, chip) => {
    const { dst, sources } = instruction;
    const { stationary, moving } = sources;
    const { matmul } = chip;
    const m = columnsOf(instruction, stationary);
    const n = columnsOf(instruction, moving);
    return [
      spaceProblem('stationary', stationary, ['sbuf']),
      spaceProblem('moving', moving, ['sbuf']),
      spaceProblem('dst', dst, ['psum']),
      ...operandProblems({ dst, ...sources }, 'tensor', chip),
      matmulPairProblem(chip, stationary.dtype, moving.dtype),
      lanesOf(instruction) === 2 ? doubleRowProblem(chip, stationary.dtype, moving.dtype) : undefined,
      ...doubleRowProblems(instruction),
      dst.dtype === 'float32' ? undefined : `dst must be float32 in PSUM, received ${dst.dtype}.`,
      m > matmul.stationary ? `at most ${matmul.stationary} stationary columns, received ${m}.` : undefined,
      n > matmul.moving
        ? `at most ${matmul.moving} moving columns on ${chip.name}, received ${n}.`
        : undefined,
      ...shapeProblems(instruction),
    ];
  },
  run: (instruction, memory) => {
    const { dst, sources, attributes } = instruction;
    const { stationary, moving } = sources;
    const lanes = lanesOf(instruction);
    const columns = columnsOf(instruction, stationary);
    const width = columnsOf(instruction, moving);
    const weights = decodeArray(stationary.dtype, memory.read('stationary', stationary));
    const values = decodeArray(moving.dtype, memory.read('moving', moving));
    const sums = attributes.accumulate
      ? decodeArray(dst.dtype, memory.read('dst', dst))
      : new Float32Array(columns * width);
    for (let m = 0; m < columns; m++) {
      for (let n = 0; n < width; n++) {
        let sum = 0;
        // Row p, lane j of an operand is its (p * lanes + j)-th run of columns, so this is p outer, j inner.
        for (let row = 0; row < stationary.partitions * lanes; row++) {
          const product = Math.fround((weights[row * columns + m] ?? NaN) * (values[row * width + n] ?? NaN));
          sum = Math.fround(sum + product);
        }
        const at = m * width + n;
        sums[at] = (sums[at] ?? NaN) + sum;
      }
    }
    memory.write(dst, encodeArray(dst.dtype, sums));
  },
  cost: 'max(min(64, M), N) Tensor engine cycles, four times that for float32; loading the next stationary overlaps',
};
