/**
 * The embedded software adapter: SwiftShader's Vulkan driver and a Vulkan loader, taken from the npm package
 * `@sparticuz/chromium`, so that a Linux machine with nothing but Node has a WebGPU adapter.
 * Archives of the package are unpacked once per version into a folder of the user's cache; its Chromium
 * (bench/browser/chromium.ts) goes the same way.
 */
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { constants, homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { extract, type Headers } from 'tar-fs';

const DRIVER_MANIFEST = 'vk_swiftshader_icd.json';
const DRIVER = 'libvk_swiftshader.so';
const VULKAN_LOADER = 'libvulkan.so.1';
/** glibc's RTLD_NODELETE: the loader must outlive the failed module registration that Node undoes with dlclose. */
const RTLD_NODELETE = 0x1000;
const WRITABLE_BY_ALL = 0o002;

/** What is taken from the package, under which name, and how a message calls it. */
export interface Embedded {
  readonly what: string;
  /** The folder is named so, with the package's version. */
  readonly name: string;
  /** In the package's bin/: `.tar.br` archives, or one file packed as `.br`. */
  readonly archives: readonly string[];
  /** Files without which the folder is not whole. */
  readonly files: readonly string[];
}

/** The folder that an `Embedded` was unpacked into, or the reason why this machine has none. */
export type Unpacked = { readonly folder: string } | { readonly missing: string };

export function unpackEmbeddedDriver(): Promise<Unpacked> {
  return unpackEmbedded({
    what: 'the embedded software adapter',
    name: 'swiftshader',
    archives: ['swiftshader.tar.br'],
    files: [DRIVER_MANIFEST, DRIVER, VULKAN_LOADER],
  });
}

/** Unpacks once per version of the package; several processes may begin at the same time. */
export async function unpackEmbedded(embedded: Embedded): Promise<Unpacked> {
  const { what, name, archives } = embedded;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { missing: `${what} exists for linux-x64 only, this is ${process.platform}-${process.arch}` };
  }
  const found = locatePackage(archives);
  if ('missing' in found) return found;
  const refusals: string[] = [];
  for (const parent of cacheFolders()) {
    try {
      await ensurePrivate(parent);
      return { folder: await unpackOnce(embedded, found.bin, join(parent, `${name}-${found.version}`)) };
    } catch (error) {
      refusals.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { missing: `${what} could not be unpacked: ${refusals.join('; ')}` };
}

/**
 * Makes the driver visible to the Vulkan loader that Dawn will open in this process; real drivers stay visible.
 * Must run on the main thread before `webgpu` is imported.
 */
export function registerEmbeddedDriver(folder: string): void {
  const manifest = join(folder, DRIVER_MANIFEST);
  const present = process.env['VK_ADD_DRIVER_FILES'];
  if (present?.split(':').includes(manifest) !== true) {
    process.env['VK_ADD_DRIVER_FILES'] = present ? `${present}:${manifest}` : manifest;
  }
  if (!hasSystemVulkanLoader()) preload(join(folder, VULKAN_LOADER));
}

function locatePackage(archives: readonly string[]): { bin: string; version: string } | { missing: string } {
  const require = createRequire(import.meta.url);
  try {
    // The package exports only its entry point, build/<kind>/index.js; the archives lie in bin/ beside build/.
    const root = dirname(dirname(dirname(require.resolve('@sparticuz/chromium'))));
    const { version } = require(join(root, 'package.json')) as { version: string };
    const bin = join(root, 'bin');
    const lacking = archives.find((archive) => !existsSync(join(bin, archive)));
    return lacking === undefined
      ? { bin, version }
      : { missing: `@sparticuz/chromium ${version} has no bin/${lacking}` };
  } catch {
    return { missing: 'the package @sparticuz/chromium, which carries it, is not installed' };
  }
}

/** The user's cache, else the temporary folder. The convention is that a relative XDG_CACHE_HOME is not used. */
function cacheFolders(): string[] {
  const given = process.env['XDG_CACHE_HOME'];
  const user = given !== undefined && isAbsolute(given) ? given : join(homedir(), '.cache');
  return [join(user, 'systole'), join(tmpdir(), `systole-${process.getuid?.() ?? 0}`)];
}

/** One level at a time: Node's recursive mkdir never ends where the kernel says of an existing parent that it is not there (/proc). */
async function makeFolder(folder: string): Promise<void> {
  if (!existsSync(folder)) await mkdir(folder, { mode: 0o700 }).catch(unlessItExists);
}

function unlessItExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/** What lies in it will be loaded into this process, so nobody else may have made it or be able to write to it. */
async function ensurePrivate(folder: string): Promise<void> {
  await makeFolder(dirname(folder));
  await makeFolder(folder);
  const { uid, mode } = await lstat(folder);
  if (uid !== process.getuid?.() || (mode & WRITABLE_BY_ALL) !== 0) {
    throw new Error(`${folder} belongs to another user or can be written to by all`);
  }
}

/** Unpacks beside the target and renames, so that two processes starting together both end with a whole folder. */
async function unpackOnce({ archives, files }: Embedded, bin: string, folder: string): Promise<string> {
  const isWhole = (): boolean => files.every((file) => existsSync(join(folder, file)));
  if (isWhole()) return folder;
  const partial = await mkdtemp(`${folder}-`);
  try {
    for (const archive of archives) {
      const target = archive.endsWith('.tar.br')
        ? extract(partial, { map: ownedByUser })
        : createWriteStream(join(partial, archive.replace(/\.br$/, '')), { mode: 0o700 });
      await pipeline(createReadStream(join(bin, archive)), createBrotliDecompress(), target);
    }
    if (!isWhole()) await rm(folder, { recursive: true, force: true }); // a cleaner may have taken files from it
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (!isWhole()) throw error; // another process was first
  }
  return folder;
}

/** The archive names its packager's user, whom root would otherwise make the owner of a library that root loads. */
function ownedByUser(header: Headers): Headers {
  return { ...header, uid: process.getuid?.() ?? header.uid, gid: process.getgid?.() ?? header.gid };
}

function hasSystemVulkanLoader(): boolean {
  try {
    process.dlopen({ exports: {} }, VULKAN_LOADER, constants.dlopen.RTLD_LAZY);
    return true;
  } catch (error) {
    return selfRegistrationOnly(error);
  }
}

function preload(path: string): void {
  const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen;
  try {
    process.dlopen({ exports: {} }, path, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
  } catch (error) {
    if (!selfRegistrationOnly(error)) throw error;
  }
}

/** Node loads the library, finds that it is no addon, and says so: for a plain shared library that is success. */
function selfRegistrationOnly(error: unknown): boolean {
  return error instanceof Error && error.message.includes('did not self-register');
}
