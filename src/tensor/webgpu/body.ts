/**
 * The statements of a kernel while it is being written: each value is computed once, outside of all loops that it does not depend
 * on. A scope is what stands inside of one loop more than the scope before.
 */
import { coordinatesOf, depthOf, keyOf, of, textOf, type Affine, type Variable } from './affine';
import type { Shape } from '../graph';

interface Scope {
  readonly lines: string[];
  readonly names: Map<string, string>;
}

export class Body {
  #scopes: Scope[] = [{ lines: [], names: new Map() }];
  readonly #variables = new Map<string, Variable>();
  #count = 0;

  /** How many loops the current statement is inside of. */
  get depth(): number {
    return this.#scopes.length - 1;
  }

  /** Statements written so far: the length of the kernel. */
  get count(): number {
    return this.#count;
  }

  fresh(): string {
    return `v${this.#count++}`;
  }

  /** The name that stands for a text at a depth: the same for the same key. */
  define(depth: number, key: string, text: string): string {
    for (const { names } of this.#scopes) {
      const known = names.get(key);
      if (known !== undefined) return known;
    }
    const name = this.fresh();
    const scope = this.#scopes[Math.min(depth, this.depth)];
    scope?.lines.push(`let ${name} = ${text};`);
    scope?.names.set(key, name);
    return name;
  }

  known(key: string): string | undefined {
    for (const { names } of this.#scopes) {
      const known = names.get(key);
      if (known !== undefined) return known;
    }
    return undefined;
  }

  remember(depth: number, key: string, name: string): void {
    this.#scopes[Math.min(depth, this.depth)]?.names.set(key, name);
  }

  line(text: string): void {
    this.#scopes.at(-1)?.lines.push(text);
  }

  variable(name: string, extent: number, depth: number): Variable {
    const known = this.#variables.get(name);
    if (known !== undefined) return known;
    const variable = { name, extent, depth };
    this.#variables.set(name, variable);
    return variable;
  }

  /** The name of a place. */
  place(sum: Affine): string {
    const text = this.text(sum);
    return /^\w+$/.test(text) ? text : this.define(depthOf(sum), `place ${keyOf(sum)}`, text);
  }

  text(sum: Affine): string {
    return textOf(sum, (digit, depth) => this.define(depth, `digit ${digit}`, digit));
  }

  /** A variable of a sum that has as many digits as it likes. */
  readonly settle = (sum: Affine, extent: number): Variable => {
    const name = this.define(depthOf(sum), `place ${keyOf(sum)}`, this.text(sum));
    return this.variable(name, extent, depthOf(sum));
  };

  /** A variable of a text. */
  settled(depth: number, key: string, text: string, extent: number): Affine {
    return of(this.variable(this.define(depth, key, text), extent, depth));
  }

  coordinates(place: Affine, shape: Shape): readonly Affine[] {
    return coordinatesOf(place, shape, this.settle);
  }

  /** What `write` writes, where there are `depth` loops around it. */
  at<T>(depth: number, write: () => T): T {
    const inner = this.#scopes.splice(depth + 1);
    try {
      return write();
    } finally {
      this.#scopes.push(...inner);
    }
  }

  /** A loop from 0 to before `count`, of which no turn is beyond `extent`. */
  loop(count: string, extent: number, write: (turn: Variable) => void): void {
    const name = this.fresh();
    this.#scopes.push({ lines: [], names: new Map() });
    write(this.variable(name, extent, this.depth));
    const inner = this.#scopes.pop();
    this.line(`for (var ${name} = 0u; ${name} < ${count}; ${name}++) {`);
    for (const line of inner?.lines ?? []) this.line(`  ${line}`);
    this.line('}');
  }

  get lines(): readonly string[] {
    return this.#scopes[0]?.lines ?? [];
  }
}
