/**
 * The accumulation groups of a Program that is being drawn: which sums lie in PSUM, whether anything has read them, and which are
 * still open in their banks (SYS401 to SYS403).
 */
import type { Chip } from '../../src/chip';
import { bytesOf } from '../../src/program';
import type { ChipPattern, Instruction } from '../../src/program';

interface Sum {
  readonly pattern: ChipPattern;
  readonly group: number;
  readonly quadrants: readonly string[];
  read: boolean;
}

export class Sums {
  readonly #chip: Chip;
  /** By the tensor that each lies in. */
  readonly #sums = new Map<string, Sum>();
  /** The group that was last started in a quadrant of a bank. */
  readonly #owners = new Map<string, number>();
  #groups = 0;

  constructor(chip: Chip) {
    this.#chip = chip;
  }

  /** Sums that a matmul may add to. */
  get open(): readonly ChipPattern[] {
    return [...this.#sums.values()].flatMap(({ pattern, group, quadrants }) =>
      quadrants.every((quadrant) => this.#owners.get(quadrant) === group) ? [pattern] : [],
    );
  }

  /** The sum in a tensor that nothing has read. */
  unread(tensor: string): ChipPattern | undefined {
    const sum = this.#sums.get(tensor);
    return sum?.read === false ? sum.pattern : undefined;
  }

  read(tensor: string): void {
    const sum = this.#sums.get(tensor);
    if (sum !== undefined) sum.read = true;
  }

  /** Something else was written over it. */
  drop(tensor: string): void {
    this.#sums.delete(tensor);
  }

  /** Of sums that were read: none is continued. */
  forget(): void {
    this.#sums.clear();
  }

  /** Follows a write to a tensor that begins at a bank. */
  wrote({ opcode, attributes, engine }: Instruction, pattern: ChipPattern, bank: number): void {
    const multiplied = opcode === 'nc_matmul' || opcode === 'nc_matmul_mx';
    const before = this.#sums.get(pattern.tensor);
    if (multiplied && attributes.accumulate && before !== undefined) {
      before.read = false;
      return;
    }
    this.#sums.delete(pattern.tensor);
    if (engine !== 'tensor') return;
    const group = ++this.#groups;
    const quadrants = this.#quadrantsOf(pattern, bank);
    for (const quadrant of quadrants) this.#owners.set(quadrant, group);
    const exact = pattern.index === undefined && pattern.registers === undefined;
    if (multiplied && exact) this.#sums.set(pattern.tensor, { pattern, group, quadrants, read: false });
  }

  /** Every bank between the first element and the last: one that it leaves out does no harm. */
  #quadrantsOf(
    { partition, partitions, offset, dims, dtype, index }: ChipPattern,
    bank: number,
  ): readonly string[] {
    const { banks, bankBytes } = this.#chip.psum;
    const ends = dims.map(([stride, count]) => stride * (count - 1));
    const low = ends.reduce((sum, end) => sum + Math.min(end, 0), offset);
    const high = ends.reduce((sum, end) => sum + Math.max(end, 0), offset + 1);
    const bankAt = (element: number) => bank + Math.floor((element * bytesOf(dtype)) / bankBytes);
    const [first, last] = index === undefined ? [bankAt(low), bankAt(high)] : [0, banks - 1];
    const quadrants: string[] = [];
    for (let each = first; each <= last; each++) {
      for (let quadrant = Math.floor(partition / 32); quadrant * 32 < partition + partitions; quadrant++) {
        quadrants.push(`${each} ${quadrant}`);
      }
    }
    return quadrants;
  }
}
