/**
 * The edges that authors added (`after` of an instruction) in an unrolled stream, and circles that they close. An id of the same body
 * means its instruction in the same turn; one of a body around it the last run, or the next where there was none yet.
 */
import { UserError } from '../numerics';
import { isLoop, nameOf } from '../program';
import type { Instruction, ProgramNode } from '../program';
import { TRACKS, type Dependencies, type Stream } from './types';

const NONE: readonly number[] = [];

export class AuthorsEdges {
  /** Whether any points forward. */
  forward = false;
  readonly #instructions: readonly Instruction[];
  /** A number for each id that has edges or is in one. */
  readonly #numbers = new Map<string, number>();
  /** The number of each instruction of the stream, or -1. */
  readonly #found: Int32Array;
  /** Of each number: its body (the Program is 0, loops follow), and its place in the text. */
  readonly #bodies: Int32Array;
  readonly #orders: Int32Array;
  /** Where in the stream it is: runs[offsets[number]] to runs[offsets[number + 1] - 1], ascending. */
  readonly #offsets: Int32Array;
  readonly #runs: Int32Array;

  constructor({ program, instructions }: Stream) {
    this.#instructions = instructions;
    const numbers = this.#numbers;
    const add = (id: string) => {
      if (!numbers.has(id)) numbers.set(id, numbers.size);
    };
    for (const { id, after } of instructions) {
      if (after === undefined) continue;
      add(id);
      after.forEach(add);
    }
    this.#bodies = new Int32Array(numbers.size);
    this.#orders = new Int32Array(numbers.size);
    this.#offsets = new Int32Array(numbers.size + 1);
    if (numbers.size === 0) {
      this.#found = this.#runs = this.#offsets;
      return;
    }
    this.#locate(program.instructions);
    this.#found = new Int32Array(instructions.length);
    for (const [at, { id }] of instructions.entries()) this.#found[at] = numbers.get(id) ?? -1;
    for (const number of this.#found) {
      if (number >= 0) this.#offsets[number + 1] = (this.#offsets[number + 1] ?? 0) + 1;
    }
    for (let number = 0; number < numbers.size; number++) {
      this.#offsets[number + 1] = (this.#offsets[number + 1] ?? 0) + (this.#offsets[number] ?? 0);
    }
    const next = this.#offsets.slice();
    this.#runs = new Int32Array(this.#offsets[numbers.size] ?? 0);
    for (const [at, number] of this.#found.entries()) {
      if (number < 0) continue;
      const slot = next[number] ?? 0;
      this.#runs[slot] = at;
      next[number] = slot + 1;
    }
  }

  /** What instruction `at` of the stream must come after, in the order of its ids. */
  of(at: number): readonly number[] {
    const after = this.#instructions[at]?.after;
    if (after === undefined) return NONE;
    const own = this.#found[at] ?? -1;
    const meant: number[] = [];
    for (const name of after) {
      const other = this.#numbers.get(name) ?? own;
      const next = this.#firstAfter(other, at);
      const last = next - (other === own ? 2 : 1);
      const laterInTurn =
        this.#bodies[other] === this.#bodies[own] && (this.#orders[other] ?? 0) > (this.#orders[own] ?? 0);
      if (last >= (this.#offsets[other] ?? 0) && !laterInTurn) meant.push(this.#runs[last] ?? -1);
      else if (next < (this.#offsets[other + 1] ?? 0)) {
        meant.push(this.#runs[next] ?? -1);
        this.forward = true;
      }
    }
    return meant;
  }

  #locate(nodes: readonly ProgramNode[]): void {
    let [bodies, order] = [0, 0];
    const visit = (inside: readonly ProgramNode[]) => {
      const body = bodies++;
      for (const node of inside) {
        const number = isLoop(node) ? undefined : this.#numbers.get(node.id);
        if (number !== undefined) {
          this.#bodies[number] = body;
          this.#orders[number] = order++;
        }
        if (isLoop(node)) visit(node.body);
      }
    };
    visit(nodes);
  }

  /** The slot of the first run of an id after `at`. */
  #firstAfter(number: number, at: number): number {
    let [low, high] = [this.#offsets[number] ?? 0, this.#offsets[number + 1] ?? 0];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#runs[middle] ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const [NEW, OPEN, DONE] = [0, 1, 2];

/**
 * `track` has the index in TRACKS of each instruction.
 *
 * @throws UserError naming instructions that wait for each other, in the order of waiting, where there are any.
 */
export function requireNoCircle(
  instructions: readonly Instruction[],
  track: Uint8Array,
  { offsets, indices }: Dependencies,
): void {
  const before = previousOnTrack(track);
  const state = new Uint8Array(instructions.length);
  /** How many that it waits for were walked to: its dependencies, then the one before it on its track. */
  const walked = new Int32Array(instructions.length);
  const nextOf = (at: number): number | undefined => {
    const edge = (offsets[at] ?? 0) + (walked[at] ?? 0);
    const end = offsets[at + 1] ?? 0;
    if (edge > end) return undefined;
    walked[at] = (walked[at] ?? 0) + 1;
    return edge < end ? indices[edge] : before[at];
  };
  // Depth first, without recursion: chains are as long as the stream.
  const path: number[] = [];
  for (let root = 0; root < instructions.length; root++) {
    if (state[root] === NEW) path.push(root);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      state[top] = OPEN;
      const next = nextOf(top);
      if (next === undefined) {
        state[top] = DONE;
        path.pop();
      } else if (next >= 0 && state[next] === OPEN) {
        throw circleError(instructions, path.slice(path.indexOf(next)));
      } else if (next >= 0 && state[next] === NEW) path.push(next);
    }
  }
}

/** The instruction before each on its track, or -1. */
function previousOnTrack(track: Uint8Array): Int32Array {
  const last = new Int32Array(TRACKS.length).fill(-1);
  return Int32Array.from(track, (on, at) => {
    const before = last[on] ?? -1;
    last[on] = at;
    return before;
  });
}

/** Names told at most. */
const MAX_NAMES = 8;

function circleError(instructions: readonly Instruction[], circle: readonly number[]): UserError {
  const names = [...circle, circle[0] ?? 0].flatMap((at) => {
    const instruction = instructions[at];
    return instruction === undefined ? [] : [nameOf(instruction)];
  });
  const told =
    names.length > MAX_NAMES
      ? [...names.slice(0, MAX_NAMES - 2), `${names.length - MAX_NAMES + 1} more`, names.at(-1) ?? '']
      : names;
  return new UserError(
    `Instructions wait for each other in a circle, by edges, data and the order of their engines: ${told.join(', which waits for ')}. Take out one of the edges (after).`,
  );
}
