/** Where the wrong elements of a tile lie: rectangles, built row by row; runs of the same columns in following rows are one. */
import type { Area, Range } from '../../src/verify/tiling';

/** Rectangles that are kept; where there would be more, one holds all. */
export const REGIONS = 64;

export class Regions {
  readonly #done: Area[] = [];
  #open: Area[] = [];
  #runs: Range[] = [];
  #many = false;

  /** A wrong element; they come row by row, and in each from the left. */
  add(column: number): void {
    const last = this.#runs.at(-1);
    if (last?.[1] === column) this.#runs[this.#runs.length - 1] = [last[0], column + 1];
    else this.#runs.push([column, column + 1]);
  }

  /** After each row. */
  endRow(row: number): void {
    const open = this.#runs.map((n): Area => {
      const above = this.#open.find((area) => area.n[0] === n[0] && area.n[1] === n[1]);
      return { m: [above?.m[0] ?? row, row + 1], n };
    });
    const goesOn = (area: Area): boolean =>
      open.some(({ m, n }) => m[0] === area.m[0] && n[0] === area.n[0] && n[1] === area.n[1]);
    this.#done.push(...this.#open.filter((area) => !goesOn(area)));
    this.#open = open;
    this.#runs = [];
    if (this.#done.length + open.length <= REGIONS) return;
    this.#many = true;
    const box = boxOf([...this.#done, ...open]);
    this.#done.splice(0, Infinity, ...(box ? [box] : []));
    this.#open = [];
  }

  /** From the top left, row by row. */
  get areas(): readonly Area[] {
    const all = [...this.#done, ...this.#open];
    const box = this.#many ? boxOf(all) : undefined;
    return box ? [box] : all.sort((one, other) => one.m[0] - other.m[0] || one.n[0] - other.n[0]);
  }
}

function boxOf(areas: readonly Area[]): Area | undefined {
  const [first, ...rest] = areas;
  return rest.reduce<Area | undefined>(
    (box, { m, n }) =>
      box && {
        m: [Math.min(box.m[0], m[0]), Math.max(box.m[1], m[1])],
        n: [Math.min(box.n[0], n[0]), Math.max(box.n[1], n[1])],
      },
    first,
  );
}
