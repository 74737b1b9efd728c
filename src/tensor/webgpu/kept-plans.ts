/** Plans by the structure of graphs: made once for each, and kept. */
import type { Node } from '../graph';
import { lower } from './lower';
import { makePlan, type Adapter, type Plan } from './plan';
import type { Captured } from './structure';

/** Plans kept at most: the one that was used longest ago goes first. */
const MOST = 512;

export class KeptPlans {
  readonly #plans = new Map<string, Promise<Plan>>();
  readonly #sources = new Set<string>();
  /** How many were made. */
  made = 0;

  /** Texts of kernels that plans were made of, each once. */
  get pipelines(): number {
    return this.#sources.size;
  }

  /** The plan of a graph, which computes the wanted nodes of it. */
  of(adapter: Adapter, { key, nodes }: Captured, wanted: readonly Node[]): Promise<Plan> {
    const known = this.#plans.get(key);
    if (known !== undefined) {
      this.#plans.delete(key);
      this.#plans.set(key, known);
      return known;
    }
    const plan = makePlan(lower(nodes, wanted), adapter);
    this.#plans.set(key, plan);
    this.made++;
    plan.then(
      ({ sources }) => {
        for (const source of sources) this.#sources.add(source);
      },
      () => {
        if (this.#plans.get(key) === plan) this.#plans.delete(key);
      },
    );
    const [oldest] = this.#plans.keys();
    // One that is compiled, or in use, keeps its uniforms: they go with it.
    if (this.#plans.size > MOST && oldest !== undefined) this.#plans.delete(oldest);
    return plan;
  }

  /** Plans are made anew from here on. Those in use end with the kernels that they have. */
  forget(): void {
    this.#plans.clear();
  }

  /** The same, of a device that is of no use any more: their memory is given back. */
  drop(): void {
    for (const plan of this.#plans.values())
      void plan.then(
        ({ uniforms }) => {
          uniforms.destroy();
        },
        () => undefined,
      );
    this.forget();
  }
}
