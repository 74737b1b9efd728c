/**
 * Tunings kept in Node: files in the user's cache, `systole` in XDG_CACHE_HOME or ~/.cache. A file is whole or absent: it is written
 * beside its place and renamed. Only plain files are read, and a link in a file's place is replaced, never followed.
 */
import { randomUUID } from 'node:crypto';
import { constants, existsSync, readFileSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism, homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { MOST_TUNING_BYTES, type TuningStore } from '../execute/webgpu';

const FILE = /^tunings-\w+\.json$/;

/** @param folder the user's cache when left out. */
export function fileTunings(folder: string = cacheFolder()): TuningStore {
  const fileOf = (name: string): string => join(folder, `${name}.json`);
  return {
    host: `Node ${process.version}, webgpu ${webGpuVersion()}, ${availableParallelism()} processors`,
    read: (name) => readPlain(fileOf(name)),
    async write(name, text) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const partial = join(folder, `.${name}.${randomUUID()}.partial`);
      try {
        const file = await open(partial, 'wx', 0o600);
        try {
          await file.writeFile(text);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(partial, fileOf(name));
      } catch (error) {
        await rm(partial, { force: true });
        throw error;
      }
    },
    async forget() {
      const files = (await readdir(folder).catch(noneIfAbsent)).filter((name) => FILE.test(name));
      await Promise.all(files.map((name) => rm(join(folder, name), { force: true })));
      return files.length;
    },
  };
}

/** The convention is that a relative XDG_CACHE_HOME is not used. */
function cacheFolder(): string {
  const given = process.env['XDG_CACHE_HOME'];
  return join(given !== undefined && isAbsolute(given) ? given : join(homedir(), '.cache'), 'systole');
}

async function readPlain(path: string): Promise<string | undefined> {
  // Without NONBLOCK, a pipe in its place would be waited for.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error(`${path} is no file`);
    if (stats.size > MOST_TUNING_BYTES) throw new Error(`${path} has more than ${MOST_TUNING_BYTES} bytes`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

const isAbsent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

function noneIfAbsent(error: unknown): string[] {
  if (isAbsent(error)) return [];
  throw error;
}

/** The package need not export its package.json, so it is looked for above its entry point. */
function webGpuVersion(): string {
  try {
    let folder = dirname(createRequire(import.meta.url).resolve('webgpu'));
    while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      version?: unknown;
    };
    return typeof version === 'string' ? version : 'of unknown version';
  } catch {
    return 'not installed';
  }
}
