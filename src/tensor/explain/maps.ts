/**
 * The instructions of each function of elements, with the bits of `src/tensor/reference/map.ts`: Vector's operators, Scalar's functions,
 * GpSimd on 32-bit integers, and what the chip composes of several.
 */
import type { ChipView } from '../../kernel';
import { encodeArray, type Dtype } from '../../numerics';
import type { ActivationOp, AluOp } from '../../program';
import type { MapFunction, ScalarFunction } from '../graph';
import { codeOf, isWide } from '../reference/values';
import { commonWide, numberOf, type Operand, type Work } from './operand';

export type MapRule = (work: Work, dst: ChipView, inputs: readonly [Operand, Operand, Operand]) => void;

/** As float32, by one instruction that rounds to dst's format even where that is the same. */
export function asNumber({ writer: { nc } }: Work, dst: ChipView, src: ChipView): void {
  if (src.dtype === dst.dtype) nc.tensor_scalar(dst, { data: src, op0: 'multiply', operand0: 1 });
  else nc.tensor_copy(dst, { src });
}

/** Two operands in float32. A number, or a float32 column, is the scalar operand of a tensor. */
function float(work: Work, op: AluOp, dst: ChipView, x: Operand, y: Operand): void {
  const { nc } = work.writer;
  const scalar = (side: Operand): number | ChipView | undefined => {
    if (side.kind === 'constant') return numberOf(side);
    const isColumn = side.view.elements === work.partitions && side.dtype === 'float32';
    return isColumn && work.elements > 1 ? side.view : undefined;
  };
  const [left, right] = [scalar(x), scalar(y)];
  if (right !== undefined) nc.tensor_scalar(dst, { data: work.full(x), op0: op, operand0: right });
  else if (left !== undefined)
    nc.tensor_scalar(dst, { data: work.full(y), op0: op, operand0: left, reverse0: true });
  else nc.tensor_tensor(dst, { data1: work.full(x), data2: work.full(y), op, engine: 'vector' });
}

/** On GpSimd, which is exact on 32-bit integers, powers excepted, and alone has those. */
function onGpsimd(work: Work, op: AluOp, dst: ChipView, x: ChipView, y: ChipView): void {
  work.writer.nc.tensor_tensor(dst, { data1: x, data2: y, op, engine: 'gpsimd' });
}

/** Exact where inputs and result are of one 32-bit format. */
const arithmetic =
  (op: AluOp): MapRule =>
  (work, dst, [x, y]) => {
    if (commonWide([x, y]) === dst.dtype) onGpsimd(work, op, dst, work.full(x), work.full(y));
    else float(work, op, dst, x, y);
  };

/** Exact of one 32-bit format, whatever the result's: GpSimd gives words, which are 0 or 1. */
const judging =
  (op: AluOp): MapRule =>
  (work, dst, [x, y]) => {
    const wide = commonWide([x, y]);
    if (wide === undefined) {
      float(work, op, dst, x, y);
      return;
    }
    const words = isWide(dst.dtype) ? dst : work.tile(wide);
    onGpsimd(work, op, words, work.full(x), work.full(y));
    if (words !== dst) work.writer.nc.tensor_copy(dst, { src: words });
  };

const bitwise =
  (op: AluOp): MapRule =>
  (work, dst, [x, y]) => {
    work.writer.nc.tensor_tensor(dst, { data1: work.full(x), data2: work.full(y), op, engine: 'vector' });
  };

/** One operand, in float32; of a 32-bit format that is the result's too what `exact` says. */
const unary =
  (
    write: (work: Work, dst: ChipView, x: ChipView) => void,
    exact?: (work: Work, dst: ChipView, x: ChipView) => void,
  ): MapRule =>
  (work, dst, [x]) => {
    const isExact = exact !== undefined && isWide(dst.dtype) && x.dtype === dst.dtype;
    (isExact ? exact : write)(work, dst, work.full(x));
  };

const same = ({ writer: { nc } }: Work, dst: ChipView, src: ChipView): void => {
  nc.tensor_copy(dst, { src });
};

const operator =
  (op0: AluOp) =>
  ({ writer: { nc } }: Work, dst: ChipView, data: ChipView): void => {
    nc.tensor_scalar(dst, { data, op0 });
  };

const zero = (work: Work, { dtype }: ChipView): ChipView => work.filled(dtype, 0);

const negated = (work: Work, dst: ChipView, x: ChipView): void => {
  onGpsimd(work, 'subtract', dst, zero(work, dst), x);
};

function magnitude(work: Work, dst: ChipView, x: ChipView): void {
  if (dst.dtype === 'uint32') {
    same(work, dst, x);
    return;
  }
  const other = work.tile('int32');
  negated(work, other, x);
  onGpsimd(work, 'maximum', dst, x, other);
}

/** From here on a float32 has no fraction. */
const WHOLE = 2 ** 23;
const SIGN = 2 ** 31;
/** The bits of 2^23. */
const WHOLE_BITS = 0x4b000000;

/** What is done to the nearest integer r of x, whose magnitude is less than 2^23; the sign of x is put back after it. */
type Correction = (work: Work, r: ChipView, x: ChipView) => void;

/** r - (r > x), say, in place. */
const corrected =
  (judge: AluOp, op: AluOp): Correction =>
  (work, r, x) => {
    const { nc } = work.writer;
    const over = work.tile('float32');
    nc.tensor_tensor(over, { data1: r, data2: x, op: judge, engine: 'vector' });
    nc.tensor_tensor(r, { data1: r, data2: over, op, engine: 'vector' });
  };

/**
 * To an integer: (x + m) - m, m being 2^23 of the sign of x, is the nearest one, even in the middle, since float32 has no fractions from
 * there on; then corrected; where x has none itself, or is NaN, x stays.
 */
const rounded = (correct?: Correction, ofMagnitude = false): MapRule =>
  unary((work, dst, x) => {
    const { nc } = work.writer;
    const [number, r, signs] = [work.tile('float32'), work.tile('float32'), work.tile('uint32')];
    asNumber(work, number, x);
    nc.tensor_scalar(signs, { data: number.view('uint32'), op0: 'bitwise_and', operand0: SIGN });
    let from = number;
    if (ofMagnitude) {
      from = work.tile('float32');
      nc.tensor_scalar(from, { data: number, op0: 'abs' });
      nc.tensor_scalar(r, { data: from, op0: 'add', operand0: WHOLE, op1: 'subtract', operand1: WHOLE });
    } else {
      const magic = work.tile('uint32');
      nc.tensor_scalar(magic, { data: signs, op0: 'bitwise_or', operand0: WHOLE_BITS });
      const shift = magic.view('float32');
      nc.tensor_tensor(r, { data1: number, data2: shift, op: 'add', engine: 'vector' });
      nc.tensor_tensor(r, { data1: r, data2: shift, op: 'subtract', engine: 'vector' });
    }
    correct?.(work, r, from);
    const bits = r.view('uint32');
    nc.tensor_tensor(bits, { data1: bits, data2: signs, op: 'bitwise_or', engine: 'vector' });
    const small = work.tile('uint8');
    nc.tensor_scalar(small, { data: number, op0: 'abs', op1: 'less', operand1: WHOLE });
    nc.tensor_copy_predicated(number, { src: r, predicate: small });
    asNumber(work, dst, number);
  }, same);

const scalarFunction = (op: ScalarFunction & ActivationOp): MapRule =>
  unary(({ writer: { nc } }, dst, data) => {
    nc.activation(dst, { data, op });
  });

/** Codes of 32-bit integers as they are; other sides as float32. */
const select: MapRule = (work, dst, [condition, x, y]) => {
  const { nc } = work.writer;
  const exact = isWide(dst.dtype) && x.dtype === dst.dtype && y.dtype === dst.dtype;
  const side = (operand: Operand): ChipView => {
    const { dtype } = dst;
    if (operand.kind === 'constant')
      return work.filled(dtype, exact ? operand.code : converted(dtype, numberOf(operand)));
    if (exact) return work.full(operand);
    const tile = work.tile(dtype);
    asNumber(work, tile, work.full(operand));
    return tile;
  };
  const holds = work.tile('uint8');
  nc.tensor_scalar(holds, { data: work.full(condition), op0: 'not_equal', operand0: 0 });
  nc.tensor_copy(dst, { src: side(y) });
  nc.tensor_copy_predicated(dst, { src: side(x), predicate: holds });
};

const converted = (dtype: Dtype, value: number): number => encodeArray(dtype, Float32Array.of(value))[0] ?? 0;

export const MAPS = {
  negate: unary((work, dst, data) => {
    work.writer.nc.tensor_scalar(dst, { data, op0: 'multiply', operand0: -1 });
  }, negated),
  floor: rounded(corrected('greater', 'subtract')),
  ceil: rounded(corrected('less', 'add')),
  trunc: rounded(corrected('greater', 'subtract'), true),
  rint: rounded(),
  select,
  add: arithmetic('add'),
  subtract: arithmetic('subtract'),
  multiply: arithmetic('multiply'),
  maximum: arithmetic('maximum'),
  minimum: arithmetic('minimum'),
  abs_max: arithmetic('abs_max'),
  abs_min: arithmetic('abs_min'),
  equal: judging('equal'),
  not_equal: judging('not_equal'),
  greater_equal: judging('greater_equal'),
  greater: judging('greater'),
  less_equal: judging('less_equal'),
  less: judging('less'),
  logical_and: judging('logical_and'),
  logical_or: judging('logical_or'),
  logical_xor: judging('logical_xor'),
  power: (work, dst, [x, y]) => {
    onGpsimd(work, 'power', dst, work.full(x), work.full(y));
  },
  abs: unary(operator('abs'), magnitude),
  square: unary(operator('square'), (work, dst, x) => {
    onGpsimd(work, 'multiply', dst, x, x);
  }),
  relu: unary(operator('relu'), (work, dst, x) => {
    onGpsimd(work, 'maximum', dst, x, zero(work, dst));
  }),
  rsqrt: unary(operator('rsqrt')),
  reciprocal: unary(({ writer: { nc } }, dst, data) => {
    nc.reciprocal(dst, { data });
  }),
  bitwise_and: bitwise('bitwise_and'),
  bitwise_or: bitwise('bitwise_or'),
  bitwise_xor: bitwise('bitwise_xor'),
  invert: unary(operator('invert')),
  left_shift: bitwise('left_shift'),
  right_shift: bitwise('right_shift'),
  sigmoid: scalarFunction('sigmoid'),
  gelu: scalarFunction('gelu'),
  gelu_dx: scalarFunction('gelu_dx'),
  gelu_apprx_tanh: scalarFunction('gelu_apprx_tanh'),
  gelu_apprx_sigmoid: scalarFunction('gelu_apprx_sigmoid'),
  gelu_apprx_sigmoid_dx: scalarFunction('gelu_apprx_sigmoid_dx'),
  silu: scalarFunction('silu'),
  silu_dx: scalarFunction('silu_dx'),
  tanh: scalarFunction('tanh'),
  softplus: scalarFunction('softplus'),
  mish: scalarFunction('mish'),
  erf: scalarFunction('erf'),
  erf_dx: scalarFunction('erf_dx'),
  exp: scalarFunction('exp'),
  sign: scalarFunction('sign'),
  log: scalarFunction('log'),
  sin: scalarFunction('sin'),
  arctan: scalarFunction('arctan'),
  sqrt: scalarFunction('sqrt'),
} as const satisfies Record<MapFunction, MapRule>;

/** To another format. Between 32-bit integers clamped, exactly; `draws` where rounding is stochastic. */
export function cast(
  work: Work,
  dst: ChipView,
  x: Operand,
  {
    rounding,
    saturate,
  }: { readonly rounding: 'nearest-even' | 'toward-zero' | 'stochastic'; readonly saturate: boolean },
  draws: { readonly seed: number; readonly element: number; readonly pitch: number } | undefined,
): void {
  const src = work.full(x);
  if (isWide(x.dtype) && isWide(dst.dtype)) {
    const [op, limit] = x.dtype === 'int32' ? (['maximum', 0] as const) : (['minimum', 2 ** 31 - 1] as const);
    onGpsimd(work, op, dst, src, work.filled(x.dtype, codeOf(x.dtype, limit)));
    return;
  }
  work.writer.nc.tensor_copy(dst, {
    src,
    ...(rounding !== 'nearest-even' && { rounding }),
    ...(saturate && { saturate }),
    ...draws,
  });
}
