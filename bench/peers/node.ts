/** The comparison in Node: a process for each field, this one's program with other arguments (node-field.ts). */
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../src/numerics';
import { nodeEnvironment } from '../node/environment';
import { withoutResult, type FromField } from './field';
import type { FieldName } from './fields';
import { runFields, type FieldReport, type PeersReport, type PeersRequest } from './report';

export interface NodePeersRequest extends PeersRequest {
  /** Part of an adapter's name; the best adapter when left out. */
  readonly adapter?: string | undefined;
}

export interface FieldsInNode extends NodePeersRequest {
  readonly fields: readonly FieldName[];
  /** The script that runs one field, and its arguments. */
  readonly command: (field: FieldName, request: NodePeersRequest) => readonly [string, ...string[]];
}

/** @throws UserError when the peers are not installed. */
export async function runPeersInNode(request: FieldsInNode): Promise<PeersReport> {
  peersFolder();
  return runFields(request.fields, request, nodeEnvironment(), (name, part) =>
    inProcess(name, request.command(name, { ...part, adapter: request.adapter }), part),
  );
}

/** Resolves when the process has ended: with its report, or with why there is none. */
export function inProcess(
  name: FieldName,
  [script, ...args]: readonly [string, ...string[]],
  { signal, onProgress }: Pick<PeersRequest, 'signal' | 'onProgress'>,
): Promise<FieldReport> {
  return new Promise((resolve) => {
    const child = fork(script, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    let report: FieldReport | undefined;
    const halt = (): void => {
      if (child.connected) child.send('stop');
    };
    signal?.addEventListener('abort', halt, { once: true });
    child.on('message', (message: FromField) => {
      if (message.type === 'progress') onProgress?.(message.progress);
      else report = message.type === 'report' ? message.report : withoutResult(name, message.message);
    });
    child.once('error', (error) => {
      report ??= withoutResult(name, error);
    });
    child.once('close', (code, by) => {
      signal?.removeEventListener('abort', halt);
      resolve(report ?? withoutResult(name, `its process ended with ${by ?? `exit code ${code ?? 'none'}`}`));
    });
  });
}

/**
 * Where the peers are installed: bench/peers of the clone that this file is run from, bundled or not.
 * @throws UserError when they are not.
 */
export function peersFolder(from = dirname(fileURLToPath(import.meta.url))): string {
  let root = from;
  while (!existsSync(join(root, 'bench/peers/packages.js')) && dirname(root) !== root) root = dirname(root);
  const folder = join(root, 'bench/peers');
  if (!existsSync(folder)) {
    throw new UserError(
      'Comparing with the peers needs a clone of the repository: the package does not contain bench/peers.',
    );
  }
  if (!existsSync(join(folder, 'node_modules'))) {
    throw new UserError(`The peers are not installed: run "npm run peers" once (240 MB in bench/peers).`);
  }
  return folder;
}
