/** Two benchmark results side by side. The text for a terminal is `./text`, which only Node has a use for. */
export {
  compareReports,
  type CaseComparison,
  type Comparison,
  type DifferingFact,
  type Judgement,
} from './compare';
export type { NamedReport } from './result-file';
