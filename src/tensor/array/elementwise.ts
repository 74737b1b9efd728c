/** Functions of elements that the engines have. Those of the Scalar engine, and what is composed of several, are in `functions.ts`. */
import { UserError, type Dtype } from '../../numerics';
import { rightShift as shiftRight } from '../compose';
import { make, type MapFunction, type Node } from '../graph';
import type { NDArray } from './ndarray';
import { contextOf, meet, meetingDtype, nodeOf, shapeOf, type Operand, type ResultOptions } from './operands';
import { optionsOf, RESULT } from './options';
import { isInteger, isWide } from './promotion';

/** In the format where the operands meet. */
function binary(fn: MapFunction, x: Operand, y: Operand, options: ResultOptions): NDArray {
  const { dtype } = optionsOf(fn, options, RESULT);
  const operands = [x, y];
  const arrays = contextOf(fn, operands);
  const common = meetingDtype(fn, operands);
  const nodes = meet(fn, arrays, operands, common);
  return arrays.adopt(make.map(fn, nodes, dtype === undefined ? common : arrays.checkDtype(fn, dtype)));
}

/** @param op as messages call it, where that is not the function. */
function unary(fn: MapFunction, x: NDArray, options: ResultOptions, own: Dtype, op: string = fn): NDArray {
  const { dtype } = optionsOf(op, options, RESULT);
  const node = nodeOf(op, x);
  return x.arrays.adopt(make.map(fn, [node], dtype === undefined ? own : x.arrays.checkDtype(op, dtype)));
}

/** uint8: 1 where it holds, else 0. Numbers need not be ones that a narrow integer format holds. @param op as messages call it. */
function judged(op: string, fn: MapFunction, x: Operand, y: Operand): NDArray {
  const operands = [x, y];
  const arrays = contextOf(op, operands);
  const common = meetingDtype(op, operands);
  return arrays.adopt(make.map(fn, meet(op, arrays, operands, isWide(common) ? common : 'float32'), 'uint8'));
}

/** Codes of integers of one format. */
function bitwise(op: string, apply: (a: Node, b: Node) => Node, x: Operand, y: Operand): NDArray {
  const operands = [x, y];
  const common = meetingDtype(op, operands);
  if (!isInteger(common)) throw new UserError(`${op}: takes integers; received ${common}.`);
  const arrays = contextOf(op, operands);
  const [a, b] = meet(op, arrays, operands, common).map((node) => make.cast(node, common)) as [Node, Node];
  return arrays.adopt(apply(a, b));
}

const mapped =
  (fn: MapFunction) =>
  (a: Node, b: Node): Node =>
    make.map(fn, [a, b], a.dtype);

export const add = (x: Operand, y: Operand, options: ResultOptions = {}): NDArray =>
  binary('add', x, y, options);
export const subtract = (x: Operand, y: Operand, options: ResultOptions = {}): NDArray =>
  binary('subtract', x, y, options);
export const multiply = (x: Operand, y: Operand, options: ResultOptions = {}): NDArray =>
  binary('multiply', x, y, options);
export const maximum = (x: Operand, y: Operand, options: ResultOptions = {}): NDArray =>
  binary('maximum', x, y, options);
export const minimum = (x: Operand, y: Operand, options: ResultOptions = {}): NDArray =>
  binary('minimum', x, y, options);

export const equal = (x: Operand, y: Operand): NDArray => judged('equal', 'equal', x, y);
export const notEqual = (x: Operand, y: Operand): NDArray => judged('notEqual', 'not_equal', x, y);
export const greater = (x: Operand, y: Operand): NDArray => judged('greater', 'greater', x, y);
export const greaterEqual = (x: Operand, y: Operand): NDArray =>
  judged('greaterEqual', 'greater_equal', x, y);
export const less = (x: Operand, y: Operand): NDArray => judged('less', 'less', x, y);
export const lessEqual = (x: Operand, y: Operand): NDArray => judged('lessEqual', 'less_equal', x, y);
export const logicalAnd = (x: Operand, y: Operand): NDArray => judged('logicalAnd', 'logical_and', x, y);
export const logicalOr = (x: Operand, y: Operand): NDArray => judged('logicalOr', 'logical_or', x, y);
export const logicalXor = (x: Operand, y: Operand): NDArray => judged('logicalXor', 'logical_xor', x, y);
export const logicalNot = (x: NDArray): NDArray => judged('logicalNot', 'equal', x, 0);
export const isnan = (x: NDArray): NDArray => judged('isnan', 'not_equal', x, x);

export const bitwiseAnd = (x: Operand, y: Operand): NDArray =>
  bitwise('bitwiseAnd', mapped('bitwise_and'), x, y);
export const bitwiseOr = (x: Operand, y: Operand): NDArray =>
  bitwise('bitwiseOr', mapped('bitwise_or'), x, y);
export const bitwiseXor = (x: Operand, y: Operand): NDArray =>
  bitwise('bitwiseXor', mapped('bitwise_xor'), x, y);
export const leftShift = (x: Operand, y: Operand): NDArray =>
  bitwise('leftShift', mapped('left_shift'), x, y);
/** Signed integers keep their sign: an amount of the width or more leaves -1 or 0. */
export const rightShift = (x: Operand, y: Operand): NDArray => bitwise('rightShift', shiftRight, x, y);
export const invert = (x: NDArray): NDArray => {
  if (!isInteger(x.dtype)) throw new UserError(`invert: takes integers; received ${x.dtype}.`);
  return unary('invert', x, {}, x.dtype);
};

/** Of integers again integers. */
export const negative = (x: NDArray, options: ResultOptions = {}): NDArray =>
  unary('negate', x, options, x.dtype, 'negative');
export const abs = (x: NDArray, options: ResultOptions = {}): NDArray => unary('abs', x, options, x.dtype);
export const square = (x: NDArray, options: ResultOptions = {}): NDArray =>
  unary('square', x, options, x.dtype);
export const sign = (x: NDArray, options: ResultOptions = {}): NDArray => unary('sign', x, options, x.dtype);
export const relu = (x: NDArray, options: ResultOptions = {}): NDArray => unary('relu', x, options, x.dtype);
export const floor = (x: NDArray, options: ResultOptions = {}): NDArray =>
  unary('floor', x, options, x.dtype);
export const ceil = (x: NDArray, options: ResultOptions = {}): NDArray => unary('ceil', x, options, x.dtype);
export const trunc = (x: NDArray, options: ResultOptions = {}): NDArray =>
  unary('trunc', x, options, x.dtype);
/** To the nearest whole number, halves to the even one. */
export const rint = (x: NDArray, options: ResultOptions = {}): NDArray => unary('rint', x, options, x.dtype);

/** x where the condition is not 0, else y. */
export function where(condition: Operand, x: Operand, y: Operand, options: ResultOptions = {}): NDArray {
  const { dtype } = optionsOf('where', options, RESULT);
  const operands = [condition, x, y];
  const arrays = contextOf('where', operands);
  const shape = shapeOf('where', operands);
  const common = meetingDtype('where', [x, y]);
  const nodes = [
    ...meet('where', arrays, [condition], 'float32', shape),
    ...meet('where', arrays, [x, y], common, shape),
  ];
  const result = dtype === undefined ? common : arrays.checkDtype('where', dtype);
  return arrays.adopt(make.map('select', nodes, result));
}

/** Limits that are left out do not limit. */
export function clip(x: NDArray, low?: Operand, high?: Operand, options: ResultOptions = {}): NDArray {
  const { dtype } = optionsOf('clip', options, RESULT);
  const limits = [low, high].filter((each) => each !== undefined);
  const common = meetingDtype('clip', [x, ...limits]);
  const shape = shapeOf('clip', [x, ...limits]);
  const [node = nodeOf('clip', x), ...others] = meet('clip', x.arrays, [x, ...limits], common, shape);
  const names: readonly MapFunction[] = low === undefined ? ['minimum'] : ['maximum', 'minimum'];
  const limited = others.reduce(
    (inner, limit, i) => make.map(names[i] ?? 'minimum', [inner, limit], common),
    node,
  );
  const result = dtype === undefined ? common : x.arrays.checkDtype('clip', dtype);
  return x.arrays.adopt(make.cast(limited, result));
}
