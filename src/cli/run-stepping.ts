/** `systole run --until` and `--show`: a run to any step, and what it holds there. */
import type { MemoryView, Position } from '../execute/reference';
import { UserError } from '../numerics';
import { instructionsOf, isLoop, parseProgram, printProgram, type Pattern, type Program } from '../program';
import { counted } from './options';
import type { SteppedRun, SteppingOptions } from './stepped-run';

/**
 * Runs to an instruction by its id, to an id for the TIMEth time (`id:TIME`), or until so many steps were taken.
 *
 * @throws UserError when there is no such place, and the signal's reason.
 */
export async function runUntil(run: SteppedRun, until: string, options: SteppingOptions): Promise<void> {
  const [, id = '', time = '1'] = /^(.*?)(?::(\d+))?$/s.exec(until) ?? [];
  if (/^\d+$/.test(until)) await run.runTo(Number(until), 1, options);
  else await run.runTo(id, Number(time), options);
}

export function standsAt({ node, steps, loops }: Position): string {
  const turns = loops.map(
    ({ id, register, value, turn }) => `turn ${turn} of ${id} ($${register} = ${value})`,
  );
  const place = `${isLoop(node) ? `${node.loop} loop` : node.opcode} ${node.id}`;
  return `stopped after ${counted(steps, 'step')}, before ${place}${turns.length > 0 ? `, in ${turns.join(', ')}` : ''}${node.at === undefined ? '' : ` (${node.at})`}`;
}

/** What --show asks for. @throws UserError when there is no such thing. */
export async function shown(run: SteppedRun, what: string): Promise<MemoryView | string> {
  const [, kind, name = ''] = /^(bank|register|accumulators):(.+)$/.exec(what) ?? [];
  if (kind === 'bank') return run.bank(Number(name));
  if (kind === 'register') return `register ${name} = ${run.register(name) ?? 'never set'}`;
  if (kind === 'accumulators') return accumulatorsText(run, name);
  return run.read(what.includes(' ') ? patternOf(run.program, what) : what);
}

async function accumulatorsText(run: SteppedRun, engine: string): Promise<string> {
  if (engine !== 'vector' && engine !== 'scalar') {
    throw new UserError(`Accumulator registers are of vector or scalar, received "${engine}".`);
  }
  const values = Array.from(await run.accumulators(engine), (value) =>
    Number.isNaN(value) ? '.' : String(value),
  );
  return `accumulators of ${engine}, by partition: ${values.join(' ')}`;
}

/** A pattern as a Program's text has it: read as the operand of an instruction. */
function patternOf(program: Program, text: string): Pattern {
  const tensors = printProgram({ ...program, instructions: [] });
  const [copy] = instructionsOf(
    parseProgram(`${tensors}shown dma dma_copy ${text} = src ${text}\n`).instructions,
  );
  if (copy?.dst === undefined)
    throw new UserError(`--show takes a pattern as docs/program.md has it, received "${text}".`);
  return copy.dst;
}
