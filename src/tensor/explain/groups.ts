/**
 * Which primitives share a pass over SBUF: functions of elements and casts of one shape of which each is made of the others, as long as
 * nothing that they need waits for what they give. Everything else is a section by itself.
 *
 * Each node has a stage: a function of elements that of the functions of its shape that it is made of, and a later one than all else
 * that it needs. So what a group needs from outside is of an earlier stage than all of the group.
 */
import { isArg, sameShape, type Node, type OpKind, type OpOf } from '../graph';

export interface Group {
  readonly kind: 'elements';
  readonly nodes: readonly Node[];
  /** Those that are needed outside, by more than its reductions. */
  readonly outputs: readonly Node[];
  /** A product that only they need: its tiles are worked on as they come out of PSUM. */
  readonly product?: Product;
  /** Totals of rows of what it makes, all along as many axes: rows are joined while they are in SBUF. */
  readonly reductions: readonly Reduction[];
}

export type Product = Node & { readonly op: OpOf<'matmul'> };
export type Reduction = Node & { readonly op: OpOf<'reduce'> };

export type Step = Group | { readonly kind: 'node'; readonly node: Node };

const ELEMENTS: ReadonlySet<OpKind> = new Set(['map', 'cast']);
/** What changes no value of one that is everywhere the same. */
const SPREADING: ReadonlySet<OpKind> = new Set([
  'reshape',
  'permute',
  'broadcast',
  'slice',
  'window',
] satisfies OpKind[]);

/** All that is needed, inputs first. */
export function neededBy(wanted: readonly Node[]): readonly Node[] {
  const found = new Set<Node>();
  const due = [...wanted];
  for (let node = due.pop(); node !== undefined; node = due.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    due.push(...node.inputs);
  }
  return [...found].sort((a, b) => a.id - b.id);
}

/** The fill of which a node is a view, where it is one: the same number everywhere. */
export function fillOf(node: Node): (Node & { readonly op: OpOf<'fill'> }) | undefined {
  let at: Node | undefined = node;
  while (at !== undefined && SPREADING.has(at.op.kind)) at = at.inputs[0];
  return at?.op.kind === 'fill' ? (at as Node & { readonly op: OpOf<'fill'> }) : undefined;
}

/** Whether a node is worked on in tiles with others of its shape. */
export function isElements({ op, inputs: [x] }: Node): boolean {
  return ELEMENTS.has(op.kind) || (op.kind === 'bitcast' && x !== undefined && isElements(x));
}

/** What takes operands of its shape: not the key of a cast. */
export const operandsOf = ({ op, inputs }: Node): readonly Node[] =>
  op.kind === 'map' ? inputs : inputs.slice(0, 1);

/** The steps in an order in which each finds what it needs. */
export function stepsOf(wanted: readonly Node[]): readonly Step[] {
  const needed = neededBy(wanted).filter((node) => node.size > 0);
  const stages = new Map<Node, number>();
  /** For each function of elements the first of its group. */
  const firsts = new Map<Node, Node>();
  const firstOf = (node: Node): Node => {
    let first = firsts.get(node) ?? node;
    while (firsts.get(first) !== first) first = firsts.get(first) ?? first;
    return first;
  };
  for (const node of needed) {
    const stage = (input: Node): number => stages.get(input) ?? 0;
    if (!isElements(node)) {
      stages.set(node, Math.max(0, ...node.inputs.map(stage)));
      continue;
    }
    const operands = operandsOf(node).filter((input) => fillOf(input) === undefined);
    const isBeside = (input: Node): boolean => operands.includes(input) && isElements(input);
    const own = Math.max(1, ...node.inputs.map((input) => stage(input) + (isBeside(input) ? 0 : 1)));
    stages.set(node, own);
    firsts.set(node, node);
    for (const input of operands) {
      if (!isElements(input) || stage(input) !== own || !sameShape(input.shape, node.shape)) continue;
      firsts.set(firstOf(node), firstOf(input));
    }
  }
  const needs = consumersOf(needed);
  const groups = new Map<Node, Node[]>();
  for (const node of firsts.keys()) {
    const first = firstOf(node);
    groups.set(first, [...(groups.get(first) ?? []), node]);
  }
  const asked = new Set(wanted);
  const taken = new Set<Node>();
  const steps: { readonly stage: number; readonly id: number; readonly step: Step }[] = [];
  for (const nodes of groups.values()) {
    const inside = new Set(nodes);
    const [first] = nodes;
    if (first === undefined) continue;
    const isOwn = (node: Node): node is Product =>
      node.op.kind === 'matmul' &&
      !asked.has(node) &&
      node.inputs.every(({ size }) => size > 0) &&
      (needs.get(node) ?? []).every((user) => inside.has(user) && operandsOf(user).includes(node));
    const product = nodes.flatMap(operandsOf).find(isOwn);
    if (product !== undefined) taken.add(product);
    const reductions = product === undefined ? reductionsOf(nodes, needs) : [];
    for (const node of reductions) taken.add(node);
    const near = new Set<Node>([...nodes, ...reductions]);
    const outputs = nodes.filter(
      (node) => asked.has(node) || (needs.get(node) ?? []).some((user) => !near.has(user)),
    );
    const step: Step = {
      ...{ kind: 'elements', nodes, outputs, reductions },
      ...(product !== undefined && { product }),
    };
    steps.push({ stage: stages.get(first) ?? 0, id: -1, step });
  }
  for (const node of needed)
    if (!firsts.has(node) && !taken.has(node))
      steps.push({ stage: stages.get(node) ?? 0, id: node.id, step: { kind: 'node', node } });
  return steps.sort((a, b) => a.stage - b.stage || a.id - b.id).map(({ step }) => step);
}

/** Sums and their like of what nodes give, along as many axes as the first of them. */
function reductionsOf(
  nodes: readonly Node[],
  needs: ReadonlyMap<Node, readonly Node[]>,
): readonly Reduction[] {
  const all = nodes
    .flatMap((node) => needs.get(node) ?? [])
    .filter((node): node is Reduction => node.op.kind === 'reduce' && !isArg(node.op.reduction));
  return [...new Set(all)].filter(({ op }) => op.axes === all[0]?.op.axes);
}

function consumersOf(nodes: readonly Node[]): ReadonlyMap<Node, readonly Node[]> {
  const consumers = new Map<Node, Node[]>();
  for (const node of nodes)
    for (const input of node.inputs) {
      const known = consumers.get(input);
      if (known === undefined) consumers.set(input, [node]);
      else known.push(node);
    }
  return consumers;
}
