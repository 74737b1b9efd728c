/**
 * The embedded software adapter: SwiftShader's Vulkan driver and a Vulkan loader, taken from the npm package
 * `@sparticuz/chromium`, so that a Linux machine with nothing but Node has a WebGPU adapter.
 * Only the driver archive is unpacked, once per package version, into a folder of the user's cache.
 */
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { constants, homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { extract, type Headers } from 'tar-fs';

const DRIVER_MANIFEST = 'vk_swiftshader_icd.json';
const VULKAN_LOADER = 'libvulkan.so.1';
/** glibc's RTLD_NODELETE: the loader must outlive the failed module registration that Node undoes with dlclose. */
const RTLD_NODELETE = 0x1000;

/** Folder with the unpacked driver, or the reason why this machine has none. */
export async function unpackEmbeddedDriver(): Promise<{ folder: string } | { missing: string }> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return {
      missing: `the embedded software adapter exists for linux-x64 only, this is ${process.platform}-${process.arch}`,
    };
  }
  const found = locateArchive();
  if ('missing' in found) return found;
  for (const parent of cacheFolders()) {
    try {
      return { folder: await unpackOnce(found.archive, join(parent, `swiftshader-${found.version}`)) };
    } catch (error) {
      if (!isUnwritable(error)) throw error;
    }
  }
  return {
    missing: `no writable folder to unpack the embedded software adapter in (tried ${cacheFolders().join(', ')})`,
  };
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

function locateArchive(): { archive: string; version: string } | { missing: string } {
  const require = createRequire(import.meta.url);
  try {
    // The package exports only its entry point, build/<kind>/index.js; the archives lie in bin/ beside build/.
    const root = dirname(dirname(dirname(require.resolve('@sparticuz/chromium'))));
    const { version } = require(join(root, 'package.json')) as { version: string };
    const archive = join(root, 'bin', 'swiftshader.tar.br');
    return existsSync(archive)
      ? { archive, version }
      : { missing: `@sparticuz/chromium ${version} has no bin/swiftshader.tar.br` };
  } catch {
    return { missing: 'the package @sparticuz/chromium, which carries it, is not installed' };
  }
}

function cacheFolders(): string[] {
  const user = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return [join(user, 'systole'), join(tmpdir(), `systole-${process.getuid?.() ?? 0}`)];
}

/** Unpacks beside the target and renames, so that two processes starting together both end with a whole folder. */
async function unpackOnce(archive: string, folder: string): Promise<string> {
  if (existsSync(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const partial = await mkdtemp(`${folder}-`);
  try {
    await pipeline(
      createReadStream(archive),
      createBrotliDecompress(),
      extract(partial, { map: ownedByUser }),
    );
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (!existsSync(folder)) throw error; // another process was first
  }
  return folder;
}

/** The archive names its packager's user, whom root would otherwise make the owner of a library that root loads. */
function ownedByUser(header: Headers): Headers {
  return { ...header, uid: process.getuid?.() ?? header.uid, gid: process.getgid?.() ?? header.gid };
}

function isUnwritable(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['EACCES', 'EROFS', 'EPERM', 'ENOENT', 'ENOTDIR'].includes(String(error.code))
  );
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
