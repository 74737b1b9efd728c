/**
 * tensor_tensor (nki.isa.tensor_tensor): dst = data1 op data2, element by element. Inputs are converted to float32, the
 * operation rounds to float32, and the result rounds once more to dst's format. Two exceptions work on integers as they are:
 * bitwise operators, and GpSimd where all three tensors are int32 or uint32.
 */
import { codeArray, type CodeArray, type Dtype } from '../../numerics';
import type { AluOp, ChipPattern, Instruction } from '../../program';
import { INTEGER, isArithmetic, isBitwise, operatorOf, type IntegerOp } from '../alu';
import { codeWriteProblem } from '../convert';
import { datapath, gpsimd, isContiguous, pairMode, fromTwoMemories } from '../cost';
import { ALL_CHIPS, type Entry, type Machine, type Problem } from '../entry';
import { bothInPsumProblem, operandProblems, shapeProblem, widthOf } from '../rules';
import { lanesOf, withTensor, writeLanes } from './lanes';
import { codesProblem, operatorWriteProblem, twoSidedProblem, vectorOpProblem } from './operators';

type TensorTensor = Instruction<'tensor_tensor'>;

const isInt32 = (dtype: Dtype) => dtype === 'int32' || dtype === 'uint32';

/** The operator of an instruction that GpSimd computes on the integers themselves, or nothing. */
export function exactOperator({
  engine,
  dst,
  sources,
  attributes: { op },
}: TensorTensor): IntegerOp | undefined {
  if (engine !== 'gpsimd' || op === 'power' || !isArithmetic(op)) return undefined;
  const { data1, data2 } = sources;
  return isInt32(dst.dtype) && isInt32(data1.dtype) && isInt32(data2.dtype) ? op : undefined;
}

function engineProblem({ engine, attributes: { op } }: TensorTensor): Problem {
  if (engine === 'vector') return vectorOpProblem('op', op);
  return isBitwise(op) ? `${op} runs on vector only, received ${engine}.` : undefined;
}

function writeOptionsProblem(instruction: TensorTensor): Problem {
  const { attributes } = instruction;
  return exactOperator(instruction) === undefined
    ? operatorWriteProblem(attributes.op, attributes)
    : codeWriteProblem(attributes, 'gpsimd computes on 32-bit integers themselves:');
}

/** Operators that take an element of each of two bfloat16 tiles in SBUF a cycle (nki.isa.tensor_tensor of 2.26.1). */
const PAIRED: readonly AluOp[] = ['add', 'subtract', 'multiply'];

/** Whether an element of each input is read a cycle: from two memories, or as PAIRED says. */
function isPaired({ dst, sources: { data1, data2 }, attributes: { op } }: TensorTensor): boolean {
  if (fromTwoMemories(data1, data2)) return true;
  if (!PAIRED.includes(op) || data1.space !== 'sbuf' || data2.space !== 'sbuf') return false;
  const halves = dst.dtype === 'bfloat16' && data1.dtype === 'bfloat16' && data2.dtype === 'bfloat16';
  return halves && isContiguous(data1) && isContiguous(data2);
}

export const tensorTensor: Entry<'tensor_tensor'> = {
  summary: 'dst = data1 op data2, element by element.',
  chips: ALL_CHIPS,
  engines: ['vector', 'gpsimd'],
  indirect: { sources: ['data1'] },
  rules: [
    'dst, data1 and data2 have equal partitions and elements; ranks may differ.',
    'data1 and data2 are not both in PSUM; gpsimd does not reach PSUM.',
    'op takes two operands; power runs on gpsimd only, bitwise operators on vector only.',
    'Bitwise operators take integer formats of one width, work on codes, and take no rounding options.',
    'On gpsimd, where all three are int32 or uint32, every operator but power is exact: the integer result modulo 2^32, with no rounding options. Elsewhere 32-bit integers go by way of float32.',
  ],
  problems: (instruction, chip) => {
    const { engine, dst, sources, attributes } = instruction;
    const operands = { dst, ...sources };
    return [
      bothInPsumProblem('data1', sources.data1, 'data2', sources.data2),
      ...operandProblems(operands, engine, chip),
      shapeProblem(operands),
      twoSidedProblem('op', attributes.op),
      engineProblem(instruction),
      codesProblem(attributes.op, operands),
      writeOptionsProblem(instruction),
    ];
  },
  run: (instruction, machine) => {
    const { dst, sources, attributes } = instruction;
    const { data1, data2 } = sources;
    const exact = exactOperator(instruction);
    if (exact !== undefined) {
      machine.write(
        dst,
        onIntegers(exact, integersOf(machine, 'data1', data1), integersOf(machine, 'data2', data2)),
      );
      return;
    }
    const { op } = attributes;
    const values = lanesOf(machine, 'data1', data1, op);
    withTensor(values, operatorOf(op, data1.dtype), lanesOf(machine, 'data2', data2, op));
    writeLanes(machine, dst, values, attributes);
  },
  cost: {
    words:
      'max(64, N) Vector cycles when one input is in PSUM and the other in SBUF, or for add, subtract and multiply of bfloat16 tiles whose inputs are contiguous in SBUF; else max(64, 2 N). From trn2 on half of that when both inputs are in SBUF and all tiles of 16 bits, on trn3 of 8 or 16 bits (trainium2_arch.rst). On GpSimd, not documented, 150 + N cycles',
    documented: true,
    work: (instruction, chip) => {
      const { engine, dst, sources } = instruction;
      const width = widthOf(dst);
      if (engine === 'gpsimd') return gpsimd(width);
      const mode = pairMode(chip, dst, sources.data1, sources.data2);
      return datapath(isPaired(instruction) ? width : 2 * width, { mode });
    },
  },
};

function integersOf(machine: Machine, operand: string, pattern: ChipPattern): Int32Array | CodeArray {
  const codes = machine.read(operand, pattern);
  return pattern.dtype === 'int32' ? new Int32Array(codes.buffer, codes.byteOffset, codes.length) : codes;
}

function onIntegers(op: IntegerOp, left: Int32Array | CodeArray, right: Int32Array | CodeArray): CodeArray {
  const operate = INTEGER[op];
  const result = codeArray('uint32', left.length);
  // Storing takes a result modulo 2^32.
  for (let at = 0; at < result.length; at++) result[at] = operate(left[at] ?? NaN, right[at] ?? NaN);
  return result;
}
