/** Names that differ within a Program: those that authors give, and those of what they left nameless. */
export class Names {
  /** How many names begin with each that was asked for: itself, and those with a number after it. */
  readonly #counts = new Map<string, number>();

  /** The name, or where it is taken the name with a number: kernels name what they make in loops. */
  unique(name: string): string {
    const count = this.#counts.get(name);
    if (count === undefined && !this.#numbered(name)) {
      this.#counts.set(name, 1);
      return name;
    }
    let number = count ?? 1;
    while (this.#counts.has(`${name}.${number}`)) number++;
    this.#counts.set(name, number + 1);
    return `${name}.${number}`;
  }

  /** Whether it was given out as another name with a number. */
  #numbered(name: string): boolean {
    const dot = name.lastIndexOf('.');
    const number = name.slice(dot + 1);
    const count = this.#counts.get(name.slice(0, dot)) ?? 1;
    return dot > 0 && /^[1-9]\d*$/.test(number) && Number(number) < count;
  }
}
