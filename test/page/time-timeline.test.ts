/** The timeline of the section that times kernels, in a real browser: by keys alone, by pointer, of a hundred thousand instructions. */
import { stat } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  accessibilityProblems,
  lookFromEverywhere,
  openPage,
  openPlace,
  type OpenPage,
  type Place,
} from './page';

let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(async () => {
  await place.close();
});

const SELECTED = '#timeline-selected';

/** The section open, and a product of these extents timed. */
async function timed(m: number, n: number, k: number): Promise<OpenPage> {
  const opened = await openPage(place.chromium.browser, place.server.url);
  const { page } = opened;
  await page.click('#time summary');
  await page.locator('#time-run').waitFor();
  for (const [axis, extent] of Object.entries({ m, n, k }))
    await page.fill(`#time-size-${axis}`, String(extent));
  await page.click('#time-run');
  await drawn(opened);
  return opened;
}

/** How many rectangles stand for instructions in the last frame. */
async function drawn({ page }: OpenPage): Promise<number> {
  const canvas = page.locator('#timeline canvas[data-rectangles]');
  await canvas.waitFor();
  return Number(await canvas.getAttribute('data-rectangles'));
}

/** Colours of the canvas, of which a blank one has one. */
const coloursOn = async ({ page }: OpenPage, canvas: string): Promise<number> =>
  page.locator(canvas).evaluate((element) => {
    const { width, height } = element as HTMLCanvasElement;
    const pixels = (element as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data;
    return new Set(new Uint32Array(pixels?.buffer ?? new ArrayBuffer())).size;
  });

test('is walked by keys alone, says what is selected, and is drawn in light and dark', async () => {
  const opened = await timed(512, 1024, 512);
  const { page, complaints } = opened;
  const press = async (...keys: readonly string[]): Promise<void> => {
    for (const key of keys) await page.keyboard.press(key);
  };
  expect(await coloursOn(opened, '#timeline canvas')).toBeGreaterThan(4);
  expect(await page.textContent(SELECTED)).toBe('No instruction is selected.');

  // From the last button before it.
  await page.getByRole('button', { name: 'All', exact: true }).focus();
  await press('Tab');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('timeline');
  await press('.');
  const says = page.locator(SELECTED);
  await expect.poll(() => says.textContent()).toMatch(/nc_matmul, Tensor: from .+ until its result is there/);
  const first = await says.textContent();
  await press('PageDown');
  await expect.poll(() => says.textContent()).not.toBe(first);
  await press(',');
  await expect.poll(() => says.textContent()).toBe(first);
  expect(await page.locator('.timeline-detail dt').allTextContents()).toContain('stationary');

  const whole = await drawn(opened);
  await press('+', '+', '+', '+', '+');
  await expect.poll(() => drawn(opened)).toBeLessThan(whole);
  await press('0');
  await expect.poll(() => drawn(opened)).toBe(whole);
  await press('ArrowDown', '.');
  await expect.poll(() => says.textContent()).toContain(', Vector: from');
  await press('Escape');
  await expect.poll(() => says.textContent()).toBe('No instruction is selected.');
  await press('ArrowUp', '.', '.', '.', '+', '+', '+');
  await expect.poll(() => says.textContent()).toContain(', Tensor: from');
  await press('Tab');
  expect(await page.evaluate(() => document.activeElement?.id)).not.toBe('timeline');

  await page.click('.timeline-table summary');
  expect(await page.locator('#timeline-tracks tbody th').allTextContents()).toEqual([
    'Tensor',
    'Vector',
    'Loads',
    'Stores',
  ]);
  await lookFromEverywhere(opened, 'timeline');
  expect(complaints).toEqual([]);
  await page.close();
});

/** Relative luminances along a row of pixels of a canvas, and their contrast, as WCAG 2.2 defines them. */
const lightsAlong = async ({ page }: OpenPage, canvas: string, row: number): Promise<number[]> =>
  page.locator(canvas).evaluate((element, y) => {
    const { width } = element as HTMLCanvasElement;
    const pixels = (element as HTMLCanvasElement).getContext('2d')?.getImageData(0, y, width, 1).data;
    return Array.from({ length: width }, (_, x) => {
      const [red = 0, green = 0, blue = 0] = [0, 1, 2].map((channel) => {
        const share = (pixels?.[4 * x + channel] ?? 0) / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    });
  }, row);
const contrast = (lights: readonly number[]): number =>
  (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);

test.each(['light', 'dark'] as const)(
  'is drawn in the system’s colours where these are forced, %s',
  async (colorScheme) => {
    const opened = await timed(512, 1024, 512);
    const { page, complaints, picture } = opened;
    await page.emulateMedia({ forcedColors: 'active', colorScheme });
    // Right of the names, where Tensor works and where it waits.
    await expect
      .poll(async () => contrast((await lightsAlong(opened, '#timeline canvas', 35)).slice(120)))
      .toBeGreaterThan(7);
    const key = page.locator('.timeline-picture .colour-tensor').last();
    const seen = await key.evaluate((element) => [
      getComputedStyle(element).backgroundColor,
      getComputedStyle(document.body).backgroundColor,
    ]);
    expect(seen[0]).not.toBe(seen[1]);
    const tile = async (): Promise<number> => (await lightsAlong(opened, '.pass-grid canvas', 20))[20] ?? 0;
    const toCome = await tile();
    await page.focus('#timeline-cursor');
    await page.keyboard.press('End');
    await expect.poll(async () => contrast([toCome, await tile()])).toBeGreaterThan(7);
    await picture(`timeline-forced-${colorScheme}`);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

test('shows the tiles and the memories at the cursor', async () => {
  const opened = await timed(512, 1024, 512);
  const { page, complaints } = opened;
  const tiles = page.locator('.pass-grid figcaption');
  const sbuf = page.locator('.memory-maps figure').first();
  expect(await tiles.textContent()).toContain('0 tiles done');
  await page.getByRole('button', { name: 'Go to its first pass' }).click();
  await expect.poll(() => tiles.textContent()).toContain('on the array: row 0, column 0: 0 of 4 passes done');
  await page.click('#timeline-play');
  // Some of them: a busy machine may miss any one number.
  await expect.poll(() => tiles.textContent()).toMatch(/: [1-8] tiles? done/);
  await page.click('#timeline-play');
  await page.focus('#timeline-cursor');
  await page.keyboard.press('End');
  await expect
    .poll(() => tiles.textContent())
    .toMatch(/8 tiles done, 0 begun, 0 to come; no tile is on the array/);
  await page.fill('#timeline-cursor', '500');
  await expect.poll(() => tiles.textContent()).toMatch(/ begun/);
  await expect.poll(() => sbuf.locator('rect.tensor').count()).toBeGreaterThan(0);
  expect(await coloursOn(opened, '.pass-grid canvas')).toBeGreaterThan(1);
  await sbuf.locator('summary').click();
  expect(await sbuf.locator('li').first().textContent()).toMatch(/partitions 0 to 127, bytes \d+ to \d+/);
  expect(await accessibilityProblems(opened)).toEqual([]);
  expect(complaints).toEqual([]);
  await page.close();
});

test('a pointer shows what is under it, selects, drags, and zooms where it is', async () => {
  const opened = await timed(512, 1024, 512);
  const { page, complaints } = opened;
  await page.locator('#timeline').scrollIntoViewIfNeeded();
  const box = await page.locator('#timeline').boundingBox();
  if (box === null) throw new Error('the timeline has no box');
  const onTensor = [box.x + 112 + 0.3 * (box.width - 112), box.y + 35] as const;
  await page.mouse.move(...onTensor);
  await page.locator('.timeline-tooltip', { hasText: 'nc_matmul' }).waitFor();
  const before = await drawn(opened);
  await page.mouse.wheel(0, -1);
  await page.mouse.click(...onTensor);
  await expect.poll(() => page.textContent(SELECTED)).toContain('nc_matmul');
  expect(await drawn(opened)).toBe(before);
  await page.mouse.move(...onTensor);
  for (let turn = 0; turn < 10; turn++) await page.mouse.wheel(0, -200);
  await expect.poll(() => drawn(opened)).toBeLessThan(before);
  // What was under the pointer still is.
  await page.mouse.move(onTensor[0] + 1, onTensor[1]);
  const said = (await page.textContent(SELECTED)) ?? '';
  await page.locator('.timeline-tooltip', { hasText: said.split(',')[0] ?? '' }).waitFor();
  await page.mouse.down();
  await page.mouse.move(onTensor[0] - 300, onTensor[1], { steps: 4 });
  await page.mouse.up();
  expect(await page.textContent(SELECTED)).toBe(said);
  expect(complaints).toEqual([]);
  await page.close();
});

test('of a hundred thousand instructions has as many rectangles as pixels at most, and answers at once', async () => {
  const opened = await timed(8192, 8192, 12288);
  const { page, complaints } = opened;
  const counts = await page.locator('#timeline-tracks tbody td:nth-of-type(1)').allTextContents();
  expect(counts.reduce((sum, count) => sum + Number(count), 0)).toBeGreaterThan(100_000);
  const most = counts.length + 1; // and the row of weights
  const width = (await page.locator('#timeline').boundingBox())?.width ?? 0;
  await page.focus('#timeline');
  for (const key of [
    '.',
    '+',
    '+',
    '+',
    '+',
    '+',
    '+',
    'ArrowRight',
    'ArrowRight',
    '.',
    '0',
    '-',
    'ArrowDown',
    '.',
  ]) {
    await page.keyboard.press(key);
    expect(await drawn(opened)).toBeLessThanOrEqual(width * most);
  }
  await expect.poll(() => page.textContent(SELECTED)).toContain(', Vector: from');

  // The cursor can be told from where it was, by the slider as by keys.
  const time = page.locator('.timeline-cursor b');
  for (let press = 0; press < 20; press++) await page.keyboard.press('+');
  const told = [await time.textContent()];
  const tellsAnother = async (): Promise<void> => {
    await expect.poll(async () => told.includes(await time.textContent())).toBe(false);
    told.push(await time.textContent());
  };
  await page.keyboard.press('Shift+ArrowLeft');
  await tellsAnother();
  await page.focus('#timeline-cursor');
  await page.keyboard.press('ArrowLeft');
  await tellsAnother();

  const [trace] = await Promise.all([page.waitForEvent('download'), page.click('#time-save-trace')]);
  expect((await stat(await trace.path())).size).toBeGreaterThan(1_000_000);
  expect(complaints).toEqual([]);
  await page.close();
});

test('of tens of thousands of tiles, playing draws those that changed', async () => {
  const opened = await timed(65536, 65536, 128);
  const { page, complaints } = opened;
  const tiles = page.locator('.pass-grid figcaption');
  const canvas = page.locator('.pass-grid canvas');
  expect(await tiles.textContent()).toContain('512 × 128 tiles');
  await expect.poll(() => canvas.getAttribute('data-drawn')).toBe('65536');
  await page.click('#timeline-play');
  await expect.poll(() => tiles.textContent()).not.toContain(': 0 tiles done');
  await expect.poll(() => canvas.getAttribute('data-drawn')).not.toBe('65536');
  for (let look = 0; look < 10; look++) {
    const drawn = Number(await canvas.getAttribute('data-drawn'));
    expect(drawn).toBeLessThan(65536 / 4);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  expect(complaints).toEqual([]);
  await page.close();
});
