/**
 * The epilogue of a fused kernel: the steps of src/lower/matmul/epilogue.ts on one float32 sum, with the interpreter's functions,
 * so that the bits are those of the plan's Program. Numbers come from the uniform: what a compiler can see it folds.
 */
import type { Epilogue } from '../../lower';
import { bitsOf, type Dtype } from '../../numerics';
import type { Conversions } from './conversions';
import { maskOf } from './decoders';
import type { BindingType } from './gpu';
import { activationName, functionsWgsl, type Arithmetic } from './interpreter/functions';

/** The bindings after those of every product: bias and residual. */
export const epilogueBindings = ({ bias, residual }: Epilogue): readonly (BindingType | undefined)[] => [
  bias && 'read',
  residual && 'read',
];

/** Formats to be decoded, by the names of the functions. */
export const epilogueConversions = ({ bias, residual }: Epilogue): NonNullable<Conversions['decode']> => ({
  ...(bias && { decode_bias: bias }),
  ...(residual && { decode_residual: residual }),
});

/** `fn epilogue(sum: u32, row: u32, column: u32) -> u32`, of float32 bits, and what it needs besides conversions and Slice. */
export function epilogueWgsl(epilogue: Epilogue, arithmetic: Arithmetic): string {
  const { scale, bias, activation, residual, outScale } = epilogue;
  const steps = [
    scale !== undefined && 'f_multiply(value, slice.scale)',
    bias !== undefined && `f_add(value, decode_bias(${element('bias', bias, 'column', '0u')}))`,
    activation !== undefined && `${activationName(activation)}(value)`,
    residual !== undefined &&
      `f_add(value, decode_residual(${element('residual', residual, 'column', 'row * slice.residual_stride')}))`,
    outScale !== undefined && 'f_multiply(value, slice.out_scale)',
  ].filter((step) => step !== false);
  return [
    bias !== undefined ? '@group(0) @binding(7) var<storage, read> bias: array<u32>;' : '',
    residual !== undefined ? '@group(0) @binding(8) var<storage, read> residual: array<u32>;' : '',
    'fn zero_word() -> u32 {\n  return slice.zero;\n}\n',
    functionsWgsl({ arithmetic, ...(activation !== undefined && { activations: [activation] }) }),
    'fn epilogue(sum: u32, row: u32, column: u32) -> u32 {',
    '  var value = sum;',
    ...steps.map((step) => `  value = ${step};`),
    '  return value;',
    '}',
  ]
    .filter((line) => line !== '')
    .join('\n');
}

/** The code of an element of a packed row that begins at word `row`. */
function element(buffer: string, dtype: Dtype, column: string, row: string): string {
  const bits = bitsOf(dtype);
  if (bits === 32) return `${buffer}[${row} + ${column}]`;
  const perWord = 32 / bits;
  return `(${buffer}[${row} + ${column} / ${perWord}u] >> ((${column} % ${perWord}u) * ${bits}u)) & ${maskOf(bits)}u`;
}

/** What tells kernels apart, in words: the steps and formats, not the numbers. */
export const epilogueName = ({ scale, bias, activation, residual, outScale }: Epilogue): string =>
  [
    scale !== undefined && 'scale',
    bias !== undefined && `bias ${bias}`,
    activation,
    residual !== undefined && `residual ${residual}`,
    outScale !== undefined && 'out scale',
  ]
    .filter((step) => typeof step === 'string')
    .join(', ');

/** The kind of an epilogue: numbers that kernels do not depend on are 1. */
export const epilogueKind = (epilogue: Epilogue): Epilogue => ({
  ...epilogue,
  ...(epilogue.scale !== undefined && { scale: 1 }),
  ...(epilogue.outScale !== undefined && { outScale: 1 }),
});
