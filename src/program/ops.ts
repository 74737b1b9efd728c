/**
 * The operators that instructions are told: arithmetic and bitwise operators of Vector and GpSimd, functions of the Scalar
 * engine, and what happens to an accumulator register. Names are those of NKI 0.6 (nki.language, nki.isa).
 */

/** Two float32 values in, one out. */
export const ARITHMETIC_OPS = [
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
  'power',
  'abs_max',
  'abs_min',
] as const;

/** One float32 value in, one out. */
export const UNARY_OPS = ['abs', 'square', 'relu', 'rsqrt', 'reciprocal'] as const;

/** Raw integer codes in and out, no conversion. */
export const BITWISE_OPS = [
  'bitwise_and',
  'bitwise_or',
  'bitwise_xor',
  'invert',
  'left_shift',
  'right_shift',
] as const;

export const ALU_OPS = [...ARITHMETIC_OPS, ...UNARY_OPS, ...BITWISE_OPS] as const;

export type ArithmeticOp = (typeof ARITHMETIC_OPS)[number];
export type UnaryOp = (typeof UNARY_OPS)[number];
export type BitwiseOp = (typeof BITWISE_OPS)[number];
export type AluOp = (typeof ALU_OPS)[number];

/** Functions of the Scalar engine; inputs for which each is valid are in src/isa/scalar. */
export const ACTIVATION_OPS = [
  'copy',
  'square',
  'sigmoid',
  'relu',
  'gelu',
  'gelu_dx',
  'gelu_apprx_tanh',
  'gelu_apprx_sigmoid',
  'gelu_apprx_sigmoid_dx',
  'silu',
  'silu_dx',
  'tanh',
  'softplus',
  'mish',
  'erf',
  'erf_dx',
  'exp',
  'sign',
  'abs',
  'log',
  'sin',
  'arctan',
  'sqrt',
  'rsqrt',
  'reciprocal',
] as const;

export type ActivationOp = (typeof ACTIVATION_OPS)[number];

/** Functions of activate2, which alone has the parameter that prelu takes. */
export const ACTIVATE2_OPS = [...ACTIVATION_OPS, 'prelu'] as const;

/** What an instruction does to the accumulator register of each lane. */
export const REDUCE_COMMANDS = ['idle', 'reset', 'reduce', 'reset_reduce', 'load_reduce'] as const;

export type ReduceCommand = (typeof REDUCE_COMMANDS)[number];

/** How quantize_mx chooses the scale of a group: the vendor's rule, or the smaller one of the OCP Microscaling specification. */
export const MX_SCALE_RULES = ['vendor', 'ocp'] as const;

export type MxScaleRule = (typeof MX_SCALE_RULES)[number];
