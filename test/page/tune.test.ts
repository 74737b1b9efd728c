/** Tuning on the page, in a real browser: a search is kept, shown after a reload, exported and imported; it stops; other files are refused. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TUNING_CLASSES } from '../../src/execute/webgpu/tuning';
import { lookFromEverywhere, openPage, openPlace, type OpenPage, type Place } from './page';

let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(async () => {
  await place.close();
});

async function open({ page }: OpenPage): Promise<void> {
  await page.click('#tune summary');
  await page.locator('#tune-run').waitFor();
}

const file = (text: string) => ({ name: 't.json', mimeType: 'application/json', buffer: Buffer.from(text) });

test('a search is shown and stopped, and what is no document of this adapter is refused', async () => {
  const opened = await openPage(place.chromium.browser, place.server.url);
  const { page, complaints } = opened;
  await open(opened);
  await page.click('#tune-run');
  await page.locator('#tune-progress', { hasText: /bits: tile \d+x8/ }).waitFor();
  await page.click('#tune-stop');
  await expect.poll(() => page.textContent('#tune-progress')).toBe('');
  expect(await page.locator('#tune-found').count()).toBe(0);
  await page.setInputFiles('#tune-import', file('{"format":"other"}'));
  await page.locator('#tune-problem').waitFor();
  expect(await page.textContent('#tune-problem')).toContain('format must be "systole tunings"');
  expect(complaints).toEqual([]);
  await page.close();
});

test('what a search found is there after a reload, and goes out as a file and in again', async () => {
  const context = await place.chromium.browser.newContext();
  const opened = await openPage(context, place.server.url);
  const { page, complaints } = opened;
  await open(opened);
  await page.click('#tune-run');
  await page.locator('#tune-found').waitFor({ timeout: 240_000 });
  const found = await page.textContent('#tune-found');
  expect(await page.locator('#tune-found table').count()).toBe(TUNING_CLASSES.length);
  expect(found?.match(/taken/g)).toHaveLength(TUNING_CLASSES.length);
  await lookFromEverywhere(opened, 'tuned');

  await page.reload();
  await open(opened);
  await page.click('#tune-run');
  await page.locator('#tune-found').waitFor();
  expect(await page.textContent('#tune-found')).toBe(found);
  const download = page.waitForEvent('download');
  await page.click('#tune-export');
  const chunks: Buffer[] = [];
  for await (const chunk of await (await download).createReadStream()) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();

  const faster = JSON.parse(text) as { tunings: { wide: { candidates: { gflops: number }[] } } };
  for (const candidate of faster.tunings.wide.candidates) candidate.gflops = 12345;
  await page.setInputFiles('#tune-import', file(JSON.stringify(faster)));
  await expect.poll(() => page.textContent('#tune-found')).toContain('1.23e+4');
  expect(await page.locator('.tune-note').count()).toBe(0);
  expect(complaints).toEqual([]);
  await context.close();
});
