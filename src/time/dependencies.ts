/**
 * Which instructions of a stream must wait for which: what reads bytes waits for who wrote them, what writes them for who read or
 * wrote them before, and whatever its author's edges say. Tracks are in order, so that of several on one track only the last one
 * counts; on an instruction's own engine nothing but data does.
 */
import { UserError } from '../numerics';
import { nameOf } from '../program';
import type { Instruction } from '../program';
import { BOX, boxesOf } from './boxes';
import { cellsOf } from './cells';
import { trackIndex, trackOf } from './tracks';
import { TRACKS, type Dependencies, type Stream } from './types';

const [DATA, PLACE, EDGE] = [0, 1, 2] as const;

/** DMAs of one queue do not end in their order: they wait for each other as those of two tracks do. */
const LOADS = trackIndex('loads');

/** @throws UserError when edges, data and tracks wait for each other in a circle, naming it. */
export function dependenciesOf({ program, instructions }: Stream): Dependencies {
  const count = instructions.length;
  const boxes = boxesOf(program, instructions);
  const cells = cellsOf(boxes);
  const { data, offsets: boxOffsets } = boxes;
  const track = Uint8Array.from(instructions, (instruction) => trackIndex(trackOf(instruction)));
  const gathered = new Edges(count);
  const edges = new AuthorsEdges(instructions);
  const [needed, displaced] = [new Int32Array(TRACKS.length), new Int32Array(TRACKS.length)];
  for (let at = 0; at < count; at++) {
    needed.fill(-1);
    displaced.fill(-1);
    const on = track[at] ?? 0;
    const [first, end] = [boxOffsets[at] ?? 0, boxOffsets[at + 1] ?? 0];
    for (let box = first; box < end; box += BOX) {
      const memory = cells[data[box + 1] ?? 0];
      if (data[box] === 0) memory?.writersOf(data, box, track, needed);
      else {
        memory?.writersOf(data, box, track, displaced);
        memory?.readersOf(data, box, displaced);
      }
    }
    for (let box = first; box < end; box += BOX) {
      if (data[box] === 0) cells[data[box + 1] ?? 0]?.read(data, box, at, on);
    }
    for (let box = first; box < end; box += BOX) {
      if (data[box] === 1) cells[data[box + 1] ?? 0]?.write(data, box, at);
    }
    for (let other = 0; other < TRACKS.length; other++) {
      const [source, holder] = [needed[other] ?? -1, displaced[other] ?? -1];
      if (other === on && on < LOADS) gathered.add(source, DATA);
      else if (source >= holder) gathered.add(source, DATA);
      else gathered.add(holder, PLACE);
    }
    for (const before of edges.of(at)) gathered.add(before, EDGE);
    gathered.close(at);
  }
  const dependencies = gathered.done();
  if (edges.forward) requireNoCircle(instructions, track, dependencies);
  return dependencies;
}

/** Dependencies as they are found, instruction by instruction. */
class Edges {
  readonly #offsets: Int32Array;
  #indices = new Int32Array(1 << 12);
  #kinds = new Uint8Array(1 << 12);
  #length = 0;

  constructor(count: number) {
    this.#offsets = new Int32Array(count + 1);
  }

  /** -1 is nobody. */
  add(before: number, kind: number): void {
    if (before < 0) return;
    if (this.#length === this.#indices.length) {
      const [indices, kinds] = [new Int32Array(2 * this.#length), new Uint8Array(2 * this.#length)];
      indices.set(this.#indices);
      kinds.set(this.#kinds);
      [this.#indices, this.#kinds] = [indices, kinds];
    }
    this.#indices[this.#length] = before;
    this.#kinds[this.#length++] = kind;
  }

  close(at: number): void {
    this.#offsets[at + 1] = this.#length;
  }

  done(): Dependencies {
    return {
      offsets: this.#offsets,
      indices: this.#indices.slice(0, this.#length),
      kinds: this.#kinds.slice(0, this.#length),
    };
  }
}

/** What authors added: ids, each of which means its last occurrence before, or the first one after where there is none. */
class AuthorsEdges {
  /** Whether any points forward. */
  forward = false;
  readonly #instructions: readonly Instruction[];
  /** Occurrences of the ids that edges name, ascending. */
  readonly #places = new Map<string, number[]>();

  constructor(instructions: readonly Instruction[]) {
    this.#instructions = instructions;
    for (const { after } of instructions) for (const id of after ?? []) this.#places.set(id, []);
    if (this.#places.size === 0) return;
    instructions.forEach(({ id }, at) => this.#places.get(id)?.push(at));
  }

  of(at: number): readonly number[] {
    const { after } = this.#instructions[at] ?? {};
    if (after === undefined) return [];
    return after.flatMap((id) => {
      const places = this.#places.get(id) ?? [];
      const before = lastBelow(places, at);
      if (before !== undefined) return [before];
      const next = places.find((place) => place > at);
      if (next === undefined) return [];
      this.forward = true;
      return [next];
    });
  }
}

function lastBelow(sorted: readonly number[], value: number): number | undefined {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return sorted[low - 1];
}

/** @throws UserError naming the instructions that wait for each other. */
function requireNoCircle(
  instructions: readonly Instruction[],
  track: Uint8Array,
  { offsets, indices }: Dependencies,
): void {
  const onTrack = new Int32Array(TRACKS.length).fill(-1);
  /** The instruction before each on its track, or -1. */
  const before = Int32Array.from(instructions, (_, at) => {
    const on = track[at] ?? 0;
    const last = onTrack[on] ?? -1;
    onTrack[on] = at;
    return last;
  });
  const waitsFor = (at: number): number[] => {
    const list = [...indices.subarray(offsets[at] ?? 0, offsets[at + 1] ?? 0)];
    const last = before[at] ?? -1;
    return last < 0 ? list : [...list, last];
  };
  const state = new Uint8Array(instructions.length);
  const [OPEN, DONE] = [1, 2];
  for (let root = 0; root < instructions.length; root++) {
    if (state[root] !== 0) continue;
    // Depth first, without recursion: chains are as long as the stream.
    const path = [{ at: root, left: waitsFor(root) }];
    state[root] = OPEN;
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.left.pop();
      if (next === undefined) {
        state[top.at] = DONE;
        path.pop();
      } else if (state[next] === OPEN) {
        const circle = path.slice(path.findIndex(({ at }) => at === next)).map(({ at }) => at);
        throw circleError(instructions, circle);
      } else if (state[next] === 0) {
        state[next] = OPEN;
        path.push({ at: next, left: waitsFor(next) });
      }
    }
  }
}

/** Names told at most. */
const MAX_NAMES = 8;

function circleError(instructions: readonly Instruction[], circle: readonly number[]): UserError {
  const names = [...circle, circle[0] ?? 0].map((at) => {
    const instruction = instructions[at];
    return instruction === undefined ? '' : nameOf(instruction);
  });
  const told =
    names.length > MAX_NAMES
      ? [...names.slice(0, MAX_NAMES - 2), `${names.length - MAX_NAMES + 1} more`, names.at(-1) ?? '']
      : names;
  return new UserError(
    `Instructions wait for each other in a circle, by edges, data and the order of their engines: ${told.join(', which waits for ')}. Take out one of the edges (after).`,
  );
}
