/** Writing a kernel on the page, in a real browser: ours and one's own, faults, hostile ones, links, and what each looks like. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from '../../bench/browser/chromium';
import { listen, pageFolder, pageListener } from '../../bench/browser/server';
import { lookFromEverywhere, openPage, openPlace, type OpenPage, type Place } from './page';

let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(async () => {
  await place.close();
});

async function open(link = ''): Promise<OpenPage> {
  const opened = await openPage(place.chromium.browser, place.server.url, { link });
  if (link === '') await opened.page.click('#kernel summary');
  await opened.page.locator('#kernel-source .cm-content').waitFor();
  return opened;
}

/** Pastes a text over what the editor has. */
async function write({ page }: OpenPage, source: string): Promise<void> {
  await page.focus('#kernel-source .cm-content');
  await page.keyboard.press('ControlOrMeta+a');
  await page.evaluate((text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', text);
    const content = document.querySelector('#kernel-source')?.shadowRoot?.querySelector('.cm-content');
    content?.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, source);
}

async function ended({ page }: OpenPage): Promise<string> {
  await page.click('#kernel-run');
  await page.locator('#kernel-stop').waitFor({ state: 'detached', timeout: 60_000 });
  return (await page.textContent('#kernel-end')) ?? '';
}

const wrap = (body: string): string =>
  `import { kernel } from 'systole/kernel';\nexport default kernel('mine', [], (nc) => {\n${body}\n});\n`;

/** Of a kernel without inputs. */
async function withoutInputs(opened: OpenPage): Promise<void> {
  const remove = opened.page.getByRole('button', { name: /^Remove input/ });
  while ((await remove.count()) > 0) await remove.first().click();
}

test('softmax of the library: sound, right, its output, memory and Program', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  await page.selectOption('#kernel-pick', 'softmax');
  await page.fill('#kernel-input-0-shape', '150x96');
  expect(await ended(opened)).toMatch(/Right: 14400 elements within the bound/);
  expect(await page.textContent('#kernel-verdict')).toContain('Kernel softmax');
  expect(await page.locator('.memory svg').count()).toBe(2);
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

/** Runs what is right after each: the page must have stayed usable. */
async function stillWorks(opened: OpenPage): Promise<void> {
  await write(
    opened,
    wrap(
      "const out = nc.hbm('out', [4, 4], 'float32');\nconst one = nc.sbuf([4, 4], 'float32');\nnc.memset(one, { value: 1 });\nnc.dma_copy(out, { src: one });",
    ),
  );
  await opened.page.fill('#kernel-seconds', '30');
  expect(await ended(opened)).toMatch(/It ran: 2 steps/);
}

test('a kernel that never ends is ended: by its time, by Stop, by its budgets', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  await withoutInputs(opened);
  for (const source of ['for (;;);', wrap('for (;;);')]) {
    await write(opened, source);
    await page.fill('#kernel-seconds', '1');
    expect(await ended(opened)).toContain(
      'It did not come to an end in 1 s, and was ended while tracing the kernel',
    );
    await page.fill('#kernel-seconds', '600');
    await page.click('#kernel-run');
    await page.click('#kernel-stop');
    await page.locator('#kernel-end').getByText('Stopped.').waitFor();
    expect(await page.locator('iframe').count()).toBe(0);
  }
  await stillWorks(opened);
  await page.fill('#kernel-budget', '1000');
  await write(
    opened,
    wrap("const one = nc.sbuf([4, 4], 'float32');\nfor (;;) nc.memset(one, { value: 1 });"),
  );
  expect(await ended(opened)).toContain('the budget is 1000: does a loop never end?');
  await write(
    opened,
    wrap(
      "const one = nc.sbuf([4, 4], 'float32');\nnc.fori_loop(0, 100000, () => {\nnc.memset(one, { value: 1 });\n});",
    ),
  );
  expect(await ended(opened)).toContain('The run broke off after 1000 steps');
  await page.fill('#kernel-budget', '200000');
  await stillWorks(opened);
  expect(complaints).toEqual([]);
  await page.close();
});

/** Each is what a hostile kernel would want, as an expression. */
const WANTED = [
  "fetch('/readme.txt')",
  'new XMLHttpRequest()',
  "new WebSocket('ws://127.0.0.1:1')",
  "new EventSource('/readme.txt')",
  "importScripts('/main.js')",
  "indexedDB.open('x')",
  'caches.keys()',
  "new BroadcastChannel('systole-run')",
  "new Worker('data:text/javascript,1')",
  "postMessage('x')",
  "self.postMessage('x')",
  'navigator.gpu',
  'location.href',
  'navigator.locks',
  'setTimeout(() => 1)',
  'performance.now()',
  'new WebAssembly.Memory({ initial: 1 })',
  'new SharedArrayBuffer(8)',
  'document.body',
  'window.parent',
  "Object.getPrototypeOf(globalThis).postMessage.call(globalThis, 'x')",
];

test('a kernel reaches nothing: no network, no storage, no workers, no messages', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  const asked: string[] = [];
  await withoutInputs(opened);
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await write(
    opened,
    `const reached: string[] = [];
${WANTED.map((each) => `try { void (${each}); reached.push(${JSON.stringify(each)}); } catch {}`).join('\n')}
const names = new Set<string>();
for (let each = globalThis; each !== null; each = Object.getPrototypeOf(each)) for (const name of Object.getOwnPropertyNames(each)) names.add(name);
throw new Error('reached ' + reached.join() + '; sees ' + [...names].join(' '));`,
  );
  const text = await ended(opened);
  expect(text).toMatch(/^reached ; sees /);
  const sees = text
    .replace(/^.*sees /, '')
    .trim()
    .split(/\s+/);
  const { KEPT } = await import('../../bench/page/kernel/sandbox/globals');
  const ofObjects = Object.getOwnPropertyNames(Object.prototype);
  // Two constants of a forgotten API cannot be removed; "line 5" is the button.
  const known = new Set([...KEPT, ...ofObjects, 'TEMPORARY', 'PERSISTENT', 'line']);
  expect(sees.filter((name) => !known.has(name) && !/^\d+$/.test(name))).toEqual([]);
  expect(asked.filter((path) => !/kernel-(frame|sandbox|worker)|chunks|^null/.test(path))).toEqual([]);
  expect(complaints).toEqual([]);
  await page.close();
});

test('the frame alone forbids the network, whatever its worker runs', async () => {
  const opened = await open();
  const { page } = opened;
  const asked: string[] = [];
  page.context().on('response', (response) => asked.push(new URL(response.url()).pathname));
  const script = `
    const tries = {
      fetch: () => fetch('http://127.0.0.1:1/').then(() => 'came', (error) => String(error)),
      own: () => fetch(${JSON.stringify(`${place.server.url}readme.txt`)}).then(() => 'came', (error) => String(error)),
      socket: () => new Promise((done) => { const socket = new WebSocket('ws://127.0.0.1:1'); socket.onopen = () => done('came'); socket.onerror = () => done('refused'); }),
      scripts: () => importScripts(${JSON.stringify(`${place.server.url}main.js`)}),
      module: () => import(${JSON.stringify(`${place.server.url}main.js`)}),
      data: () => import('data:text/javascript,export default 1'),
      storage: () => new Promise((done, fail) => { const asked = indexedDB.open('x'); asked.onsuccess = () => done('came'); asked.onerror = fail; }),
      caches: () => caches.open('x').then(() => 'came'),
    };
    onmessage = async () => {
      const results = {};
      for (const [name, attempt] of Object.entries(tries)) {
        try { results[name] = String(await attempt()).slice(0, 40); } catch (error) { results[name] = 'threw'; }
      }
      postMessage(JSON.stringify({ origin: self.origin, results }));
    };`;
  const answer = await page.evaluate(
    (text) =>
      new Promise<string>((resolve) => {
        const frame = document.createElement('iframe');
        frame.setAttribute('sandbox', 'allow-scripts');
        frame.src = 'kernel-frame.html';
        frame.hidden = true;
        frame.onload = () => frame.contentWindow?.postMessage({ script: text, request: {} }, '*');
        addEventListener('message', ({ source, data }) => {
          if (source === frame.contentWindow) resolve(String(data));
        });
        document.body.append(frame);
      }),
    script,
  );
  const { origin, results } = JSON.parse(answer) as { origin: string; results: Record<string, string> };
  expect(origin).toBe('null');
  expect(Object.keys(results)).toHaveLength(8);
  for (const [name, result] of Object.entries(results)) expect(result, name).not.toBe('came');
  for (const [name, result] of Object.entries(results))
    expect(result, name).toMatch(/threw|refused|TypeError/);
  expect(asked.filter((path) => /main|readme/.test(path))).toEqual([]);
  await page.close();
});

test('the frame does nothing where it is not the sandbox of a page', async () => {
  const page = await place.chromium.browser.newPage();
  await page.goto(`${place.server.url}kernel-frame.html`);
  const evaluated = await page.evaluate(async () => {
    postMessage({ script: "postMessage('ran')", request: {} }, '*');
    const frame = document.createElement('iframe'); // this site's origin, no sandbox
    frame.src = 'kernel-frame.html';
    document.body.append(frame);
    await new Promise((loaded) => (frame.onload = loaded));
    const told: unknown[] = [];
    addEventListener('message', ({ source, data }) => {
      if (source === frame.contentWindow) told.push(data);
    });
    frame.contentWindow?.postMessage({ script: "postMessage('ran')", request: {} }, '*');
    await new Promise((done) => setTimeout(done, 1000));
    return told;
  });
  expect(evaluated).toEqual([]);
  await page.close();
});

test('garbage in the place of an answer is told as such', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  const garbage = [
    "postMessage({ type: 'traced' })",
    "postMessage('{')",
    "postMessage('[]')",
    `postMessage(JSON.stringify({ type: 'traced', kernel: 'x', program: { version: 2 } }))`,
    `postMessage(JSON.stringify({ type: 'failed', message: '<img src=x onerror=window.evaluated=1>', line: 1e9 }))`,
    'for (let i = 0; i < 100000; i++) postMessage({ i })',
    "postMessage('x'.repeat(2 ** 27))",
    "throw new Error('at once')",
  ];
  for (const each of garbage) {
    await page.route('**/kernel-sandbox.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: `onmessage = () => { ${each} };` }),
    );
    expect(await ended(opened), each).toMatch(
      /answered in place of its tracer|program\.|onerror=window.evaluated=1|at once/,
    );
    expect(await page.evaluate(() => Reflect.has(globalThis, 'evaluated'))).toBe(false);
    await page.unroute('**/kernel-sandbox.js');
  }
  await withoutInputs(opened);
  await stillWorks(opened);
  expect(complaints).toEqual([]);
  await page.close();
});

test('a kernel’s typed arrays are bounded, by whatever way they are made', async () => {
  const opened = await open();
  const { page, complaints } = opened;
  await withoutInputs(opened);
  for (const make of [
    'new ArrayBuffer(2 ** 50)',
    'for (;;) kept.push(new Float64Array(2 ** 20).fill(1))',
    'for (;;) kept.push(new Uint8Array(2 ** 20).slice())',
    'for (;;) kept.push(new (Object.getPrototypeOf(new Uint8Array(1)).constructor)(2 ** 20))',
    'for (;;) kept.push(Float32Array.from({ length: 2 ** 18 }))',
    'for (;;) kept.push(Reflect.construct(ArrayBuffer, [{ valueOf: () => 2 ** 20 }]))',
    "Object.defineProperty(Object.getPrototypeOf(Uint8Array.prototype), 'byteLength', { get: () => 0 }); for (;;) kept.push(new Uint8Array(2 ** 20))",
  ]) {
    await write(opened, wrap(`const kept: unknown[] = [];\n${make};`));
    expect(await ended(opened), make).toMatch(
      /take at most 268435456 bytes together|Invalid array buffer length/,
    );
  }
  await stillWorks(opened);
  expect(complaints).toEqual([]);
  await page.close();
});

/** What a desktop's Chrome does by itself, and Playwright's does not: a process of its own for a sandboxed frame. */
const ISOLATED = ['--site-per-process', '--enable-features=IsolateSandboxedIframes'];

test('a heap that a kernel fills is that of its sandbox’s process: the page tells, and stays', async () => {
  const told: string[] = [];
  const serve = pageListener(pageFolder());
  const server = await listen((request, response) => {
    const [, text] = /told=(.*)/.exec(request.url ?? '') ?? [];
    if (text !== undefined) told.push(decodeURIComponent(text));
    serve(request, response);
  });
  const chromium = await launchChromium({ args: [...ISOLATED, '--js-flags=--max-old-space-size=128'] });
  const opened = await openPage(chromium.browser, server.url);
  const { page } = opened;
  await page.click('#kernel summary');
  await page.locator('#kernel-source .cm-content').waitFor();
  await withoutInputs(opened);
  await write(
    opened,
    wrap('const all: unknown[] = [];\nfor (;;) all.push(Array.from({ length: 1e4 }, () => ({})));'),
  );
  await page.fill('#kernel-seconds', '5');
  // Playwright takes the frame's crash for the page's, and asks it nothing any more: the page itself tells.
  const crash = page.waitForEvent('crash');
  await page.evaluate(() => {
    setInterval(() => {
      const text = document.querySelector('#kernel-end')?.textContent ?? '';
      void fetch(`readme.txt?told=${encodeURIComponent(text)}`);
    }, 200);
  });
  await page.click('#kernel-run');
  await crash;
  await expect.poll(() => told.at(-1), { timeout: 20_000 }).toContain('It did not come to an end in 5 s');
  await chromium.close();
  await server.close();
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
