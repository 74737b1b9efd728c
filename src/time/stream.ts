/**
 * The instruction stream of a Program: loops unrolled turn by turn, and what registers hold added to the offsets of patterns, as
 * far as it is known without running it. There are no operations on registers besides moves, loads and loops, so only what is
 * loaded from memory is unknown; a loop that such a register bounds takes the turns that the caller says, one when it says none.
 */
import { UserError } from '../numerics';
import { isLoop, nameOf } from '../program';
import type { Instruction, Loop, Pattern, Program, ProgramNode, Scalar } from '../program';
import { requireProgram, requireWhole, shown } from './given';
import type { AssumedTurns, Stream } from './types';

const DEFAULT_BUDGET = 2_000_000;

export interface StreamOptions {
  readonly turns?: Readonly<Record<string, number>> | undefined;
  /** Instructions at most. */
  readonly budget?: number | undefined;
}

/** As many as a timeline has room for. */
const MOST_INSTRUCTIONS = 500_000_000;

/** @throws UserError for turns that are no numbers by the ids of loops, and for a budget that is none. */
export function requireStreamOptions({ turns, budget }: StreamOptions): void {
  if (turns !== undefined) {
    if (typeof turns !== 'object' || (turns as unknown) === null || Array.isArray(turns)) {
      throw new UserError(
        `turns must be an object of turns by the ids of loops, as in { loop0: 16 }, received ${shown(turns)}.`,
      );
    }
    for (const [id, count] of Object.entries(turns)) {
      requireWhole(`turns of loop "${id}"`, count, 0, MOST_INSTRUCTIONS);
    }
  }
  if (budget !== undefined) requireWhole('budget', budget, 1, MOST_INSTRUCTIONS);
}

/** @throws UserError when there are more instructions than the budget allows, or turns are given of what is no such loop. */
export function streamOf(
  program: Program,
  { turns = {}, budget = DEFAULT_BUDGET }: StreamOptions = {},
): Stream {
  requireProgram('streamOf', program);
  requireStreamOptions({ turns, budget });
  const unrolling = new Unrolling(turns, budget);
  unrolling.visit(program.instructions);
  const { assumed, instructions } = unrolling;
  const unused = Object.keys(turns).find((id) => !assumed.has(id));
  if (unused !== undefined) {
    throw new UserError(
      `turns are given of loop "${unused}": the Program has no loop of that id whose turns are unknown${assumed.size > 0 ? `, only ${[...assumed.keys()].join(', ')}` : ''}.`,
    );
  }
  return { program, instructions, assumed: [...assumed.values()] };
}

/** What it means for whoever reads the times, in sentences. */
export function streamNotes({ program, instructions, assumed }: Stream): readonly string[] {
  const nothing = program.instructions.length === 0 ? 'it has no instructions' : 'its loops take no turns';
  return [
    ...(instructions.length === 0 ? [`Nothing of the Program was timed: ${nothing}.`] : []),
    ...assumed.map(({ loop, name, turns, given }) =>
      given
        ? `${name} is assumed to take ${turns} turns.`
        : `How many turns ${name} takes only a run knows: one is assumed; to time others, give the turns of "${loop}" (--turns ${loop}=N).`,
    ),
  ];
}

class Unrolling {
  readonly instructions: Instruction[] = [];
  /** Loops whose turns are not known, by id. */
  readonly assumed = new Map<string, AssumedTurns>();
  readonly #turns: Readonly<Record<string, number>>;
  readonly #budget: number;
  /** What registers hold where it is known. */
  readonly #registers = new Map<string, number>();

  constructor(turns: Readonly<Record<string, number>>, budget: number) {
    this.#turns = turns;
    this.#budget = budget;
  }

  visit(nodes: readonly ProgramNode[]): void {
    for (const node of nodes) {
      if (isLoop(node)) this.#loop(node);
      else this.#instruction(node);
    }
  }

  #instruction(instruction: Instruction): void {
    if (this.instructions.length >= this.#budget) {
      throw new UserError(
        `The Program has more than ${this.#budget} instructions, its loops unrolled, at ${nameOf(instruction)}: raise the budget, or time a smaller size.`,
      );
    }
    this.instructions.push(this.#resolved(instruction));
    if (instruction.opcode === 'register_move') {
      const { register, value, from } = instruction.attributes;
      this.#set(register, value ?? (from === undefined ? undefined : this.#registers.get(from)));
    } else if (instruction.opcode === 'register_load') {
      this.#set(instruction.attributes.register, undefined);
    }
  }

  #set(register: string, value: number | undefined): void {
    if (value === undefined) this.#registers.delete(register);
    else this.#registers.set(register, value);
  }

  #loop(loop: Loop): void {
    if (loop.loop === 'while') {
      for (let left = this.#turnsOf(loop); left > 0; left--) this.visit(loop.body);
      this.#registers.set(loop.register, 0);
      return;
    }
    const [lower, upper] = [this.#scalar(loop.lower), this.#scalar(loop.upper)];
    if (lower !== undefined && upper !== undefined) {
      for (let value = lower; value < upper; value += loop.step) {
        this.#registers.set(loop.register, value);
        this.visit(loop.body);
      }
      return;
    }
    const count = this.#turnsOf(loop);
    for (let turn = 0; turn < count; turn++) {
      this.#set(loop.register, lower === undefined ? undefined : lower + turn * loop.step);
      this.visit(loop.body);
    }
  }

  #turnsOf(loop: Loop): number {
    const given = this.#turns[loop.id];
    const turns = given ?? 1;
    this.assumed.set(loop.id, { loop: loop.id, name: nameOf(loop), turns, given: given !== undefined });
    return turns;
  }

  #scalar(scalar: Scalar): number | undefined {
    return typeof scalar === 'number' ? scalar : this.#registers.get(scalar.register);
  }

  /** The instruction with known registers added to its offsets; itself where it has none. */
  #resolved(instruction: Instruction): Instruction {
    const { dst, results, sources } = instruction;
    const newDst = dst === undefined ? undefined : this.#pattern(dst);
    const newResults = results === undefined ? undefined : this.#all(results);
    const newSources = this.#all(sources);
    if (newDst === dst && newResults === results && newSources === sources) return instruction;
    return {
      ...instruction,
      ...(newDst !== undefined && { dst: newDst }),
      ...(newResults !== undefined && { results: newResults }),
      sources: newSources,
    } as Instruction;
  }

  #all<T extends Readonly<Record<string, Pattern | undefined>>>(patterns: T): T {
    let changed: Record<string, Pattern | undefined> | undefined;
    for (const name in patterns) {
      const pattern = patterns[name];
      if (pattern === undefined) continue;
      const resolved = this.#pattern(pattern);
      if (resolved === pattern) continue;
      changed ??= { ...patterns };
      changed[name] = resolved;
    }
    return changed === undefined ? patterns : (changed as T);
  }

  #pattern<P extends Pattern>(pattern: P): P {
    const index = pattern.index === undefined ? undefined : this.#pattern(pattern.index);
    const { registers } = pattern;
    if (registers === undefined) return index === pattern.index ? pattern : { ...pattern, index };
    let { offset } = pattern;
    const left = registers.filter(([register, stride]) => {
      const value = this.#registers.get(register);
      if (value === undefined) return stride !== 0;
      offset += value * stride;
      return false;
    });
    return {
      ...pattern,
      offset,
      registers: left.length > 0 ? left : undefined,
      ...(index !== undefined && { index }),
    };
  }
}
