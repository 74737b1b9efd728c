/** What the operators of an instruction require of it: how many operands, which engine, which formats. */
import { FORMATS } from '../../numerics';
import type { AluOp, WriteOptions } from '../../program';
import { isBitwise, isOneSided } from '../alu';
import { codeWriteProblem, writeProblem } from '../convert';
import type { Problem } from '../entry';
import type { Named } from '../rules';

export function arithmeticProblem(name: string, op: AluOp): Problem {
  return isBitwise(op) ? `${name} must be an arithmetic operator, received ${op}.` : undefined;
}

export function twoSidedProblem(name: string, op: AluOp): Problem {
  return isOneSided(op) ? `${name} must be an operator of two operands, received ${op}.` : undefined;
}

/** Vector has every operator but power and rsqrt (nki.isa: tensor_tensor, and "Engine Selection" of the guides). */
export function vectorOpProblem(name: string, op: AluOp): Problem {
  if (op === 'power') return `${name}: power runs on gpsimd only, by tensor_tensor.`;
  if (op === 'rsqrt') {
    return `${name}: rsqrt runs on gpsimd, by tensor_scalar, or on scalar, by activation; received vector.`;
  }
  return undefined;
}

/** Bitwise operators work on codes as they are, so tensors have integer formats of one width. */
export function codesProblem(op: AluOp, operands: Named): Problem {
  if (!isBitwise(op)) return undefined;
  let width: number | undefined;
  for (const name in operands) {
    const pattern = operands[name];
    if (pattern === undefined) continue;
    const { kind, bits } = FORMATS[pattern.dtype];
    width ??= bits;
    if (kind !== 'integer' || bits !== width) {
      return `${op} takes integer formats of one width, received ${formatsOf(operands)}.`;
    }
  }
  return undefined;
}

function formatsOf(operands: Named): string {
  return Object.entries(operands)
    .flatMap(([name, pattern]) => (pattern === undefined ? [] : [`${name} ${pattern.dtype}`]))
    .join(', ');
}

/** The rounding of a write, which a bitwise operator has not. */
export function operatorWriteProblem(op: AluOp, write: WriteOptions): Problem {
  return isBitwise(op) ? codeWriteProblem(write, `${op} writes codes:`) : writeProblem(write);
}
