/** From what a caller hands over to what the executor takes. */
import { ADDED_OPERANDS, operandShapes, type OperandName, type OperandShape } from '../execute/matmul';
import {
  stacked,
  type Gpu,
  type MatrixSource,
  type MatrixView,
  type OperandSources,
} from '../execute/webgpu';
import type { MatmulPlan } from '../lower';
import { codeArray, encodeArray, requireFields, UserError, type CodeArray } from '../numerics';
import type { MatmulResult } from './result';

/**
 * A matrix: values, each rounded once to its format, to nearest even; codes, the bit patterns; a buffer of the same device,
 * packed row-major with rows padded to 16 bytes; a view of a buffer (of A and B alone), which says where it begins and how far apart
 * rows are; or the result of an earlier product, where it lies. Of a batch: a matrix for each product below each other, or for A and B
 * one that all share.
 */
export type Operand = Float32Array | { readonly codes: CodeArray } | GPUBuffer | MatrixView | MatmulResult;

export type Operands = Readonly<Record<'a' | 'b', Operand>> & Readonly<Partial<Record<OperandName, Operand>>>;

const KINDS =
  'a Float32Array of values, { codes }, a GPUBuffer, a view { buffer } of one, or the result of a product';

/** Not every host defines the class GPUBuffer. */
export function isGpuBuffer(value: unknown): value is GPUBuffer {
  return (
    typeof value === 'object' && value !== null && 'mapState' in value && 'usage' in value && 'size' in value
  );
}

/** @throws UserError for what is no operand, or not of the plan's shape and format. */
export function sourcesOf(gpu: Gpu, plan: MatmulPlan, operands: Operands, batch = 1): OperandSources {
  const shapes = operandShapes(plan);
  const sourceOf = (shape: OperandShape, operand: Operand): MatrixSource =>
    sourceIn(gpu, shape, operand, batch);
  const added: Partial<Record<OperandName, MatrixSource>> = {};
  for (const name of ADDED_OPERANDS) {
    const [shape, operand] = [shapes[name], operands[name]];
    if (shape !== undefined && operand !== undefined) added[name] = sourceOf(shape, operand);
  }
  return { a: sourceOf(shapes.a, operands.a), b: sourceOf(shapes.b, operands.b), ...added };
}

function sourceIn(gpu: Gpu, shape: OperandShape, operand: Operand, batch: number): MatrixSource {
  const { name, dtype, rows, columns, text } = shape;
  if (isResult(operand)) {
    const shared = operand.shape[0] === rows;
    const buffer = operand.sourceFor(gpu, shared ? shape : stacked(shape, batch));
    return batch > 1 && shared && name !== 'bias' ? { buffer, matrixBytes: 0 } : buffer;
  }
  if (isGpuBuffer(operand)) return operand;
  const given: unknown = operand;
  if (given instanceof Float32Array) {
    if (given.length === rows * columns || (batch > 1 && given.length === batch * rows * columns))
      return encodeArray(dtype, given);
    throw new UserError(
      `Operand ${name} must hold ${rows * columns} values (${text})${batch > 1 ? `, or ${batch} times as many` : ''}; received ${given.length}.`,
    );
  }
  if (typeof given === 'object' && given !== null && 'codes' in given) return codesOf(shape, given.codes);
  if (typeof given === 'object' && given !== null && 'buffer' in given && isGpuBuffer(given.buffer)) {
    requireFields(`operand ${name}`, given, ['buffer', 'offset', 'rowBytes', 'matrixBytes']);
    return given as MatrixView;
  }
  const received = kindOf(given);
  const advice = received.endsWith('Array') ? ' Round other numbers with Float32Array.from(values).' : '';
  throw new UserError(`Operand ${name} is ${KINDS}; received ${received}.${advice}`);
}

/** Not by class: `systole` and `systole/node` are two bundles, each with a class of its own. */
const isResult = (operand: Operand): operand is MatmulResult =>
  typeof operand === 'object' && (operand as object | null) !== null && 'sourceFor' in operand;

function codesOf({ name, dtype }: OperandShape, codes: unknown): CodeArray {
  const kind = codeArray(dtype, 0).constructor;
  if (codes instanceof kind) return codes as CodeArray;
  throw new UserError(`Operand ${name}: codes of ${dtype} are a ${kind.name}; received ${kindOf(codes)}.`);
}

/** What an untyped caller handed over, in a word. */
function kindOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value).slice(0, 60);
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}
