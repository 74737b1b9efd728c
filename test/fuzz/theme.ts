/**
 * What the Programs of a theme keep to: few opcodes, formats, operators and ranks. They meet each other more often, and adapters compile
 * fewer kernels; many themes are needed to meet everything.
 */
import { stochasticDraw } from '../../src/numerics';

const SOME = 3;

export class Theme {
  readonly #seed: number;

  /** A theme for each whole number; -1 is the theme that has everything. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Some of a list, in its order: the same ones whenever the same list is asked for. */
  some<T>(list: readonly T[], count = SOME): readonly T[] {
    if (this.#seed < 0 || list.length <= count) return list;
    const drawn = new Set<T>();
    for (let turn = 0; drawn.size < Math.min(count, new Set(list).size); turn++) {
      const draw = stochasticDraw({
        seed: this.#seed,
        launch: 0,
        instance: 0,
        element: list.length * 1000 + turn,
      });
      const one = list[draw % list.length];
      if (one !== undefined) drawn.add(one);
    }
    return list.filter((each) => drawn.has(each));
  }

  /** How many free dimensions access patterns have. */
  get ranks(): readonly number[] {
    return [1, ...this.some([2, 3, 4], 1)];
  }

  /** Whether elements may lie across words. */
  get straddles(): boolean {
    return this.#seed % 4 === -1 || this.#seed % 4 === 3;
  }
}
