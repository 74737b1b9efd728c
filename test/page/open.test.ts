/** The page before any run: links, friendly and hostile; a browser without WebGPU; refused storage; accessibility. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isEnd, isEvent, lookFromEverywhere, openPage, openPlace, type OpenPage, type Place } from './page';

let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(async () => {
  await place.close();
});

const open = (options: Parameters<typeof openPage>[2] = {}): Promise<OpenPage> =>
  openPage(place.chromium.browser, place.server.url, options);

test('a shared link fills the form, and does not run', async () => {
  const { page, messages, complaints } = await open({
    link: 'dtype=bf16,fp8e4m3&group=square&shape=128x64x32&chip=trn1&out=bf16&layout=k-major&budget=7&seed=42',
  });
  await page.click('details > summary');
  const checked = await page.locator('#form input[type=checkbox]:checked').count();
  expect(checked).toBeGreaterThan(0);
  expect(await page.inputValue('#shapes')).toBe('128x64x32');
  expect(await page.inputValue('#budget')).toBe('7');
  expect(await page.inputValue('#seed')).toBe('42');
  expect(await page.inputValue('#chip')).toBe('trn1');
  expect(await page.inputValue('#out')).toBe('bfloat16');
  expect(await page.inputValue('#layout')).toBe('k-major');
  expect(await page.locator('#link-problems').count()).toBe(0);
  expect(messages).toEqual([]);
  expect(complaints).toEqual([]);
  await page.close();
});

const HOSTILE = [
  'dtype=<img src=x onerror=window.evaluated=1>',
  'chip=javascript:window.evaluated=1',
  'shape=1e9x1e9x1e9',
  'shape=999999999x999999999x999999999',
  'budget=-5',
  'seed=1e400',
  'budget=";window.evaluated=1;"',
  '__proto__=1',
  'constructor=1',
  'onload=window.evaluated=1',
  `case=${'x'.repeat(30_000)}`,
];

test('a hostile link: every bad value is named as text, none is used or evaluated', async () => {
  for (const link of HOSTILE) {
    const { page, messages, complaints } = await open({ link });
    await page.locator('#link-problems').waitFor();
    expect(await page.locator('#link-problems li').count(), link).toBe(1);
    expect(await page.locator('#link-problems img').count()).toBe(0);
    expect(await page.evaluate(() => Reflect.has(globalThis, 'evaluated'))).toBe(false);
    expect(await page.inputValue('#budget')).toBe('60');
    expect(messages).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  }
  const { page, picture } = await open({ link: HOSTILE.slice(0, -1).join('&') });
  await page.locator('#link-problems').waitFor();
  await picture('hostile-link');
  await page.close();
});

test('without WebGPU it says what to do', async () => {
  const { page, picture, complaints } = await open({
    prepare: 'delete Navigator.prototype.gpu;',
  });
  await page.getByText('This browser has no WebGPU').first().waitFor();
  await picture('no-webgpu');
  expect(complaints).toEqual([]);
  await page.close();
});

test('storage refused: the page says so and runs', async () => {
  const { page, next, picture, complaints } = await open({
    link: 'budget=300', // much more than is done before it is stopped
    prepare: `
      for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches'])
        Object.defineProperty(window, name, { get() { throw new DOMException('refused', 'SecurityError'); } });`,
  });
  await page.locator('#storage-refused').waitFor();
  await picture('storage-refused');
  const first = next(isEvent('first'));
  const ended = next(isEnd);
  await page.click('#run');
  await first;
  await page.click('#stop');
  await ended;
  expect(complaints).toEqual([]);
  await page.close();
});

test('mistakes in the form are told where they are, readable on every screen and for every reader', async () => {
  const opened = await open({ link: 'budget=-1&seed=x' });
  const { page, complaints } = opened;
  await page.click('details > summary');
  await page.fill('#shapes', '1x2');
  await page.click('#run');
  await page.locator('[data-problem=true]').first().waitFor();
  expect(await page.evaluate(() => document.activeElement?.closest('[data-problem=true]') !== null)).toBe(
    true,
  );
  await lookFromEverywhere(opened, 'settings');
  expect(complaints).toEqual([]);
  await page.close();
});

test('a worker that cannot be made ends the run with the reason', async () => {
  const prepare = `window.Worker = class { constructor() { throw new Error('no workers here'); } };`;
  const { page } = await openPage(place.chromium.browser, place.server.url, { prepare });
  await page.click('#run');
  await page.locator('#ending').waitFor();
  expect(await page.textContent('#ending')).toContain('The worker of this page broke: no workers here.');
  expect(await page.textContent('#run')).toBe('Run benchmark');
  await page.close();
});

test('a page whose scripts do not load says what to do', async () => {
  const page = await place.chromium.browser.newPage();
  await page.route('**/*.js', (route) => route.abort());
  await page.goto(`${place.server.url}index.html`);
  await page.locator('.starting').waitFor();
  expect(await page.textContent('.starting')).toContain('npm start');
  await page.close();
});
