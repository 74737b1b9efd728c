/** Tests of the interpreter on every adapter: one is opened for all of a file, and holds nothing when they are done. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Host } from '../../../../src/host';
import { WebGpuInterpreter } from '../../../../src/execute/webgpu/interpreter';
import { ADAPTERS, open } from '../devices';

/** What tests run on; opened before the first of them. */
export interface OnAdapter {
  /** The adapter's. */
  readonly name: string;
  readonly interpreter: WebGpuInterpreter;
}

export function onEveryAdapter(tests: (on: OnAdapter) => void): void {
  describe.each(ADAPTERS)('%s', (name) => {
    let opened: { readonly host: Host; readonly interpreter: WebGpuInterpreter } | undefined;
    const on: OnAdapter = {
      name,
      get interpreter() {
        if (opened === undefined) throw new Error('Invariant violation: used before the first test');
        return opened.interpreter;
      },
    };
    beforeAll(async () => {
      const host = await open(name);
      opened = { host, interpreter: await WebGpuInterpreter.create(host.device) };
    });
    afterAll(() => {
      expect(on.interpreter.liveBytes).toBe(0);
      opened?.host.close();
    });
    tests(on);
  });
}
