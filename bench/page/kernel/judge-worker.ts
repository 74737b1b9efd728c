/** The worker that judges what the sandbox made of a kernel: one for each run, begun by its first message, ended by the page. */
import { judge, type FromJudge, type ToJudge } from './judge';

const send = (message: FromJudge): void => {
  self.postMessage(message);
};

self.addEventListener(
  'message',
  ({ data }: MessageEvent<ToJudge>) => {
    judge(data, send).then(
      (conclusion) => {
        send({ type: 'concluded', conclusion });
      },
      (error: unknown) => {
        throw error; // an `error` event of the worker tells the page
      },
    );
  },
  { once: true },
);
