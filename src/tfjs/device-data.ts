/**
 * Tensors and buffers of the device, as tfjs has them: float32 and int32, a word for each element, whatever the backend stores
 * (`tf.tensor({buffer})`, `dataToGPU()`; tfjs-core 4.22, types.ts and tensor.ts).
 */
import type { DataType, WebGLData, WebGPUData } from '@tensorflow/tfjs-core';
import { UserError } from '../numerics';
import type { DeviceBuffers, Executor } from '../tensor/executor';
import { make, type Node, type Shape } from '../tensor/graph';

/** A leaf of what the buffer holds now, or, where `zeroCopy` says so, of the buffer itself. */
export function fromBuffer(
  executor: Executor,
  values: WebGLData | WebGPUData,
  shape: Shape,
  dtype: 'float32' | 'int32',
): Node {
  if (!('buffer' in values))
    throw new UserError('tensor: a texture of WebGL is of no use here; give a GPUBuffer, or values.');
  const { buffer, zeroCopy = false } = values;
  const buffers = buffersOf(executor, 'tensor');
  return make.leaf(shape, dtype, buffers[zeroCopy ? 'wrap' : 'copy'](buffer, dtype, shape));
}

/** The node whose values a buffer holds as tfjs has them. @throws UserError for types that have none. */
export function inBuffer(dtype: DataType, [node]: readonly Node[]): Node {
  if (dtype === 'complex64' || node === undefined)
    throw new UserError(
      `dataToGPU: a tensor of ${dtype} has no buffer of its own${dtype === 'complex64' ? ': take tf.real(x) and tf.imag(x)' : ''}.`,
    );
  return make.cast(node, dtype === 'float32' ? 'float32' : 'int32');
}

/** A copy of a node's values: whoever gets it may write to it. @throws UserError where they are yet to be computed. */
export function toBuffer(
  executor: Executor,
  node: Node,
  dtype: DataType,
): { readonly buffer: GPUBuffer; readonly copy: Node } {
  const buffers = buffersOf(executor, 'dataToGPU');
  if (node.op.kind !== 'leaf')
    throw new UserError(
      `dataToGPU: the values of ${dtype}[${node.shape.join(', ')}] are not computed yet: await compute(x) of systole/tfjs first.`,
    );
  if (node.stored?.fault !== undefined)
    throw new UserError(`dataToGPU: an index lies outside: ${node.stored.fault}`);
  const copy = make.leaf(node.shape, node.dtype, buffers.copy(buffers.of(node), node.dtype, node.shape));
  return { buffer: buffers.of(copy), copy };
}

function buffersOf({ buffers, name }: Executor, op: string): DeviceBuffers {
  if (buffers !== undefined) return buffers;
  throw new UserError(`${op}: the ${name} executor has no GPUBuffer: open arrays on WebGPU.`);
}
