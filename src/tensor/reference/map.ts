/** Functions of elements. */
import { ARITHMETIC, BITWISE, INTEGER, UNARY, type Operator } from '../../isa/alu';
import { ACTIVATIONS } from '../../isa/functions';
import { bitsOf, codeArray, encodeArray, type CodeArray, type Dtype } from '../../numerics';
import type { AluOp } from '../../program';
import { isComposed, isScalarFunction, type ComposedFunction, type MapFunction } from '../graph';
import { floatsOf, integersOf, isWide, type Values, type WideInteger } from './values';

type Composed = Exclude<ComposedFunction, 'select'>;

/** Half-way cases go to the even side, and zeros keep the sign of x. */
const rint = (x: number): number => {
  if (Math.abs(x) >= 2 ** 23 || x !== x || x === 0) return x;
  const magic = x > 0 ? 2 ** 23 : -(2 ** 23);
  const rounded = Math.fround(Math.fround(x + magic) - magic);
  return rounded === 0 ? x * 0 : rounded;
};

const COMPOSED = {
  negate: (x) => -x,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  rint,
} as const satisfies Record<Composed, (x: number) => number>;

/** Exact integers in and out, the low 32 bits of which are kept. */
const COMPOSED_INTEGER = {
  negate: (x) => -x,
  floor: (x) => x,
  ceil: (x) => x,
  trunc: (x) => x,
  rint: (x) => x,
} as const satisfies Record<Composed, (x: number) => number>;

const UNARY_INTEGER = {
  abs: Math.abs,
  square: (x: number) => Math.imul(x, x),
  relu: (x: number) => Math.max(x, 0),
} as const;

const has = <T extends object>(table: T, name: PropertyKey): name is keyof T => Object.hasOwn(table, name);

/** On float32 values. */
function floatFunction(fn: Exclude<MapFunction, 'select'>): Operator {
  if (isComposed(fn)) return COMPOSED[fn];
  if (isScalarFunction(fn)) return ACTIVATIONS[fn].apply;
  if (has(ARITHMETIC, fn)) return ARITHMETIC[fn];
  if (has(UNARY, fn)) return UNARY[fn];
  throw new Error(`Invariant violation: ${fn} is no function of floats`);
}

/** On the integers of a 32-bit format; undefined where the engines go by way of float32. */
function integerFunction(fn: Exclude<MapFunction, 'select'>): Operator | undefined {
  if (has(COMPOSED_INTEGER, fn)) return COMPOSED_INTEGER[fn];
  // The table holds power too, which is none of them: it always goes by way of float32.
  if (fn !== 'power' && has(INTEGER, fn)) return INTEGER[fn];
  if (has(UNARY_INTEGER, fn)) return UNARY_INTEGER[fn];
  return undefined;
}

const JUDGING: readonly AluOp[] = [
  ...(['equal', 'not_equal', 'greater_equal', 'greater', 'less_equal', 'less'] as const),
  ...(['logical_and', 'logical_or', 'logical_xor'] as const),
];
export const judges = (fn: MapFunction): boolean => (JUDGING as readonly MapFunction[]).includes(fn);

/** The 32-bit format that all inputs have, where they have one. */
const commonWide = (inputs: readonly Values[]): WideInteger | undefined => {
  const [dtype] = inputs.map((input) => input.dtype);
  return dtype !== undefined && isWide(dtype) && inputs.every((input) => input.dtype === dtype)
    ? dtype
    : undefined;
};

export function mapped(fn: MapFunction, inputs: readonly Values[], dtype: Dtype, size: number): CodeArray {
  if (fn === 'select') return selected(inputs, dtype, size);
  if (has(BITWISE, fn)) {
    const operate = BITWISE[fn];
    const width = bitsOf(dtype);
    const codes = codeArray(dtype, size);
    const [x, y] = inputs.map((input) => input.codes);
    for (let i = 0; i < size; i++) codes[i] = operate(x?.[i] ?? 0, y?.[i] ?? 0, width);
    return codes;
  }
  const wide = commonWide(inputs);
  const operate = wide !== undefined && (wide === dtype || judges(fn)) ? integerFunction(fn) : undefined;
  if (wide !== undefined && operate !== undefined) {
    const [x, y] = inputs.map(({ codes }) => integersOf(wide, codes));
    // A Uint32Array takes a number modulo 2^32.
    const results = isWide(dtype) ? new Uint32Array(size) : new Float32Array(size);
    for (let i = 0; i < size; i++) results[i] = operate(x?.[i] ?? 0, y?.[i] ?? 0);
    return results instanceof Uint32Array ? results : encodeArray(dtype, results);
  }
  const apply = floatFunction(fn);
  const [x, y] = inputs.map(floatsOf);
  const results = new Float32Array(size);
  for (let i = 0; i < size; i++) results[i] = apply(x?.[i] ?? 0, y?.[i] ?? 0);
  return encodeArray(dtype, results);
}

/** The condition holds where it is not 0, which NaN is not. */
function selected([condition, ...sides]: readonly Values[], dtype: Dtype, size: number): CodeArray {
  const holds = condition === undefined ? new Float32Array(size) : floatsOf(condition);
  const choose = <T extends CodeArray | Float32Array>(result: T, [x, y]: readonly T[]): T => {
    for (let i = 0; i < size; i++) result[i] = (holds[i] === 0 ? y : x)?.[i] ?? 0;
    return result;
  };
  if (isWide(dtype) && sides.every((side) => side.dtype === dtype))
    return choose<CodeArray>(
      codeArray(dtype, size),
      sides.map(({ codes }) => codes),
    );
  return encodeArray(dtype, choose<Float32Array>(new Float32Array(size), sides.map(floatsOf)));
}
