/**
 * Where a product's operands come from: codes of the host, or buffers that lie on the device already, which are read where
 * they are. A buffer holds the matrix packed as `packMatrix` does: row-major, rows padded to 16 bytes.
 */
import { rowWords, UserError, type CodeArray } from '../../numerics';
import { ADDED_OPERANDS, operandShapes, type OperandName, type OperandShape } from '../matmul';
import { checkAdded, checkCodes } from '../reference/matmul';
import type { MatmulPlan } from '../../lower';
import { RefusedError, USAGE, type Gpu } from './gpu';

export type OperandSource = CodeArray | GPUBuffer;
export type OperandSources = Readonly<Record<'a' | 'b', OperandSource>> &
  Readonly<Partial<Record<OperandName, OperandSource>>>;

export const isBuffer = (source: OperandSource): source is GPUBuffer => !ArrayBuffer.isView(source);

/** @throws UserError for codes or buffers that cannot be the plan's operands, or a result buffer that cannot take its output. */
export function checkSources(
  gpu: Gpu,
  plan: MatmulPlan,
  sources: OperandSources,
  into: GPUBuffer | undefined,
): void {
  checkAdded(plan, sources);
  const shapes = operandShapes(plan);
  for (const name of ['a', 'b', ...ADDED_OPERANDS] as const) {
    const [source, shape] = [sources[name], shapes[name]];
    if (source === undefined || shape === undefined) continue;
    const what = `Operand ${shape.name}`;
    if (isBuffer(source)) checkBuffer(gpu, what, source, shape);
    else checkCodes(shape, source);
    if (source === into) {
      throw new UserError(
        `${what} is also the buffer of the result: WebGPU cannot read and write one buffer at once. Take two.`,
      );
    }
  }
  if (into !== undefined) checkBuffer(gpu, 'The buffer of the result', into, shapes.c);
}

function checkBuffer(
  gpu: Gpu,
  what: string,
  buffer: GPUBuffer,
  { dtype, rows, columns }: OperandShape,
): void {
  const needed = rows * rowWords(dtype, columns) * 4;
  if ((buffer.usage & USAGE.STORAGE) === 0) {
    throw new UserError(`${what} needs usage GPUBufferUsage.STORAGE; received usage ${buffer.usage}.`);
  }
  if (buffer.size < needed) {
    throw new UserError(
      `${what} must hold ${needed} bytes, ${rows} rows of ${columns} ${dtype} padded to 16 bytes each; received a buffer of ${buffer.size}.`,
    );
  }
  if (needed > gpu.maxStorageBytes) {
    throw new UserError(
      `${what} takes ${needed} bytes; this device binds at most ${gpu.maxStorageBytes} at once (maxStorageBufferBindingSize): ask for a device of larger limits, or split the product.`,
    );
  }
}

/** What WebGPU refuses is a fault here, unless buffers were handed over: only it knows their device and whether they live. */
export async function blaming<T>(handed: boolean, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!handed || !(error instanceof RefusedError)) throw error;
    throw new UserError(
      `WebGPU refused a buffer that was handed over: it must be of the same device, not destroyed and not mapped. ${error.refusal}`,
      { cause: error },
    );
  }
}
