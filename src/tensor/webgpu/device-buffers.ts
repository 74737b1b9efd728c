/** Values that are handed over as buffers of the device: a caller's, wrapped or copied, and our own. */
import { USAGE } from '../../execute/webgpu/gpu';
import { UserError, type Dtype } from '../../numerics';
import type { DeviceBuffers } from '../executor';
import { sizeOf, type Node, type Shape } from '../graph';
import { Held, heldBy } from './held';
import { bytesOf, Storage, type Memory } from './memory';

/** What a call does, whose errors WebGPU tells later. */
export type Scoped = (what: string, action: () => void) => void;

/**
 * @param current the device, which may be another one after a loss.
 * @param scoped runs what a buffer of another device makes an error, which the next reading tells.
 */
export function deviceBuffers(current: () => GPUDevice, memory: Memory, scoped: Scoped): DeviceBuffers {
  /** Copies so many bytes: none where it is only to be seen whether the buffer is one of this device. */
  const copied = (op: string, from: GPUBuffer, to: GPUBuffer, bytes: number): void => {
    scoped(`${op}: a buffer of ${from.size} bytes`, () => {
      const device = current();
      const encoder = device.createCommandEncoder({ label: op });
      encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
      device.queue.submit([encoder.finish()]);
    });
  };

  return {
    wrap(buffer, dtype, shape) {
      const most = current().limits.maxStorageBufferBindingSize;
      const bytes = checked('wrap', buffer, dtype, shape, most, ['STORAGE', 'COPY_SRC']);
      const probe = memory.take(0);
      copied('wrap', buffer, probe, 0);
      memory.give(probe);
      return new Held(new Storage(memory, bytes, buffer, false));
    },
    copy(buffer, dtype, shape) {
      const bytes = checked('copy', buffer, dtype, shape, Infinity, ['COPY_SRC']);
      const own = memory.take(bytes);
      copied('copy', buffer, own, bytes);
      return new Held(new Storage(memory, bytes, own));
    },
    of: (leaf) => heldBy(leaf, leaf.stored).storage.buffer(current().queue),
  };
}

/** What WebGPU refused in a run of these leaves: a caller's buffer among them, else a fault of this code. */
export function refusalOf(message: string, leaves: readonly Node[], held: readonly Held[]): Error {
  const wrapped = leaves.filter((_, i) => held[i]?.storage.isWrapped === true);
  if (wrapped.length === 0) return new Error(`Invariant violation: WebGPU refused a run: ${message}`);
  const names = wrapped.map(({ dtype, shape }) => `${dtype}[${shape.join(', ')}]`).join(', ');
  const what =
    wrapped.length === 1
      ? `the wrapped array ${names} was used, and its buffer was`
      : `the wrapped arrays ${names} were used, and the buffer of one of them was`;
  return new UserError(
    `wrap: ${what} destroyed, is mapped, or is of another device: keep it as it is until the array was read. WebGPU says: ${message}`,
  );
}

/** How many bytes of a caller's buffer the values take. @throws UserError where it is too small, or lacks a usage. */
function checked(
  op: string,
  buffer: GPUBuffer,
  dtype: Dtype,
  shape: Shape,
  most: number,
  usages: readonly (keyof typeof USAGE)[],
): number {
  const given: unknown = buffer;
  if (typeof given !== 'object' || given === null || !('usage' in given && 'mapAsync' in given))
    throw new UserError(`${op}: needs a GPUBuffer, as device.createBuffer() gives.`);
  const bytes = bytesOf(dtype, sizeOf(shape));
  if (buffer.size < bytes || buffer.size > most)
    throw new UserError(
      `${op}: ${dtype}[${shape.join(', ')}] takes ${bytes} bytes${most < Infinity ? `, of a buffer of at most ${most} here` : ''}; received one of ${buffer.size}.`,
    );
  const lacking = usages.filter((name) => (buffer.usage & USAGE[name]) === 0);
  if (lacking.length > 0)
    throw new UserError(`${op}: the buffer needs the usage ${lacking.join(' and ')} too.`);
  return bytes;
}
