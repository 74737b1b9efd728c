/** The structure of a graph: what plans are kept by, and what a run of one is told. */
import type { Node } from '../graph';

export interface Captured {
  /** All nodes that are needed, inputs first. */
  readonly nodes: readonly Node[];
  readonly leaves: readonly Node[];
  /** Values of fills, in the order of the nodes, with their formats. */
  readonly fills: readonly { readonly value: number; readonly dtype: Node['dtype'] }[];
  readonly key: string;
}

/** Told in each run, or of no matter for what is computed. */
const UNTOLD: ReadonlySet<string> = new Set(['what', 'value']);

function opText(node: Node): string {
  const { op } = node;
  let text: string = op.kind;
  for (const [field, value] of Object.entries(op) as [string, unknown][]) {
    if (field === 'kind' || (UNTOLD.has(field) && op.kind !== 'pad')) continue;
    text += `,${Object.is(value, -0) ? '-0' : String(value)}`;
  }
  return text;
}

export function capture(wanted: readonly Node[]): Captured {
  const numbers = new Map<Node, number>();
  const nodes: Node[] = [];
  const leaves: Node[] = [];
  const fills: { value: number; dtype: Node['dtype'] }[] = [];
  const parts: string[] = [];
  const due: Node[] = wanted.toReversed();
  for (let node = due.at(-1); node !== undefined; node = due.at(-1)) {
    const known = numbers.has(node);
    const missing = known ? [] : node.inputs.filter((input) => !numbers.has(input));
    if (missing.length > 0) {
      due.push(...missing.toReversed());
      continue;
    }
    due.pop();
    if (known) continue;
    const { op, shape, dtype } = node;
    numbers.set(node, nodes.length);
    nodes.push(node);
    if (op.kind === 'leaf') leaves.push(node);
    if (op.kind === 'fill') fills.push({ value: op.value, dtype });
    parts.push(
      `${opText(node)}(${node.inputs.map((input) => numbers.get(input)).join()})${dtype}[${shape.join()}]`,
    );
  }
  const key = `${parts.join(';')}>${wanted.map((node) => numbers.get(node)).join()}`;
  return { nodes, leaves, fills, key };
}
