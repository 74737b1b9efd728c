/**
 * Choices read from a list of whole numbers, one after another: a Program that is drawn from them is plain data, and what makes the
 * numbers smaller, or the list shorter, makes the Program simpler. 0, which stands behind the end of the list too, chooses what
 * comes first, so that callers name the simplest first.
 */

/** Numbers are below this. */
export const CHOICES = 2 ** 30;

export class Choices {
  readonly #numbers: readonly number[];
  #at = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** 0 to count - 1; no more than a number before, for a smaller number. */
  below(count: number): number {
    const number = this.#numbers[this.#at++] ?? 0;
    return Math.floor((number / CHOICES) * count);
  }

  /** From low to high, both among them. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  of<T>(list: readonly T[]): T {
    const chosen = list[this.below(list.length)];
    if (chosen === undefined) throw new Error('Something to choose from is required, received an empty list');
    return chosen;
  }

  /** True once in `count` times, and never where the number is 0. */
  oneIn(count: number): boolean {
    return this.below(count) === count - 1;
  }

  /** The value once in `count` times, else nothing. */
  maybe<T>(count: number, value: () => T): T | undefined {
    return this.oneIn(count) ? value() : undefined;
  }

  /** The list in another order. */
  shuffled<T>(list: readonly T[]): T[] {
    const left = [...list];
    return list.flatMap(() => left.splice(this.below(left.length), 1));
  }
}
