/**
 * The worker that a kernel file is traced in: apart from the command, so that a kernel that never returns can be ended. It
 * tells the kernels of the file, is told which one to trace on which inputs, and gives the Program or what went wrong.
 */
import { SourceMap, type SourceMapPayload } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { isKernel, trace, type Kernel } from '../kernel';
import { UserError } from '../numerics';
import type { FromKernelWorker, KernelFile, TraceRequest } from './kernel-protocol';

const { module, map, source } = workerData as KernelFile;
const sources = new SourceMap(JSON.parse(map) as SourceMapPayload);

const send = (message: FromKernelWorker): void => parentPort?.postMessage(message);

/** Of the bundle to the author's file; lines and columns count from 1. */
function locate(location: string): string {
  const [, line, column] = /:(\d+):(\d+)$/.exec(location) ?? [];
  if (line === undefined || column === undefined) return location;
  const entry = sources.findEntry(Number(line) - 1, Number(column) - 1);
  if (!('originalLine' in entry)) return location;
  return `${entry.originalSource || source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
}

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  send({ type: 'failed', message: error instanceof UserError ? message : `${message}${placeOf(error)}` });
}

/** Where in the author's files an error of theirs was thrown. */
function placeOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const frame = stack.split('\n').find((line) => /kernel\.mjs:\d+:\d+/.test(line));
  const place = frame === undefined ? undefined : locate(frame.trim().replace(/\)$/, ''));
  return place === undefined || place.includes('kernel.mjs') ? '' : ` (at ${place})`;
}

try {
  const exported = Object.entries((await import(module)) as Record<string, unknown>);
  const kernels = exported.flatMap(([name, value]): [string, Kernel][] =>
    isKernel(value) ? [[name, value]] : [],
  );
  send({
    type: 'kernels',
    kernels: kernels.map(([name, kernel]) => ({ name, kernel: kernel.name, inputs: kernel.inputs })),
  });
  parentPort?.once('message', ({ name, ...request }: TraceRequest) => {
    try {
      const found = kernels.find(([own]) => own === name);
      if (found === undefined) throw new Error(`Invariant violation: no kernel ${name}`);
      const { program } = trace(found[1], { ...request, locate });
      send({ type: 'traced', program });
    } catch (error) {
      fail(error);
    }
  });
} catch (error) {
  fail(error);
}
