/**
 * Which accumulation group is open in each quadrant of each PSUM bank. Named choice: one group at a time is open in a bank, and
 * matmuls in other quadrants (column tiles) do not disturb it; the vendor says only that interleaving in a bank is undefined
 * (compiler error SCH713).
 */
import type { Chip } from '../chip';
import type { Instruction } from '../program';
import { subjectOf, type Access } from './contents';
import type { Findings } from './finding';
import { addressOf } from './homes';

interface Owner {
  readonly group: number;
  readonly instruction: Instruction;
}

const QUADRANT = 32;
const QUADRANTS = 4;

export class Banks {
  readonly #owners = new Map<number, Owner>();
  readonly #chip: Chip;
  readonly #findings: Findings;
  #groups = 0;

  constructor(chip: Chip, findings: Findings) {
    this.#chip = chip;
    this.#findings = findings;
  }

  /** The Tensor engine starts a group, or overwrites with something else. */
  start(access: Access): number {
    const group = ++this.#groups;
    this.#take(access, group);
    return group;
  }

  /** A matmul adds to a group, which must still be the one open wherever it lies. */
  continue(access: Access, group: number): void {
    const { instruction, operand } = access;
    const other = this.#quadrantsOf(access)
      .map((quadrant) => this.#owners.get(quadrant))
      .find((owner) => owner !== undefined && owner.group !== group);
    if (other !== undefined) {
      this.#findings.add(
        'SYS402',
        subjectOf(instruction, operand),
        'the group that was last started in its bank',
        `a group that was started before ${other.instruction.opcode} ${other.instruction.id} wrote to the same bank`,
      );
    }
    this.#take(access, group);
  }

  /** Which bank was written is not known. */
  forget(): void {
    this.#owners.clear();
  }

  #take(access: Access, group: number): void {
    const owner = { group, instruction: access.instruction };
    for (const quadrant of this.#quadrantsOf(access)) this.#owners.set(quadrant, owner);
  }

  #quadrantsOf({ pattern, home, boxes }: Access): readonly number[] {
    const { tensor } = home;
    if (pattern.space === 'hbm' || tensor.space !== 'psum') return [];
    const { banks, bankBytes } = this.#chip.psum;
    const address = addressOf(tensor, this.#chip) - home.column;
    const rows = [
      Math.max(Math.floor(pattern.partition / QUADRANT), 0),
      Math.min(Math.ceil((pattern.partition + pattern.partitions) / QUADRANT), QUADRANTS),
    ] as const;
    const quadrants: number[] = [];
    for (const { columns } of boxes) {
      const first = Math.max(Math.floor((address + (columns[0] ?? 0)) / bankBytes), 0);
      const end = Math.min(Math.ceil((address + (columns.at(-1) ?? 0)) / bankBytes), banks);
      for (let bank = first; bank < end; bank++) {
        for (let quadrant = rows[0]; quadrant < rows[1]; quadrant++)
          quadrants.push(bank * QUADRANTS + quadrant);
      }
    }
    return quadrants;
  }
}
