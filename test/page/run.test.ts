/** Runs of the page in a real browser, and what disturbs them. Needs the built page: `npm test` builds it first. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../bench/report';
import {
  isEnd,
  isEvent,
  lookFromEverywhere,
  openPage,
  openPlace,
  SMALL,
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

const open = (options: Parameters<typeof openPage>[2] = {}): Promise<OpenPage> =>
  openPage(place.chromium.browser, place.server.url, { link: SMALL, ...options });

/** Presses the button and gives the report. */
async function run({ page, next }: OpenPage): Promise<Report> {
  const ended = next(isEnd);
  await page.click('#run');
  return reportOf(await ended);
}

function reportOf(message: Awaited<ReturnType<OpenPage['next']>>): Report {
  if (message.type !== 'report') throw new Error(`no report: ${JSON.stringify(message)}`);
  return message.report;
}

/** How a run ended, whether it had obtained anything by then or not. */
function outcomeOf(message: Awaited<ReturnType<OpenPage['next']>>): string {
  if (message.type === 'report') return message.report.outcome;
  return 'outcome' in message ? message.outcome : message.type;
}

test('one press: a first product, a verdict, a table, charts, files', async () => {
  const opened = await open();
  const { page, next, complaints, picture } = opened;
  await picture('opened');
  const first = next(isEvent('first'));
  const timing = next(isEvent('stage', 'time'));
  const ended = next(isEnd);
  await page.click('#run');
  await first;
  await page.locator('#first').waitFor();
  expect(await page.textContent('#first')).toMatch(/First product: .* bit-equal to the CPU reference/);
  await timing;
  await picture('running');
  const report = reportOf(await ended);
  expect(report).toMatchObject({ outcome: 'complete', leftOut: [] });
  expect(report.cases.map(({ check }) => check.passed)).toEqual([true, true, true]);

  await page.locator('.verdict.good').waitFor();
  expect(await page.textContent('.verdict')).toMatch(/3 cases, every result checked bit for bit, none wrong/);
  expect(await page.locator('table.cases tbody tr').count()).toBe(3);
  // Charts are drawn a little later: each has the last format of the table too.
  const charts = page.locator('#charts > *', { hasText: 'fp32' });
  await expect.poll(() => charts.count()).toBe(3);
  await lookFromEverywhere(opened, 'complete');

  for (const [kind, start] of [
    ['json', '{\n  "systole"'],
    ['csv', 'name,'],
    ['html', '<!doctype html>'],
  ] as const) {
    const download = page.waitForEvent('download');
    await page.click(`#download-${kind}`);
    const file = await download;
    expect(file.suggestedFilename()).toMatch(new RegExp(`^systole-.*\\.${kind}$`));
    const chunks: Buffer[] = [];
    for await (const chunk of await file.createReadStream()) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString().slice(0, start.length)).toBe(start);
  }

  // The results are there after a reload, under the link that the run left.
  await page.reload();
  await page.locator('.verdict.good').waitFor();
  expect(await page.textContent('#results-title')).toContain('kept from your last visit');
  expect(complaints).toEqual([]);
  await page.close();
});

test('a stop keeps what was finished, and another tab waits its turn meanwhile', async () => {
  const context = await place.chromium.browser.newContext();
  const link = 'budget=300';
  const first = await openPage(context, place.server.url, { link });
  const result = first.next(isEvent('result'));
  await first.page.click('#run');
  // Both take longer than anything that is done here, on a busy machine too.
  const second = await openPage(context, place.server.url, { link });
  await second.page.click('#run');
  await second.page.getByText('Cancel').waitFor();
  expect(await second.page.textContent('#announcement')).toContain('Another tab is running');
  await second.picture('second-tab');

  await result;
  const begun = second.next(isEvent('adapter'));
  await first.page.click('#stop');
  await first.page.locator('#ending').waitFor();
  expect(await first.page.textContent('#ending')).toMatch(/^Interrupted/);
  expect(await first.page.locator('table.cases tbody tr').count()).toBeGreaterThan(0);
  await first.picture('stopped');

  await begun;
  const stopped = second.next(isEnd);
  await second.page.click('#stop');
  expect(outcomeOf(await stopped)).toBe('interrupted');
  expect([...first.complaints, ...second.complaints]).toEqual([]);
  await context.close();
});

test('a tab hidden during a timing: the sample is taken again, and the page says so', async () => {
  // It is hidden by the message itself that timing begins, so that no sample ends before.
  const prepare = `
    let hidden = false;
    Object.defineProperty(document, 'hidden', { get: () => hidden });
    window.hide = (value) => {
      hidden = value;
      document.dispatchEvent(new Event('visibilitychange'));
    };
    addEventListener('systole', ({ detail: { event } }) => {
      if (event?.type === 'stage' && event.stage === 'time') hide(true);
    });`;
  const link = 'group=&shape=1024x1024x512&dtype=bf16&budget=120';
  const { page, next, complaints, picture } = await open({ prepare, link });
  const ended = next(isEnd);
  await page.click('#run');
  await expect.poll(() => page.textContent('#announcement')).toContain('Timing waits');
  await picture('hidden');
  // A sample begins, if none was under way before, and is disturbed before it can end.
  await page.evaluate(() => {
    const hide = Reflect.get(globalThis, 'hide') as (value: boolean) => void;
    for (const hidden of [false, true, false]) hide(hidden);
  });
  const { cases } = reportOf(await ended);
  expect(cases.map(({ ms }) => (ms?.discarded ?? 0) > 0)).toContain(true);
  await page.locator('.verdict.good').waitFor();
  expect(await page.textContent('table.cases')).toMatch(/\d discarded/);
  expect(complaints).toEqual([]);
  await page.close();
});

test('a kernel with a fault gets no number: the first wrong tile is shown', async () => {
  const right = 'result[at] = code;';
  const wrong = 'result[at] = select(code, code ^ 1u, row + i == 300u);';
  const opened = await open({
    link: 'group=&shape=384x64x128&dtype=bf16&budget=120',
    before: (page) =>
      page.route('**/*.js', async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: (await response.text()).replaceAll(right, wrong) });
      }),
  });
  const { page, complaints } = opened;
  const { cases } = await run(opened);
  expect(cases).toMatchObject([{ gflops: null, ms: null, shareOfPeak: null, check: { passed: false } }]);
  await page.locator('#wrong .wrong-tile svg').first().waitFor();
  expect(await page.textContent('.verdict.bad')).toContain('1 WRONG');
  expect(await page.textContent('table.cases')).toContain('withheld');
  expect(await page.textContent('#wrong')).toContain('m 300, n 0');
  await lookFromEverywhere(opened, 'wrong');
  expect(complaints).toEqual([]);
  await page.close();
});

describe('a lost device', () => {
  test('what was finished is kept, and one press runs again', async () => {
    // Chromium keeps a page from its GPU after a crash of the GPU's process, unless told otherwise.
    const other = await openPlace([
      '--disable-domain-blocking-for-3d-apis',
      '--disable-gpu-process-crash-limit',
    ]);
    try {
      const { browser } = other.chromium;
      const opened = await openPage(browser, other.server.url, { link: 'budget=300' });
      const { page, next, picture } = opened;
      const result = next(isEvent('result'));
      const ended = next(isEnd);
      await page.click('#run');
      await result;
      const session = await browser.newBrowserCDPSession();
      await session.send('Browser.crashGpuProcess').catch(() => undefined); // it answers by an error
      expect(reportOf(await ended)).toMatchObject({ outcome: 'device-lost' });
      await page.locator('#ending').waitFor();
      expect(await page.textContent('#ending')).toContain('The GPU device was lost');
      expect(await page.locator('table.cases tbody tr').count()).toBeGreaterThan(0);
      await picture('device-lost');

      const again = next(isEvent('first'));
      const stopped = next(isEnd);
      await page.click('#run');
      expect(await again).toMatchObject({ event: { first: { check: { passed: true } } } });
      await page.click('#stop');
      await stopped;
    } finally {
      await other.close();
    }
  });
});
