/** Where the builder does more for authors than the form of an instruction says. */
import { bitsOf, encode, FORMATS, UserError } from '../numerics';
import type { Dtype } from '../numerics';
import type { Opcode } from '../program';
import type { Accumulation } from './accumulation';
import type { Given } from './instructions';
import { ChipView, type Joining } from './views';

/** What it knows of the trace. */
export interface EaseContext {
  readonly accumulation: Accumulation;
  readonly inLoop: boolean;
}

interface Ease {
  /** Options that the form has not. */
  readonly more: readonly string[];
  /** The options as the form has them. @throws UserError when they cannot be. */
  readonly options: (dst: ChipView, given: Given, context: EaseContext) => Given;
}

/** The code of a number that memset writes. */
function codeOf(dtype: Dtype, value: unknown): number {
  if (typeof value !== 'number') {
    throw new UserError(`value must be a number, received ${String(value)}: or give code.`);
  }
  const { kind, signed, maxFinite } = FORMATS[dtype];
  if (kind === 'packed' && value === 0) return 0;
  if (kind !== 'integer') return encode(dtype, Math.fround(value));
  const lowest = signed ? -maxFinite - 1 : 0;
  if (Number.isInteger(value) && value >= lowest && value <= maxFinite) {
    return value < 0 ? value + 2 ** bitsOf(dtype) : value;
  }
  throw new UserError(
    `value must be a whole number of ${lowest}..${maxFinite} for ${dtype}, received ${value}.`,
  );
}

function accumulates(dst: ChipView, given: Given, { accumulation, inLoop }: EaseContext): unknown {
  const { accumulate = 'inferred', transpose = false } = given;
  const pattern = dst.pattern('joined');
  if (accumulate !== 'inferred') {
    accumulation.open(pattern);
    return accumulate;
  }
  if (inLoop) {
    throw new UserError(
      'accumulate cannot be inferred in a loop over a register, which runs it an unknown number of times: give accumulate: true or false.',
    );
  }
  if (transpose === true) {
    accumulation.open(pattern);
    return false;
  }
  return accumulation.infer(pattern);
}

/** Axes as a number of innermost free dimensions. */
function axesOf(data: unknown, axes: unknown): unknown {
  if (!Array.isArray(axes) || !(data instanceof ChipView)) return axes;
  const { length } = data.shape;
  const sorted = [...(axes as readonly unknown[])].sort((a, b) => Number(a) - Number(b));
  const first = length - sorted.length;
  if (first >= 1 && sorted.length > 0 && sorted.every((axis, index) => axis === first + index)) {
    return sorted.length;
  }
  throw new UserError(
    `axes must be the last free dimensions of data, whose shape is [${data.shape.join(', ')}], received [${axes.join(', ')}]: permute data first.`,
  );
}

export const EASE: { readonly [O in Opcode]?: Ease } = {
  nc_matmul: {
    more: [],
    options: (dst, given, context) => ({
      ...given,
      accumulate: accumulates(dst, given, context),
      performance: given['performance'] ?? 'none',
    }),
  },
  nc_matmul_mx: {
    more: [],
    options: (dst, given, context) => ({ ...given, accumulate: accumulates(dst, given, context) }),
  },
  memset: {
    more: ['value'],
    options: (dst, { value, ...given }) => {
      if ((value === undefined) === (given['code'] === undefined)) {
        throw new UserError(
          `one of value and code must be given, received ${value === undefined ? 'neither' : 'both'}.`,
        );
      }
      return value === undefined ? given : { ...given, code: codeOf(dst.dtype, value) };
    },
  },
  tensor_reduce: {
    more: [],
    options: (_, given) => ({ ...given, axes: axesOf(given['data'], given['axes']) }),
  },
};

/**
 * Dims that mean something to the instruction are not joined over: a matmul takes two rows from the outermost dimension, a
 * reduction and a transposition count them.
 */
export function joiningOf(opcode: Opcode, given: Given): (operand: string) => Joining {
  if (opcode === 'nc_matmul' && given['performance'] === 'double_row') {
    return (operand) => (operand === 'dst' ? 'joined' : 1);
  }
  if (opcode === 'tensor_reduce' || opcode === 'dma_transpose') return () => 'written';
  return () => 'joined';
}
