/**
 * The accumulator registers of Vector and Scalar, one for each partition, which live on between instructions. Sources:
 * nki.isa (reduce_cmd of each instruction), NKI architecture guides (which instructions share them).
 */
import type { AccumulatorEngine } from '../isa';
import type { Instruction, Opcode, ReduceCommand } from '../program';
import type { Findings } from './finding';

/** How an instruction uses accumulator registers. */
interface Use {
  readonly engine: AccumulatorEngine;
  readonly command: ReduceCommand;
  /** How values are joined. */
  readonly op: string;
  /** Reads the registers out after. */
  readonly reads: boolean;
  /** The author asked to accumulate, and the registers are the only place where the result is. */
  readonly meant: boolean;
  /** Even idle may change the registers. */
  readonly spoils: boolean;
}

function use(
  engine: AccumulatorEngine,
  [given, otherwise]: readonly [ReduceCommand | undefined, ReduceCommand],
  op: string,
  result: unknown,
  spoils = false,
): Use {
  const meant = given !== undefined && given !== 'idle' && given !== 'reset';
  return { engine, command: given ?? otherwise, op, reads: result !== undefined, meant, spoils };
}

const USES: { readonly [O in Opcode]?: (instruction: Instruction<O>) => Use } = {
  activation: ({ attributes: { reduce_cmd }, results }) =>
    use('scalar', [reduce_cmd, 'idle'], 'add', results?.reduce_res),
  activation_reduce: ({ results }) => use('scalar', [undefined, 'reset_reduce'], 'add', results?.reduce_res),
  activate2: ({ attributes: { reduce_cmd, reduce_op = 'add' }, results }) =>
    use('scalar', [reduce_cmd, 'idle'], reduce_op, results?.reduce_res),
  tensor_scalar_reduce: ({ attributes: { reduce_cmd, reduce_op }, results }) =>
    use('vector', [reduce_cmd, 'reset_reduce'], reduce_op, results?.reduce_res),
  tensor_scalar_cumulative: ({ attributes: { reduce_cmd, op1 } }) => ({
    ...use('vector', [reduce_cmd, 'reset_reduce'], op1, undefined),
    meant: false, // each element of dst is what the register held
  }),
  select_reduce: ({ attributes: { reduce_cmd }, results }) =>
    use('vector', [reduce_cmd, 'idle'], 'maximum', results?.reduce_res, true),
  range_select: ({ attributes: { reduce_cmd }, results }) =>
    use('vector', [reduce_cmd, 'reset_reduce'], 'maximum', results?.reduce_res),
  exponential: ({ attributes: { reduce_cmd }, results }) =>
    use('vector', [reduce_cmd, 'idle'], 'add', results?.reduce_res, true),
};

/** How an instruction uses accumulator registers; undefined where it does not. */
export function useOf<O extends Opcode>(instruction: Instruction<O>): Use | undefined {
  return USES[instruction.opcode]?.(instruction);
}

/** What the registers of some partitions hold: started by one instruction, perhaps continued by more. */
interface Chain {
  readonly opcode: string;
  readonly op: string;
  readonly spoiled: boolean;
  last: Instruction;
  meant: boolean;
  read: boolean;
}

const LANES = 128;

export class Accumulators {
  readonly #lanes: Record<AccumulatorEngine, (Chain | undefined)[]> = {
    vector: Array.from({ length: LANES }),
    scalar: Array.from({ length: LANES }),
  };
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Follows an instruction; true when it changes accumulator registers. */
  execute(instruction: Instruction): boolean {
    const how = useOf(instruction);
    if (how === undefined || instruction.dst === undefined || instruction.dst.space === 'hbm') return false;
    const { partition, partitions } = instruction.dst;
    const [first, end] = [Math.max(partition, 0), Math.min(partition + partitions, LANES)];
    const { command, spoils, op, reads, meant } = how;
    const lanes = this.#lanes[how.engine];
    if (command === 'reduce') {
      this.#require(instruction, how, first, end);
      for (const chain of new Set(lanes.slice(first, end))) {
        if (chain === undefined) continue;
        chain.last = instruction;
        chain.meant = meant;
        chain.read = false;
      }
    } else if (command !== 'idle' || spoils) {
      for (const chain of new Set(lanes.slice(first, end))) this.#reset(chain, instruction);
      const spoiled = command === 'idle';
      const chain: Chain = { opcode: instruction.opcode, op, spoiled, last: instruction, meant, read: false };
      lanes.fill(chain, first, end);
    }
    if (reads) {
      if (command !== 'reduce') this.#require(instruction, how, first, end);
      for (const chain of new Set(lanes.slice(first, end))) if (chain) chain.read = true;
    }
    return command !== 'idle';
  }

  /** At the end of the Program. */
  finish(): void {
    for (const lanes of Object.values(this.#lanes)) {
      for (const chain of new Set(lanes)) this.#reset(chain, undefined);
    }
  }

  #reset(chain: Chain | undefined, by: Instruction | undefined): void {
    if (chain === undefined || !chain.meant || chain.read) return;
    const { id, opcode, at } = chain.last;
    this.#findings.add(
      'SYS503',
      { id, opcode, at },
      'the accumulated value to be read (reduce_res) or continued (reduce)',
      by === undefined ? 'the end of the Program' : `${by.opcode} ${by.id}, which starts anew`,
    );
    chain.read = true;
  }

  /** The registers must hold what the same instruction accumulated by the same operator. */
  #require({ id, opcode, at }: Instruction, { engine, op, command }: Use, first: number, end: number): void {
    const doing = command === 'idle' ? 'read' : 'continued';
    for (let lane = first; lane < end; lane++) {
      const chain = this.#lanes[engine][lane];
      if (chain !== undefined && chain.opcode === opcode && chain.op === op && !chain.spoiled) continue;
      const subject = { id, opcode, at, operand: `${engine} accumulator` };
      const required = `what ${opcode} accumulated by ${op}, to be ${doing}`;
      if (chain === undefined) {
        this.#findings.add('SYS502', subject, required, `nothing in partition ${lane}`);
      } else {
        const { last, op: other, spoiled } = chain;
        const left = spoiled ? 'may have changed' : `accumulated by ${other}`;
        this.#findings.add('SYS501', subject, required, `what ${last.opcode} ${last.id} ${left}`);
      }
      return;
    }
  }
}
