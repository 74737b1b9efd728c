/** Checking a tiling on the page, in a real browser: our plan, loops, a fault, mistakes, and what each looks like. */
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
  await opened.page.click('#tiling summary');
  await opened.page.locator('#tiling-run').waitFor();
  return opened;
}

const small = async ({ page }: OpenPage, m: number, n: number, k: number): Promise<void> => {
  for (const [axis, value] of Object.entries({ m, n, k })) await page.fill(`#tiling-${axis}`, String(value));
};

const verdict = async ({ page }: OpenPage): Promise<string> => {
  await page.click('#tiling-run');
  await page.locator('#tiling-verdict > *').first().waitFor();
  return (await page.textContent('#tiling-verdict')) ?? '';
};

test('our plan is filled in, follows the fields, and is right on the adapter too', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  await small(opened, 160, 600, 300);
  expect(await page.inputValue('#tiling-text')).toContain('"m": 160');
  const text = await verdict(opened);
  expect(text).toContain('The tiling is right.');
  expect(text).toContain('It adds in the canonical order');
  expect(await page.locator('.checked > li.right').count()).toBe(8);
  expect(await page.getAttribute('#tile-grid', 'aria-label')).toBe(
    'The output in 2 × 2 tiles: 4 tiles right',
  );
  await lookFromEverywhere(opened, 'tiling-right');
  expect(complaints).toEqual([]);
  await page.close();
});

/** Two tiles; the second lacks the last index of K. */
const FAULTY = {
  format: 'systole tiling',
  version: 1,
  passes: [
    { m: [0, 64], n: [0, 32], k: [0, 96], bank: 0, start: true, stop: true },
    { m: [0, 64], n: [32, 64], k: [0, 64], bank: 1, start: true, stop: false },
    { m: [0, 64], n: [32, 64], k: [64, 95], bank: 1, start: false, stop: true },
  ],
};

test('a faulty tiling: the first wrong tile, its values, who wrote it; the grid is walked by keys; the verdict is a file', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  await small(opened, 64, 64, 96);
  await page.fill('#tiling-text', JSON.stringify(FAULTY));
  const text = await verdict(opened);
  expect(text).toContain('The tiling is wrong.');
  expect(text).toContain('missing: m 0..63, n 32..63, k 95: no pass takes it');
  const wrong = (await page.textContent('#tiling-wrong')) ?? '';
  expect(wrong).toContain('row 0, column 1 of the tiles');
  expect(wrong).toContain('m 0, n 32');
  expect(wrong).toContain('p2.matmul');
  expect(wrong).toContain('dma_copy p2.store');

  expect(await page.textContent('#tile-grid-at')).toContain('column 1: m 0..63, n 32..63: missing');
  await page.focus('#tile-grid');
  await page.keyboard.press('ArrowLeft');
  expect(await page.textContent('#tile-grid-at')).toBe('Row 0, column 0: m 0..63, n 0..31: right');
  await page.keyboard.press('End');
  expect(await page.textContent('#tile-grid-at')).toContain('column 1');
  expect(await page.locator('#tiling-wrong .wrong-region').count()).toBe(1);
  await lookFromEverywhere(opened, 'tiling-wrong');
  for (const width of [320, 390]) {
    await page.setViewportSize({ width, height: 800 });
    const wide = await page.evaluate(() =>
      [...document.querySelectorAll('main *')]
        .filter((element) => element.getBoundingClientRect().right > innerWidth && !element.closest('pre'))
        .map((element) => `${element.tagName}#${element.id}.${element.getAttribute('class') ?? ''}`),
    );
    expect(wide).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await opened.picture(`tiling-wrong-${width}`);
  }

  const download = page.waitForEvent('download');
  await page.click('#tiling-download');
  const file = await download;
  expect(file.suggestedFilename()).toBe('systole-tiling-64x64x96-trn2.json');
  const chunks: Buffer[] = [];
  for await (const chunk of await file.createReadStream()) chunks.push(chunk as Buffer);
  expect(JSON.parse(Buffer.concat(chunks).toString())).toMatchObject({
    right: false,
    firstWrong: { row: 0, column: 1 },
  });
  expect(complaints).toEqual([]);
  await page.close();
});

test('loops of an example, and a file that is dropped', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  await small(opened, 256, 1024, 256);
  await page.click('#tiling-loops');
  expect(await page.inputValue('#tiling-text')).toContain('"loops"');
  expect(await verdict(opened)).toContain('The tiling is right.');
  await page.setInputFiles('#tiling-file', {
    name: 'tiling.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(FAULTY)),
  });
  await expect.poll(() => page.inputValue('#tiling-text')).toContain('"passes"');
  expect(complaints).toEqual([]);
  await page.close();
});

test('Enter in a field checks; a change after it marks the verdict as that of before', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  await small(opened, 16, 16, 16);
  await page.press('#tiling-k', 'Enter');
  await page.getByText('The tiling is right.', { exact: true }).waitFor();
  expect(await page.locator('#tiling-stale').count()).toBe(0);
  await page.fill('#tiling-k', '24');
  expect(await page.textContent('#tiling-stale')).toContain('what stands here is of before');
  await page.press('#tiling-k', 'Enter');
  await page.locator('#tiling-stale').waitFor({ state: 'detached' });
  await page.getByText('The tiling is right.', { exact: true }).waitFor();
  expect(complaints).toEqual([]);
  await page.close();
});

test('where no plan of ours can be made, that is said, and the plan before is not checked', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  await small(opened, 16, 16, 16);
  await page.selectOption('#tiling-dtype', 'float8_e4m3fn');
  const why = /trn2 does not multiply float8_e4m3fn/;
  expect(await page.textContent('#tiling-problem')).toMatch(why);
  await page.click('#tiling-run');
  expect(await page.textContent('#tiling-problem')).toMatch(why);
  expect(await page.textContent('#tiling-verdict')).toBe('');
  await page.selectOption('#tiling-chip', 'trn3');
  expect(await verdict(opened)).toContain('The tiling is right.');
  expect(complaints).toEqual([]);
  await page.close();
});

test('what is too long for the page is refused before it is shown', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  const before = await page.inputValue('#tiling-text');
  await page.setInputFiles('#tiling-file', {
    name: 'long.json',
    mimeType: 'application/json',
    buffer: Buffer.alloc(2 ** 22 + 1, 32),
  });
  await page.getByText('long.json has 4194305 characters, more than the 4194304').waitFor();
  expect(await page.inputValue('#tiling-text')).toBe(before);
  const prevented = await page.evaluate(() => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text', ' '.repeat(2 ** 22 + 1));
    const pasted = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
    return document.querySelector('#tiling-text')?.dispatchEvent(pasted) === false;
  });
  expect(prevented).toBe(true);
  await page.getByText('What was pasted has 4194305 characters').waitFor();
  expect(complaints).toEqual([]);
  await page.close();
});

test('a check waits for the run of a benchmark, and can be stopped in line', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  await small(opened, 16, 16, 16);
  const hold = (): Promise<void> =>
    page.evaluate(
      () =>
        new Promise((held) => {
          void navigator.locks.request('systole-run', () => {
            held();
            return new Promise<void>((release) => {
              Reflect.set(globalThis, 'releaseRun', release);
            });
          });
        }),
    );
  await hold();
  await page.click('#tiling-run');
  await page.getByText('this one begins when that one ends').waitFor();
  await page.click('#tiling-stop');
  await page.getByText('Stopped.').waitFor();
  await page.click('#tiling-run');
  await page.getByText('this one begins when that one ends').waitFor();
  await page.evaluate(() => {
    (Reflect.get(globalThis, 'releaseRun') as () => void)();
  });
  await page.getByText('The tiling is right.', { exact: true }).waitFor();
  expect(complaints).toEqual([]);
  await page.close();
});

test('a large grid says which part it shows, and stays while the tile that is picked is in it', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  await small(opened, 1, 100, 1);
  await page.fill(
    '#tiling-text',
    JSON.stringify({ format: 'systole tiling', version: 1, tile: { m: 1, n: 1, k: 1 } }),
  );
  await verdict(opened);
  const part = (): Promise<string | null> => page.textContent('#tile-grid-keys');
  expect(await part()).toContain('rows 0 to 0, columns 0 to 63');
  await page.focus('#tile-grid');
  await page.keyboard.press('ArrowRight');
  expect(await part()).toContain('columns 0 to 63');
  await page.keyboard.press('End');
  expect(await part()).toContain('columns 36 to 99');
  for (let step = 0; step < 40; step++) await page.keyboard.press('ArrowLeft');
  expect(await page.textContent('#tile-grid-at')).toContain('column 59');
  expect(await part()).toContain('columns 36 to 99');
  expect(complaints).toEqual([]);
  await page.close();
});

test('mistakes are told where they are: an extent, JSON with a bad field', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  await page.fill('#tiling-m', '0');
  await page.click('#tiling-run');
  expect(await page.textContent('#tiling-problem')).toBe(
    'M must be a whole number of at least 1, received "0".',
  );
  await page.fill('#tiling-m', '8');
  await page.fill('#tiling-text', JSON.stringify({ ...FAULTY, passes: [{ ...FAULTY.passes[0], m: [3] }] }));
  expect(await verdict(opened)).toMatch(/^tiling\.passes\[0\]\.m must be \[begin, end\]/);
  await page.fill('#tiling-text', '{');
  expect(await page.locator('#tiling-stale').count()).toBe(1);
  await page.click('#tiling-run');
  await page.getByText('The tiling is no JSON').waitFor();
  expect(complaints).toEqual([]);
  await page.close();
});
