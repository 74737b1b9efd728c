/** Finding and starting a Chromium: the user's, the machine's, the package's, in every state that its folder may be in. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { launchChromium, type ChromiumOptions } from '../../bench/browser/chromium';
import { UserError } from '../../src/numerics';

const EMBEDDED = process.platform === 'linux' && process.arch === 'x64';
const root = mkdtempSync(join(tmpdir(), 'systole-chromium-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** A new empty folder as the user's cache, and no browser of the machine within reach. */
function cacheWithoutBrowsers(): string {
  const cache = mkdtempSync(join(root, 'case-'));
  vi.stubEnv('XDG_CACHE_HOME', cache);
  vi.stubEnv('PATH', '');
  vi.stubEnv('SYSTOLE_CHROME', '');
  return cache;
}

/** What a page of the browser sees of WebGPU. */
async function adapterOf(options: ChromiumOptions): Promise<{ executable: string; architecture: string }> {
  const { browser, executable, close } = await launchChromium(options);
  try {
    const page = await browser.newPage();
    await page.route('http://localhost/', (route) => route.fulfill({ contentType: 'text/html', body: '' }));
    await page.goto('http://localhost/');
    const architecture = await page.evaluate(async () => {
      const adapter = await navigator.gpu.requestAdapter();
      return adapter?.info.architecture ?? 'no adapter';
    });
    return { executable, architecture };
  } finally {
    await close();
  }
}

const SOFTWARE = { adapter: 'swiftshader' } as const;

describe.runIf(EMBEDDED)('the embedded Chromium', () => {
  it('is unpacked once into the user’s own folder when two start at once, and has the software adapter', async () => {
    const cache = cacheWithoutBrowsers();
    const [first, second] = await Promise.all([adapterOf(SOFTWARE), adapterOf(SOFTWARE)]);
    expect(first.architecture).toBe('swiftshader');
    expect(second).toEqual(first);
    const folders = readdirSync(join(cache, 'systole'));
    expect(folders).toEqual([expect.stringMatching(/^chromium-\d+\.\d+\.\d+$/)]);
    const folder = join(cache, 'systole', folders[0] ?? '');
    expect(first.executable).toBe(join(folder, 'chromium'));
    expect(statSync(folder).mode & 0o077).toBe(0);

    // A cleaner took a library, a crash left a partial folder: it is whole again, and what is foreign is not used.
    rmSync(join(folder, 'libvk_swiftshader.so'));
    mkdirSync(`${folder}-crash1`);
    expect(await adapterOf(SOFTWARE)).toEqual(first);
  });

  it('says what to do when its folder cannot be made', async () => {
    const file = join(cacheWithoutBrowsers(), 'file');
    writeFileSync(file, '');
    vi.stubEnv('XDG_CACHE_HOME', file);
    vi.stubEnv('TMPDIR', file);
    const error = await launchChromium(SOFTWARE).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(/embedded Chromium could not be unpacked.*ENOTDIR.*Install Chrome/);
  });
});

describe('a browser that the user names', () => {
  it('is the only one that is tried', async () => {
    const script = join(cacheWithoutBrowsers(), 'chrome');
    writeFileSync(script, '#!/bin/sh\necho "this is no browser" >&2\nexit 1\n', { mode: 0o755 });
    vi.stubEnv('SYSTOLE_CHROME', script);
    const error = await launchChromium().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(new RegExp(`No Chromium could be started \\(${script}: .*SYSTOLE_CHROME=`));
    expect(String(error)).not.toContain('embedded');
  });

  it('must be there', async () => {
    vi.stubEnv('SYSTOLE_CHROME', '/no/such/chrome');
    await expect(launchChromium()).rejects.toThrow(
      'SYSTOLE_CHROME names "/no/such/chrome", where no file is.',
    );
  });
});
