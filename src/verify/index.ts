/** Verdicts on a Program before it runs: legality, memory over time, accumulation, registers. */
export { errorsPage } from './document';
export {
  makeFinding,
  runtimeFinding,
  type Finding,
  type RuntimeReport,
  type Subject,
  type Verdict,
} from './finding';
export { RULE_CODES, RULES, type Rule, type RuleCode, type Severity } from './rules';
export { verifyProgram, type VerifyOptions } from './verify';
