/** The worker that times: one for each request, kept for questions about its timeline, ended by the page. */
import type { ToTimer } from './protocol';
import { newTimer } from './timer';

const answer = newTimer((message, given = []) => {
  self.postMessage(message, { transfer: [...given] });
});

self.addEventListener('message', ({ data }: MessageEvent<ToTimer>) => {
  answer(data);
});
