/** Overheads in a headless Chromium: each start from cold in a browser of its own, the last of which goes on with the rest. */
import { UserError } from '../../src/numerics';
import { nodeEnvironment } from '../node/environment';
import { COLD_STARTS, type OverheadsRequest } from '../node/overheads';
import { COLD_ONLY, type FromOverheadsWorker } from '../overheads/page/protocol';
import type { ColdStart, OverheadsReport } from '../overheads/report';
import { serveDriven } from './driver';
import { openChromium, PageError } from './run';
import { pageFolder } from './server';

/** @throws UserError when no browser or no adapter is there, PageError when the page breaks, and the signal's reason. */
export async function overheadsInBrowser(
  request: OverheadsRequest,
  folder = pageFolder(),
): Promise<OverheadsReport> {
  const { signal, onProgress } = request;
  let { adapter } = request;
  const { starts = COLD_STARTS } = request;
  const cold: ColdStart[] = [];
  let first: string | undefined;
  for (;;) {
    onProgress({ stage: 'cold', done: cold.length, total: starts });
    const hash = cold.length < starts - 1 ? `#${COLD_ONLY}` : '';
    const { message, reason } = await visit(folder, hash, adapter, request);
    first ??= reason;
    if (message.type === 'cold') {
      cold.push(message.cold);
      if (reason !== undefined) adapter = 'swiftshader'; // there is no other: the next need not look for one
    } else if (message.type === 'report') {
      const { report } = message;
      return {
        ...report,
        // A page is not told the processor, it ran on this one; nor the flags of its browser.
        environment: { ...report.environment, cpu: nodeEnvironment().cpu },
        adapter: { ...report.adapter, ...(first !== undefined && { reason: first }) },
        cold: [...cold, ...report.cold],
      };
    } else {
      signal.throwIfAborted();
      throw message.type === 'refused' ? new UserError(message.message) : new PageError(message.message);
    }
  }
}

type Final = Exclude<FromOverheadsWorker, { type: 'row' }>;

/** Opens the page in a new browser; gives the message that it ended with. */
async function visit(
  folder: string,
  hash: string,
  adapter: string | undefined,
  { signal, onProgress }: OverheadsRequest,
): Promise<{ message: Final; reason: string | undefined }> {
  let end: (message: Final) => void = () => undefined;
  const ended = new Promise<Final>((resolve) => (end = resolve));
  const broken = (message: string): void => {
    end({ type: 'failed', message });
  };
  const page = await serveDriven(folder, 'overheads.html', {
    stop: signal,
    onFault: broken,
    onMessage: (content) => {
      const message = content as FromOverheadsWorker;
      if (message.type === 'row') onProgress({ stage: 'overhead', name: message.name });
      else end(message);
    },
  });
  try {
    signal.throwIfAborted();
    const { gone, close, reason } = await openChromium(`${page.url}overheads.html${hash}`, adapter);
    void gone.then(broken);
    try {
      return { message: await ended, reason };
    } finally {
      await close();
    }
  } finally {
    await page.close();
  }
}
