/** Runs a function of u32 on a device, for tests of the texts that kernels of the interpreter are made of. */
import { conversionsWgsl } from '../../../../src/execute/webgpu/conversions';
import { USAGE, type Gpu, type Pipeline } from '../../../../src/execute/webgpu/gpu';

export type Words = Uint32Array<ArrayBuffer>;

const WORKGROUP = 64;
/** Invocations in a row of the grid: a million elements are more workgroups than one dimension may have. */
const ROW = 256 * WORKGROUP;

/** The kernel for output[i] = expression of x = first[i], y = second[i]. */
export function elementsWgsl(functions: string, expression: string): string {
  return `${functions}
${conversionsWgsl({})}
@group(0) @binding(0) var<storage, read> first: array<u32>;
@group(0) @binding(1) var<storage, read> second: array<u32>;
@group(0) @binding(2) var<storage, read> zeros: array<u32>;
@group(0) @binding(3) var<storage, read_write> output: array<u32>;

fn zero_word() -> u32 {
  return zeros[0];
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let index = id.y * ${ROW}u + id.x;
  if (index < arrayLength(&output)) {
    let x = first[index];
    let y = second[index];
    output[index] = ${expression};
  }
}
`;
}

export const compile = (gpu: Gpu, code: string): Promise<Pipeline> =>
  gpu.createPipeline('elements', code, ['read', 'read', 'read', 'write']);

export async function runElements(gpu: Gpu, pipeline: Pipeline, first: Words, second: Words): Promise<Words> {
  const output = new Uint32Array(first.length);
  const buffers: GPUBuffer[] = [];
  try {
    for (const words of [first, second, new Uint32Array(1), output]) {
      const usage = USAGE.STORAGE | USAGE.COPY_DST | USAGE.COPY_SRC;
      const buffer = await gpu.createBuffer('elements', words.byteLength, usage, 'scratch');
      gpu.device.queue.writeBuffer(buffer, 0, words);
      buffers.push(buffer);
    }
    const group = gpu.device.createBindGroup({
      layout: pipeline.layout,
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    await gpu.submit('elements', (encoder) => {
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline.pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(ROW / WORKGROUP, Math.ceil(first.length / ROW));
      pass.end();
    });
    const last = buffers.at(-1);
    return last === undefined ? output : await gpu.read(last, 0, output.byteLength);
  } finally {
    for (const buffer of buffers) gpu.release(buffer);
  }
}
