/**
 * tensor_tensor_scan (nki.isa.tensor_tensor_scan): dst[i] = (data0[i] op0 state) op1 data1[i], which is the next state, in each
 * partition. The state stays float32; dst is rounded from it.
 */
import type { AluOp } from '../../program';
import { operatorOf, type Operator } from '../alu';
import { writeProblem } from '../convert';
import { datapath } from '../cost';
import { ALL_CHIPS, type Entry, type Problem } from '../entry';
import { bothInPsumProblem, columnProblem, operandProblems, shapeProblem, widthOf } from '../rules';
import { columnOf, floatsOf, writeLanes } from './lanes';
import { arithmeticProblem, twoSidedProblem, vectorOpProblem } from './operators';

const opProblem = (name: string, op: AluOp): Problem =>
  arithmeticProblem(name, op) ?? twoSidedProblem(name, op) ?? vectorOpProblem(name, op);

export const tensorTensorScan: Entry<'tensor_tensor_scan'> = {
  summary: 'dst[i] = (data0[i] op0 dst[i - 1]) op1 data1[i] in each partition, starting from initial.',
  chips: ALL_CHIPS,
  engines: ['vector'],
  rules: [
    'dst, data0 and data1 have equal partitions and elements; data0 and data1 are not both in PSUM.',
    'initial is a tile of P x 1, of any format, or a constant, which is rounded to float32.',
    'op0 and op1 are arithmetic operators of two operands, not power.',
    'The state stays float32; each element of dst is rounded from it.',
  ],
  problems: ({ engine, dst, sources, attributes }, chip) => {
    const { data0, data1, initial } = sources;
    return [
      bothInPsumProblem('data0', data0, 'data1', data1),
      ...operandProblems({ dst, ...sources }, engine, chip),
      shapeProblem({ dst, data0, data1 }),
      opProblem('op0', attributes.op0),
      opProblem('op1', attributes.op1),
      (initial === undefined) === (attributes.initial === undefined)
        ? `initial must be a tile or a constant, received ${initial === undefined ? 'neither' : 'both'}.`
        : columnProblem('initial', initial, dst.partitions),
      writeProblem(attributes),
    ];
  },
  run: ({ dst, sources, attributes }, machine) => {
    const { data0, data1, initial } = sources;
    const values = floatsOf(machine, 'data0', data0);
    scan(
      values,
      floatsOf(machine, 'data1', data1),
      columnOf(machine, 'initial', initial, attributes.initial, dst.partitions),
      operatorOf(attributes.op0, data0.dtype, attributes.reverse0),
      operatorOf(attributes.op1, data1.dtype, attributes.reverse1),
    );
    writeLanes(machine, dst, values, attributes);
  },
  cost: {
    words: 'max(64, 2 N) Vector cycles',
    documented: true,
    work: ({ dst }) => datapath(2 * widthOf(dst)),
  },
};

/** Replaces each left value by the state after it. */
function scan(
  left: Float32Array,
  right: Float32Array,
  initial: Float32Array,
  op0: Operator,
  op1: Operator,
): void {
  const width = left.length / initial.length;
  let at = 0;
  for (let p = 0; p < initial.length; p++) {
    let state = initial[p] ?? NaN;
    for (const end = at + width; at < end; at++) {
      state = op1(op0(left[at] ?? NaN, state), right[at] ?? NaN);
      left[at] = state;
    }
  }
}
