/**
 * rand2 (nki.isa.rand2): numbers that are uniform between two bounds. Named choice: 24 bits of a draw are a fraction u of [0, 1),
 * exactly; the number is min + (max - min) u, each operation rounded to float32, and never more than max.
 */
import type { Dtype } from '../../numerics';
import type { Instruction } from '../../program';
import { ARITHMETIC } from '../alu';
import { writeProblem } from '../convert';
import { datapath } from '../cost';
import type { Entry, Problem } from '../entry';
import { columnProblem, operandProblems, widthOf } from '../rules';
import { columnOf, writeLanes } from '../vector/lanes';
import { drawsFor } from './generators';

type Rand2 = Instruction<'rand2'>;

const { add, subtract, multiply, minimum } = ARITHMETIC;
const FLOAT32: readonly Dtype[] = ['float32'];
const DTYPES: readonly Dtype[] = [
  'float8_e4m3',
  'float8_e5m2',
  'float16',
  'bfloat16',
  'float32',
  'tfloat32',
  'int8',
  'int16',
  'int32',
  'uint8',
  'uint16',
  'uint32',
];

function boundProblem(name: 'min' | 'max', { dst, sources, attributes }: Rand2): Problem {
  const tile = sources[name];
  if ((tile === undefined) === (attributes[name] === undefined)) {
    return `${name} must be a tile or a constant, received ${tile === undefined ? 'neither' : 'both'}.`;
  }
  return columnProblem(name, tile, dst.partitions, FLOAT32);
}

/** Of constants only: what is in a tile, a run knows. */
function rangeProblem({ attributes: { min, max } }: Rand2): Problem {
  if (min === undefined || max === undefined) return undefined;
  const [low, high] = [Math.fround(min), Math.fround(max)];
  if (low < high && Number.isFinite(subtract(high, low))) return undefined;
  return `min must be less than max, by no more than the largest float32, received ${min} and ${max}.`;
}

export const rand2: Entry<'rand2'> = {
  summary: 'dst = random numbers, uniform from min to max.',
  chips: ['trn3'],
  engines: ['vector'],
  rules: [
    'dst is float8_e4m3, float8_e5m2, float16, bfloat16, float32, tfloat32 or an integer format.',
    'min and max are constants, rounded to float32, or float32 tiles of P x 1; of constants min is less than max, and max - min is finite.',
    'Each element takes one draw of its partition’s generators, in the order of the access pattern; its upper 24 bits times 2^-24 are u.',
    'max - min, times u, plus min: three roundings to float32; the smaller of that and max is written.',
  ],
  problems: (instruction, chip) => {
    const { engine, dst, sources, attributes } = instruction;
    return [
      ...operandProblems({ dst, ...sources }, engine, chip),
      DTYPES.includes(dst.dtype) ? undefined : `dst must be ${DTYPES.join(', ')}, received ${dst.dtype}.`,
      boundProblem('min', instruction),
      boundProblem('max', instruction),
      rangeProblem(instruction),
      writeProblem(attributes),
    ];
  },
  run: ({ dst, sources, attributes }, machine) => {
    const lows = columnOf(machine, 'min', sources.min, attributes.min, dst.partitions);
    const highs = columnOf(machine, 'max', sources.max, attributes.max, dst.partitions);
    const draws = drawsFor(machine, 'vector', dst);
    const width = widthOf(dst);
    const values = Float32Array.from(draws, (draw, at) => {
      const p = Math.floor(at / width);
      const [low, high] = [lows[p] ?? NaN, highs[p] ?? NaN];
      const u = (draw >>> 8) * 2 ** -24;
      return minimum(add(low, multiply(subtract(high, low), u)), high);
    });
    writeLanes(machine, dst, values, attributes);
  },
  cost: {
    words: 'max(64, N / 4) Vector cycles: 4 draws a cycle (trainium3_arch.rst)',
    documented: true,
    work: ({ dst }) => datapath(Math.ceil(widthOf(dst) / 4)),
  },
};
