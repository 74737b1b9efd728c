/** The form of every instruction. */
import { DMA } from './dma';
import { GPSIMD } from './gpsimd';
import { RANDOM } from './random';
import { REGISTER } from './register';
import { SCALAR } from './scalar';
import { TENSOR } from './tensor';
import { VECTOR } from './vector';

export const FORMS = { ...DMA, ...TENSOR, ...SCALAR, ...VECTOR, ...GPSIMD, ...RANDOM, ...REGISTER } as const;

export type DmaOpcode = keyof typeof DMA;
export type TensorOpcode = keyof typeof TENSOR;
export type ScalarOpcode = keyof typeof SCALAR;
export type VectorOpcode = keyof typeof VECTOR;
export type GpsimdOpcode = keyof typeof GPSIMD;
export type RandomOpcode = keyof typeof RANDOM;
export type RegisterOpcode = keyof typeof REGISTER;

/** By the engine that has them of its own; the order is that of docs/isa.md. */
export const FAMILIES = {
  dma: DMA,
  tensor: TENSOR,
  scalar: SCALAR,
  vector: VECTOR,
  gpsimd: GPSIMD,
  random: RANDOM,
  register: REGISTER,
};

export { DGE_MODES, OOB_MODES } from './dma';
export { WRITE } from './write';
export type { AttributeForm, Form, OperandForm } from './form';
