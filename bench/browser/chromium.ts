/**
 * A headless Chromium with WebGPU: the one that SYSTOLE_CHROME names, else a Chrome, Chromium or Edge of this machine, else
 * the one in the npm package `@sparticuz/chromium`, which needs nothing else even on a bare Debian.
 * Flags: https://developer.chrome.com/blog/supercharge-web-ai-testing (GPU without a display) and Dawn's SwiftShader.
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Browser, BrowserType, LaunchOptions } from 'playwright';
import { unpackEmbedded } from '../../src/host/embedded';
import { UserError } from '../../src/numerics';

export interface ChromiumOptions {
  /** `default`: whatever the browser offers. Left out: a real GPU where the machine has one, else SwiftShader. */
  readonly adapter?: ChromiumAdapter | undefined;
  /** Flags in addition. */
  readonly args?: readonly string[];
}

export type ChromiumAdapter = 'swiftshader' | 'default';

export interface Chromium {
  readonly browser: Browser;
  readonly name: string;
  readonly version: string;
  readonly executable: string;
  /** With these, Playwright starts the same browser on the same adapter again. */
  readonly launchOptions: LaunchOptions;
  /** Where SwiftShader was asked for by a flag: who asked. */
  readonly software?: string;
  readonly close: () => Promise<void>;
}

/** A browser that may be started, and why it was taken. */
interface Found {
  readonly name: string;
  readonly executable: string;
  readonly env?: Readonly<Record<string, string>>;
}

const ADAPTER_FLAGS = {
  swiftshader: ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
  default: [
    '--enable-unsafe-webgpu',
    ...(process.platform === 'linux'
      ? ['--use-angle=vulkan', '--enable-features=Vulkan', '--disable-vulkan-surface']
      : []),
  ],
} satisfies Record<ChromiumAdapter, readonly string[]>;

/** @throws UserError when no browser is there or none starts; the message says what to install. */
export async function launchChromium(options: ChromiumOptions = {}): Promise<Chromium> {
  await driver(); // told before any browser is tried
  const refusals: string[] = [];
  for await (const found of candidates(refusals)) {
    try {
      return await start(found, options);
    } catch (error) {
      refusals.push(`${found.executable}: ${firstLines(error)}`);
    }
  }
  throw new UserError(
    `No Chromium could be started (${refusals.join('; ')}). Install Chrome or Chromium, name one by SYSTOLE_CHROME=/path/to/chrome, or run "npm install @sparticuz/chromium" on Linux x64.`,
  );
}

async function start(found: Found, { adapter, args = [] }: ChromiumOptions): Promise<Chromium> {
  if (adapter !== undefined) {
    const launched = await launch(found, [...ADAPTER_FLAGS[adapter], ...args]);
    return adapter === 'default' ? launched : { ...launched, software: 'asked for by --adapter' };
  }
  const chromium = await launch(found, [...ADAPTER_FLAGS.default, ...args]);
  // A driver may take the browser's GPU process down, and its page with it: that is no adapter either.
  if (await offersGpu(chromium.browser).catch(() => false)) return chromium;
  await chromium.close().catch(() => undefined);
  const launched = await launch(found, [...ADAPTER_FLAGS.swiftshader, ...args]);
  return { ...launched, software: 'the browser offered no real GPU, so its software adapter was started' };
}

/** Milliseconds until a browser must be there: unpacked a moment ago, on a machine that does something else too. */
const START_MS = 90_000;

async function launch({ name, executable, env }: Found, args: readonly string[]): Promise<Chromium> {
  const chromium = await driver();
  const options: LaunchOptions = {
    executablePath: executable,
    args: [...args],
    headless: true,
    timeout: START_MS,
    // Chromium refuses to run as root in its sandbox. The page that it opens is this repository's own.
    chromiumSandbox: process.getuid?.() !== 0,
    // Whoever interrupts this process wants what was obtained until then; the browser ends with the process in any case.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    ...(env && { env: { ...inherited(), ...env } }),
  };
  const [browser, launchOptions] = await chromium.launch(options).then(
    (started) => [started, options] as const,
    async (error: unknown) => {
      // Containers and some distributions keep from users what the sandbox is made of; only our own page is opened.
      if (!String(error).includes('No usable sandbox')) throw error;
      const open = { ...options, chromiumSandbox: false };
      return [await chromium.launch(open), open] as const;
    },
  );
  const close = (): Promise<void> => browser.close();
  return { browser, name, version: browser.version(), executable, launchOptions, close };
}

/** An optional peer: who installs systole for its library needs no browser. */
async function driver(): Promise<BrowserType> {
  try {
    return (await import('playwright')).chromium;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `Driving a browser needs the package "playwright": npm install playwright@npm:playwright-core (${reason})`,
    );
  }
}

/** WebGPU exists in secure contexts only, and this address is one though nothing listens there. */
const SECURE = 'http://localhost/systole-adapter';

async function offersGpu(browser: Browser): Promise<boolean> {
  const page = await browser.newPage();
  try {
    await page.route(SECURE, (route) => route.fulfill({ contentType: 'text/html', body: '' }));
    await page.goto(SECURE);
    return await page.evaluate(async () => {
      const gpu = (navigator as { gpu?: GPU }).gpu;
      const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
      return adapter ? !adapter.info.isFallbackAdapter : false;
    });
  } finally {
    await page.close();
  }
}

/** In order of preference. A browser that the user names is the only one. */
async function* candidates(refusals: string[]): AsyncGenerator<Found> {
  const named = process.env['SYSTOLE_CHROME'];
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) throw new UserError(`SYSTOLE_CHROME names "${named}", where no file is.`);
    yield { name: 'the browser of SYSTOLE_CHROME', executable: named };
    return;
  }
  for (const path of usualPlaces())
    if (existsSync(path)) yield { name: 'a browser of this machine', executable: path };
  const embedded = await unpackEmbedded({
    what: 'the embedded Chromium',
    name: 'chromium',
    archives: ['chromium.br', 'swiftshader.tar.br', 'al2023.tar.br', 'fonts.tar.br'],
    files: ['chromium', 'libvk_swiftshader.so', 'libGLESv2.so', 'lib/libnss3.so', 'fonts.conf'],
  });
  if ('missing' in embedded) refusals.push(embedded.missing);
  else yield await embeddedChromium(embedded.folder);
}

async function embeddedChromium(folder: string): Promise<Found> {
  const libraries = [join(folder, 'lib'), process.env['LD_LIBRARY_PATH']].filter(Boolean).join(delimiter);
  return {
    name: 'the embedded Chromium of @sparticuz/chromium',
    executable: join(folder, 'chromium'),
    env: { LD_LIBRARY_PATH: libraries, ...(existsSync(SYSTEM_FONTS) ? {} : await shippedFonts(folder)) },
  };
}

const SYSTEM_FONTS = '/etc/fonts/fonts.conf';

/** The package's own fonts.conf names folders of another system. */
async function shippedFonts(folder: string): Promise<Record<string, string>> {
  const file = join(folder, 'systole-fonts.conf');
  await writeFile(
    file,
    `<fontconfig><dir>${join(folder, 'fonts')}</dir><cachedir>${join(folder, 'fonts-cache')}</cachedir></fontconfig>\n`,
  );
  return { FONTCONFIG_FILE: file };
}

const NAMES = [
  'google-chrome',
  'google-chrome-stable',
  'chromium',
  'chromium-browser',
  'microsoft-edge',
] as const;

function usualPlaces(): string[] {
  const { PATH = '', PROGRAMFILES = '', LOCALAPPDATA = '' } = process.env;
  if (process.platform === 'darwin') {
    return ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
      (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
    );
  }
  if (process.platform === 'win32') {
    return [PROGRAMFILES, `${PROGRAMFILES} (x86)`, LOCALAPPDATA].flatMap((folder) => [
      join(folder, 'Google/Chrome/Application/chrome.exe'),
      join(folder, 'Microsoft/Edge/Application/msedge.exe'),
    ]);
  }
  const folders = PATH.split(delimiter).filter((folder) => folder !== '');
  return [
    ...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))),
    '/opt/google/chrome/chrome',
  ];
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Playwright's message goes on with the browser's whole log. */
function firstLines(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const reason = /error while loading shared libraries.*|No usable sandbox.*|ENOENT.*|EACCES.*/.exec(message);
  if (reason) return reason[0];
  return message.includes('has been closed')
    ? 'it ended at once, so it may be no browser'
    : message.split('\n', 2).join(' ');
}
