/** What the verifier says: findings, each of which names the rule, the place, what was required and received, and the mend. */
import type { RuntimeRule } from '../isa';
import { RULES, RUNTIME_CODES, type RuleCode, type Severity } from './rules';

export interface Finding {
  /** Stable: docs/errors.md lists them. */
  readonly code: RuleCode;
  /** The rule's title. */
  readonly rule: string;
  readonly severity: Severity;
  /** The id of the instruction or loop; undefined where the finding is about a tensor, or the Program as a whole. */
  readonly instruction: string | undefined;
  /** The operand, or the tensor. */
  readonly operand: string | undefined;
  readonly required: string;
  readonly received: string;
  /** Where the instruction was written, as file:line:column, where that is known. */
  readonly at: string | undefined;
  readonly mend: string;
  /** All of it in a sentence, but for the mend. */
  readonly message: string;
}

export interface Verdict {
  /** No finding is an error. */
  readonly sound: boolean;
  /** In the order of the Program; each rule once for each operand of an instruction, however often a loop repeats it. */
  readonly findings: readonly Finding[];
  /** Findings beyond the limit, which are counted only. */
  readonly more: number;
  /** Tensors whose contents were not followed to the byte, because they are accessed in too many pieces. */
  readonly unfollowed: readonly string[];
}

/** Whom a finding is about. */
export interface Subject {
  readonly id?: string;
  readonly opcode?: string;
  readonly at?: string | undefined;
  readonly operand?: string;
}

export function makeFinding(code: RuleCode, subject: Subject, required: string, received: string): Finding {
  const { title, severity, mend } = RULES[code];
  const { id, opcode, at, operand } = subject;
  const who = [opcode, id].filter((word) => word !== undefined).join(' ');
  const where = [
    ...(who ? [who] : []),
    ...(operand === undefined ? [] : [`${who ? 'operand ' : ''}${operand}`]),
  ];
  const place = at === undefined ? '' : ` (at ${at})`;
  return {
    code,
    rule: title,
    severity,
    instruction: id,
    operand,
    required,
    received,
    at,
    mend,
    message: `${where.join(', ') || 'Program'}${place}: ${title}: required ${required}; received ${received}.`,
  };
}

/** Collects findings, each place once. */
export class Findings {
  readonly list: Finding[] = [];
  more = 0;
  errors = 0;
  readonly #limit: number;
  readonly #seen = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(code: RuleCode, subject: Subject, required: string, received: string): void {
    const key = `${code} ${subject.id ?? ''} ${subject.operand ?? ''}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    if (RULES[code].severity === 'error') this.errors++;
    if (this.list.length >= this.#limit) this.more++;
    else this.list.push(makeFinding(code, subject, required, received));
  }
}

/** What a run reported (src/isa/entry.ts, `Machine.report`), with the instruction that did. */
export interface RuntimeReport {
  readonly rule: RuntimeRule;
  readonly instruction: string;
  readonly at?: string | undefined;
  readonly operand: string;
  readonly required: string;
  readonly received: string;
  /** Of a run on several cores, which of them reported it. */
  readonly core?: number | undefined;
}

/** The finding of a report that an executor collected. */
export function findingOf(report: RuntimeReport): Finding {
  const { rule, instruction, at, operand, required, core } = report;
  const received = core === undefined ? report.received : `${report.received}, on core ${core}`;
  return makeFinding(RUNTIME_CODES[rule], { id: instruction, at, operand }, required, received);
}
