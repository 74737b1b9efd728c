/** What functions of elements are in WGSL: the form in which each takes its operands, what it calls, and the form of its result. */
import {
  activationName,
  aluName,
  integerName,
  type Functions,
} from '../../execute/webgpu/interpreter/functions';
import type { IntegerOp } from '../../isa/alu';
import { bitsOf, type Dtype } from '../../numerics';
import type { AluOp } from '../../program';
import { isAlu, isScalarFunction, type MapFunction } from '../graph';
import { bitsOfCode, codeOf, hex } from './codes';

/** As what a value is there: its code, or the float32 bits of its number. Of float32 the sign and payload of NaN are open in those. */
export type Form = 'code' | 'number';

export interface Uses {
  readonly alu: Set<AluOp>;
  readonly activations: Set<Exclude<Functions['activations'], undefined>[number]>;
  integers: boolean;
  composed: boolean;
}

export interface Mapped {
  /** Of each operand. */
  readonly takes: readonly Form[];
  /** The result in one form, or in either. */
  readonly result: (operands: readonly string[]) => Readonly<Partial<Record<Form, string>>>;
}

export const isWide = (dtype: Dtype | undefined): dtype is 'int32' | 'uint32' =>
  dtype === 'int32' || dtype === 'uint32';

const BITWISE: ReadonlySet<string> = new Set([
  'bitwise_and',
  'bitwise_or',
  'bitwise_xor',
  'invert',
  'left_shift',
  'right_shift',
]);

const JUDGING: ReadonlySet<string> = new Set([
  'equal',
  'not_equal',
  'greater_equal',
  'greater',
  'less_equal',
  'less',
  'logical_and',
  'logical_or',
  'logical_xor',
]);

const INTEGER: ReadonlySet<string> = new Set<IntegerOp>([
  'add',
  'subtract',
  'multiply',
  'maximum',
  'minimum',
  'equal',
  'not_equal',
  'greater_equal',
  'greater',
  'less_equal',
  'less',
  'logical_and',
  'logical_or',
  'logical_xor',
  'abs_max',
  'abs_min',
]);

const isInteger = (fn: MapFunction): fn is IntegerOp => INTEGER.has(fn);

/** Of words of a 32-bit format, as GpSimd has them: what takes one. */
const UNARY_INTEGER: Readonly<Record<string, (x: string, signed: boolean) => string>> = {
  abs: (x, signed) => (signed ? `select(${x}, 0u - ${x}, ${x} >= 0x80000000u)` : x),
  square: (x) => `${x} * ${x}`,
  relu: (x, signed) => (signed ? `select(${x}, 0u, ${x} >= 0x80000000u)` : x),
  negate: (x) => `0u - ${x}`,
  floor: (x) => x,
  ceil: (x) => x,
  trunc: (x) => x,
  rint: (x) => x,
};

/** A truth as 1 or 0 of a format. */
function truth(dtype: Dtype, condition: string): Readonly<Record<Form, string>> {
  const [zero, one] = [codeOf(dtype, 0), codeOf(dtype, 1)];
  return {
    code: `select(${hex(zero)}, ${hex(one)}, ${condition})`,
    number: `select(${hex(bitsOfCode(dtype, zero))}, ${hex(bitsOfCode(dtype, one))}, ${condition})`,
  };
}

/** Of two words of a 32-bit format. */
export function integerText(op: IntegerOp, dtype: Dtype, x: string, y: string, uses: Uses): string {
  uses.integers = true;
  const signed = String(dtype === 'int32');
  return `${integerName(op)}(alu_integer(${x}, ${signed}), alu_integer(${y}, ${signed}))`;
}

export function mapped(fn: MapFunction, inputs: readonly Dtype[], dtype: Dtype, uses: Uses): Mapped {
  if (fn === 'select') return select(inputs, dtype);
  const forms = (form: Form): readonly Form[] => inputs.map(() => form);
  if (isAlu(fn) && BITWISE.has(fn)) {
    uses.alu.add(fn);
    const width = `${bitsOf(dtype)}u`;
    return { takes: forms('code'), result: (x) => ({ code: `${aluName(fn)}(${[...x, width].join(', ')})` }) };
  }
  const [first] = inputs;
  const wide = isWide(first) && inputs.every((each) => each === first) ? first : undefined;
  if (wide !== undefined && (wide === dtype || JUDGING.has(fn))) {
    if (isInteger(fn)) {
      const apply = (x: readonly string[]): string => integerText(fn, wide, x[0] ?? '', x[1] ?? '', uses);
      return {
        takes: forms('code'),
        result: (x) => (JUDGING.has(fn) ? truth(dtype, `${apply(x)} != 0u`) : { code: apply(x) }),
      };
    }
    const unary = UNARY_INTEGER[fn];
    if (unary !== undefined)
      return { takes: forms('code'), result: ([x = '']) => ({ code: unary(x, wide === 'int32') }) };
  }
  const name = nameOf(fn, uses);
  const apply = (x: readonly string[]): string => `${name}(${apart(fn, x).join(', ')})`;
  return {
    takes: forms('number'),
    result: (x) => (JUDGING.has(fn) ? truth(dtype, `${apply(x)} != 0u`) : { number: apply(x) }),
  };
}

/**
 * Where both sides may turn out to be one value, a compiler that knows x - x to be 0 must not find out: the second side is taken by way
 * of a word of 0 that it does not know.
 */
function apart(fn: MapFunction, operands: readonly string[]): readonly string[] {
  if (fn !== 'add' && fn !== 'subtract') return operands;
  return operands.map((operand, i) => (i === 1 ? `(${operand}) ^ zero_word()` : operand));
}

/** Of float32 bits. */
function nameOf(fn: Exclude<MapFunction, 'select'>, uses: Uses): string {
  if (isScalarFunction(fn)) {
    uses.activations.add(fn);
    return activationName(fn);
  }
  if (isAlu(fn)) {
    uses.alu.add(fn);
    return aluName(fn);
  }
  uses.composed = true;
  return `composed_${fn}`;
}

/** Codes of 32-bit integers are chosen as they are; other sides are numbers, and rounded. */
function select([condition, ...sides]: readonly Dtype[], dtype: Dtype): Mapped {
  const exact = isWide(dtype) && sides.every((side) => side === dtype);
  const form = exact ? 'code' : 'number';
  const asked = isWide(condition) ? 'code' : 'number';
  const mask = isWide(condition) ? '0xffffffffu' : '0x7fffffffu';
  return {
    takes: [asked, form, form],
    result: ([test = '', x = '', y = '']) => ({
      [form]: `select(${y}, ${x}, (${test} & ${mask}) != 0u)`,
    }),
  };
}
