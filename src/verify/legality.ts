/**
 * Whether each instruction is legal on a chip. The rules are those of src/isa; what is done here is to name them: which code,
 * which operand, what was required and received.
 */
import { dtypeProblem, hasPacked, partitionProblem, type Chip } from '../chip';
import type { Dtype } from '../numerics';
import { instructionProblem, ISA } from '../isa';
import { isIndirect, readsOf, writesOf } from '../program';
import type { Instruction, NamedOperand } from '../program';
import { subjectOf } from './contents';
import type { Findings } from './finding';
import type { RuleCode } from './rules';

const FP8_VARIANTS: readonly Dtype[] = ['float8_e4m3', 'float8_e4m3fn'];

/** Tensor operands of which one at most is read from PSUM; which instructions have the rule is said in src/isa. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['data1', 'data2'],
  ['data0', 'data1'],
  ['data', 'operand1'],
  ['src', 'predicate'],
  ['on_true', 'predicate'],
];

export class Legality {
  readonly #chip: Chip;
  readonly #findings: Findings;
  /** The first matmul operand of either of the fp8 variants. */
  #variant: { readonly dtype: Dtype; readonly by: Instruction } | undefined;

  constructor(chip: Chip, findings: Findings) {
    this.#chip = chip;
    this.#findings = findings;
  }

  check(instruction: Instruction): void {
    const problem = instructionProblem(instruction, this.#chip);
    if (problem !== undefined) this.#report(instruction, problem);
    else if (instruction.opcode === 'nc_matmul') this.#checkVariant(instruction);
  }

  #checkVariant(instruction: Instruction<'nc_matmul'>): void {
    const { stationary, moving } = instruction.sources;
    for (const [operand, { dtype }] of [
      ['stationary', stationary],
      ['moving', moving],
    ] as const) {
      // prettier-ignore
      if (!FP8_VARIANTS.includes(dtype)) continue;
      this.#variant ??= { dtype, by: instruction };
      const { dtype: first, by } = this.#variant;
      if (first === dtype) continue;
      this.#findings.add(
        'SYS105',
        subjectOf(instruction, operand),
        `${first}, as nc_matmul ${by.id} multiplies`,
        dtype,
      );
    }
  }

  #report(instruction: Instruction, problem: string): void {
    const operands = [...writesOf(instruction), ...readsOf(instruction)];
    const named = operands.find(
      ({ name }) => problem.startsWith(`${name}: `) || problem.startsWith(`${name} must `),
    );
    const [code, culprit = named] = this.#classify(instruction, problem, operands, named);
    const text =
      culprit !== undefined && problem.startsWith(`${culprit.name}: `)
        ? problem.slice(culprit.name.length + 2)
        : problem;
    const [, required = text, received = 'something else'] = /^(.*?),? received (.*?)\.?$/.exec(text) ?? [];
    this.#findings.add(code, subjectOf(instruction, culprit?.name), required.replace(/\.$/, ''), received);
  }

  /** The code of a problem, and the operand where the sentence does not begin with it. */
  #classify(
    instruction: Instruction,
    problem: string,
    operands: readonly NamedOperand[],
    named: NamedOperand | undefined,
  ): readonly [RuleCode, (NamedOperand | undefined)?] {
    const { opcode, engine, sources } = instruction;
    const { chips, engines } = ISA[opcode];
    if (this.#chip.name !== 'trn3' && isIndirect(instruction)) return ['SYS106'];
    if (!chips.includes(this.#chip.name) || !engines.includes(engine)) return ['SYS106'];
    if (named !== undefined) {
      const { name, pattern } = named;
      if (problem === `${name}: ${dtypeProblem(this.#chip, pattern.dtype) ?? ''}`)
        return [hasPacked(this.#chip, pattern.dtype) ? 'SYS101' : 'SYS107'];
      if (pattern.space === 'hbm') return ['SYS101'];
      const start = partitionProblem(pattern.partition, pattern.partitions);
      if (engine !== 'dma' && problem === `${name}: ${start ?? ''}`) return ['SYS102'];
      if (engine === 'gpsimd' && pattern.space === 'psum') return ['SYS104'];
      return ['SYS101'];
    }
    if (FP8_VARIANTS.every((variant) => operands.some(({ pattern }) => pattern.dtype === variant))) {
      if (opcode === 'nc_matmul') return ['SYS105'];
    }
    const spaces: Readonly<Record<string, { readonly space: string } | undefined>> = sources;
    const both = PAIRS.find((pair) => pair.every((name) => spaces[name]?.space === 'psum'));
    if (both !== undefined && problem.includes('both'))
      return ['SYS103', operands.find(({ name }) => name === both[1])];
    return ['SYS101'];
  }
}
