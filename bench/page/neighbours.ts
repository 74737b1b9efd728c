/**
 * Whether another tab of the page ran at the same time, which disturbs the timings of both: each run tells the channel that
 * it began, and each that goes on answers (https://html.spec.whatwg.org/multipage/web-messaging.html#broadcasting-to-other-browsing-contexts).
 */

/** The part of a `BroadcastChannel` that is used here. */
export type Channel = Pick<BroadcastChannel, 'postMessage' | 'addEventListener'>;

export const CHANNEL = 'systole-run';
export const DISTURBED =
  'another tab of this page, a check of a tiling or a kernel ran at the same time: timings are disturbed';

/** Undefined where the browser has none, or refuses it as it refuses storage. */
export function openChannel(): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(CHANNEL);
  } catch {
    return undefined;
  }
}

const BEGAN = 'began';
const BESIDE = 'beside';

export class Neighbours {
  readonly #channel: Channel | undefined;
  #going = false;

  /** @param onNeighbour is called whenever another tab is found to run while this one does. */
  constructor(channel: Channel | undefined, onNeighbour: () => void) {
    this.#channel = channel;
    channel?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (!this.#going || (data !== BEGAN && data !== BESIDE)) return;
      if (data === BEGAN) channel.postMessage(BESIDE);
      onNeighbour();
    });
  }

  begin(): void {
    this.#going = true;
    this.#channel?.postMessage(BEGAN);
  }

  end(): void {
    this.#going = false;
  }
}
