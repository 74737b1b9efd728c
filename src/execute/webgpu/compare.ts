/** Compares two results where they lie: what proves a product that is too large to read back and check on the CPU. */
import compare from '../../../shaders/compare.wgsl';
import { bitsOf } from '../../numerics';
import { maskOf } from './decoders';
import { USAGE, type Gpu } from './gpu';
import type { PreparedMatmul } from './prepared';
import { render } from './template';

export interface DeviceComparison {
  readonly compared: number;
  readonly mismatches: number;
  /** First row of the output that has a mismatch. */
  readonly firstRow: number | undefined;
}

const LANES = 64;
const MAX_ROWS = 65535;
const NONE = 0xffffffff;

export async function compareOnDevice(
  gpu: Gpu,
  left: PreparedMatmul,
  right: PreparedMatmul,
): Promise<DeviceComparison> {
  const { m, n, out } = left.plan;
  const bits = bitsOf(out);
  const source = render(compare, {
    LANES_X: LANES,
    OUT_PER_WORD: 32 / bits,
    OUT_BITS: bits,
    OUT_MASK: maskOf(bits),
  });
  const pipeline = await gpu.createPipeline('comparison', source, ['uniform', 'read', 'read', 'write']);
  const shape = await gpu.createBuffer(
    'shape of a comparison',
    256,
    USAGE.UNIFORM | USAGE.COPY_DST,
    'staging',
  );
  const verdict = await gpu.createBuffer(
    'verdict',
    8,
    USAGE.STORAGE | USAGE.COPY_DST | USAGE.COPY_SRC,
    'staging',
  );
  let mismatches = 0;
  let firstRow: number | undefined;
  try {
    for (const [
      index,
      {
        a,
        b,
        result,
        batch,
        out: { stride: outStride },
      },
    ] of left.panels.entries()) {
      const other = right.panels[index];
      if (other?.out.stride !== outStride)
        throw new Error('Invariant violation: results of different panels are compared');
      const rows = batch * (a.end - a.begin);
      gpu.device.queue.writeBuffer(verdict, 0, new Uint32Array([0, NONE]));
      const group = await gpu.bind(pipeline, [shape, result, other.result, verdict], 16);
      for (let first = 0; first < rows; first += MAX_ROWS) {
        gpu.device.queue.writeBuffer(shape, 0, new Uint32Array([rows, b.end - b.begin, outStride, first]));
        await gpu.submit('comparing results', (encoder) => {
          const pass = encoder.beginComputePass();
          pass.setPipeline(pipeline.pipeline);
          pass.setBindGroup(0, group, [0]);
          pass.dispatchWorkgroups(Math.ceil(outStride / LANES), Math.min(MAX_ROWS, rows - first));
          pass.end();
        });
      }
      const [count = 0, row = NONE] = await gpu.read(verdict, 0, 8);
      mismatches += count;
      if (row !== NONE) firstRow = Math.min(firstRow ?? Infinity, a.begin + row);
    }
  } finally {
    gpu.release(shape);
    gpu.release(verdict);
  }
  return { compared: left.batch * m * n, mismatches, firstRow };
}
