/** What a lost device took with it, in words: of values that were on the device alone, how many arrays, of which formats and shapes. */
import { DeviceLostError } from '../../execute/webgpu';
import { bitsOf } from '../../numerics';
import type { Node } from '../graph';

/** Formats and shapes that a message names, those of most bytes; the rest it counts. */
const NAMED = 8;

/** The same error, which now tells what was lost, and what to do. @param nodes those of live arrays. */
export function telling(error: unknown, nodes: Iterable<Node>): unknown {
  if (!(error instanceof DeviceLostError)) return error;
  const lost = lostAmong(nodes);
  const kinds = new Map<string, { count: number; bytes: number }>();
  for (const { dtype, shape, size } of lost) {
    const name = `${dtype}[${shape.join(', ')}]`;
    const { count, bytes } = kinds.get(name) ?? { count: 0, bytes: 0 };
    kinds.set(name, { count: count + 1, bytes: bytes + Math.ceil((size * bitsOf(dtype)) / 8) });
  }
  const bytes = [...kinds.values()].reduce((sum, kind) => sum + kind.bytes, 0);
  const largest = [...kinds].sort(([, a], [, b]) => b.bytes - a.bytes);
  const named = largest.slice(0, NAMED).map(([name, { count }]) => `${count} ${name}`);
  const rest = largest.slice(NAMED).reduce((sum, [, { count }]) => sum + count, 0);
  const list = [...named, ...(rest > 0 ? [`${rest} others`] : [])].join(', ');
  const what =
    lost.length === 0
      ? 'No values were on it alone'
      : `${lost.length} array${lost.length === 1 ? '' : 's'} of ${bytes} bytes had values on it alone, which are lost: ${list}`;
  return new DeviceLostError(
    `${error.message}. ${what}. What was given or read before can still be read: open another device (openArrays, registerSystole), and make arrays of it there.`,
    { cause: error },
  );
}

/** Computed nodes without values on the host: live ones, and those that live ones are yet to be computed from. */
function lostAmong(nodes: Iterable<Node>): readonly Node[] {
  const seen = new Set<Node>();
  const due = [...nodes];
  for (let node = due.pop(); node !== undefined; node = due.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    due.push(...node.inputs);
  }
  return [...seen]
    .sort((a, b) => a.id - b.id)
    .filter(({ stored }) => stored !== undefined && stored.onHost !== true);
}
