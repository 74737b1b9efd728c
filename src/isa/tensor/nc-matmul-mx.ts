/**
 * nc_matmul_mx (nki.isa.nc_matmul_mx): a pass of the array over packed operands with scales, dst[M, N] (+)= the sum over rows p and
 * lanes j of stationary[p, j, M] x 2^(its scale) x moving[p, j, N] x 2^(its scale). Row p takes its four lanes in order; how a
 * scaled product rounds is a named choice (docs/numerics.md, MX).
 */
import { codesProblem } from '../../chip';
import {
  decode,
  decodeArray,
  elementOf,
  encodeArray,
  isPacked,
  PACKED_LANES,
  unpackLanes,
} from '../../numerics';
import type { ChipPattern, Instruction } from '../../program';
import { passWork } from '../cost';
import type { Entry, Machine, Problem } from '../entry';
import { GROUP, quadrantsProblem, readScales, scaleParts, scaleProblem } from '../mx';
import { operandProblems, spaceProblem, widthOf } from '../rules';
import { passSums } from './pass';
import { columnsProblem, rowsProblem, sumProblem } from './shape';
import { tilingProblem } from './tiling';

type Matmul = Instruction<'nc_matmul_mx'>;

function packedProblem(name: string, { dtype }: ChipPattern): Problem {
  if (isPacked(dtype)) return undefined;
  return `${name} must be packed (float8_e5m2_x4, float8_e4m3fn_x4 or float4_e2m1fn_x4), received ${dtype}.`;
}

function evenProblem(stationary: ChipPattern): Problem {
  const columns = widthOf(stationary);
  return columns % 2 === 0
    ? undefined
    : `stationary must have an even number of columns, received ${columns}.`;
}

function rowTilesProblem({ attributes: { tile_size: size } }: Matmul): Problem {
  if (size === undefined || size[1] === 128) return undefined;
  return `tile_size: only rows are tiled, all 128 columns are used, received ${size[1]} columns.`;
}

/** The values [4 P, columns] of an operand times their scales, row p's lanes one after another: exact in float64. */
function scaledValues(
  machine: Machine,
  name: 'stationary' | 'moving',
  { sources }: Matmul,
): Float64Array<ArrayBuffer> {
  const data = sources[name];
  const { partitions, dtype } = data;
  const columns = widthOf(data);
  const elements = decodeArray(elementOf(dtype), unpackLanes(dtype, machine.read(name, data)));
  const scales = readScales(machine, `${name}_scale`, sources[`${name}_scale`], partitions);
  const values = new Float64Array(elements.length);
  for (let p = 0; p < partitions; p++) {
    const group = Math.floor(p / GROUP);
    for (let column = 0; column < columns; column++) {
      const scale = decode('float8_e8m0fnu', scales[group * columns + column] ?? NaN);
      for (let lane = 0; lane < PACKED_LANES; lane++) {
        const element = elements[(p * columns + column) * PACKED_LANES + lane] ?? NaN;
        values[(p * PACKED_LANES + lane) * columns + column] = element * scale;
      }
    }
  }
  return values;
}

export const ncMatmulMx: Entry<'nc_matmul_mx'> = {
  summary:
    'dst = stationary transposed x moving, of packed elements times their scales, or that added to dst.',
  chips: ['trn3'],
  engines: ['tensor'],
  rules: [
    'stationary [P, M] and moving [P, N] are in SBUF and packed, of any two packed formats; P is 32, 64, 96 or 128.',
    'M is even and at most 128; N is at most 4096 into float32 and 8192 into bfloat16.',
    'dst [M, N] is in PSUM, float32 or bfloat16; bfloat16 is accumulated by a float32 addition and one rounding.',
    'Scales are in SBUF, float8_e8m0fnu or uint8: the scale of partition p is in row floor(p / 8) mod 4 of quadrant floor(p / 32) of its operand.',
    'A scale operand has 4 partitions where P is 32, else P or fewer, down to the last row of scales; it starts at row 0, 4, 8 or 12 of a quadrant.',
    'Only rows are tiled: tile_size is [128, 128], [64, 128] or [32, 128], and tile_position a multiple of its rows.',
    'Row p adds its four lanes in order; each product of two elements and two scales rounds once, to float32; a scale of ff is NaN.',
  ],
  problems: (instruction, chip) => {
    const { dst, sources } = instruction;
    const { stationary, moving, stationary_scale, moving_scale } = sources;
    return [
      spaceProblem('stationary', stationary, ['sbuf']),
      spaceProblem('moving', moving, ['sbuf']),
      spaceProblem('dst', dst, ['psum']),
      ...operandProblems({ stationary, moving }, 'tensor', chip, codesProblem),
      ...operandProblems({ dst }, 'tensor', chip),
      packedProblem('stationary', stationary),
      packedProblem('moving', moving),
      sumProblem(dst, chip),
      rowsProblem(sources),
      quadrantsProblem('stationary', stationary),
      evenProblem(stationary),
      columnsProblem(dst, widthOf(stationary), widthOf(moving), chip),
      scaleProblem('stationary_scale', stationary_scale, stationary, widthOf(stationary)),
      scaleProblem('moving_scale', moving_scale, moving, widthOf(moving)),
      rowTilesProblem(instruction),
      tilingProblem(instruction, chip),
    ];
  },
  parts: ({ sources }, operand) => {
    if (operand !== 'stationary_scale' && operand !== 'moving_scale') return undefined;
    return scaleParts(sources[operand], sources.stationary.partitions);
  },
  run: (instruction, machine) => {
    const { dst, sources, attributes } = instruction;
    const weights = scaledValues(machine, 'stationary', instruction);
    const values = scaledValues(machine, 'moving', instruction);
    const sums = passSums(weights, values, widthOf(sources.stationary), widthOf(sources.moving));
    if (attributes.accumulate) {
      decodeArray(dst.dtype, machine.read('dst', dst)).forEach((held, at) => {
        sums[at] = held + (sums[at] ?? NaN);
      });
    }
    machine.write(dst, encodeArray(dst.dtype, sums));
  },
  cost: {
    words:
      'max(min(64, M), N) Tensor cycles for 4 P rows, four times the rate of bfloat16 (trainium3_arch.rst)',
    documented: true,
    work: ({ sources: { stationary, moving } }) =>
      passWork(PACKED_LANES * stationary.partitions, widthOf(stationary), widthOf(moving), 1),
  },
};
