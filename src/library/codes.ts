/** Matrices on the device back to codes of the host. */
import {
  ADDED_OPERANDS,
  operandShapes,
  type MatmulOperands,
  type OperandShape,
  type Window,
} from '../execute/matmul';
import {
  isBuffer,
  isShared,
  placedOf,
  readRows,
  USAGE,
  type Gpu,
  type MatrixSource,
  type OperandSources,
  type Placed,
} from '../execute/webgpu';
import type { MatmulPlan } from '../lower';
import { codeArray, UserError, type CodeArray } from '../numerics';

/** Codes of a window of a matrix, row-major. @throws UserError for a buffer that cannot be read. */
export async function readWindow(
  gpu: Gpu,
  { name, dtype, columns }: OperandShape,
  placed: Placed,
  { m0, m1, n0, n1 }: Window,
): Promise<CodeArray> {
  const { usage } = placed.buffer;
  if ((usage & USAGE.COPY_SRC) === 0) {
    throw new UserError(
      `${name} is read back, which needs usage GPUBufferUsage.COPY_SRC; received usage ${usage}.`,
    );
  }
  const codes = codeArray(dtype, (m1 - m0) * (n1 - n0));
  for await (const { row, codes: found } of readRows(gpu, dtype, placed, columns, { begin: m0, end: m1 }))
    codes.set(found.subarray(n0, n1), (row - m0) * (n1 - n0));
  return codes;
}

/** The codes of every operand of product number `matrix` of a batch, read back where they lie on the device. */
export async function hostOperands(
  gpu: Gpu,
  plan: MatmulPlan,
  sources: OperandSources,
  matrix = 0,
): Promise<MatmulOperands> {
  const shapes = operandShapes(plan);
  const read = async (shape: OperandShape, source: MatrixSource): Promise<CodeArray> => {
    const size = shape.rows * shape.columns;
    const own = shape.name === 'bias' || isShared(source, shape) ? 0 : matrix;
    if (!isBuffer(source)) return source.subarray(own * size, (own + 1) * size);
    const placed = placedOf(source, shape);
    const named = { ...shape, name: `Operand ${shape.name}` };
    return readWindow(gpu, named, { ...placed, offset: placed.offset + own * placed.matrix }, wholeOf(shape));
  };
  const added: Partial<Record<(typeof ADDED_OPERANDS)[number], CodeArray>> = {};
  for (const name of ADDED_OPERANDS) {
    const [shape, source] = [shapes[name], sources[name]];
    if (shape !== undefined && source !== undefined) added[name] = await read(shape, source);
  }
  return { a: await read(shapes.a, sources.a), b: await read(shapes.b, sources.b), ...added };
}

export const wholeOf = ({ rows, columns }: OperandShape): Window => ({ m0: 0, m1: rows, n0: 0, n1: columns });
