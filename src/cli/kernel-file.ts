/**
 * A kernel file, TypeScript or JavaScript: bundled by esbuild, so that it may import what it likes, and traced in a worker
 * with a time limit. `systole/kernel` is this package's, wherever the file lies.
 */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type * as Esbuild from 'esbuild';
import { UserError } from '../numerics';
import type { Program } from '../program';
import type { FoundKernel, FromKernelWorker, KernelFile, TraceRequest } from './kernel-protocol';

export interface OpenKernelOptions {
  /** The export, where the file has several kernels. */
  readonly name?: string | undefined;
  /** Seconds that loading and tracing may take together. */
  readonly limitSeconds: number;
}

export interface OpenedKernel extends FoundKernel {
  /** @throws UserError for what the kernel does wrong, and when it takes too long. */
  trace(request: Omit<TraceRequest, 'name'>): Promise<Program>;
  close(): Promise<void>;
}

/** Characters of a compiler's message, which quotes whole lines. */
const MESSAGE = 1000;

/** What a kernel may take while it is traced: a million instructions take a quarter of it. */
const MEMORY_MIB = 4096;

/** Whether a file of this name holds kernels. */
export function isKernelFile(path: string): boolean {
  return /\.[cm]?[jt]s$/.test(path);
}

/** @throws UserError when the file is missing, does not compile, or has no kernel of the name. */
export async function openKernel(
  path: string,
  { name, limitSeconds }: OpenKernelOptions,
): Promise<OpenedKernel> {
  const folder = await mkdtemp(join(tmpdir(), 'systole-kernel-'));
  const limit = AbortSignal.timeout(1000 * limitSeconds);
  let worker: Worker | undefined;
  const close = async (): Promise<void> => {
    await worker?.terminate();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const file = await bundle(path, folder);
    const started = new Worker(new URL('./kernel-worker.js', import.meta.url), {
      workerData: file,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MIB },
    });
    worker = started;
    const overdue = `${path} did not come to an end in ${limitSeconds} s. Mend the loop that never ends, or give it more by --time-limit SECONDS.`;
    const message = await reply(started, limit, overdue);
    if (message.type !== 'kernels') throw new Error('Invariant violation: a kernel file was traced unasked');
    const found = chosen(path, message.kernels, name);
    return {
      ...found,
      async trace(request) {
        const answer = reply(started, limit, overdue);
        started.postMessage({ ...request, name: found.name } satisfies TraceRequest);
        const traced = await answer;
        if (traced.type !== 'traced') throw new Error('Invariant violation: a traced kernel gave no Program');
        return traced.program;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function chosen(path: string, kernels: readonly FoundKernel[], name: string | undefined): FoundKernel {
  const names = kernels.map((each) => each.name).join(', ');
  const [first, ...more] = kernels;
  if (first === undefined) {
    throw new UserError(
      `${path} exports no kernel: export default kernel('name', ['input'], (nc, { input }) => { ... }) of systole/kernel.`,
    );
  }
  const wanted = name ?? (more.length === 0 ? first.name : 'default');
  const found = kernels.find((each) => each.name === wanted || each.kernel === wanted);
  if (found !== undefined) return found;
  throw new UserError(
    name === undefined
      ? `${path} exports several kernels: choose one with --kernel ${names}.`
      : `${path} has no kernel "${name}": it exports ${names}.`,
  );
}

/** The next message. A failure of the kernel is thrown with its own words. */
function reply(worker: Worker, limit: AbortSignal, overdue: string): Promise<FromKernelWorker> {
  return new Promise((resolveReply, reject) => {
    const end = (act: () => void) => (): void => {
      limit.removeEventListener('abort', late);
      worker.removeAllListeners();
      act();
    };
    const late = end(() => {
      reject(new UserError(overdue));
    });
    limit.addEventListener('abort', late, { once: true });
    worker.once('message', (message: FromKernelWorker) => {
      end(() => {
        if (message.type === 'failed') reject(new UserError(message.message));
        else resolveReply(message);
      })();
    });
    worker.once('error', (error: Error) => {
      end(() => {
        reject(new UserError(`the kernel ended its worker: ${error.message}`));
      })();
    });
    worker.once('exit', (code) => {
      end(() => {
        reject(new UserError(`the kernel ended its worker (exit code ${code}).`));
      })();
    });
  });
}

/** esbuild is an optional peer: who installs systole for its library bundles no kernels. */
async function bundler(): Promise<typeof Esbuild> {
  try {
    return await import('esbuild');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`Running a kernel file needs the package "esbuild": npm install esbuild (${reason})`);
  }
}

async function bundle(path: string, folder: string): Promise<KernelFile> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new UserError(`Cannot read the kernel file ${path}: no such file.`);
  const { build } = await bundler();
  const file = join(folder, 'kernel.mjs');
  const result = await build({
    entryPoints: [resolve(path)],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    write: false,
    outfile: file,
    sourcemap: 'external',
    logLevel: 'silent',
    plugins: [own],
  }).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    throw new UserError(`${path} does not compile: ${message.slice(0, MESSAGE)}`);
  });
  const [map, code] = ['.map', '.mjs'].map(
    (end) => result.outputFiles.find((output) => output.path.endsWith(end))?.text ?? '',
  );
  await writeFile(file, code ?? '');
  return { module: pathToFileURL(file).href, map: namedFromHere(map ?? '{}', dirname(file)), source: path };
}

/** Names of sources as the user would write them, from the working folder. */
function namedFromHere(map: string, folder: string): string {
  const parsed = JSON.parse(map) as { sources: readonly string[] };
  const sources = parsed.sources.map((source) => {
    const path = relative(process.cwd(), resolve(folder, source));
    return path.startsWith('..') ? basename(path) : path;
  });
  return JSON.stringify({ ...parsed, sources });
}

const own: Esbuild.Plugin = {
  name: 'systole',
  setup(build) {
    build.onResolve({ filter: /^systole(\/(kernel|numerics))?$/ }, ({ path }) => {
      const name = path.replace(/^systole\/?/, '') || 'index';
      return { path: new URL(`./${name}.js`, import.meta.url).href, external: true };
    });
  },
};
