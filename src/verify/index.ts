/** Verdicts on a Program before it runs: legality, memory over time, accumulation, registers. */
export { errorsDocument } from './document';
export {
  makeFinding,
  findingOf,
  type Finding,
  type RuntimeReport,
  type Subject,
  type Verdict,
} from './finding';
export { RULE_CODES, RULES, type Rule, type RuleCode, type Severity } from './rules';
export { findingText, summaryText, verdictText } from './text';
export { verifyProgram, type VerifyOptions } from './verify';
