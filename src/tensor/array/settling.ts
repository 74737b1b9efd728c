/**
 * When recorded nodes are computed. Only what is asked for, with two exceptions, without which a loop that reads nothing but its
 * loss would compute the same again in every step, or record without end:
 * - what a live array holds and was recorded before the last reading is kept when it is computed on the way, so that nothing is
 *   computed more than twice;
 * - when more than `MOST_UNSETTLED` nodes hang on live arrays, all of them are computed together.
 */
import type { Executor } from '../executor';
import type { Node } from '../graph';
import type { Ledger } from './ledger';

export const MOST_UNSETTLED = 5000;

export class Settling {
  readonly #executor: Executor;
  readonly #ledger: Pick<Ledger, 'nodes'>;
  /** The youngest node of the last reading, and how young nodes may become before live arrays are looked through. */
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
    const nodes = [...this.#withLive(due)];
    for (const node of nodes) node.hold();
    try {
      await this.#executor.run(nodes);
    } finally {
      for (const node of nodes) node.drop();
    }
  }

  #withLive(due: readonly Node[]): ReadonlySet<Node> {
    const live = [...this.#ledger.nodes()].filter(isUnsettled);
    const youngest = [...due, ...live].reduce((most, { id }) => Math.max(most, id), 0);
    const nodes = new Set(due);
    if (youngest >= this.#nextLook) {
      const unsettled = upstream(live).size;
      if (unsettled > MOST_UNSETTLED) for (const node of live) nodes.add(node);
      this.#nextLook = youngest + MOST_UNSETTLED - (unsettled > MOST_UNSETTLED ? 0 : unsettled);
    }
    const older = live.filter(({ id }) => id <= this.#lastRead);
    if (older.length > 0) {
      const needed = upstream(due);
      for (const node of older) if (needed.has(node)) nodes.add(node);
    }
    this.#lastRead = youngest;
    return nodes;
  }
}

export const isUnsettled = (node: Node): boolean => node.op.kind !== 'leaf';

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
