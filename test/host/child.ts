/** Programs that import the built package, each in a process of its own: what a user's own script would do. */
import { execFile } from 'node:child_process';

export const DIST = new URL('../../dist/', import.meta.url).pathname;

export interface Ended {
  /** The signal that ended it, when one did. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ChildOptions {
  readonly flags?: readonly string[];
  /** Added to this process's own; undefined removes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where the bundles lie. */
  readonly dist?: string;
}

/** Runs an ES module that sees everything of `systole/node`. */
export function runModule(source: string, { dist = DIST, ...options }: ChildOptions = {}): Promise<Ended> {
  const text = `import { listAdapters, openDevice } from '${dist}node.js';\n${source}`;
  return runNode(['--input-type=module', '--eval', text], options);
}

/** What hangs is ended, long after whatever a busy machine takes. */
export function runNode(
  parameters: readonly string[],
  { flags = [], env = {} }: ChildOptions,
): Promise<Ended> {
  return new Promise((resolve) => {
    const settings = { env: { ...process.env, ...env }, timeout: 240_000 };
    const child = execFile(process.execPath, [...flags, ...parameters], settings, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? child.signalCode ?? 'unknown', stdout, stderr });
    });
  });
}
