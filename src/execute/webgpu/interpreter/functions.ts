/**
 * The WGSL text of the functions that instructions apply to elements: which file of shaders/interpreter holds each, and what that
 * file needs. The twin of src/isa/functions and src/isa/alu.ts. Every function takes and gives u32 of float32 bits (bitwise
 * operators: codes). A kernel that includes the text also includes shaders/convert.wgsl (`conversionsWgsl`) and declares
 * `fn zero_word() -> u32`: 0, read from memory so that no compiler knows it.
 */
import arithmetic from '../../../../shaders/interpreter/arithmetic.wgsl';
import activation from '../../../../shaders/interpreter/functions/activation.wgsl';
import alu from '../../../../shaders/interpreter/functions/alu.wgsl';
import aluInteger from '../../../../shaders/interpreter/functions/alu_integer.wgsl';
import errorFunction from '../../../../shaders/interpreter/functions/error_function.wgsl';
import everywhere from '../../../../shaders/interpreter/functions/everywhere.wgsl';
import exponential from '../../../../shaders/interpreter/functions/exponential.wgsl';
import logarithm from '../../../../shaders/interpreter/functions/logarithm.wgsl';
import pair from '../../../../shaders/interpreter/functions/pair.wgsl';
import power from '../../../../shaders/interpreter/functions/power.wgsl';
import roots from '../../../../shaders/interpreter/functions/roots.wgsl';
import sigmoid from '../../../../shaders/interpreter/functions/sigmoid.wgsl';
import simple from '../../../../shaders/interpreter/functions/simple.wgsl';
import trigonometry from '../../../../shaders/interpreter/functions/trigonometry.wgsl';
import within from '../../../../shaders/interpreter/functions/within.wgsl';
import type { IntegerOp } from '../../../isa/alu';
import { ACTIVATIONS, type Activation, type Cubic } from '../../../isa/functions';
import * as POLYNOMIALS from '../../../isa/functions/polynomials';
import type { ActivationOp, AluOp } from '../../../program';
import type { ArithmeticProbe } from '../probes';
import { render } from '../template';

/** How an adapter adds and multiplies: see the head of shaders/interpreter/arithmetic.wgsl. */
export type Arithmetic = 'native' | 'guarded' | 'integer';

/**
 * Whether an adapter's compiler keeps NaN is of no matter here: what such compilers fold is x - x, and here no subtraction is left
 * to them, as the sign is changed on a u32.
 */
export function arithmeticOf({ nearestEven, subnormals }: ArithmeticProbe): Arithmetic {
  if (!nearestEven) return 'integer';
  return subnormals === 'kept' ? 'native' : 'guarded';
}

/** Whether the functions but for add, subtract and multiply are exact too: in integers alone they would take minutes to compile. */
export const hasFunctions = ({ nearestEven }: ArithmeticProbe): boolean => nearestEven;

interface Module {
  readonly text: string;
  readonly needs?: readonly ModuleName[];
  /** Each becomes `fn polynomial_name(t: f32) -> f32`. */
  readonly polynomials?: readonly (keyof typeof POLYNOMIALS)[];
}

type ModuleName =
  | 'pair'
  | 'activation'
  | 'alu'
  | 'aluInteger'
  | 'simple'
  | 'exponential'
  | 'roots'
  | 'logarithm'
  | 'power'
  | 'sigmoid'
  | 'errorFunction'
  | 'trigonometry';

const MODULES = {
  pair: { text: pair },
  activation: { text: activation, needs: ['pair'] },
  alu: { text: alu },
  aluInteger: { text: aluInteger },
  simple: { text: simple },
  exponential: { text: exponential, needs: ['pair'], polynomials: ['EXP'] },
  roots: { text: roots, needs: ['pair'], polynomials: ['RECIPROCAL', 'RSQRT'] },
  logarithm: { text: logarithm, needs: ['roots'], polynomials: ['LOG'] },
  power: { text: power, needs: ['exponential', 'logarithm'] },
  sigmoid: { text: sigmoid, needs: ['exponential', 'logarithm'], polynomials: ['TANH'] },
  errorFunction: { text: errorFunction, needs: ['exponential', 'roots'], polynomials: ['ERF', 'ERFCX'] },
  trigonometry: { text: trigonometry, needs: ['roots'], polynomials: ['SINE', 'COSINE', 'ARCTAN'] },
} as const satisfies Record<ModuleName, Module>;

interface ActivationText {
  readonly module: ModuleName;
  /** The function of that file which is the definition for finite numbers inside the range. */
  readonly finite: string;
}

const ACTIVATION_TEXTS = {
  copy: { module: 'simple', finite: 'finite_copy' },
  square: { module: 'simple', finite: 'finite_square' },
  sigmoid: { module: 'sigmoid', finite: 'finite_sigmoid' },
  relu: { module: 'simple', finite: 'finite_relu' },
  gelu: { module: 'errorFunction', finite: 'finite_gelu' },
  gelu_dx: { module: 'errorFunction', finite: 'finite_gelu_slope' },
  gelu_apprx_tanh: { module: 'sigmoid', finite: 'finite_gelu_tanh' },
  gelu_apprx_sigmoid: { module: 'sigmoid', finite: 'finite_gelu_quick' },
  gelu_apprx_sigmoid_dx: { module: 'sigmoid', finite: 'finite_gelu_quick_slope' },
  silu: { module: 'sigmoid', finite: 'finite_silu' },
  silu_dx: { module: 'sigmoid', finite: 'finite_silu_slope' },
  tanh: { module: 'sigmoid', finite: 'finite_tanh' },
  softplus: { module: 'sigmoid', finite: 'finite_softplus' },
  mish: { module: 'sigmoid', finite: 'finite_mish' },
  erf: { module: 'errorFunction', finite: 'finite_erf' },
  erf_dx: { module: 'errorFunction', finite: 'finite_erf_slope' },
  exp: { module: 'exponential', finite: 'finite_exp' },
  sign: { module: 'simple', finite: 'finite_sign' },
  abs: { module: 'simple', finite: 'finite_abs' },
  log: { module: 'logarithm', finite: 'finite_log' },
  sin: { module: 'trigonometry', finite: 'finite_sin' },
  arctan: { module: 'trigonometry', finite: 'finite_arctan' },
  sqrt: { module: 'roots', finite: 'finite_sqrt' },
  rsqrt: { module: 'roots', finite: 'finite_rsqrt' },
  reciprocal: { module: 'roots', finite: 'finite_reciprocal' },
} as const satisfies Record<ActivationOp, ActivationText>;

/** Which file holds `alu_OP`. What it takes: x and y, or x alone of unary operators; bitwise operators also the width in bits. */
const ALU_MODULES = {
  add: 'alu',
  subtract: 'alu',
  multiply: 'alu',
  maximum: 'alu',
  minimum: 'alu',
  equal: 'alu',
  not_equal: 'alu',
  greater_equal: 'alu',
  greater: 'alu',
  less_equal: 'alu',
  less: 'alu',
  logical_and: 'alu',
  logical_or: 'alu',
  logical_xor: 'alu',
  power: 'power',
  abs_max: 'alu',
  abs_min: 'alu',
  abs: 'alu',
  square: 'alu',
  relu: 'alu',
  rsqrt: 'roots',
  reciprocal: 'roots',
  bitwise_and: 'alu',
  bitwise_or: 'alu',
  bitwise_xor: 'alu',
  invert: 'alu',
  left_shift: 'alu',
  right_shift: 'alu',
} as const satisfies Record<AluOp, ModuleName>;

/** `fn activation_OP(x: u32) -> u32`. */
export const activationName = (op: ActivationOp): string => `activation_${op}`;
export const aluName = (op: AluOp): string => `alu_${op}`;
/** Of two of what `fn alu_integer(word: u32, is_signed: bool)` makes. */
export const integerName = (op: IntegerOp): string => `alu_integer_${op}`;

export interface Functions {
  readonly arithmetic: Arithmetic;
  readonly activations?: readonly ActivationOp[];
  readonly alu?: readonly AluOp[];
  /** Whether GpSimd's operators on 32-bit integers are wanted: all of them. */
  readonly integers?: boolean;
}

/** WGSL that defines the functions asked for, and f_add, f_subtract and f_multiply, which are always there. */
export function functionsWgsl(functions: Functions): string {
  const { arithmetic: kind, activations = [], alu: operators = [], integers = false } = functions;
  const wanted = [
    ...operators.map((op) => ALU_MODULES[op]),
    ...activations.map((op) => ACTIVATION_TEXTS[op].module),
    ...(activations.length > 0 ? (['activation'] as const) : []),
    ...(integers ? (['aluInteger'] as const) : []),
  ];
  return [
    render(arithmetic, {
      native: Number(kind === 'native'),
      guarded: Number(kind === 'guarded'),
      integer: Number(kind === 'integer'),
    }),
    ...[...closure(wanted)].flatMap(moduleTexts),
    ...[...new Set(activations)].map(activationText),
  ].join('\n');
}

/** The modules and all that they need, each once. WGSL lets functions stand in any order. */
function closure(wanted: readonly ModuleName[], found = new Set<ModuleName>()): ReadonlySet<ModuleName> {
  for (const name of wanted) {
    if (found.has(name)) continue;
    const { needs = [] }: Module = MODULES[name];
    closure(needs, found.add(name));
  }
  return found;
}

function moduleTexts(name: ModuleName): string[] {
  const { text, polynomials = [] }: Module = MODULES[name];
  return [text, ...polynomials.map((each) => polynomialText(each.toLowerCase(), POLYNOMIALS[each]))];
}

const number = (value: number): string => `${value}f`;

/** Horner's rule, like `polynomial` of src/isa/functions/float32.ts. */
function polynomialText(name: string, coefficients: readonly number[]): string {
  const [last = 0, ...others] = coefficients.toReversed();
  const steps = others.map((each) => `  sum = n_add(n_multiply(sum, t), ${number(each)});`);
  return `fn polynomial_${name}(t: f32) -> f32 {\n  var sum = ${number(last)};\n${steps.join('\n')}\n  return sum;\n}\n`;
}

const bits = (value: number): string => {
  const [code = 0] = new Uint32Array(Float32Array.of(value).buffer);
  return `0x${code.toString(16).padStart(8, '0')}u`;
};

function activationText(op: ActivationOp): string {
  const { limits, domain }: Activation = ACTIVATIONS[op];
  const values = {
    name: activationName(op),
    finite: ACTIVATION_TEXTS[op].finite,
    at_minus_infinity: bits(limits[0]),
    at_infinity: bits(limits[1]),
  };
  if (domain === null) return render(everywhere, values);
  const { low, high, odd, zeros, below, above } = domain;
  return render(within, {
    ...values,
    low: bits(low),
    high: bits(high),
    odd: Number(odd),
    has_zeros: Number(zeros !== undefined),
    at_minus_zero: bits(zeros?.[0] ?? NaN),
    at_zero: bits(zeros?.[1] ?? NaN),
    has_below: Number(below !== undefined),
    ...cubicValues('below', raised(below ?? above)),
    ...cubicValues('above', above),
  });
}

/** The polynomial of 2^64 x: `f_raise` makes a normal number of a subnormal one. */
const raised = ({ at, unit, coefficients }: Cubic): Cubic => ({
  at: at * 2 ** 64,
  unit: unit / 2 ** 64,
  coefficients,
});

function cubicValues(prefix: string, { at, unit, coefficients }: Cubic): Record<string, string> {
  return {
    [`${prefix}_at`]: number(at),
    [`${prefix}_unit`]: number(unit),
    [`${prefix}_coefficients`]: `vec4<f32>(${coefficients.map(number).join(', ')})`,
  };
}
