/** What the values of a run have shown: each thing once, in the order of the steps that showed it first. */
import type { RuntimeRule } from '../../isa';
import type { Instruction } from '../../program';

/** Something that the values of a run show: what an instruction reported, and how often, with the first it received. */
export interface RunFinding {
  readonly rule: RuntimeRule;
  readonly instruction: string;
  /** Where the instruction was written, as file:line:column. */
  readonly at?: string;
  readonly operand: string;
  readonly required: string;
  readonly received: string;
  readonly times: number;
  /** Of a run on several cores, which of them showed it. */
  readonly core?: number;
}

/** Within a step: indices are read first, then values, and what is written comes last, whenever an executor gets to know it. */
const ORDER = {
  'index-outside': 0,
  'activation-range': 1,
  'segment-id': 1,
  'index-repeated': 2,
} as const satisfies Record<RuntimeRule, number>;

/** A finding, and the first step that showed it. */
interface Found {
  readonly step: number;
  readonly finding: RunFinding;
}

export class Findings {
  readonly #found = new Map<string, Found>();

  get list(): readonly RunFinding[] {
    return [...this.#found.values()]
      .sort((a, b) => a.step - b.step || ORDER[a.finding.rule] - ORDER[b.finding.rule])
      .map(({ finding }) => finding);
  }

  /** Lists what an instruction has shown in a step. Steps may be reported in any order: what the earliest one received counts. */
  add(
    { id, at }: Instruction,
    step: number,
    rule: RuntimeRule,
    operand: string,
    required: string,
    received: string,
  ): void {
    const key = `${rule} ${operand} ${id}`;
    const before = this.#found.get(key);
    const times = (before?.finding.times ?? 0) + 1;
    if (before !== undefined && before.step <= step) {
      this.#found.set(key, { ...before, finding: { ...before.finding, times } });
      return;
    }
    const what = { rule, instruction: id, ...(at !== undefined && { at }), operand, required, received };
    this.#found.set(key, { step, finding: { ...what, times } });
  }
}
