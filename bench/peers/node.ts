/** The comparison in Node: a process for each field, this one's program with other arguments (node-field.ts). */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../src/numerics';
import { nodeEnvironment } from '../node/environment';
import { withoutResult } from './field';
import type { FieldName } from './fields';
import { inChild, type Listener } from './node-child';
import {
  runFields,
  type FieldReport,
  type PeersProgress,
  type PeersReport,
  type PeersRequest,
} from './report';

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
export const inProcess = (
  name: FieldName,
  command: readonly [string, ...string[]],
  listener: Listener<PeersProgress>,
): Promise<FieldReport> =>
  inChild<PeersProgress, FieldReport>(command, listener).catch((error: unknown) =>
    withoutResult(name, error),
  );

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
