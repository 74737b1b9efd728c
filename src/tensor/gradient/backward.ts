/** Goes through a tape backwards. */
import { make, type Node } from '../graph';
import { gradientDtype, ruleOf, type Inputs } from './rules';
import type { Entry } from './tape';

/**
 * Gradients of a sum over outputs, weighted by the seeds, with respect to nodes; undefined where a node has no part in it. Inputs of several uses
 * add theirs, the last use first.
 */
export function backward(
  entries: readonly Entry[],
  seeds: ReadonlyMap<Node, Node>,
  wanted: readonly Node[],
): readonly (Node | undefined)[] {
  const gradients = new Map(seeds);
  const reached = reachedFrom(wanted, entries);
  for (const entry of entries.toReversed()) {
    const due = entry.outputs.map((output) => gradients.get(output));
    if (due.every((g) => g === undefined) || !entry.outputs.some((output) => reached.has(output))) continue;
    for (const [i, part] of handedBack(entry, due).entries()) {
      const input = entry.inputs[i];
      if (input === undefined || part === undefined || !reached.has(input)) continue;
      const dtype = gradientDtype(input.dtype);
      if (dtype === undefined) continue;
      const known = gradients.get(input);
      const own = make.cast(part, dtype);
      gradients.set(input, known === undefined ? own : make.map('add', [known, own], dtype));
    }
  }
  return wanted.map((node) => gradients.get(node));
}

function handedBack(entry: Entry, due: readonly (Node | undefined)[]): readonly (Node | undefined)[] {
  if ('pullback' in entry) return entry.pullback(due);
  const [g] = due;
  if (g === undefined) return [];
  return ruleOf(entry.op)(g, entry.op, entry.inputs as unknown as Inputs, entry.outputs[0]);
}

/** What is made of the wanted nodes, and they themselves: nothing else needs a gradient. */
function reachedFrom(wanted: readonly Node[], entries: readonly Entry[]): ReadonlySet<Node> {
  const reached = new Set(wanted);
  for (const { inputs, outputs } of entries)
    if (inputs.some((input) => reached.has(input))) for (const output of outputs) reached.add(output);
  return reached;
}
