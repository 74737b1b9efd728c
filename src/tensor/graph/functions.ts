/**
 * What `map` does to elements, as data: operators of Vector and GpSimd, functions of the Scalar engine, and a few that the chip
 * composes of several instructions. Where Vector and Scalar have a function of one name, Vector's is meant: it is exact.
 */
import { ACTIVATION_OPS, ALU_OPS, type ActivationOp, type AluOp } from '../../program';

/** Exact on every float32: the chip rounds to an integer and chooses; `select` takes its second side where its first is not 0. */
export const COMPOSED = ['negate', 'floor', 'ceil', 'trunc', 'rint', 'select'] as const;
export type ComposedFunction = (typeof COMPOSED)[number];

/** Of the Scalar engine alone. */
export type ScalarFunction = Exclude<ActivationOp, AluOp | 'copy'>;

export type MapFunction = AluOp | ScalarFunction | ComposedFunction;

const UNARY: readonly string[] = ['abs', 'square', 'relu', 'rsqrt', 'reciprocal', 'invert'];

export const isAlu = (name: MapFunction): name is AluOp => (ALU_OPS as readonly string[]).includes(name);
export const isComposed = (name: MapFunction): name is ComposedFunction =>
  (COMPOSED as readonly string[]).includes(name);
export const isScalarFunction = (name: MapFunction): name is ScalarFunction =>
  !isAlu(name) && !isComposed(name) && (ACTIVATION_OPS as readonly string[]).includes(name);

/** How many operands it takes. */
export function arityOf(name: MapFunction): 1 | 2 | 3 {
  if (name === 'select') return 3;
  return isAlu(name) && !UNARY.includes(name) ? 2 : 1;
}
