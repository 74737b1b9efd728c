/** Drives a page of the local build in a headless Chromium: one that compares when its button is pressed, and tells its window how it goes. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { UserError } from '../../src/numerics';
import { launchChromium, type ChromiumAdapter } from '../browser/chromium';
import { servePage } from '../browser/server';
import type { Environment } from '../environment';
import { nodeEnvironment } from '../node/environment';
import { peersFolder } from './node';
import type { FromChild, Listener } from './node-child';

/**
 * Resolves with the page's report. `path` is that of the page with its query, `adapter` as `--adapter` takes it.
 *
 * @throws UserError when the peers are not installed, and when no browser or no WebGPU is there.
 */
export async function drivePage<P, R>(
  path: string,
  adapterName: string | undefined,
  { signal, onProgress }: Listener<P>,
): Promise<R> {
  const folder = builtPage(path.replace(/[?#].*/, ''));
  const adapter = adapterOf(adapterName);
  signal?.throwIfAborted();
  const server = await servePage(folder);
  try {
    const chromium = await launchChromium({ adapter, args: SOFTWARE_WEBGL });
    try {
      const page = await chromium.browser.newPage();
      const last = reportOf<P, R>(page, onProgress);
      last.catch(() => undefined); // awaited below, where the page opens
      await page.addInitScript(FORWARD);
      await page.goto(`${server.url}${path}`);
      const stop = (): void => void page.click('#stop').catch(() => undefined);
      signal?.addEventListener('abort', stop, { once: true });
      try {
        await page.click('#run');
        return await last;
      } finally {
        signal?.removeEventListener('abort', stop);
      }
    } finally {
      await chromium.close();
    }
  } finally {
    await server.close();
  }
}

/** gpu.js has WebGL modes too, which Chromium offers on a software adapter when told to. */
const SOFTWARE_WEBGL = ['--enable-unsafe-swiftshader'];

const RECEIVER = 'systolePeersMessage';

/** Runs in the page: what it tells its window goes to this process. */
const FORWARD = `window.addEventListener('systole', ({ detail }) => { void window.${RECEIVER}(detail); });`;

/** What the message that ends the run brings. */
function reportOf<P, R>(page: Page, onProgress: Listener<P>['onProgress']): Promise<R> {
  return new Promise((resolve, reject) => {
    const receive = (message: FromChild<P, R>): void => {
      if (message.type === 'progress') onProgress?.(message.progress);
      else if (message.type === 'report') resolve(message.report);
      else reject(new Error(message.message));
    };
    page.exposeFunction(RECEIVER, receive).catch(reject);
    page.once('crash', () => {
      reject(new Error('the page crashed'));
    });
    page.once('close', () => {
      reject(new Error('the browser ended before the comparison did'));
    });
  });
}

/** The page does not know the processor; the same machine's Node does. */
export const withProcessor = <R extends { readonly environment: Environment }>(report: R): R => ({
  ...report,
  environment: { ...report.environment, cpu: nodeEnvironment().cpu },
});

function builtPage(file: string): string {
  const folder = join(peersFolder(), '../../dist/page');
  if (!existsSync(join(folder, file))) {
    throw new UserError(`The peers' page is not built: run "npm run build" after "npm run peers".`);
  }
  return folder;
}

function adapterOf(name: string | undefined): ChromiumAdapter | undefined {
  if (name === undefined || name === 'swiftshader' || name === 'default') return name;
  throw new UserError(
    `In Chromium --adapter is swiftshader, or default for what the browser offers; received "${name}".`,
  );
}
