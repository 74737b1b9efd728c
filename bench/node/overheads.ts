/** Overheads in Node: each start from cold in a process of its own. */
import { execFile } from 'node:child_process';
import { openDevice } from '../../src/host/node';
import { SYSTOLE } from '../environment';
import { coldStart } from '../overheads/cold';
import { measureOverheads } from '../overheads/measure';
import type { ColdStart, OverheadsProgress, OverheadsReport } from '../overheads/report';
import { nodeEnvironment } from './environment';

export interface OverheadsRequest {
  /** Part of an adapter's name; in a browser `swiftshader`, or `default`. */
  readonly adapter?: string | undefined;
  /** Starts from cold; COLD_STARTS when left out. */
  readonly starts?: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: OverheadsProgress) => void;
}

export interface NodeOverheadsRequest extends OverheadsRequest {
  /** The command line that prints the JSON of `coldInNode`. */
  readonly coldCommand: readonly [string, ...string[]];
}

/** Starts from cold of a report. */
export const COLD_STARTS = 5;

/** @throws UserError for an adapter that there is not, and the signal's reason. */
export async function overheadsInNode(request: NodeOverheadsRequest): Promise<OverheadsReport> {
  const { adapter, starts = COLD_STARTS, signal, onProgress, coldCommand } = request;
  const started = new Date().toISOString();
  const host = await openDevice(adapter === undefined ? {} : { adapter });
  try {
    const cold: ColdStart[] = [];
    while (cold.length < starts) {
      onProgress({ stage: 'cold', done: cold.length, total: starts });
      cold.push(await coldProcess(coldCommand, signal));
    }
    const measured = await measureOverheads(host.device, {
      now: () => performance.now(),
      signal,
      onRow: (name) => {
        onProgress({ stage: 'overhead', name });
      },
    });
    const { facts } = host;
    return { systole: SYSTOLE, started, environment: nodeEnvironment(), adapter: facts, cold, ...measured };
  } finally {
    host.close();
  }
}

/** A start from cold of this process, whose first work it must be. */
export async function coldInNode(adapter: string | undefined): Promise<ColdStart> {
  const { host, stages, verified } = await coldStart({
    now: () => performance.now(), // since the process began
    open: () => openDevice(adapter === undefined ? {} : { adapter }),
  });
  host.close();
  return { stages, verified };
}

function coldProcess(
  [command, ...parts]: NodeOverheadsRequest['coldCommand'],
  signal: AbortSignal,
): Promise<ColdStart> {
  // Mesa keeps compiled kernels on disk: what comes from there is not cold.
  const env = { ...process.env, MESA_SHADER_CACHE_DISABLE: '1' };
  return new Promise((resolve, reject) => {
    execFile(command, parts, { env, signal }, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as ColdStart);
      else if (signal.aborted) reject(signal.reason as Error);
      else reject(new Error(`A start from cold failed: ${stderr || error.message}`, { cause: error }));
    });
  });
}
