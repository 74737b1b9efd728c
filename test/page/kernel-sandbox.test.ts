/** Hostile kernels on the page, in a real browser: what they reach, what they may take, and that the page stays. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from '../../bench/browser/chromium';
import { listen, pageFolder, pageListener } from '../../bench/browser/server';
import { KEPT } from '../../bench/page/kernel/sandbox/globals';
import { ended, openEditor, withoutInputs, wrap, write } from './kernel-editor';
import { openPage, openPlace, type OpenPage, type Place } from './page';

let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(async () => {
  await place.close();
});

const open = (): Promise<OpenPage> => openEditor(place);

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
    // Most of what may be had is taken in the quickest way: a busy machine gets no further than that in the time for tracing.
    const most = 'Array.from({ length: 31 }, () => new Float64Array(2 ** 20))';
    await write(opened, wrap(`const kept: unknown[] = ${most};\n${make};`));
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
    // Few and large: of many small objects a busy machine's collector makes more than the time for tracing.
    wrap('const all: unknown[] = [];\nfor (;;) all.push(new Array(1e6).fill(1.5));'),
  );
  await page.fill('#kernel-seconds', '10');
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
  await expect.poll(() => told.at(-1)).toContain('It did not come to an end in 10 s');
  await chromium.close();
  await server.close();
});
