/** The forms of the section that times kernels, in a real browser: what of them stays, and mistakes at their fields. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lookFromEverywhere, openPage, openPlace, type OpenPage, type Place } from './page';

let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(async () => {
  await place.close();
});

async function open(): Promise<OpenPage> {
  const opened = await openPage(place.chromium.browser, place.server.url);
  await opened.page.click('#time summary');
  await opened.page.locator('#time-run').waitFor();
  return opened;
}

async function timed({ page }: OpenPage, subject: string): Promise<void> {
  await page.selectOption('#time-subject', subject);
  await page.click('#time-run');
  await page.locator('#time-what', { hasText: subject }).waitFor();
}

const focused = ({ page }: OpenPage): Promise<string | undefined> =>
  page.evaluate(() => document.activeElement?.id);

test('a cost: mistakes stand at their fields, the first has the focus; what was typed stays for the next timing', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  await timed(opened, 'softmax');
  await page.click('#time-cost summary');
  expect(await page.locator('#time-cost [aria-invalid=true]').count()).toBe(0);

  await page.fill('#time-cost-price', '1e308');
  await page.fill('#time-cost-gpuPeak', '989');
  await page.click('#time-cost-run');
  await expect.poll(() => focused(opened)).toBe('time-cost-price');
  const wrong = page.locator('#time-cost [aria-invalid=true]');
  expect(await wrong.evaluateAll((fields) => fields.map(({ id }) => id))).toEqual([
    'time-cost-price',
    'time-cost-gpuBandwidth',
    'time-cost-gpuEfficiency',
    'time-cost-gpuPrice',
  ]);
  for (const field of await wrong.all()) {
    const described = (await field.getAttribute('aria-describedby')) ?? '';
    const [, problem = ''] = described.split(' ');
    expect(await page.textContent(`#${problem}`)).not.toBe('');
  }
  expect(await page.textContent('#time-cost-price-problem')).toContain('received 1e+308');
  expect(await page.textContent('#time-cost-result')).toBe('');
  await lookFromEverywhere(opened, 'cost-mistakes');

  for (const [field, value] of Object.entries({
    price: '2',
    gpuBandwidth: '3350',
    gpuEfficiency: '0.5',
    gpuPrice: '4',
  }))
    await page.fill(`#time-cost-${field}`, value);
  await page.press('#time-cost-gpuPrice', 'Enter');
  const result = page.locator('#time-cost-result');
  await result.getByText('Under all that is assumed below').waitFor();
  expect(await result.locator('li').count()).toBeGreaterThan(5);
  const before = await result.textContent();
  await lookFromEverywhere(opened, 'cost');

  // Said anew of the next timing, with all that was typed.
  await timed(opened, 'rmsnorm');
  expect(await page.inputValue('#time-cost-price')).toBe('2');
  expect(await page.inputValue('#time-cost-gpuPrice')).toBe('4');
  await result.getByText('Under all that is assumed below').waitFor();
  expect(await result.textContent()).not.toBe(before);
  await page.fill('#time-cost-price', '3');
  expect(await result.textContent()).toBe('');
  expect(complaints).toEqual([]);
  await page.close();
});

test('sizes of each kernel stay, and the chip comes back that a kernel in between was not for', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  await page.selectOption('#time-subject', 'softmax');
  await page.fill('#time-size-rows', '384');
  await page.selectOption('#time-subject', 'mxfp8_matmul');
  expect(await page.inputValue('#time-chip')).toBe('trn3');
  await page.selectOption('#time-subject', 'softmax');
  expect(await page.inputValue('#time-size-rows')).toBe('384');
  expect(await page.inputValue('#time-chip')).toBe('trn2');
  expect(complaints).toEqual([]);
  await page.close();
});
