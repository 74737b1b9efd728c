/** What a host hands over: one WebGPU device and what is known of it, the same in a browser and in Node. */
import type { AdapterFacts } from './facts';

export interface Host {
  readonly adapter: GPUAdapter;
  readonly device: GPUDevice;
  readonly facts: AdapterFacts;
  /** Resolves when the device is gone, by `close` too. */
  readonly lost: Promise<GPUDeviceLostInfo>;
  /** Destroys the device; in Node it also lets the process exit. */
  close(): void;
}
