/** The comparison in a headless Chromium: drives the peers' page of the local build (bench/page/peers.tsx). */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { UserError } from '../../src/numerics';
import { launchChromium, type ChromiumAdapter } from '../browser/chromium';
import { servePage } from '../browser/server';
import { nodeEnvironment } from '../node/environment';
import { writeLink } from '../page/link';
import type { FromPeersPage } from '../page/peers-protocol';
import { checkSettings, DEFAULTS } from '../settings';
import { peersFolder } from './node';
import type { PeersReport, PeersRequest } from './report';

export interface BrowserPeersRequest extends Omit<PeersRequest, 'now' | 'rounds'> {
  /** `swiftshader`, or `default` for whatever the browser offers; a real GPU where there is one when left out. */
  readonly adapter?: string | undefined;
  /** Only the fields of this device. */
  readonly device?: 'webgpu' | 'wasm' | undefined;
}

/** @throws UserError when the peers are not installed, no browser or no WebGPU is there, or for a setting that the page refuses. */
export async function runPeersInBrowser(request: BrowserPeersRequest): Promise<PeersReport> {
  const { shapes, seed, budgetSeconds, signal, onProgress } = request;
  const link = writeLink(checkSettings({ ...DEFAULTS, shapes, seed, budgetSeconds }));
  const folder = builtPage();
  const adapter = adapterOf(request.adapter);
  const query = request.device === undefined ? '' : `?device=${request.device}`;
  signal?.throwIfAborted();
  const server = await servePage(folder);
  try {
    const chromium = await launchChromium({ adapter, args: SOFTWARE_WEBGL });
    try {
      const page = await chromium.browser.newPage();
      const last = messages(page, onProgress);
      last.catch(() => undefined); // awaited below, where the page opens
      await page.addInitScript(FORWARD);
      await page.goto(`${server.url}peers.html${query}#${link}`);
      const stop = (): void => void page.click('#stop').catch(() => undefined);
      signal?.addEventListener('abort', stop, { once: true });
      try {
        await page.click('#run');
        return reportOf(await last);
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

/** The message that ends the run. */
function messages(page: Page, onProgress: PeersRequest['onProgress']): Promise<FromPeersPage> {
  return new Promise((resolve, reject) => {
    const receive = (message: FromPeersPage): void => {
      if (message.type === 'progress') onProgress?.(message.progress);
      else resolve(message);
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
function reportOf(message: FromPeersPage): PeersReport {
  if (message.type === 'report') {
    const { report } = message;
    return { ...report, environment: { ...report.environment, cpu: nodeEnvironment().cpu } };
  }
  if (message.type === 'progress') throw new Error('Invariant violation: progress ends no run');
  throw new Error(message.message);
}

function builtPage(): string {
  const folder = join(peersFolder(), '../../dist/page');
  if (!existsSync(join(folder, 'peers.html'))) {
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
