/**
 * When recorded nodes are computed. Only what is asked for, with exceptions, without which a loop that reads nothing but its
 * loss would compute the same again in every step, or record without end:
 * - arrays that were recorded before the last reading are kept where a later reading meets them: parameters, say, of the step before;
 * - so is what was recorded before it, is on the way, and is what live arrays recorded since are made of, whether or not an array still stands for it: parameters and
 *   moments of the step before, of which a loop has let go when it reads its loss;
 * - when more than `MOST_UNSETTLED` nodes hang on arrays recorded since the last reading, these are computed too; so are all live ones
 *   when ten times as many hang on them. Arrays that are dropped and not yet collected count as live: the first limit does not look at
 *   those of earlier steps, and at the second the collector has been there.
 */
import type { Executor } from '../executor';
import type { Node } from '../graph';
import type { Ledger } from './ledger';

export const MOST_UNSETTLED = 5000;
export const MOST_OF_ALL = 10 * MOST_UNSETTLED;

/** So many results at once, at most: graphs of a loop's steps then look alike, and share their plan. */
const AT_ONCE = 256;

export class Settling {
  readonly #executor: Executor;
  readonly #ledger: Pick<Ledger, 'nodes'>;
  /** The youngest node at the last reading, and how young nodes may become before live arrays are looked through. */
  #lastRead = -1;
  #nextLook = MOST_UNSETTLED;
  /** Runs follow one another: what one computes, the next finds done. */
  #running: Promise<void> = Promise.resolve();

  constructor(executor: Executor, ledger: Pick<Ledger, 'nodes'>) {
    this.#executor = executor;
    this.#ledger = ledger;
  }

  async settle(wanted: readonly Node[]): Promise<void> {
    const run = this.#running.then(() => this.#run(wanted));
    this.#running = run.catch(() => undefined);
    await run;
  }

  async #run(wanted: readonly Node[]): Promise<void> {
    const due = wanted.filter(isUnsettled);
    if (due.length === 0) return;
    const live = [...this.#ledger.nodes()].filter(isUnsettled);
    const overdue = this.#overdue(live);
    const before = this.#lastRead;
    const older = new Set(live.filter(({ id }) => id <= before));
    this.#lastRead = youngestOf([...due, ...live]);
    for (let i = 0; i < overdue.length; i += AT_ONCE) await this.#compute(overdue.slice(i, i + AT_ONCE));
    const left = due.filter(isUnsettled);
    if (left.length === 0) return;
    const kept = new Set([...firstMet(left, older), ...madeOf(left, live.filter(isUnsettled), before)]);
    await this.#compute([...left, ...kept]);
  }

  async #compute(nodes: readonly Node[]): Promise<void> {
    for (const node of nodes) node.hold();
    try {
      await this.#executor.run(nodes);
    } finally {
      for (const node of nodes) node.drop();
    }
  }

  /** Live nodes that are computed because too much hangs on them, the oldest first. */
  #overdue(live: readonly Node[]): readonly Node[] {
    if (youngestOf(live) < this.#nextLook) return [];
    const recent = live.filter(({ id }) => id > this.#lastRead);
    const [hanging, all] = [upstream(recent).size, upstream(live).size];
    const overdue = all > MOST_OF_ALL ? live : hanging > MOST_UNSETTLED ? recent : [];
    const room = MOST_UNSETTLED - (overdue.length > 0 ? 0 : hanging);
    this.#nextLook = youngestOf(live) + Math.max(room, 1);
    return overdue.toSorted((a, b) => a.id - b.id);
  }
}

export const isUnsettled = (node: Node): boolean => node.op.kind !== 'leaf';

const youngestOf = (nodes: readonly Node[]): number => nodes.reduce((most, { id }) => Math.max(most, id), -1);

/** Those of a set that are met first on every way from nodes to what they need, each once; the nodes themselves left out. */
function firstMet(nodes: readonly Node[], set: ReadonlySet<Node>): readonly Node[] {
  if (set.size === 0) return [];
  const met: Node[] = [];
  const seen = new Set(nodes);
  const due = nodes.flatMap(({ inputs }) => inputs);
  for (let node = due.pop(); node !== undefined; node = due.pop()) {
    if (!isUnsettled(node) || seen.has(node)) continue;
    seen.add(node);
    if (set.has(node)) met.push(node);
    else due.push(...node.inputs);
  }
  return met;
}

/** What is on the way to nodes, was recorded up to `before`, and goes into what was recorded since and is live or on the way. Nodes without inputs cost nothing. */
function madeOf(nodes: readonly Node[], live: readonly Node[], before: number): readonly Node[] {
  const way = upstream(nodes);
  const since = [...upstream([...nodes, ...live])].filter(({ id }) => id > before);
  return since
    .flatMap(({ inputs }) => inputs)
    .filter(
      (input) => input.id <= before && input.inputs.length > 0 && way.has(input) && !nodes.includes(input),
    );
}

/** The nodes themselves and all that they need which is yet to be computed. */
export function upstream(nodes: readonly Node[]): ReadonlySet<Node> {
  const found = new Set<Node>();
  const due = [...nodes];
  for (let node = due.pop(); node !== undefined; node = due.pop()) {
    if (!isUnsettled(node) || found.has(node)) continue;
    found.add(node);
    due.push(...node.inputs);
  }
  return found;
}
