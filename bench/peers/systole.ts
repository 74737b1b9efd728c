/** Our own entry: the fused kernel on a device of its own, as any caller of the package gets it. */
import { classOf, createWebGpuMatmul, type WebGpuMatmul } from '../../src/execute/webgpu';
import { openBrowserDevice, type Host } from '../../src/host';
import { planMatmul } from '../../src/lower';
import { decodeArray, encodeArray, type Dtype } from '../../src/numerics';
import { OUR_DTYPES, type Contestant } from './contestant';

/** One entry for each dtype, all on one device. `version` is the package's. */
export function systoleContestants(version: string, dtypes: readonly Dtype[] = OUR_DTYPES): Contestant[] {
  let opening: Promise<Ours> | undefined;
  return dtypes.map((dtype) => ({
    name: 'systole',
    version,
    dtype,
    ours: true,
    async open() {
      opening ??= openOurs();
      const { host, matmul } = await opening;
      const many = classOf({ a: dtype, b: dtype, m: Infinity });
      const { tileM, tileN, widen } = matmul.probe.tunings[many].tuning;
      return {
        variant: `tile ${tileM}x${tileN}${widen ? ', B widened' : ''}`,
        async prepare(shape, a, b) {
          const plan = planMatmul({ ...shape, a: dtype, b: dtype });
          const operands = { a: encodeArray(dtype, a), b: encodeArray(dtype, b) };
          const product = await matmul.prepare(plan, operands);
          return {
            async run(count) {
              await product.runMany(count);
            },
            read: async () => decodeArray('float32', await product.read()),
            release() {
              product.release();
            },
          };
        },
        close() {
          host.close(); // the others are closed with it
        },
      };
    },
  }));
}

interface Ours {
  readonly host: Host;
  readonly matmul: WebGpuMatmul;
}

async function openOurs(): Promise<Ours> {
  const host = await openBrowserDevice();
  const matmul = await createWebGpuMatmul(host.device);
  await matmul.tune(); // its warm-up, once for all shapes
  return { host, matmul };
}
