/** `systole time WHAT`: what a kernel, a Program or a product takes on a chip, why, and what to try (docs/time.md). */
import { fstatSync, statSync, type Stats } from 'node:fs';
import { isatty } from 'node:tty';
import type { Command } from 'commander';
import { SYSTOLE } from '../../bench/environment';
import { checkWritable, writeAtomically } from '../../bench/node/write';
import { CHIP_NAMES, TIMING_CONSTANTS, TIMINGS, type ChipName } from '../chip';
import { UserError } from '../numerics';
import { timeProgram, type Timeline } from '../time';
import type { CalibrationRow } from '../time/calibration';
import { compareTimes, reportOf, type NamedTimeReport, type TimeReport } from '../time/report';
import { traceChunks } from '../time/trace';
import { repeated } from './options';
import { stageLine, type StageLine } from './progress';
import { requireAlone } from './run-together';
import { addCostOptions, costOfTimeline, requireCost, type CostOptions, type TimedCost } from './time-cost';
import {
  addSubjectOptions,
  comparedSubject,
  givenOptions,
  openSubject,
  parseChips,
  type OpenedSubject,
  type Subject,
} from './time-subject';
import { comparisonText, constantsText, headsText, headText, reportText } from './time-text';

interface TimeCommandOptions extends CostOptions {
  readonly compare?: readonly string[];
  readonly chips?: readonly ChipName[];
  readonly trace?: string;
  readonly constants?: true;
  readonly calibration?: true;
  readonly json?: true;
}

export function addTime(program: Command): void {
  const command = program
    .command('time')
    .description('say what a kernel, a Program or a product takes on a chip, what limits it, and what to try')
    .argument(
      '[what...]',
      'a kernel of the library by its name, a kernel file or a Program, with inputs as `systole run` takes them; or M N K',
    );
  addCostOptions(addSubjectOptions(command))
    .option(
      '--trace <file>',
      'write when every instruction ran as a trace that opens in Perfetto (ui.perfetto.dev)',
    )
    .option(
      '--compare <what>',
      'another one beside it, in quotes with its options; or options alone, for another of the same (repeatable)',
      repeated,
    )
    .option('--chips <names>', 'on each of these chips, as in trn1,trn2,trn3', parseChips)
    .option('--constants', 'print the constants of the timing model, their values and sources')
    .option('--calibration', 'print what the model says of published measurements, and how far it is off')
    .option('--json', 'print everything as JSON')
    .addHelpText(
      'after',
      `
Times are of a simulation: docs/time.md says what is modelled, and how far it agrees with published measurements.
Loads are moved earlier and tiles placed anew, as far as memory allows, as the vendor's compiler does, unless --no-schedule is given.

Exit code: 0 timed; 1 with --calibration, an error is beyond its bound; 2 the kernel, Program or an option cannot be used, a Program that fails verification among them.

Examples:
  systole time softmax --size rows=4096,columns=4096 --dtype bf16
  systole time kernel.ts x=random:4096x1024:bf16 --chip trn3
  systole time 4096 4096 4096 --dtype bf16 --chips trn1,trn2,trn3
  systole time 1024 1024 1024 --compare "--block 1024,1024,512" --compare "1024 1024 1024 --dtype fp8e4m3"
  systole time matmul --compare "--no-schedule" --set semaphore=200
  systole time 4096 4096 4096 --trace product.pftrace
  systole time 4096 4096 4096 --cores 8 --price trn2.48xlarge --on cores=8,chips=16`,
    )
    .action(time);
}

async function time(what: readonly string[], options: TimeCommandOptions, command: Command): Promise<void> {
  if (options.constants) {
    requireAlone(command, 'constants', what);
    console.log(options.json ? JSON.stringify(constants(), null, 2) : constantsText());
    return;
  }
  if (options.calibration) {
    requireAlone(command, 'calibration', what);
    await calibrate(options.json === true);
    return;
  }
  const subjects = subjectsOf(what, options, command);
  if (options.trace !== undefined) {
    if (subjects.length > 1) {
      throw new UserError('--trace writes one timeline: leave --compare and --chips out.');
    }
    requireTraceFile(options.trace, what);
    await checkWritable(options.trace);
  }
  const start = performance.now();
  const timed: Timed[] = [];
  for (const subject of subjects) timed.push(await timeSubject(subject, options, start));
  const [first, ...more] = timed;
  if (first === undefined) return;
  if (more.length === 0) {
    // Before anything is printed: who reads that may stop reading, which ends the process.
    if (options.trace !== undefined) await writeTrace(options.trace, first, start);
    console.log(options.json ? JSON.stringify(toJSON(first), null, 2) : textOf(first));
    if (options.trace !== undefined && !options.json) {
      console.log(`\nwrote ${options.trace}: open it in ui.perfetto.dev`);
    }
    return;
  }
  const compared = compareTimes(timed.map(named));
  if (options.json) {
    console.log(JSON.stringify({ ...FORMAT, compared, subjects: timed.map(toJSON) }, null, 2));
  } else {
    console.log(`${headsText(timed.map(({ opened }) => opened))}\n`);
    console.log(comparisonText(compared));
    for (const { opened, report, cost } of timed) {
      if (cost !== undefined) console.log(`\n${opened.name} on ${report.chip}\n${costText(cost)}`);
    }
  }
}

/** Row by row as text, since all of them take some seconds. */
async function calibrate(json: boolean): Promise<void> {
  const { calibrationRows, medianError, rowText, summaryText } = await import('../time/calibration');
  const rows: CalibrationRow[] = [];
  const progress = stageLine(process.stderr, { measure: 'timing what was measured' });
  for (const row of calibrationRows()) {
    rows.push(row);
    if (json) progress.update({ stage: 'measure' });
    else console.log(rowText(row));
  }
  progress.clear();
  const report = { rows, median: medianError(rows) };
  console.log(json ? JSON.stringify({ ...FORMAT, ...report }, null, 2) : `\n${summaryText(report)}`);
  if (rows.some(({ error, bound }) => bound !== undefined && Math.abs(error) > bound)) process.exitCode = 1;
}

interface Timed {
  readonly opened: OpenedSubject;
  readonly timeline: Timeline;
  readonly report: TimeReport;
  readonly cost: TimedCost | undefined;
}

const FORMAT = { format: 'systole time', version: 1, systole: SYSTOLE.version } as const;

const named = ({ opened: { name }, report }: Timed): NamedTimeReport => ({ name, report });

const costText = ({ lines }: TimedCost): string => lines.map((line) => `  ${line}`).join('\n');

const textOf = ({ opened, report, cost }: Timed): string =>
  [headText(opened, report), reportText(report), ...(cost ? [`Cost\n${costText(cost)}`] : [])].join('\n\n');

function toJSON({ opened: { name, title, scheduled }, report, timeline, cost }: Timed): object {
  const priced = cost && { cost: cost.cost };
  return { ...FORMAT, name, title, scheduled, timing: timeline.timing, ...report, ...priced };
}

const constants = (): object => ({
  ...FORMAT,
  constants: TIMING_CONSTANTS,
  values: Object.fromEntries(CHIP_NAMES.map((chip) => [chip, TIMINGS[chip]])),
});

/** All that is timed, the first first; each on each of the chips. */
function subjectsOf(
  what: readonly string[],
  { compare = [], chips }: TimeCommandOptions,
  command: Command,
): readonly Subject[] {
  const first: Subject = { name: what.join(' '), what, options: givenOptions(command) };
  const all = [first, ...compare.map((text) => comparedSubject(text, first))];
  if (chips === undefined) return all;
  const fixed = all.find(({ options }) => options.chip !== undefined);
  if (fixed !== undefined) {
    throw new UserError(`--chips times ${fixed.name} on each of them: leave --chip out.`);
  }
  return all.flatMap((subject) =>
    chips.map((chip) => ({ ...subject, options: { ...subject.options, chip } })),
  );
}

const STAGES = {
  verify: 'verifying',
  simulate: 'simulating',
  schedule: 'moving loads earlier',
  simulateMoved: 'simulating with loads moved',
  report: 'walking the critical path',
  trace: 'writing the trace',
} as const;

/** A Program of so many instructions is timed for seconds, and that is said from the beginning. */
const MANY = 200_000;

/** What is told on the way, `start` being when the command began. */
const progressOf = ({ program }: OpenedSubject, start: number): StageLine<keyof typeof STAGES> =>
  stageLine(process.stderr, STAGES, program.instructions.length > MANY ? -Infinity : start);

async function timeSubject(subject: Subject, options: CostOptions, start: number): Promise<Timed> {
  const opened = await openSubject(subject);
  requireCost(options, opened.program.chip, subject.options.cores ?? 1);
  const progress = progressOf(opened, start);
  try {
    const timeline = timeProgram(opened.program, { ...opened.options, onProgress: progress.update });
    progress.update({ stage: 'report' });
    return { opened, timeline, report: reportOf(timeline), cost: costOfTimeline(options, timeline) };
  } finally {
    progress.clear();
  }
}

async function writeTrace(path: string, { opened, timeline }: Timed, start: number): Promise<void> {
  const progress = progressOf(opened, start);
  progress.update({ stage: 'trace' });
  await writeAtomically(path, traceChunks(timeline)).finally(progress.clear);
}

/** @throws UserError for what is read, or printed to. */
function requireTraceFile(path: string, what: readonly string[]): void {
  const [there, out] = [fileAt(path), fstatSync(1)];
  // The shell's file, a pipe or a terminal, by whatever name; nothing is printed to /dev/null.
  const printed = isSame(there, out) && (out.isFile() || out.isFIFO() || isatty(1));
  if (printed || path === '-') {
    throw new UserError(`--trace ${path} is the standard output, where the report is printed: name a file.`);
  }
  const read = what.find((word) => isSame(there, fileAt(word.replace(/^\w+=|:\w+$/g, ''))));
  if (read === undefined) return;
  throw new UserError(`--trace ${path} would take the place of ${read}, which is read: name another file.`);
}

const isSame = (one: Stats | undefined, other: Stats | undefined): boolean =>
  one !== undefined && one.dev === other?.dev && one.ino === other.ino;

/** Undefined where nothing is, or nothing can be told: reading or writing it tells why. */
function fileAt(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
