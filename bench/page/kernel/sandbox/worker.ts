/**
 * The worker of the sandbox, the only place where a kernel's source is evaluated: of an origin of its own, under a policy without
 * a network (frame.html), and stripped of what browsers add to JavaScript. It answers once; the page ends it.
 */
import type { SandboxRequest } from './answer';
import { boundBuffers } from './buffers';
import { strip } from './globals';
import { answerText } from './trace';

const post = self.postMessage.bind(self);

self.addEventListener(
  'message',
  ({ data }: MessageEvent<SandboxRequest>) => {
    strip(globalThis);
    boundBuffers(globalThis);
    post(answerText(data));
  },
  { once: true },
);
