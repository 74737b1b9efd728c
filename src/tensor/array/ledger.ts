/**
 * Which arrays are live, so that what they need can be given back: by `dispose`, at the end of a scope, or when the garbage
 * collector has taken the array. What is kept here holds nodes, never arrays, or nothing would ever be collected.
 */
import type { Node } from '../graph';

/** One array's claim on its node. */
export interface Claim {
  readonly node: Node;
  scope: Scope | undefined;
  /** Why there is no claim any more. */
  ended: 'disposed' | 'freed at the end of its scope' | 'closed with its context' | undefined;
}

/** Claims made while it was the innermost one. Asynchronous scopes may end before those that were opened in them. */
export class Scope {
  readonly claims = new Set<Claim>();
  readonly #outer: Scope | undefined;
  closed = false;

  constructor(outer: Scope | undefined) {
    this.#outer = outer;
  }

  /** The innermost open one around it. */
  get outer(): Scope | undefined {
    let outer = this.#outer;
    while (outer?.closed === true) outer = outer.#outer;
    return outer;
  }
}

export class Ledger {
  /** How many arrays are live, and the most that were at once. */
  peak = 0;
  readonly #claims = new Set<Claim>();
  readonly #collected = new FinalizationRegistry<Claim>((claim) => {
    this.end(claim, 'disposed');
  });
  #scope: Scope | undefined;

  get count(): number {
    return this.#claims.size;
  }

  /** Nodes of live arrays. */
  *nodes(): Iterable<Node> {
    for (const { node } of this.#claims) yield node;
  }

  /** @param owner whose collection ends the claim. */
  claim(owner: object, node: Node): Claim {
    const claim: Claim = { node: node.claim(), scope: this.#scope, ended: undefined };
    this.#claims.add(claim);
    this.#scope?.claims.add(claim);
    this.#collected.register(owner, claim, claim);
    this.peak = Math.max(this.peak, this.#claims.size);
    return claim;
  }

  /** A second time does nothing. */
  end(claim: Claim, why: NonNullable<Claim['ended']>): void {
    if (claim.ended !== undefined) return;
    claim.ended = why;
    this.#claims.delete(claim);
    claim.scope?.claims.delete(claim);
    this.#collected.unregister(claim);
    claim.node.drop();
  }

  endAll(): void {
    for (const claim of this.#claims) this.end(claim, 'closed with its context');
  }

  open(): Scope {
    this.#scope = new Scope(this.#scope);
    return this.#scope;
  }

  /** Ends what was claimed in the scope and is not kept; what is kept belongs to the scope around it. */
  close(scope: Scope, kept: ReadonlySet<Claim>): void {
    const { outer } = scope;
    scope.closed = true;
    if (this.#scope?.closed === true) this.#scope = this.#scope.outer;
    for (const claim of scope.claims) {
      if (!kept.has(claim)) this.end(claim, 'freed at the end of its scope');
      else {
        claim.scope = outer;
        outer?.claims.add(claim);
      }
    }
    scope.claims.clear();
  }
}
