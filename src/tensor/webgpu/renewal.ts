/**
 * A device that is lost in the middle: what was under way is repeated on a fresh one. Nobody tells at once that a device is lost:
 * what was asked of it fails first, in any words, and its promise `lost` is settled a moment later.
 */
import { DeviceLostError } from '../../execute/webgpu';
import { UserError } from '../../numerics';
import type { Adapter } from './plan';

/** An action that loses every device it is given is told after so many. */
const DEVICES = 3;

/** Milliseconds in which a device that was lost says so. */
const NEWS_MS = 200;

export class Renewal {
  readonly #current: () => Adapter;
  readonly #renew: (() => Promise<void>) | undefined;
  #renewing: Promise<void> | undefined;

  /** @param renew has `current` give a fresh adapter; without it, a loss is told. */
  constructor(current: () => Adapter, renew: (() => Promise<void>) | undefined) {
    this.#current = current;
    this.#renew = renew;
  }

  /** Whether actions are repeated, so that values have to be kept on the host. */
  get keeps(): boolean {
    return this.#renew !== undefined;
  }

  /** @throws what the action throws; DeviceLostError where the device is lost and there is no other. */
  async attempt<T>(action: (adapter: Adapter) => Promise<T>): Promise<T> {
    for (let tried = 1; ; tried++) {
      await this.#renewing;
      const adapter = this.#current();
      try {
        return await action(adapter);
      } catch (error) {
        const replaced = this.#current() !== adapter;
        if (!replaced && (error instanceof UserError || !(await isLost(adapter)))) throw error;
        if (this.#renew === undefined || tried === DEVICES) {
          adapter.gpu.checkAlive();
          throw error;
        }
        if (!replaced) await this.#renewed(this.#renew);
      }
    }
  }

  /** Once for all that the same loss has stopped. */
  #renewed(renew: () => Promise<void>): Promise<void> {
    this.#renewing ??= renew()
      .catch((cause: unknown) => {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new DeviceLostError(`the WebGPU device was lost, and there is no fresh one: ${why}`, { cause });
      })
      .finally(() => {
        this.#renewing = undefined;
      });
    return this.#renewing;
  }
}

/** False of one that was closed. */
async function isLost({ gpu }: Adapter): Promise<boolean> {
  if (gpu.isLost) return true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise((resolve) => (timer = setTimeout(resolve, NEWS_MS)));
  await Promise.race([gpu.device.lost, patience]);
  clearTimeout(timer);
  return gpu.isLost;
}
