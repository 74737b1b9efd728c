/**
 * `explain`: the Program that the chip would run for arrays that are yet to be computed, verified and timed. Nothing is computed, and the
 * graph stays as it is.
 */
import { parseChip, type ChipName } from '../../chip';
import { requireFields, UserError } from '../../numerics';
import type { Program } from '../../program';
import { reportOf, timeProgram, type Timeline, type TimeReport } from '../../time';
import { verdictText, verifyProgram, type Finding } from '../../verify';
import { NDArray, describe } from '../array';
import { lower, type Port } from './lower';
import { timed, type TimedSection } from './sections';
import { textOf } from './text';

export type { Port } from './lower';
export type { TimedSection } from './sections';

export interface ExplainOptions {
  /** trn1, trn2 or trn3; that of the arrays when left out. */
  readonly chip?: ChipName;
  /** Whether loads are moved earlier, as the vendor's compiler does, where that is faster; false when left out. */
  readonly schedule?: boolean;
}

export interface Explanation {
  readonly chip: ChipName;
  readonly program: Program;
  /** Tensors of the Program that hold arrays which are there, and those that are asked for. */
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Instructions by what they compute: their ids begin with the section's. */
  readonly sections: readonly TimedSection[];
  /** What the verifier says of it: no errors. */
  readonly findings: readonly Finding[];
  readonly timeline: Timeline;
  /** What limits, shares of the engines, traffic, advice. */
  readonly report: TimeReport;
  /** Predicted, on one core, in ns. */
  readonly time: number;
  /** Where the Program would give other bits than the arrays, and what was assumed of its time. */
  readonly notes: readonly string[];
  /** All of it for people; `parseProgram` reads it. */
  readonly text: string;
  toString(): string;
}

/**
 * The Program of arrays on a chip. `explain(x)`, `explain(x, y, { chip: 'trn3' })`.
 *
 * @throws UserError for arrays that hold values already; for a primitive or format that the chip has not, naming it; and for a Program of
 * more than 1,000,000 instructions.
 */
export function explain(...given: readonly [...NDArray[], ExplainOptions] | readonly NDArray[]): Explanation {
  const last = given.at(-1);
  const options: ExplainOptions = last instanceof NDArray || last === undefined ? {} : last;
  const all: readonly (NDArray | ExplainOptions)[] = given;
  const arrays = all.filter((each) => each instanceof NDArray);
  const [first] = arrays;
  if (first === undefined || arrays.length < given.length - (last instanceof NDArray ? 0 : 1))
    throw new UserError('explain takes arrays, and options last: explain(x, y, { chip: "trn2" }).');
  requireFields('explain', options, ['chip', 'schedule']);
  const chip = parseChip(options.chip ?? first.arrays.chip);
  const nodes = arrays.map((array) => first.arrays.nodeOf('explain', array));
  const there = nodes.findIndex(({ op }) => op.kind === 'leaf');
  const known = arrays[there];
  if (known !== undefined)
    throw new UserError(
      `explain: ${describe(known)} holds its values: nothing is left to run. Explain what is made of it, before it is read.`,
    );
  const { program, inputs, outputs, sections, notes } = lower(nodes, chip);
  const { sound, findings } = verifyProgram(program, { limit: 20 });
  if (!sound)
    throw new UserError(
      `explain: these arrays have no sound Program on ${chip}: the verifier finds\n${verdictText(findings)}`,
    );
  const timeline = timeProgram(program, options.schedule === undefined ? {} : { schedule: options.schedule });
  const report = reportOf(timeline);
  const told = {
    program: timeline.program,
    ...{ inputs, outputs, report },
    sections: timed(sections, timeline),
    notes: [...notes, ...timeline.notes],
  };
  let text: string | undefined;
  return {
    chip,
    findings,
    timeline,
    ...told,
    time: timeline.total,
    get text() {
      return (text ??= textOf(told));
    },
    toString() {
      return this.text;
    },
  };
}
