/**
 * A turn for what would disturb the benchmarks of this browser, and needs the processors that they need: it stands in line with them,
 * and is noticed by those that run beside it in spite of that.
 */
import { turn, type Release } from './line';
import { Neighbours, openChannel } from './neighbours';

/**
 * Resolves when it may begin; the release ends the turn. @throws the signal's reason when it is aborted before.
 * @param onWait is called when something else runs.
 */
export async function takeTurn(signal: AbortSignal, onWait: () => void): Promise<Release> {
  const { locks } = navigator as { readonly locks?: LockManager }; // absent outside a secure context
  const free = await turn(locks, signal, onWait);
  if (signal.aborted) {
    free();
    signal.throwIfAborted();
  }
  const channel = openChannel();
  const neighbours = new Neighbours(channel, () => undefined);
  neighbours.begin();
  return () => {
    free();
    neighbours.end();
    channel?.close();
  };
}
