/**
 * tensor_partition_reduce (nki.isa.tensor_partition_reduce): joins the partitions of data, element by element, from the first
 * partition up. Named choices: sums round to float32 after each partition; average multiplies the sum by the float32 nearest
 * to 1 / P; maximum is NaN (canonical) where any is, and takes +0 over -0.
 */
import { codeArray, decodeArray, FORMATS } from '../../numerics';
import type { CodeArray } from '../../numerics';
import { countOf } from '../../program';
import type { Instruction } from '../../program';
import { encodeWrite, writeProblem } from '../convert';
import { gpsimd } from '../cost';
import { ALL_CHIPS, type Entry, type Problem } from '../entry';
import { operandProblems, spaceProblem, widthOf } from '../rules';

type Reduce = Instruction<'tensor_partition_reduce'>;
type Op = Reduce['attributes']['op'];
type Join = (total: number, value: number) => number;

const add: Join = (total, value) => Math.fround(total + value);

/** On float32 values; Math.max has the rules for NaN and zeros. */
const ARITHMETIC = { add, average: add, maximum: Math.max } as const satisfies Partial<Record<Op, Join>>;

/** On codes. */
const BITWISE = {
  bitwise_or: (total, value) => total | value,
  bitwise_and: (total, value) => total & value,
} as const satisfies Partial<Record<Op, Join>>;

const isBitwise = (op: Op): op is keyof typeof BITWISE => Object.hasOwn(BITWISE, op);

function bitwiseProblem({ dst, sources: { data }, attributes: { op } }: Reduce): Problem {
  if (!isBitwise(op) || (dst.dtype === data.dtype && FORMATS[dst.dtype].kind === 'integer')) return undefined;
  return `${op} takes data and dst of one integer format, received ${data.dtype} and ${dst.dtype}.`;
}

/** Joins rows of `width` elements, the first row first. */
function joinRows<A extends CodeArray | Float32Array>(total: A, rows: A, join: Join): A {
  const width = total.length;
  total.set(rows.subarray(0, width));
  for (let at = width; at < rows.length; at++) {
    total[at % width] = join(total[at % width] ?? NaN, rows[at] ?? NaN);
  }
  return total;
}

export const tensorPartitionReduce: Entry<'tensor_partition_reduce'> = {
  summary: 'dst = the partitions of data joined by op, element by element.',
  chips: ALL_CHIPS,
  engines: ['gpsimd'],
  rules: [
    'dst and data are in SBUF; dst has 1 partition and as many elements as a partition of data.',
    'Partitions are joined from the first up, in float32, each step rounded.',
    'average multiplies the sum by the float32 nearest to 1 / P.',
    'bitwise_or and bitwise_and take data and dst of one integer format and join codes.',
  ],
  problems: (instruction, chip) => {
    const { engine, dst, sources, attributes } = instruction;
    const [wanted, received] = [countOf(sources.data.dims), countOf(dst.dims)];
    return [
      spaceProblem('dst', dst, ['sbuf']),
      spaceProblem('data', sources.data, ['sbuf']),
      ...operandProblems({ dst, ...sources }, engine, chip),
      dst.partitions === 1 && wanted === received
        ? undefined
        : `dst must be 1 x ${wanted} (partitions x elements of data), received ${dst.partitions} x ${received}.`,
      bitwiseProblem(instruction),
      writeProblem(attributes),
    ];
  },
  run: ({ dst, sources: { data }, attributes }, machine) => {
    const codes = machine.read('data', data);
    const width = codes.length / data.partitions;
    const { op } = attributes;
    if (isBitwise(op)) {
      machine.write(dst, joinRows<CodeArray>(codeArray(dst.dtype, width), codes, BITWISE[op]));
      return;
    }
    const values = joinRows<Float32Array>(
      new Float32Array(width),
      decodeArray(data.dtype, codes),
      ARITHMETIC[op],
    );
    const factor = Math.fround(1 / data.partitions);
    machine.write(
      dst,
      encodeWrite(dst, op === 'average' ? values.map((sum) => sum * factor) : values, attributes),
    );
  },
  cost: {
    words:
      '150 + P N GpSimd cycles, one partition after another: the NKI documents call it slow and advise a matmul by a column of ones',
    documented: false,
    work: ({ sources: { data } }) => gpsimd(data.partitions * widthOf(data)),
  },
};
