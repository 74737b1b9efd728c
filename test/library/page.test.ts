/**
 * The built bundle in a plain page under a strict content security policy, in a headless Chromium: examples/library.html as any
 * static host serves it, and what it says in a browser without WebGPU. Needs the bundle: `npm test` builds it first.
 */
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium, type Chromium } from '../../bench/browser/chromium';
import { listen, type ServedPage } from '../../bench/browser/server';

let chromium: Chromium;
let server: ServedPage;
beforeAll(async () => {
  [chromium, server] = await Promise.all([
    launchChromium(),
    listen(sirv(fileURLToPath(new URL('../..', import.meta.url)), { dev: true })),
  ]);
});
afterAll(async () => {
  await Promise.all([chromium.close(), server.close()]);
});

/** What the page shows at its end, and everything that the browser complained of. */
async function show(prepare?: string) {
  const page = await chromium.browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  if (prepare !== undefined) await page.addInitScript(prepare);
  await page.goto(`${server.url}examples/library.html`);
  await page.waitForSelector('body[data-state]', { timeout: 240_000 });
  const state = await page.getAttribute('body', 'data-state');
  const text = (await page.textContent('output')) ?? '';
  await page.close();
  return { state, text, complaints };
}

test('products are shown and verified, and nothing stays on the device', async () => {
  const { state, text, complaints } = await show();
  expect(complaints).toEqual([]);
  expect(text.match(/verified: 65536 outputs, every bit/g)).toHaveLength(2);
  expect(text).toContain('the same codes');
  expect(text).toContain(' 0 bytes');
  expect(state).toBe('done');
});

test('without WebGPU it says what to do', async () => {
  const { state, text } = await show("Object.defineProperty(navigator, 'gpu', { value: undefined });");
  expect(state).toBe('failed');
  expect(text).toMatch(/This browser has no WebGPU\. Use Chrome/);
});
