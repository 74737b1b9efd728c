/** Forms of the Vector engine's instructions (nki.isa); some can be issued to Scalar or GpSimd as well (src/isa). */
import { flag, integer, listOf, number, oneOf, size } from '../check';
import { ALU_OPS, MX_SCALE_RULES, REDUCE_COMMANDS } from '../ops';
import { chip, chipOrNone, given, maybe, type Form } from './form';
import { WRITE } from './write';

const alu = (what: string) => given(oneOf(...ALU_OPS), what);
const maybeAlu = (what: string) => maybe(oneOf(...ALU_OPS), what);
const scalarOperand = (name: string) => ({
  tile: chipOrNone(`float32 [P, 1]; or the constant ${name}`),
  constant: maybe(number, 'float32 constant, where no tile is given'),
});
const left = scalarOperand('operand0');
const right = scalarOperand('operand1');
const reverse = maybe(flag, 'swaps the two sides');
const command = maybe(oneOf(...REDUCE_COMMANDS), 'what happens to the accumulator registers');

export const VECTOR = {
  tensor_copy: { dst: chip('[P, N]'), results: {}, sources: { src: chip('[P, N]') }, attributes: WRITE },
  tensor_tensor: {
    dst: chip('[P, N]'),
    results: {},
    sources: { data1: chip('[P, N]'), data2: chip('[P, N]') },
    attributes: { op: alu('dst = data1 op data2'), ...WRITE },
  },
  tensor_scalar: {
    dst: chip('[P, N]'),
    results: {},
    sources: { data: chip('[P, N]'), operand0: left.tile, operand1: right.tile },
    attributes: {
      op0: alu('data op0 operand0'),
      operand0: left.constant,
      reverse0: reverse,
      op1: maybeAlu('then op1 operand1'),
      operand1: right.constant,
      reverse1: reverse,
      ...WRITE,
    },
  },
  scalar_tensor_tensor: {
    dst: chip('[P, N]'),
    results: {},
    sources: { data: chip('[P, N]'), operand0: left.tile, operand1: chip('[P, N]') },
    attributes: {
      op0: alu('data op0 operand0'),
      operand0: left.constant,
      reverse0: reverse,
      op1: alu('then op1 operand1'),
      reverse1: reverse,
      ...WRITE,
    },
  },
  tensor_scalar_reduce: {
    dst: chip('[P, N]'),
    results: { reduce_res: chipOrNone('[P, 1]: the accumulator registers after the instruction') },
    sources: { data: chip('[P, N]'), operand0: left.tile },
    attributes: {
      op0: alu('data op0 operand0'),
      operand0: left.constant,
      reduce_op: given(oneOf('add', 'multiply', 'maximum', 'minimum'), 'how results are joined'),
      reduce_cmd: command,
      reduce_init: maybe(number, 'what load_reduce starts from'),
      reduce_res_negate: maybe(flag, 'reduce_res is negated'),
      ...WRITE,
    },
  },
  exponential: {
    dst: chip('[P, N]'),
    results: { reduce_res: chipOrNone('[P, 1]: the accumulator registers after the instruction') },
    sources: { src: chip('[P, N]'), max_value: chipOrNone('float32 [P, 1]; or the constant max_value') },
    attributes: {
      max_value: maybe(number, 'float32 constant, where no tile is given; 0 when left out'),
      reduce_cmd: command,
      reduce_init: maybe(number, 'what load_reduce starts from; 0 when left out'),
      ...WRITE,
    },
  },
  tensor_scalar_cumulative: {
    dst: chip('[P, N]'),
    results: {},
    sources: { src: chip('[P, N]'), imm0: left.tile, imm1: right.tile },
    attributes: {
      op0: alu('src op0 imm0'),
      op1: given(
        oneOf('add', 'subtract', 'multiply', 'maximum', 'minimum'),
        'register = op1(result of op0, register), written for each element',
      ),
      imm0: left.constant,
      imm1: maybe(number, 'what load_reduce starts from'),
      reduce_cmd: command,
      ...WRITE,
    },
  },
  tensor_tensor_scan: {
    dst: chip('[P, N]'),
    results: {},
    sources: { data0: chip('[P, N]'), data1: chip('[P, N]'), initial: chipOrNone('[P, 1]; or the constant') },
    attributes: {
      initial: maybe(number, 'what the scan starts from, where no tile is given'),
      op0: alu('data0 op0 previous'),
      op1: alu('then op1 data1'),
      reverse0: reverse,
      reverse1: reverse,
      ...WRITE,
    },
  },
  tensor_reduce: {
    dst: chip('[P, the axes that stay]'),
    results: {},
    sources: { data: chip('[P, N]') },
    attributes: {
      op: alu('how elements are joined'),
      axes: given(size, 'how many of the innermost free dimensions of data are reduced'),
      negate: maybe(flag, 'the result is negated'),
      ...WRITE,
    },
  },
  tensor_copy_predicated: {
    dst: chip('[P, N]'),
    results: {},
    sources: {
      src: chipOrNone('[P, N], of dst’s format'),
      predicate: chip('[P, N]: uint8, uint16 or uint32'),
    },
    attributes: {
      src: maybe(number, 'float32 constant, where no tile is given'),
      reverse_pred: maybe(flag, 'copies where the predicate is zero'),
    },
  },
  select_reduce: {
    dst: chip('[P, N]'),
    results: { reduce_res: chipOrNone('[P, 1]: the accumulator registers after the instruction') },
    sources: {
      predicate: chip('[P, N]: int8, uint8, int16 or uint16'),
      on_true: chip('[P, N]'),
      on_false: chipOrNone('float32 [P, 1]; or the constant'),
    },
    attributes: {
      on_false: maybe(number, 'float32 constant, where no tile is given'),
      reduce_cmd: command,
      reduce_op: maybe(oneOf('maximum'), 'how results are joined'),
      reverse_pred: maybe(flag, 'takes on_true where the predicate is zero'),
      ...WRITE,
    },
  },
  range_select: {
    dst: chip('[P, N]'),
    results: { reduce_res: chipOrNone('[P, 1]: the accumulator registers after the instruction') },
    sources: {
      on_true: chip('[P, N]'),
      bound0: chip('float32 [P, 1]'),
      bound1: chip('float32 [P, 1]'),
    },
    attributes: {
      comp_op0: alu('index comp_op0 bound0'),
      comp_op1: alu('and index comp_op1 bound1'),
      range_start: maybe(integer, 'the index of the first element; 0 when left out'),
      on_false_value: maybe(number, 'the lowest float32, -3.4028235e38'),
      reduce_cmd: command,
      reduce_op: maybe(oneOf('maximum'), 'how results are joined'),
      ...WRITE,
    },
  },
  reciprocal: {
    dst: chip('[P, N]'),
    results: {},
    sources: { data: chip('[P, N]') },
    attributes: WRITE,
  },
  bn_stats: {
    dst: chip('[P, 6]: count, mean and variance x count of the even elements, then of the odd ones'),
    results: {},
    sources: { data: chip('[P, N], N at most 512') },
    attributes: WRITE,
  },
  bn_aggr: {
    dst: chip('[P, 2]: mean and variance'),
    results: {},
    sources: { data: chip('[P, 3 k]: triples of count, mean and variance x count') },
    attributes: WRITE,
  },
  max8: {
    dst: chip('[P, 8], descending'),
    results: {},
    sources: { src: chip('[P, N], N of 8 to 16384') },
    attributes: WRITE,
  },
  nc_find_index8: {
    dst: chip('[P, 8] uint16 or uint32'),
    results: {},
    sources: { data: chip('[P, N], N of 8 to 16384'), vals: chip('[P, 8]') },
    attributes: {},
  },
  nc_match_replace8: {
    dst: chip('[P, N]'),
    results: { dst_idx: chipOrNone('[P, 8] uint16 or uint32: where each value was found') },
    sources: { data: chip('[P, N], N of 8 to 16384'), vals: chip('[P, 8]') },
    attributes: { imm: given(number, 'float32 that replaces the values'), ...WRITE },
  },
  nc_stream_shuffle: {
    dst: chip('[P, N]'),
    results: {},
    sources: { src: chip('[P, N], of dst’s format') },
    attributes: {
      shuffle_mask: given(
        listOf(size),
        '32 entries: within each quadrant dst partition i takes src partition mask[i]; 255 leaves it',
      ),
    },
  },
  quantize_mx: {
    dst: chip('SBUF [P, N / 4], float8_e5m2_x4 or float8_e4m3fn_x4'),
    results: {
      dst_scale: chip(
        'SBUF [P, N / 4], float8_e8m0fnu or uint8: one for each 8 partitions; [4, N / 4] where P is 32',
      ),
    },
    sources: { src: chip('SBUF [P, N], float16 or bfloat16') },
    attributes: {
      scale_rule: maybe(oneOf(...MX_SCALE_RULES), 'how scales are chosen; vendor when left out'),
    },
  },
  memset: {
    dst: chip('[P, N]'),
    results: {},
    sources: {},
    attributes: { code: given(size, 'the code of dst’s format, everywhere') },
  },
} as const satisfies Readonly<Record<string, Form>>;
