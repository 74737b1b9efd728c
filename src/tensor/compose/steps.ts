/**
 * The steps that composites are made of: functions of elements in float32, in 32-bit integers, or giving flags. Numbers stand for arrays
 * of them. A composite computes in float32 and rounds once, at its end, to the format that is wanted (`make.cast`).
 */
import { FORMATS, isPacked, type Dtype } from '../../numerics';
import { make, type MapFunction, type Node } from '../graph';

/** A node, or one number for all elements. */
export type Operand = Node | number;

export const isWide = (dtype: Dtype): dtype is 'int32' | 'uint32' => dtype === 'int32' || dtype === 'uint32';

export const isInteger = (dtype: Dtype): boolean => !isPacked(dtype) && FORMATS[dtype].kind === 'integer';

/** Numbers are constants of `constants`, as float32 (or integers) rounded once. */
function applied(fn: MapFunction, operands: readonly Operand[], dtype: Dtype, constants: Dtype): Node {
  const like = operands.find((operand) => typeof operand !== 'number');
  const nodes = operands.map((operand) =>
    typeof operand === 'number'
      ? make.fill(like?.shape ?? [], constants, isWide(constants) ? operand : Math.fround(operand))
      : operand,
  );
  return make.map(fn, nodes, dtype);
}

/** float32 in, float32 out. */
export const float = (fn: MapFunction, ...operands: readonly Operand[]): Node =>
  applied(fn, operands, 'float32', 'float32');

/** int32 in and out, exact modulo 2^32. */
export const whole = (fn: MapFunction, ...operands: readonly Operand[]): Node =>
  applied(fn, operands, 'int32', 'int32');

/** Words: uint32 in and out. */
export const word = (fn: MapFunction, ...operands: readonly Operand[]): Node =>
  applied(fn, operands, 'uint32', 'uint32');

/** uint8: 1 where it holds, else 0. Numbers have the format of what they are compared with. */
export function judge(fn: MapFunction, ...operands: readonly Operand[]): Node {
  const like = operands.find((operand) => typeof operand !== 'number');
  return applied(fn, operands, 'uint8', like !== undefined && isWide(like.dtype) ? like.dtype : 'float32');
}

/**
 * The format in which a step of sums, products or choices is exact for integers: int32 or uint32 where operands and result are of it,
 * else float32.
 */
export const stepDtype = (dtype: Dtype, ...operands: readonly Node[]): Dtype =>
  isWide(dtype) && operands.every((operand) => operand.dtype === dtype) ? dtype : 'float32';

/** Steps in a format of `stepDtype`. */
export const stepsIn =
  (dtype: Dtype) =>
  (fn: MapFunction, ...operands: readonly Operand[]): Node =>
    applied(fn, operands, dtype, dtype);

/** Where the flag holds the one, else the other, in float32. */
export const choose = (flag: Node, yes: Operand, no: Operand): Node => float('select', flag, yes, no);

export const wordsOf = (x: Node): Node => make.bitcast(make.cast(x, 'float32'), 'uint32');
export const floatsOf = (words: Node): Node => make.bitcast(words, 'float32');

/** uint8: 1 where the sign bit is set, of -0 and NaN too. */
export const signbit = (x: Node): Node => make.cast(word('right_shift', wordsOf(x), 31), 'uint8');

/** |x| with a gradient of -1 or 1 at zeros too, where that of `abs` is 0: what is odd or even goes on through them. */
export const magnitudeOf = (x: Node): Node => choose(signbit(x), float('negate', x), x);

/** With the sign of x: -0 of -0. */
export const withSign = (size: Node, x: Node): Node => choose(signbit(x), float('negate', size), size);

/** The same values, of which no gradient comes back: corrections, and scales that a value chose. */
export const constantOf = (x: Node): Node => floatsOf(wordsOf(x));

/** What rounding the product p of x and y left out, exactly: by halves of 12 bits (Dekker 1971). */
export function productError(x: Node, y: Node, p: Node): Node {
  const halves = (value: Node): readonly [Node, Node] => {
    const high = floatsOf(word('bitwise_and', wordsOf(value), 0xfffff000));
    return [high, float('subtract', value, high)];
  };
  const [[xHigh, xLow], [yHigh, yLow]] = [halves(x), halves(y)];
  const rest = float('subtract', float('multiply', xHigh, yHigh), p);
  const cross = float(
    'add',
    float('add', rest, float('multiply', xHigh, yLow)),
    float('multiply', xLow, yHigh),
  );
  return constantOf(float('add', cross, float('multiply', xLow, yLow)));
}

/** Whether values of the format are all within 2^-64 to 2^64, or 0, infinite or NaN: what the Scalar engine's functions are valid for. */
export function isModest(dtype: Dtype): boolean {
  return !['float32', 'tfloat32', 'bfloat16', 'float8_e8m0fnu'].includes(dtype);
}
