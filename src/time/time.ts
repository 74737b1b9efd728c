/** Times a Program: verified, scheduled where that is asked for, unrolled, and simulated. */
import { CHIPS } from '../chip';
import type { Timing } from '../chip';
import { ISA } from '../isa';
import { requireFields, UserError } from '../numerics';
import type { Instruction, Opcode, Program } from '../program';
import { summaryText, verdictText, verifyProgram } from '../verify';
import { timingOf } from './constants';
import { dependenciesOf } from './dependencies';
import { hbmRateOf } from './dma-engines';
import { requireProgram, requireWhole, shown } from './given';
import { scheduleLoads } from './schedule';
import { simulate } from './simulate';
import { requireStreamOptions, streamNotes, streamOf } from './stream';
import { tasksOf } from './tasks';
import { trafficOf } from './traffic';
import { movedOf } from './transfers';
import type { LoadOrder, TimeOptions, Timeline } from './types';

/**
 * When every instruction of a Program runs on its chip.
 *
 * @throws UserError, with the findings, for a Program that is not sound, and for options that are none.
 */
export function timeProgram(program: Program, options: TimeOptions = {}): Timeline {
  requireFields('timeProgram', options, ['timing', 'schedule', 'cores', 'turns', 'budget', 'onProgress']);
  requireProgram('timeProgram', program);
  const { schedule = false, cores = 1, turns, budget, onProgress = () => undefined } = options;
  const { chip } = program;
  if (typeof schedule !== 'boolean') {
    throw new UserError(`schedule must be true or false, received ${shown(schedule)}.`);
  }
  requireWhole(`cores of ${chip}`, cores, 1, CHIPS[chip].cores);
  requireStreamOptions({ turns, budget });
  if (typeof onProgress !== 'function') {
    throw new UserError(`onProgress must be a function, received ${shown(onProgress)}.`);
  }
  const timing = timingOf(chip, options.timing);
  onProgress({ stage: 'verify' });
  requireSound(program);
  onProgress({ stage: 'simulate' });
  const run = { timing, cores, turns, budget };
  if (!schedule) return simulated(program, 'written', run);
  const kept = simulated(program, 'kept', run);
  onProgress({ stage: 'schedule' });
  const scheduled = scheduleLoads(program);
  if (scheduled === program) return kept;
  onProgress({ stage: 'simulateMoved' });
  const moved = simulated(scheduled, 'moved', run);
  // The scheduler counts instructions and not time: where memory is short its choice may be the worse one. Where nothing is gained, the Program's own names and order stay.
  return moved.total < kept.total ? moved : kept;
}

interface Run {
  readonly timing: Timing;
  readonly cores: number;
  readonly turns: TimeOptions['turns'];
  readonly budget: TimeOptions['budget'];
}

/** A sound Program, as it is. */
function simulated(program: Program, loads: LoadOrder, { timing, cores, turns, budget }: Run): Timeline {
  const { chip } = program;
  const stream = streamOf(program, { turns, budget });
  const { instructions } = stream;
  const dependencies = dependenciesOf(stream);
  const tasks = tasksOf(stream, chip, timing);
  const { start, free, end, loading, moving, cause, blocker, busy, dmaBusy } = simulate({
    instructions,
    tasks,
    dependencies,
    timing,
    hbmRate: hbmRateOf({ timing, cores }),
    moved: (instruction) => movedOf(instruction, chip),
  });
  return {
    program,
    chip,
    timing,
    cores,
    loads,
    total: end.reduce((latest, each) => Math.max(latest, each), 0),
    instructions,
    track: tasks.track,
    start,
    free,
    end,
    loading,
    moving,
    cause,
    blocker,
    dependencies,
    busy,
    dmaBusy,
    ...trafficOf(instructions, chip),
    assumed: stream.assumed,
    notes: [...streamNotes(stream), ...undocumented(instructions)],
  };
}

function requireSound(program: Program): void {
  const verdict = verifyProgram(program, { limit: 20 });
  if (verdict.sound) return;
  throw new UserError(
    `A Program that fails verification is not timed.\n${verdictText(verdict.findings)}\n\n${summaryText(verdict)}`,
  );
}

/** What costs were assumed, since no document gives them. */
function undocumented(instructions: readonly Instruction[]): readonly string[] {
  const opcodes = new Set<Opcode>();
  for (const { opcode } of instructions) opcodes.add(opcode);
  return [...opcodes]
    .filter((opcode) => !ISA[opcode].cost.documented)
    .map((opcode) => `What ${opcode} takes is assumed: ${ISA[opcode].cost.words}`);
}
