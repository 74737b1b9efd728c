/**
 * tensor_reduce (nki.isa.tensor_reduce): joins the elements of data's innermost free dimensions, in access-pattern order from the
 * first element on. Arithmetic operators round to float32 at each step; bitwise ones work on codes.
 */
import { codeArray } from '../../numerics';
import { countOf } from '../../program';
import type { AluOp, Instruction } from '../../program';
import { isBitwise, operatorOf, REDUCTIONS, type Operator } from '../alu';
import { datapath } from '../cost';
import { ALL_CHIPS, type Entry, type Problem } from '../entry';
import { operandProblems, widthOf } from '../rules';
import { lanesOf, writeLanes, type Lanes } from './lanes';
import { codesProblem, operatorWriteProblem } from './operators';

type Reduce = Instruction<'tensor_reduce'>;

const LEGAL: ReadonlySet<AluOp> = new Set(REDUCTIONS);

/** How many elements become one. */
function lengthOf({ sources: { data }, attributes: { axes } }: Reduce): number {
  return countOf(data.dims.slice(Math.max(0, data.dims.length - axes)));
}

function axesProblem({ sources: { data }, attributes: { axes } }: Reduce): Problem {
  const { length } = data.dims;
  if (axes >= 1 && axes <= length) return undefined;
  return `axes must be 1 to ${length}, the innermost free dimensions of data, received ${axes}.`;
}

function shapeProblem(instruction: Reduce): Problem {
  const { dst, sources } = instruction;
  const { data } = sources;
  const kept = widthOf(data) / lengthOf(instruction);
  if (dst.partitions === data.partitions && widthOf(dst) === kept) return undefined;
  return `dst must be ${data.partitions} x ${kept} (partitions x elements that stay), received ${dst.partitions} x ${widthOf(dst)}.`;
}

function negateProblem({ attributes: { op, negate } }: Reduce): Problem {
  return negate === true && isBitwise(op) ? `negate is for arithmetic operators, received ${op}.` : undefined;
}

/** Operators that take two bfloat16 elements a cycle (nki.isa.tensor_reduce of 2.26.1). */
const PAIRED: readonly AluOp[] = ['add', 'maximum'];

export const tensorReduce: Entry<'tensor_reduce'> = {
  summary: 'dst = the elements of the innermost free dimensions of data, joined by op.',
  chips: ALL_CHIPS,
  engines: ['vector'],
  indirect: { sources: ['data'] },
  rules: [
    'op is add, subtract, multiply, maximum, minimum, logical_and, logical_or, logical_xor, bitwise_and, bitwise_or or bitwise_xor.',
    'axes counts the innermost free dimensions of data that are reduced: 1 to all of them; dst has the elements that stay.',
    'Elements are joined in access-pattern order from the first one on, which counts as it is; each step rounds to float32.',
    'negate changes the sign before the rounding to dst; arithmetic operators only.',
    'Bitwise operators take integer formats of one width, work on codes, and take no rounding options.',
  ],
  problems: (instruction, chip) => {
    const { engine, dst, sources, attributes } = instruction;
    const { op } = attributes;
    return [
      ...operandProblems({ dst, ...sources }, engine, chip),
      LEGAL.has(op) ? undefined : `op must be one of ${REDUCTIONS.join(', ')}, received ${op}.`,
      axesProblem(instruction),
      shapeProblem(instruction),
      negateProblem(instruction),
      codesProblem(op, { dst, ...sources }),
      operatorWriteProblem(op, attributes),
    ];
  },
  run: (instruction, machine) => {
    const { dst, sources, attributes } = instruction;
    const { data } = sources;
    const values = lanesOf(machine, 'data', data, attributes.op);
    const length = lengthOf(instruction);
    const count = values.length / length;
    const results = values instanceof Float32Array ? new Float32Array(count) : codeArray(dst.dtype, count);
    reduce(results, values, operatorOf(attributes.op, data.dtype));
    if (attributes.negate === true) for (let at = 0; at < count; at++) results[at] = -(results[at] ?? NaN);
    writeLanes(machine, dst, results, attributes);
  },
  cost: {
    words: 'max(64, N) Vector cycles; N / 2 for add and maximum with bfloat16 in and out',
    documented: true,
    work: ({ dst, sources: { data }, attributes: { op } }) => {
      const width = widthOf(data);
      const paired = PAIRED.includes(op) && dst.dtype === 'bfloat16' && data.dtype === 'bfloat16';
      return datapath(paired ? Math.ceil(width / 2) : width);
    },
  },
};

/** Each result is made of as many values in a row. */
function reduce(results: Lanes, values: Lanes, join: Operator): void {
  const length = values.length / results.length;
  for (let at = 0; at < results.length; at++) {
    const first = at * length;
    let result = values[first] ?? NaN;
    for (let next = first + 1; next < first + length; next++) result = join(result, values[next] ?? NaN);
    results[at] = result;
  }
}
