/**
 * The random generators of Vector and GpSimd, a state for each partition, which live on between instructions. Sources: nki.isa
 * (rng, rand2, dropout, set_rng_seed, rand_set_state, rand_get_state).
 */
import type { RandomEngine } from '../isa';
import type { Instruction, Opcode } from '../program';
import type { Findings } from './finding';

const LANES = 128;

/** What instructions do with the states of the partitions of dst, or of src_seeds: put them there, or need them. */
const USES: { readonly [O in Opcode]?: 'sets all' | 'sets' | 'needs' } = {
  rng: 'needs',
  rand2: 'needs',
  dropout: 'needs',
  set_rng_seed: 'sets all',
  rand_set_state: 'sets',
  rand_get_state: 'needs',
};

export class Generators {
  readonly #seeded: Readonly<Record<RandomEngine, boolean[]>> = {
    vector: Array.from({ length: LANES }, () => false),
    gpsimd: Array.from({ length: LANES }, () => false),
  };
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Follows an instruction. */
  execute(instruction: Instruction): void {
    const how = USES[instruction.opcode];
    if (how === undefined) return;
    const { id, opcode, at, dst, sources } = instruction;
    const engine = instruction.engine === 'gpsimd' ? 'gpsimd' : 'vector';
    const seeded = this.#seeded[engine];
    if (how === 'sets all') {
      seeded.fill(true);
      return;
    }
    const lanes = dst ?? ('src_seeds' in sources ? sources.src_seeds : undefined);
    if (lanes === undefined || lanes.space === 'hbm') return;
    const [first, end] = [Math.max(lanes.partition, 0), Math.min(lanes.partition + lanes.partitions, LANES)];
    if (how === 'sets') {
      seeded.fill(true, first, end);
      return;
    }
    const missing = seeded.indexOf(false, first);
    if (missing < 0 || missing >= end) return;
    const setters = engine === 'gpsimd' ? 'rand_set_state' : 'set_rng_seed or rand_set_state';
    this.#findings.add(
      'SYS801',
      { id, opcode, at, operand: `${engine} generators` },
      `generators that ${setters} has set`,
      `nothing that sets those of partition ${missing}`,
    );
  }
}
