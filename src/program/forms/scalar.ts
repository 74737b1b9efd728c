/** Forms of the Scalar engine's instructions (nki.isa.activation, activation_reduce). */
import { number, oneOf } from '../check';
import { ACTIVATION_OPS, REDUCE_COMMANDS } from '../ops';
import { chip, chipOrNone, given, maybe, type Form } from './form';
import { WRITE } from './write';

const op = given(oneOf(...ACTIVATION_OPS), 'the function');
const scaled = {
  data: chip('[P, N]'),
  bias: chipOrNone('[P, 1], added after scaling; 0 when left out'),
  scale: chipOrNone('float32 [P, 1]; or the constant'),
};
const scale = maybe(number, 'float32 factor of data; 1 when left out');

export const SCALAR = {
  activation: {
    dst: chip('[P, N]'),
    results: { reduce_res: chipOrNone('[P, 1]: the accumulator registers after the instruction') },
    sources: scaled,
    attributes: {
      op,
      scale,
      reduce_op: maybe(oneOf('add'), 'how results join the accumulator register'),
      reduce_cmd: maybe(oneOf(...REDUCE_COMMANDS), 'what happens to the accumulator; idle when left out'),
      ...WRITE,
    },
  },
  activation_reduce: {
    dst: chip('[P, N]'),
    results: { reduce_res: chip('[P, 1]: the sum of the results') },
    sources: scaled,
    attributes: { op, scale, reduce_op: given(oneOf('add'), 'how results are joined'), ...WRITE },
  },
} as const satisfies Readonly<Record<string, Form>>;
