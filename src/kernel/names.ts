/** Names that differ within a Program: those that authors give, and those of what they left nameless. */
export class Names {
  /** How often each was asked for. */
  readonly #asked = new Map<string, number>();

  /** The name, or where it is taken the name with a number: kernels name what they make in loops. */
  unique(name: string): string {
    const before = this.#asked.get(name);
    if (before === undefined) {
      this.#asked.set(name, 1);
      return name;
    }
    for (let number = before; ; number++) {
      const numbered = `${name}.${number}`;
      if (this.#asked.has(numbered)) continue;
      this.#asked.set(name, number + 1);
      this.#asked.set(numbered, 1);
      return numbered;
    }
  }
}
