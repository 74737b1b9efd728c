/** Tests of arrays on every adapter: executors are opened for all of a file, and hold nothing when they are done. */
import { afterAll, beforeAll, describe } from 'vitest';
import type { Host } from '../../../src/host';
import { WebGpuExecutor } from '../../../src/tensor/webgpu';
import { ADAPTERS, open } from '../../execute/webgpu/devices';

export interface OnAdapter {
  /** With and without fusion. */
  readonly fused: WebGpuExecutor;
  readonly plain: WebGpuExecutor;
}

export function onEveryAdapter(tests: (on: OnAdapter) => void, fusion: true | 'all' = true): void {
  describe.each(ADAPTERS)('%s', (name) => {
    let opened: (OnAdapter & { readonly host: Host }) | undefined;
    const get = (): OnAdapter => {
      if (opened === undefined) throw new Error('Invariant violation: used before the first test');
      return opened;
    };
    beforeAll(async () => {
      const host = await open(name);
      const fused = await WebGpuExecutor.create(host.device, { fusion });
      const plain = await WebGpuExecutor.create(host.device, { fusion: false });
      opened = { host, fused, plain };
    });
    afterAll(() => {
      opened?.host.close();
    });
    tests({
      get fused() {
        return get().fused;
      },
      get plain() {
        return get().plain;
      },
    });
  });
}
