/** The built page in a headless Chromium, as the end-to-end tests open it: what it tells, what the browser complains of, pictures of it. */
import { fileURLToPath } from 'node:url';
import axe, { type AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright';
import { expect } from 'vitest';
import { pageFolder, servePage, type ServedPage } from '../../bench/browser/server';
import { launchChromium, type Chromium } from '../../bench/browser/chromium';
import type { BenchEvent } from '../../bench/events';
import type { FromWorker } from '../../bench/page/protocol';

/** Pictures of every state, to be looked at by a person; git ignores the folder. */
const PICTURES = fileURLToPath(new URL('../../test-output/page/', import.meta.url));

export interface OpenPage {
  readonly page: Page;
  /** Every message of the worker so far. */
  readonly messages: readonly FromWorker[];
  /** Errors of the page and of the console: refusals of the content security policy are among them. */
  readonly complaints: readonly string[];
  /** Resolves with the first message that satisfies the condition, of those still to come. */
  readonly next: (condition: (message: FromWorker) => boolean) => Promise<FromWorker>;
  readonly picture: (name: string) => Promise<void>;
}

export interface OpenOptions {
  /** The fragment, without `#`. */
  readonly link?: string;
  /** Runs in the page before its own scripts. */
  readonly prepare?: string;
  /** Called before the page is loaded. */
  readonly before?: (page: Page) => Promise<unknown>;
}

/** How long the page is waited for, on a machine that is busy with something else too. */
const PATIENCE_MS = 120_000;

/** A case of little work: three formats of one small product. */
export const SMALL = 'group=&shape=96x96x96&dtype=bf16,fp8e4m3,fp32&budget=120';

export async function openPage(
  where: Browser | BrowserContext,
  url: string,
  { link = '', prepare, before }: OpenOptions = {},
): Promise<OpenPage> {
  const page = await where.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const messages: FromWorker[] = [];
  const complaints: string[] = [];
  const waiting = new Set<(message: FromWorker) => void>();
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.exposeFunction('systoleTold', (message: FromWorker) => {
    messages.push(message);
    for (const each of waiting) each(message);
  });
  await page.addInitScript(() => {
    addEventListener('systole', (event) => {
      (Reflect.get(globalThis, 'systoleTold') as (message: unknown) => void)((event as CustomEvent).detail);
    });
  });
  // Not a script element, which the page's policy would refuse.
  await page.addInitScript(axe.source);
  if (prepare !== undefined) await page.addInitScript(prepare);
  await before?.(page);
  await page.goto(`${url}index.html#${link}`);
  await page.locator('#run').waitFor();
  return {
    page,
    messages,
    complaints,
    next: (condition) =>
      new Promise((resolve) => {
        const each = (message: FromWorker): void => {
          if (!condition(message)) return;
          waiting.delete(each);
          resolve(message);
        };
        waiting.add(each);
      }),
    picture: async (name) => {
      await page.screenshot({ path: `${PICTURES}${name}.png`, fullPage: true });
    },
  };
}

export const isEvent =
  (type: BenchEvent['type'], stage?: string) =>
  (message: FromWorker): boolean =>
    message.type === 'event' &&
    message.event.type === type &&
    (stage === undefined || (message.event.type === 'stage' && message.event.stage === stage));

export const isEnd = ({ type }: FromWorker): boolean => type !== 'event';

export interface Place {
  readonly chromium: Chromium;
  readonly server: ServedPage;
  readonly close: () => Promise<void>;
}

/** What axe-core finds wrong for those who read the page otherwise than by eye. */
export async function accessibilityProblems({ page }: OpenPage): Promise<string[]> {
  const { violations } = await page.evaluate<AxeResults>(() =>
    (Reflect.get(globalThis, 'axe') as typeof axe).run(),
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** The page as a phone and a desktop have it, light and dark. */
export const VIEWS = [
  { name: 'phone-light', colorScheme: 'light', width: 390, height: 844 },
  { name: 'phone-dark', colorScheme: 'dark', width: 390, height: 844 },
  { name: 'desktop-light', colorScheme: 'light', width: 1280, height: 900 },
  { name: 'desktop-dark', colorScheme: 'dark', width: 1280, height: 900 },
] as const;

/** In each view: accessible, nothing cut off at the side, and a picture. */
export async function lookFromEverywhere(opened: OpenPage, name: string): Promise<void> {
  const { page, picture } = opened;
  for (const { name: view, colorScheme, width, height } of VIEWS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    expect(await accessibilityProblems(opened), view).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth), view).toBeLessThanOrEqual(width);
    await picture(`${name}-${view}`);
  }
}

/** A browser and the page's server. */
export async function openPlace(args: readonly string[] = []): Promise<Place> {
  const server = await servePage(pageFolder());
  const chromium = await launchChromium({ args });
  return {
    chromium,
    server,
    close: async () => {
      await chromium.close();
      await server.close();
    },
  };
}
