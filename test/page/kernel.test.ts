/** Writing a kernel on the page, in a real browser: ours and one's own, faults, links, and what each looks like. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ended, openEditor, withoutInputs, wrap, write } from './kernel-editor';
import { lookFromEverywhere, openPage, openPlace, type OpenPage, type Place } from './page';

let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(async () => {
  await place.close();
});

const open = (link = ''): Promise<OpenPage> => openEditor(place, link);

test('softmax of the library: sound, right, its output, memory and Program', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  await page.selectOption('#kernel-pick', 'softmax');
  await page.fill('#kernel-input-0-shape', '150x96');
  expect(await ended(opened)).toMatch(/Right: 14400 elements within the bound/);
  expect(await page.textContent('#kernel-verdict')).toContain('Kernel softmax');
  expect(await page.locator('.memory svg').count()).toBe(1);
  expect(await page.textContent('.memory')).toContain('PSUM is not used');
  expect(await page.getAttribute('.output canvas', 'aria-label')).toMatch(/150 rows by 96 columns: least /);
  expect(await page.textContent('.program pre')).toContain('dma_copy');
  await lookFromEverywhere(opened, 'kernel-softmax');
  expect(complaints).toEqual([]);
  await page.close();
});

test('a wrong kernel: marks at its lines, which keys and buttons reach; nothing is run', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  await withoutInputs(opened);
  // Line 3: never written; line 5: read.
  await write(
    opened,
    wrap(
      "const a = nc.sbuf([128, 4], 'float32');\nconst out = nc.hbm('out', [128, 4], 'float32');\nnc.dma_copy(out, { src: a });",
    ),
  );
  expect(await ended(opened)).toContain('The verifier found errors: nothing was run.');
  const button = page.getByRole('button', { name: 'line 5' });
  expect(await button.count()).toBeGreaterThan(0);
  expect(await page.locator('#kernel-source .cm-lint-marker-error').count()).toBe(1);
  await button.first().click();
  expect(await focusedLine(opened)).toContain('nc.dma_copy(out');
  await page.keyboard.press('ControlOrMeta+Home');
  expect(await focusedLine(opened)).toContain('import');
  await page.keyboard.press('F8');
  expect(await focusedLine(opened)).toContain('nc.dma_copy(out');
  await page.locator('#kernel-source .cm-tooltip-lint, #kernel-source .cm-tooltip').first().waitFor();
  await lookFromEverywhere(opened, 'kernel-unsound');
  // Tab leaves the editor.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.id)).not.toBe('kernel-source');
  expect(complaints).toEqual([]);
  await page.close();
});

/** The line of the source that the cursor is in. */
function focusedLine({ page }: OpenPage): Promise<string> {
  return page.evaluate(() => {
    const host = document.activeElement;
    return host?.shadowRoot?.querySelector('.cm-activeLine')?.textContent ?? '';
  });
}

test('a changed kernel of the library: the first wrong element against its reference', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  await page.selectOption('#kernel-pick', 'transpose');
  await page.fill('#kernel-input-0-shape', '8x4');
  const source = await page.evaluate(
    () => document.querySelector('#kernel-source')?.shadowRoot?.querySelector('.cm-content')?.textContent,
  );
  expect(source).toContain('transpose');
  await write(
    opened,
    `import { kernel } from 'systole/kernel';
export default kernel('transpose', ['x'], (nc, { x }) => {
  const [m = 0, n = 0] = x.shape;
  const result = nc.hbm('result', [n, m], x.dtype);
  nc.dma_copy(result, { src: x.permute(1, 0) });
  const zero = nc.sbuf([1, 1], x.dtype);
  nc.memset(zero, { value: 100 });
  nc.dma_copy(result.slice([2, 3], [5, 6]), { src: zero });
});
`,
  );
  expect(await page.locator('#kernel-stale').count()).toBe(0); // nothing is shown yet
  expect(await ended(opened)).toContain('WRONG: 1 of 32 elements');
  const wrong = (await page.textContent('#kernel-wrong')) ?? '';
  expect(wrong).toContain('result [2, 5]');
  expect(wrong).toContain('100');
  expect(await page.textContent('.output td.bad')).toBe('100');
  await lookFromEverywhere(opened, 'kernel-wrong');
  await page.fill('#kernel-seed', '2');
  expect(await page.textContent('#kernel-stale')).toContain('what stands here is of before');
  for (const width of [320, 390]) {
    await page.setViewportSize({ width, height: 800 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  }
  expect(complaints).toEqual([]);
  await page.close();
});

test('mistakes are told where they are: no TypeScript, an import, a call that breaks a rule, an exception, several kernels', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  await withoutInputs(opened);
  const cases: readonly (readonly [source: string, message: RegExp, line: number | null])[] = [
    ['const x = 1;\nconst y = {\n', /It does not compile: Unexpected token/, 3],
    [
      "import { readFile } from 'node:fs';\nreadFile('x');",
      /imports systole\/kernel and systole\/numerics; received "node:fs"/,
      1,
    ],
    ['export const nothing = 1;', /The source exports no kernel/, null],
    [wrap("nc.sbuf([200, 4], 'float32');"), /a whole number of 1..128, received 200/, 3],
    [wrap("\n\nthrow new Error('of mine');"), /of mine/, 5],
    [wrap('(nc as any).dma_copie();'), /dma_copie is not a function/, 3],
    [
      "import { kernel } from 'systole/kernel';\nexport const a = kernel('one', [], () => {});\nexport const b = kernel('two', [], () => {});",
      /several kernels: choose one, two in the field Kernel/,
      null,
    ],
  ];
  for (const [source, message, line] of cases) {
    await write(opened, source);
    expect(await ended(opened)).toMatch(message);
    const buttons = page.locator('#kernel-end .to-line');
    expect(await buttons.allTextContents(), source).toEqual(line === null ? [] : [`line ${line}`]);
  }
  await page.fill('#kernel-kernel', 'two');
  expect(await ended(opened)).toMatch(/It ran: 0 steps/);
  await page.fill('#kernel-budget', 'many');
  await page.click('#kernel-run');
  expect(await page.textContent('#kernel-problem')).toContain(
    'The instruction budget is a whole number; received "many".',
  );
  expect(complaints).toEqual([]);
  await page.close();
});

test('the rows of the inputs follow what the kernel takes', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  await write(
    opened,
    "import { kernel } from 'systole/kernel';\nexport default kernel('mine', ['left', 'a'], () => {});",
  );
  expect(await ended(opened)).toContain('Kernel mine takes left, a: the form has a row for each now.');
  expect(await page.inputValue('#kernel-input-0-name')).toBe('left');
  expect(await page.inputValue('#kernel-input-1-shape')).toBe('200x64');
  expect(await page.getByRole('button', { name: /^Remove input/ }).count()).toBe(2);
  expect(await ended(opened)).toMatch(/It ran: 0 steps/);
  expect(complaints).toEqual([]);
  await page.close();
});

test('a link shows its kernel and runs nothing; what is no link is told', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  await withoutInputs(opened);
  await write(opened, wrap('throw new Error("of the link");'));
  await page.fill('#kernel-seed', '77');
  await page.click('#kernel-copy-link');
  await page.locator('#kernel-copy-link-text').waitFor();
  const url = await page.inputValue('#kernel-copy-link-text');
  const link = new URL(url).hash.slice(1);

  const other = await open(link);
  const asked: string[] = [];
  other.page.on('request', (request) => asked.push(request.url()));
  await other.page.locator('#kernel-from-link').waitFor();
  expect(await other.page.textContent('#kernel-from-link')).toContain('It has not been run');
  expect(await other.page.textContent('#kernel-source .cm-content')).toContain('of the link');
  expect(await other.page.inputValue('#kernel-seed')).toBe('77');
  expect(await other.page.locator('#link-problems').count()).toBe(0);
  await other.page.waitForTimeout(500);
  expect(await other.page.locator('iframe').count()).toBe(0);
  expect(await other.page.locator('#kernel-end').count()).toBe(0);
  expect(asked.filter((each) => /kernel-(frame|sandbox|worker)/.test(each))).toEqual([]);
  await lookFromEverywhere(other, 'kernel-link');
  expect(await ended(other)).toContain('of the link');
  expect(await other.page.locator('#kernel-from-link').count()).toBe(0);

  // In a page that is open already, and links that are none.
  await page.selectOption('#kernel-pick', 'softmax');
  await page.evaluate((hash) => (location.hash = hash), link);
  await page.locator('#kernel-from-link').waitFor();
  expect(await page.textContent('#kernel-source .cm-content')).toContain('of the link');
  for (const [hash, message] of [
    [link.slice(0, -40), /damaged/],
    ['kernel=', /damaged/],
    ['kernel=%%%', /damaged/],
    [`kernel=${'A'.repeat(70_000)}`, /at most 64000 are read/],
  ] as const) {
    await page.evaluate((each) => (location.hash = each), hash);
    await page.locator('#kernel-link-problem').getByText(message).waitFor();
    expect(await page.textContent('#kernel-source .cm-content')).toContain('of the link');
    await page.evaluate(() => (location.hash = 'seed=1'));
  }
  expect([...complaints, ...other.complaints]).toEqual([]);
  await other.page.close();
  await page.close();
});

test('the editor is loaded when it is opened, not with the page', async () => {
  const asked: string[] = [];
  const { page } = await openPage(place.chromium.browser, place.server.url, {
    before: async (each) => {
      await Promise.resolve();
      each.on('request', (request) => asked.push(request.url()));
    },
  });
  await page.waitForTimeout(300);
  expect(asked.filter((url) => /write-kernel|kernel-/.test(url))).toEqual([]);
  await page.click('#kernel summary');
  await page.locator('#kernel-source .cm-content').waitFor();
  expect(asked.filter((url) => url.includes('write-kernel'))).toHaveLength(1);
  await page.close();
});
