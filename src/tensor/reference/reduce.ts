/** Reductions in blocks, and scans. */
import { ARITHMETIC } from '../../isa/alu';
import { codeArray, encodeArray, type CodeArray, type Dtype } from '../../numerics';
import { isArg, REDUCE_BLOCK, sizeOf, type OpOf, type Scan, type Shape } from '../graph';
import { floatsOf, integersOf, isWide, neutral, type Numbers, type Values } from './values';

type Join = (x: number, y: number) => number;

/** The low 32 bits, of the sign that the other operators look at. */
export const WRAPPED = {
  int32: { add: (x: number, y: number) => (x + y) | 0, multiply: (x: number, y: number) => Math.imul(x, y) },
  uint32: {
    add: (x: number, y: number) => (x + y) >>> 0,
    multiply: (x: number, y: number) => Math.imul(x, y) >>> 0,
  },
} as const;

function joinOf(kind: Scan, dtype: Dtype | 'float'): Join {
  const wraps = kind === 'add' || kind === 'multiply';
  return wraps && dtype !== 'float' && isWide(dtype) ? WRAPPED[dtype][kind] : ARITHMETIC[kind];
}

/** Numbers, and what they are: 32-bit integers where the result is of their format too. */
function numbersOf(
  x: Values,
  result: Dtype,
): { readonly numbers: ArrayLike<number>; readonly kind: Dtype | 'float' } {
  const { dtype } = x;
  return isWide(dtype) && dtype === result
    ? { numbers: integersOf(dtype, x.codes), kind: dtype }
    : { numbers: floatsOf(x), kind: 'float' };
}

/** Room for numbers of a kind. */
const room = (kind: Dtype | 'float', size: number): Numbers =>
  kind === 'int32'
    ? new Int32Array(size)
    : kind === 'uint32'
      ? new Uint32Array(size)
      : new Float32Array(size);

/** The codes of numbers: of 32-bit integers their words. */
const coded = (numbers: Numbers, dtype: Dtype): CodeArray =>
  numbers instanceof Float32Array ? encodeArray(dtype, numbers) : new Uint32Array(numbers.buffer);

export function reduced(x: Values, { reduction, axes }: OpOf<'reduce'>, dtype: Dtype): CodeArray {
  const joined = sizeOf(x.shape.slice(x.shape.length - axes));
  const rows = sizeOf(x.shape.slice(0, x.shape.length - axes));
  if (isArg(reduction)) return firstPlaces(x, rows, joined, reduction === 'argmaximum' ? 1 : -1);
  const { numbers, kind } = numbersOf(x, dtype);
  const join = joinOf(reduction, kind);
  let level: ArrayLike<number> = numbers;
  for (let count = joined; ;) {
    const next = joinBlocks(
      level,
      [rows, count],
      join,
      room(kind, rows * Math.max(blocksOf(count), 1)).fill(neutral(reduction, kind)),
    );
    count = blocksOf(count);
    if (count <= 1) return coded(next, dtype);
    level = next;
  }
}

const blocksOf = (count: number): number => Math.ceil(count / REDUCE_BLOCK);

/** One total for each block of each row. */
function joinBlocks(
  numbers: ArrayLike<number>,
  [rows, count]: readonly [number, number],
  join: Join,
  totals: Numbers,
): Numbers {
  const blocks = blocksOf(count);
  for (let i = 0; i < rows * blocks; i++) {
    const [row, block] = [Math.floor(i / blocks), i % blocks];
    const end = row * count + Math.min((block + 1) * REDUCE_BLOCK, count);
    let at = row * count + block * REDUCE_BLOCK;
    let total = numbers[at++] ?? 0;
    for (; at < end; at++) total = join(total, numbers[at] ?? 0);
    totals[i] = total;
  }
  return totals;
}

/** The first place of the largest (or smallest) element of each row; NaN is larger and smaller than any. */
function firstPlaces(x: Values, rows: number, count: number, sign: 1 | -1): CodeArray {
  const numbers = isWide(x.dtype) ? integersOf(x.dtype, x.codes) : floatsOf(x);
  const result = codeArray('int32', rows);
  for (let row = 0; row < rows; row++) {
    let best = 0;
    for (let i = 1; i < count; i++) {
      const [value = 0, known = 0] = [numbers[row * count + i], numbers[row * count + best]];
      if (value * sign > known * sign || (value !== value && known === known)) best = i;
    }
    result[row] = best;
  }
  return result;
}

export function scanned(x: Values, op: OpOf<'scan'>, dtype: Dtype, shape: Shape): CodeArray {
  const { numbers, kind } = numbersOf(x, dtype);
  const join = joinOf(op.scan, kind);
  const count = shape.at(-1) ?? 1;
  const result = room(kind, numbers.length);
  for (let row = 0; row < numbers.length; row += count) {
    let total = neutral(op.scan, kind);
    for (let i = 0; i < count; i++) {
      const at = row + (op.reverse ? count - 1 - i : i);
      const value = numbers[at] ?? 0;
      const next = i === 0 ? value : join(total, value);
      result[at] = op.exclusive ? total : next;
      total = next;
    }
  }
  return coded(result, dtype);
}
