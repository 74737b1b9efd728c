/**
 * Traces a kernel where it can do no harm: a frame of its own origin, which has no network, no storage and no way to this page,
 * and in it a worker that ends with the frame. docs/page.md has what each wall is for.
 */
import { UserError } from '../../../src/numerics';
import { LONGEST_ANSWER, type FrameRequest, type SandboxRequest } from './sandbox/answer';

/** The worker's script, which the frame, being of another origin, is handed. */
export async function sandboxScript(): Promise<string> {
  const response = await fetch('kernel-sandbox.js');
  if (response.ok) return response.text();
  throw new UserError(
    `The script that traces kernels did not load (HTTP ${response.status}): load the page again.`,
  );
}

/**
 * The sandbox's answer to a request. Aborting the signal ends it, whatever the kernel does.
 *
 * @throws UserError for an answer that is none, and the signal's reason.
 */
export function askSandbox(script: string, request: SandboxRequest, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.src = 'kernel-frame.html';
  frame.hidden = true;
  frame.title = 'Sandbox of the kernel';
  const ended = new AbortController();
  const { signal: until } = ended;
  return new Promise<string>((resolve, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        reject(signal.reason as Error);
      },
      { signal: until },
    );
    window.addEventListener(
      'message',
      ({ source, data }: MessageEvent<unknown>) => {
        if (source !== frame.contentWindow) return;
        if (typeof data === 'string' && data !== '' && data.length <= LONGEST_ANSWER) resolve(data);
        else
          reject(new UserError('The kernel answered in place of its tracer, and nothing that is a Program.'));
      },
      { signal: until },
    );
    frame.addEventListener(
      'load',
      () => {
        const message: FrameRequest = { script, request };
        frame.contentWindow?.postMessage(message, '*'); // its origin is none
      },
      { signal: until, once: true },
    );
    document.body.append(frame);
  }).finally(() => {
    ended.abort();
    frame.remove(); // which ends its worker
  });
}
