/**
 * The script of the sandbox's frame, which the page embeds with `sandbox="allow-scripts"`: it starts one worker, hands its first
 * answer on, and nothing else. Opened in any other way it does nothing: it would have this site's origin then.
 */
import type { FrameRequest } from './answer';

if (origin === 'null' && parent !== window) {
  addEventListener(
    'message',
    ({ source, data }: MessageEvent<FrameRequest>) => {
      if (source === parent) start(data);
    },
    { once: true },
  );
}

function start({ script, request }: FrameRequest): void {
  const address = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  const worker = new Worker(address);
  const tell = (answer: string): void => {
    worker.terminate();
    worker.onmessage = worker.onerror = null;
    parent.postMessage(answer, '*'); // the origin here is none, and the parent's is not known
  };
  worker.onmessage = ({ data }: MessageEvent<unknown>) => {
    tell(typeof data === 'string' ? data : '');
  };
  worker.onerror = ({ message }) => {
    tell(JSON.stringify({ type: 'failed', message: message || 'its worker broke', line: null }));
  };
  worker.postMessage(request);
}
