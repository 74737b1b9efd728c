/** Functions of float32 values that WGSL can reproduce bit for bit: those of the Scalar engine, and what ALUs need besides. */
import { ACTIVATIONS } from './activations';

export { isValid, rangeText } from './activation';
export type { Activation, Cubic, ValidRange } from './activation';
export { ACTIVATIONS } from './activations';
export { log } from './logarithm';
export { power } from './power';
export { rsqrt } from './roots';

/** Of any float32. */
export const exp = ACTIVATIONS.exp.apply;
/** 1 / x as the Scalar engine has it: valid for magnitudes of 2^-42 to 2^42. */
export const reciprocalTable = ACTIVATIONS.reciprocal.apply;
