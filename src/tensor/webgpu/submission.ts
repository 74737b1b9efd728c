/** One submission of a plan: its memory, what its kernels are told, and their dispatches. */
import { codeOf } from './codes';
import type { Held } from './held';
import { Storage, type Memory } from './memory';
import type { Plan, Slot } from './plan';
import type { Captured } from './structure';

/** What a run has put to the adapter: new storage, of values and of flags. */
export interface Submitted {
  readonly all: readonly Storage[];
  readonly outputs: readonly Storage[];
  readonly flags: Storage | undefined;
  readonly dispatches: number;
}

/** @throws UserError for a buffer that is too large for the adapter. */
export function submit(
  plan: Plan,
  captured: Captured,
  leaves: readonly Held[],
  device: GPUDevice,
  memory: Memory,
): Submitted {
  const { queue } = device;
  let dispatches = 0;
  const all: Storage[] = [];
  const scratch: GPUBuffer[] = [];
  try {
    const given = leaves.map(({ storage }) => storage.buffer(queue));
    const outputs = plan.outputBytes.map((bytes) => {
      const storage = new Storage(memory, bytes, memory.take(bytes));
      all.push(storage);
      return storage;
    });
    let flags: Storage | undefined;
    if (plan.flags > 0) {
      flags = new Storage(memory, plan.flags * 4, memory.take(plan.flags * 4));
      all.push(flags);
    }
    for (const bytes of plan.scratchBytes) {
      scratch.push(memory.take(bytes));
      memory.count(bytes, 1);
    }
    tell(plan, captured, queue);
    const bufferOf = (slot: Slot): GPUBuffer => {
      const found =
        slot.kind === 'leaf'
          ? given[slot.index]
          : slot.kind === 'flags'
            ? flags?.buffer(queue)
            : slot.kind === 'output'
              ? outputs[slot.index]?.buffer(queue)
              : scratch[slot.index];
      if (found === undefined) throw new Error(`Invariant violation: a run lacks its ${slot.kind}`);
      return found;
    };
    const encoder = device.createCommandEncoder();
    if (flags !== undefined) encoder.clearBuffer(flags.buffer(queue));
    if (plan.steps.length > 0) {
      const pass = encoder.beginComputePass();
      for (const dispatch of plan.steps) {
        if (dispatch.kind === 'product') {
          const [a, b, result, scratch] = dispatch.slots;
          dispatch.product.encode(pass, {
            a: bufferOf(a),
            b: bufferOf(b),
            result: bufferOf(result),
            scratch: bufferOf(scratch),
            tail: {
              storage: dispatch.tail.map(bufferOf),
              ...(dispatch.toldBytes > 0 && {
                told: { buffer: plan.uniforms, at: dispatch.told, bytes: dispatch.toldBytes },
              }),
            },
          });
          dispatches += dispatch.product.dispatches;
          continue;
        }
        dispatches++;
        const buffers = dispatch.slots.map(bufferOf);
        if (dispatch.last?.buffers.every((buffer, i) => buffer === buffers[i]) !== true) {
          const entries = buffers.map((buffer, i) => ({ binding: i + 1, resource: { buffer } }));
          const uniform = { buffer: plan.uniforms, size: dispatch.toldBytes };
          const group = device.createBindGroup({
            layout: dispatch.pipeline.layout,
            entries: [{ binding: 0, resource: uniform }, ...entries],
          });
          dispatch.last = { buffers, group };
        }
        pass.setPipeline(dispatch.pipeline.pipeline);
        pass.setBindGroup(0, dispatch.last.group, [dispatch.told]);
        pass.dispatchWorkgroups(...dispatch.workgroups);
      }
      pass.end();
    }
    queue.submit([encoder.finish()]);
    return { all, outputs, flags, dispatches };
  } catch (error) {
    for (const storage of all) storage.drop();
    throw error;
  } finally {
    for (const [i, buffer] of scratch.entries()) {
      memory.count(plan.scratchBytes[i] ?? 0, -1);
      memory.give(buffer);
    }
  }
}

/** Writes what kernels are told, where it is not what they were told last. */
function tell(plan: Plan, { fills }: Captured, queue: GPUQueue): void {
  let changed = !plan.written;
  for (const { word, fill } of plan.fills) {
    const { dtype, value } = fills[fill] ?? { dtype: 'float32', value: 0 };
    const code = codeOf(dtype, value);
    changed ||= plan.told[word] !== code;
    plan.told[word] = code;
  }
  if (changed) queue.writeBuffer(plan.uniforms, 0, plan.told);
  plan.written = true;
}
