/** The examples' pages in a real browser, as a visitor uses them. Needs the built page: `npm test` builds it first. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPlace, type Place } from '../page/page';

/** To be looked at by a person; git ignores the folder. */
const PICTURES = fileURLToPath(new URL('../../test-output/examples/', import.meta.url));

/** Nets learn slowly on a processor that has other work. */
const PATIENCE_MS = 10 * 60_000;

let place: Place;
beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true });
  place = await openPlace();
});
afterAll(async () => {
  await place.close();
});

interface Visit {
  readonly page: Page;
  /** What the page and its policy complained of. */
  readonly complaints: readonly string[];
  readonly picture: (name: string) => Promise<unknown>;
}

async function visit(path: string): Promise<Visit> {
  const page = await place.chromium.browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(new URL(`examples/${path}`, place.server.url).href);
  return {
    page,
    complaints,
    picture: (name) => page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true }),
  };
}

/** What axe finds wrong with the page as it stands. */
async function flaws(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await (Reflect.get(globalThis, 'axe') as typeof axe).run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}

test('the list leads to all of them', async () => {
  const { page, complaints } = await visit('index.html');
  const links = await page
    .locator('a')
    .evaluateAll((all) => all.map((each) => (each as HTMLAnchorElement).href));
  for (const link of links) expect((await page.request.get(link)).status(), link).toBe(200);
  expect(complaints).toEqual([]);
  await page.close();
});

test('arrays in five lines, from the bundle as it is handed on', async () => {
  const { page, complaints, picture } = await visit('arrays.html');
  await page.locator('body[data-state=done]').waitFor();
  const rows = (await page.textContent('output'))?.match(/[\d.e-]+/g)?.map(Number) ?? [];
  // softmax of [7, 10] and [15, 22], rounded to bfloat16.
  expect(rows).toHaveLength(4);
  for (const [i, x] of [3, -3, 7, -7].entries())
    expect(Math.abs((rows[i] ?? NaN) - 1 / (1 + Math.exp(x)))).toBeLessThan(2 ** -9);
  expect(complaints).toEqual([]);
  await picture('arrays');
  await page.close();
});

test('a program of tfjs learns the same on systole as on its own backend', async () => {
  const losses = async (backend: string): Promise<number[]> => {
    const { page, complaints, picture } = await visit(`tfjs/tfjs.html?backend=${backend}`);
    await page.locator('body[data-state]').waitFor();
    const text = (await page.textContent('output')) ?? '';
    expect(text).toContain(`Backend: ${backend}`);
    expect(complaints).toEqual([]);
    await picture(`tfjs-${backend}`);
    await page.close();
    return Array.from(text.matchAll(/loss ([\d.]+)/g), ([, loss]) => Number(loss));
  };
  const [ours, theirs] = [await losses('systole'), await losses('cpu')];
  expect(ours).toHaveLength(6);
  expect(ours.at(-1)).toBeLessThan((ours[0] ?? 0) / 20);
  // The first losses are of the same weights: what differs is rounding.
  expect(Math.abs((ours[0] ?? NaN) - (theirs[0] ?? NaN))).toBeLessThan(1e-5);
});

test(
  'digits: nets learn in the page, curves are drawn, and a stop stops',
  { timeout: PATIENCE_MS },
  async () => {
    const { page, complaints, picture } = await visit('digits/digits.html');
    await page.getByText('Digits, learnt in this page').waitFor();
    await page.fill('[name=epochs]', '1');
    await page.fill('[name=digits]', '320');
    await page.fill('[name=batch]', '16');
    await page.click('button[type=submit]');
    await page.locator('main[data-phase=complete]').waitFor();
    expect(complaints).toEqual([]);
    const told = await page
      .locator('tbody tr')
      .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
    expect(told.map(([name, steps]) => [name, steps])).toEqual([
      ['float32', '20'],
      ['bfloat16', '20'],
      ['fp8', '20'],
    ]);
    // Ten classes: guessing tells a tenth of them right.
    for (const [name, , , right] of told) expect(parseFloat(right ?? ''), name).toBeGreaterThan(30);
    expect(await page.locator('svg polyline').count()).toBe(6);
    expect(await flaws(page)).toEqual([]);
    await picture('digits');

    await page.fill('[name=epochs]', '50');
    await page.click('button[type=submit]');
    await page.locator('tbody tr').first().waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.locator('main[data-phase=stopped]').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);
