/**
 * Arrays of the built bundle in a page and in its worker, in a headless Chromium, where a content security policy allows nothing but scripts of
 * the same host. Needs the bundle: `npm test` builds it first.
 */
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium, type Chromium } from '../../bench/browser/chromium';
import { listen, type ServedPage } from '../../bench/browser/server';

/** Workers take the policy that their own script is served with. */
const policy = (scripts: string): string =>
  `default-src 'none'; script-src ${scripts}; worker-src 'self'; img-src data:`;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let chromium: Chromium;
let strict: ServedPage;
let withWasm: ServedPage;
beforeAll(async () => {
  const serve = (scripts: string): Promise<ServedPage> =>
    listen(
      sirv(ROOT, {
        dev: true,
        setHeaders: (response) => {
          response.setHeader('Content-Security-Policy', policy(scripts));
        },
      }),
    );
  [chromium, strict, withWasm] = await Promise.all([
    launchChromium(),
    serve("'self'"),
    serve("'self' 'wasm-unsafe-eval'"),
  ]);
});
afterAll(async () => {
  await Promise.all([chromium.close(), strict.close(), withWasm.close()]);
});

interface Shown {
  readonly name?: string;
  readonly losses?: readonly number[];
  readonly error?: string;
}

async function show({ url }: ServedPage, query: string): Promise<Shown & { readonly complaints: string[] }> {
  const page = await chromium.browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${url}test/library/strict/index.html?${query}`);
  await page.waitForSelector('body[data-state]', { timeout: 240_000 });
  const shown = JSON.parse((await page.textContent('body')) ?? '') as Shown;
  await page.close();
  return { ...shown, complaints };
}

let losses: readonly number[] | undefined;

test('the CPU computes in a page where WebAssembly is allowed', async () => {
  const shown = await show(withWasm, 'executor=reference');
  expect(shown).toMatchObject({ name: 'reference', complaints: [] });
  expect(shown.losses).toHaveLength(3);
  expect(shown.losses?.[2]).toBeLessThan(shown.losses?.[0] ?? NaN);
  ({ losses } = shown);
});

test.each(['executor=webgpu', 'executor=webgpu&worker'])(
  'on WebGPU nothing more than own scripts is asked for, and the bits are the same: %s',
  async (query) => {
    expect(await show(strict, query)).toEqual({ name: 'webgpu', losses, complaints: [] });
  },
);

test('where WebAssembly is refused the CPU computes without it, in a worker too', async () => {
  const shown = await show(strict, 'executor=reference&worker');
  expect(shown).toMatchObject({ name: 'reference', losses });
  for (const complaint of shown.complaints) expect(complaint).toMatch(/wasm-unsafe-eval|WebAssembly/);
});
