/** The embedded software adapter is unpacked once into a private folder of the user's, or there is a reason why not. */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { unpackEmbeddedDriver } from '../../src/host/embedded';
import { DIST, runModule } from './child';

const SUPPORTED = process.platform === 'linux' && process.arch === 'x64';
const FILES = ['libvk_swiftshader.so', 'libvulkan.so.1', 'vk_swiftshader_icd.json'];
const root = mkdtempSync(join(tmpdir(), 'systole-host-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** A new empty folder. */
const folder = (): string => mkdtempSync(join(root, 'case-'));

async function unpacked(): Promise<string> {
  const driver = await unpackEmbeddedDriver();
  if ('missing' in driver) throw new Error(driver.missing);
  return driver.folder;
}

async function missing(): Promise<string> {
  const driver = await unpackEmbeddedDriver();
  return 'missing' in driver ? driver.missing : `unexpectedly in ${driver.folder}`;
}

describe.runIf(SUPPORTED)('unpacking', () => {
  it('happens once, whole, in a folder with the version in its name that is the user’s alone', async () => {
    const cache = folder();
    vi.stubEnv('XDG_CACHE_HOME', cache);
    const path = await unpacked();
    expect(path).toMatch(/systole\/swiftshader-\d+\.\d+\.\d+$/);
    expect(readdirSync(path)).toEqual(expect.arrayContaining(FILES));
    expect(statSync(path).mode & 0o077).toBe(0);
    const { ino } = statSync(path);
    expect(await unpacked()).toBe(path);
    expect(statSync(path).ino).toBe(ino);
    expect(readdirSync(join(cache, 'systole'))).toHaveLength(1);
  });

  it('ends with one whole folder when several begin at once', async () => {
    const cache = folder();
    vi.stubEnv('XDG_CACHE_HOME', cache);
    const paths = await Promise.all([unpacked(), unpacked(), unpacked()]);
    expect(new Set(paths).size).toBe(1);
    expect(readdirSync(join(cache, 'systole'))).toHaveLength(1);
    expect(readdirSync(paths[0])).toEqual(expect.arrayContaining(FILES));
  });

  it('does not take a folder for whole that a crash or a cleaner left incomplete', async () => {
    const cache = folder();
    vi.stubEnv('XDG_CACHE_HOME', cache);
    const path = await unpacked();
    rmSync(join(path, 'libvk_swiftshader.so'));
    mkdirSync(`${path}-crash1`);
    expect(await unpacked()).toBe(path);
    expect(readdirSync(path)).toEqual(expect.arrayContaining(FILES));
  });

  it('takes the temporary folder when the cache cannot be written', async () => {
    const temporary = folder();
    writeFileSync(join(temporary, 'file'), '');
    vi.stubEnv('XDG_CACHE_HOME', join(temporary, 'file'));
    vi.stubEnv('TMPDIR', temporary);
    const path = await unpacked();
    expect(path.startsWith(join(temporary, `systole-${process.getuid?.() ?? 0}`))).toBe(true);
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
  });

  it('does not use a folder that others can write to, and says so', async () => {
    const temporary = folder();
    const [cache, shared] = [join(temporary, 'systole'), `systole-${process.getuid?.() ?? 0}`];
    for (const open of [cache, join(temporary, shared)]) {
      mkdirSync(open);
      chmodSync(open, 0o777);
    }
    vi.stubEnv('XDG_CACHE_HOME', temporary);
    vi.stubEnv('TMPDIR', temporary);
    expect(await missing()).toContain(`${cache} belongs to another user or can be written to by all`);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('names both folders when neither can be written', async () => {
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    vi.stubEnv('XDG_CACHE_HOME', file);
    vi.stubEnv('TMPDIR', file);
    expect(await missing()).toMatch(/could not be unpacked: ENOTDIR.*; ENOTDIR/);
  });

  it('ignores a relative XDG_CACHE_HOME', async () => {
    const home = folder();
    vi.stubEnv('XDG_CACHE_HOME', '');
    vi.stubEnv('HOME', home);
    expect(await unpacked()).toContain(join(home, '.cache', 'systole'));
  });
});

describe('a missing package', () => {
  /** A copy of the bundle that sees only the packages named. */
  function install(...packages: string[]): string {
    const place = folder();
    for (const file of ['node.js', 'numerics.js', 'arrays.js'])
      copyFileSync(join(DIST, file), join(place, file));
    writeFileSync(join(place, 'package.json'), '{"type":"module"}');
    mkdirSync(join(place, 'node_modules'));
    for (const name of packages) {
      symlinkSync(join(DIST, '..', 'node_modules', name), join(place, 'node_modules', name));
    }
    return `${place}/`;
  }
  const opening = `await openDevice({ adapter: 'none' }).catch(({ name, message }) => console.log(name, message));`;

  it('webgpu: says what to install', async () => {
    const { code, stdout } = await runModule(opening, { dist: install() });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^UserError WebGPU in Node needs the package "webgpu": npm install webgpu/);
  });

  it.runIf(SUPPORTED)('@sparticuz/chromium: says that the embedded adapter comes from it', async () => {
    const { stdout } = await runModule(opening, {
      dist: install('webgpu'),
      env: { VK_DRIVER_FILES: '/no/such/driver.json' },
    });
    expect(stdout).toMatch(/Found: none\. No WebGPU adapter: .*@sparticuz\/chromium.* is not installed/);
  });
});
