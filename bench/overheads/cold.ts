/** A first verified product from a cold start, by stages. */
import { createWasmMatmul } from '../../src/execute/wasm';
import { createWebGpuMatmul } from '../../src/execute/webgpu';
import type { Host } from '../../src/host';
import { firstProduct } from '../first';
import type { MatmulDevice } from '../tools';
import type { ColdStage, ColdStart } from './report';

export interface ColdHost {
  /** Milliseconds since the process or page began. */
  readonly now: () => number;
  /** Asks for an adapter and lets go of it; left out where `open` cannot be told apart from it. */
  readonly request?: () => Promise<unknown>;
  readonly open: () => Promise<Host>;
}

/** @throws UserError where there is no adapter. The caller closes what is given. */
export async function coldStart({ now, request, open }: ColdHost): Promise<ColdStart & { host: Host }> {
  const stages: Record<ColdStage, number> = {
    load: now(),
    adapter: 0,
    device: 0,
    probe: 0,
    kernel: 0,
    product: 0,
    check: 0,
  };
  const timed = async <T>(stage: ColdStage, work: () => Promise<T>): Promise<T> => {
    const started = now();
    try {
      return await work();
    } finally {
      stages[stage] += now() - started;
    }
  };
  if (request !== undefined) await timed('adapter', request);
  const host = await timed(request === undefined ? 'adapter' : 'device', open);
  try {
    const [matmul, reference] = await timed('probe', () =>
      Promise.all([createWebGpuMatmul(host.device), createWasmMatmul()]),
    );
    const device: MatmulDevice = {
      subnormals: matmul.subnormals,
      prepare: async (...asked) => {
        const product = await timed('kernel', () => matmul.prepare(...asked));
        return {
          ...{ memory: product.memory, compileMs: product.compileMs, kernel: product.kernel, dispatches: 1 },
          run: (signal) => timed('product', () => product.run(signal)),
          runMany: (count, signal) => product.runMany(count, signal),
          read: (window) => timed('product', () => product.read(window)),
          release: () => {
            product.release();
          },
        };
      },
    };
    const startMs = now();
    const { check, afterMs } = await firstProduct({ device, reference, now }, { seed: 1, startMs });
    stages.check = afterMs - stages.kernel - stages.product;
    return { stages, verified: check.passed, host };
  } catch (error) {
    host.close();
    throw error;
  }
}
