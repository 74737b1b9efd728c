/** Forms of the Scalar engine's instructions (nki.isa.activation, activation_reduce, activate2). */
import { flag, number, oneOf } from '../check';
import { ACTIVATE2_OPS, ACTIVATION_OPS, REDUCE_COMMANDS } from '../ops';
import { chip, chipOrNone, given, maybe, type Form } from './form';
import { WRITE } from './write';

const op = given(oneOf(...ACTIVATION_OPS), 'the function');
const scaled = {
  data: chip('[P, N]'),
  bias: chipOrNone('[P, 1], added after scaling; 0 when left out'),
  scale: chipOrNone('float32 [P, 1]; or the constant'),
};
const scale = maybe(number, 'float32 factor of data; 1 when left out');
const command = maybe(oneOf(...REDUCE_COMMANDS), 'what happens to the accumulator; idle when left out');
const constant = maybe(number, 'float32 constant, where no tile is given');
const reverse = maybe(flag, 'swaps the two sides');

export const SCALAR = {
  activation: {
    dst: chip('[P, N]'),
    results: { reduce_res: chipOrNone('[P, 1]: the accumulator registers after the instruction') },
    sources: scaled,
    attributes: {
      op,
      scale,
      reduce_op: maybe(oneOf('add'), 'how results join the accumulator register'),
      reduce_cmd: command,
      ...WRITE,
    },
  },
  activation_reduce: {
    dst: chip('[P, N]'),
    results: { reduce_res: chip('[P, 1]: the sum of the results') },
    sources: scaled,
    attributes: { op, scale, reduce_op: given(oneOf('add'), 'how results are joined'), ...WRITE },
  },
  activate2: {
    dst: chip('[P, N]'),
    results: { reduce_res: chipOrNone('[P, 1]: the accumulator registers after the instruction') },
    sources: {
      data: chip('[P, N]'),
      imm0: chipOrNone('float32 [P, 1]; or the constant imm0'),
      imm1: chipOrNone('float32 [P, 1]; or the constant imm1'),
      relu_param: chipOrNone('float32 [P, 1]; or the constant relu_param'),
    },
    attributes: {
      op: given(oneOf(...ACTIVATE2_OPS), 'the function'),
      op0: given(
        oneOf('multiply', 'add', 'subtract', 'bypass'),
        'data op0 imm0; bypass leaves data as it is',
      ),
      imm0: constant,
      reverse0: reverse,
      op1: given(oneOf('add', 'subtract', 'bypass'), 'then op1 imm1'),
      imm1: constant,
      reverse1: reverse,
      relu_param: maybe(number, 'slope of prelu for negative inputs; 0 when left out'),
      reduce_op: maybe(
        oneOf('add', 'maximum', 'minimum', 'abs_max', 'abs_min'),
        'how results join the accumulator register',
      ),
      reduce_cmd: command,
      ...WRITE,
    },
  },
} as const satisfies Readonly<Record<string, Form>>;
