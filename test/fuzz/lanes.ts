/** What accumulator registers hold, as far as rules ask: by which instruction and operator it was accumulated (SYS501, SYS502). */
import type { AccumulatorEngine } from '../../src/isa';
import type { ChipPattern, Instruction, Opcode } from '../../src/program';

interface Use {
  readonly engine: AccumulatorEngine;
  readonly op: string;
  /** What the command leaves: started anew, continued, or anything. */
  readonly leaves: 'anew' | 'continued' | 'anything';
}

/** How instructions use the registers; nothing where they do not. */
function useOf(instruction: Instruction): Use | undefined {
  const { opcode, attributes } = instruction;
  const use = (engine: AccumulatorEngine, command: string, op: string, spoils = false): Use | undefined => {
    if (command === 'idle') return spoils ? { engine, op, leaves: 'anything' } : undefined;
    return { engine, op, leaves: command === 'reduce' ? 'continued' : 'anew' };
  };
  switch (opcode) {
    case 'activation':
      return use('scalar', attributes.reduce_cmd ?? 'idle', 'add');
    case 'activation_reduce':
      return use('scalar', 'reset_reduce', 'add');
    case 'activate2':
      return use('scalar', attributes.reduce_cmd ?? 'idle', attributes.reduce_op ?? 'add');
    case 'tensor_scalar_reduce':
      return use('vector', attributes.reduce_cmd ?? 'reset_reduce', attributes.reduce_op);
    case 'tensor_scalar_cumulative':
      return use('vector', attributes.reduce_cmd ?? 'reset_reduce', attributes.op1);
    case 'select_reduce':
      return use('vector', attributes.reduce_cmd ?? 'idle', 'maximum', true);
    case 'range_select':
      return use('vector', attributes.reduce_cmd ?? 'reset_reduce', 'maximum');
    case 'exponential':
      return use('vector', attributes.reduce_cmd ?? 'idle', 'add', true);
    default:
      return undefined;
  }
}

export class Lanes {
  readonly #held: Record<AccumulatorEngine, (string | undefined)[]> = { vector: [], scalar: [] };

  holds(
    engine: AccumulatorEngine,
    opcode: Opcode,
    op: string,
    { partition, partitions }: ChipPattern,
  ): boolean {
    const held = this.#held[engine];
    const wanted = `${opcode} ${op}`;
    return Array.from({ length: partitions }, (_, at) => held[partition + at]).every(
      (each) => each === wanted,
    );
  }

  follow(instruction: Instruction): void {
    const use = useOf(instruction);
    const { dst, opcode } = instruction;
    if (use === undefined || use.leaves === 'continued' || dst === undefined || dst.space === 'hbm') return;
    const left = use.leaves === 'anew' ? `${opcode} ${use.op}` : undefined;
    for (let p = dst.partition; p < dst.partition + dst.partitions; p++) this.#held[use.engine][p] = left;
  }

  forget(): void {
    this.#held.vector = [];
    this.#held.scalar = [];
  }
}
