/** What accumulator registers hold, as far as rules ask: by which instruction and operator it was accumulated (SYS501, SYS502). */
import type { AccumulatorEngine } from '../../src/isa';
import type { ChipPattern, Instruction, Opcode } from '../../src/program';
import { useOf } from '../../src/verify/accumulators';

export class Lanes {
  readonly #held: Record<AccumulatorEngine, (string | undefined)[]> = { vector: [], scalar: [] };

  holds(
    engine: AccumulatorEngine,
    opcode: Opcode,
    op: string,
    { partition, partitions }: ChipPattern,
  ): boolean {
    const held = Array.from({ length: partitions }, (_, at) => this.#held[engine][partition + at]);
    return held.every((each) => each === `${opcode} ${op}`);
  }

  /** Follows an instruction. */
  follow(instruction: Instruction): void {
    const use = useOf(instruction);
    const { dst, opcode } = instruction;
    if (use === undefined || use.command === 'reduce' || dst === undefined || dst.space === 'hbm') return;
    if (use.command === 'idle' && !use.spoils) return;
    const left = use.command === 'idle' ? undefined : `${opcode} ${use.op}`;
    for (let p = dst.partition; p < dst.partition + dst.partitions; p++) this.#held[use.engine][p] = left;
  }

  forget(): void {
    this.#held.vector = [];
    this.#held.scalar = [];
  }
}
