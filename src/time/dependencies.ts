/**
 * Which instructions of a stream must wait for which: what reads bytes waits for who wrote them, what writes them for who read or
 * wrote them before, what needs a register for who set it, and whatever its author's edges say. Tracks are in order, so that of
 * several on one track only the last one counts; on an instruction's own engine nothing but data and edges do; and nobody waits for
 * a place, or for an edge, that has come about anyway. Accumulator registers and random states are of one engine, whose order keeps them.
 */
import { boxesOf, Numbers } from './boxes';
import { AuthorsEdges, requireNoCircle } from './edges';
import { Ended } from './ended';
import { History } from './history';
import { overlapsOf } from './overlaps';
import { trackIndex, trackOf } from './tracks';
import { DATA, EDGE, PLACE, TRACKS, type Dependencies, type Stream } from './types';

/** DMAs of one queue begin in order, and move at once: they wait for each other as those of two tracks do. */
const LOADS = trackIndex('loads');

/** @throws UserError when edges, data and tracks wait for each other in a circle, naming it. */
export function dependenciesOf(stream: Stream): Dependencies {
  const { program, instructions } = stream;
  const count = instructions.length;
  const { table, count: boxes, offsets, accesses } = boxesOf(program, instructions);
  const track = new Uint8Array(count);
  for (const [at, instruction] of instructions.entries()) track[at] = trackIndex(trackOf(instruction));
  const history = new History(overlapsOf(table, boxes), track);
  const authors = new AuthorsEdges(stream);
  const ended = new Ended(track);
  const found = new Found(count);
  /** Of each track the last instruction whose data it needs, and the last one that had its place before. */
  const needed = new Int32Array(TRACKS.length);
  const placed = new Int32Array(TRACKS.length);
  for (let at = 0; at < count; at++) {
    needed.fill(-1);
    placed.fill(-1);
    const [begin, end] = [offsets[at] ?? 0, offsets[at + 1] ?? 0];
    for (let slot = begin; slot < end; slot++) {
      const access = accesses[slot] ?? 0;
      if (access < 0) keepLater(needed, track, ~access);
      else if ((access & 1) === 0) history.writersOf(access >> 1, needed);
      else history.usersOf(access >> 1, placed);
    }
    for (let slot = begin; slot < end; slot++) {
      const access = accesses[slot] ?? 0;
      if (access >= 0 && (access & 1) === 0) history.read(access >> 1, at);
    }
    for (let slot = begin; slot < end; slot++) {
      const access = accesses[slot] ?? 0;
      if (access >= 0 && (access & 1) === 1) history.write(access >> 1, at);
    }
    ended.start(at);
    const on = track[at] ?? 0;
    const engine = on < LOADS ? on : -1;
    for (let other = 0; other < TRACKS.length; other++) {
      const source = needed[other] ?? -1;
      if (source < 0) continue;
      found.add(source, DATA);
      if (other !== engine) ended.wait(source);
    }
    if (engine >= 0) placed[engine] = -1;
    // The latest first: what it waited for needs no waiting any more.
    for (let holder = latest(placed); holder >= 0; holder = latest(placed)) {
      placed[track[holder] ?? 0] = -1;
      if (ended.has(holder)) continue;
      found.add(holder, PLACE);
      ended.wait(holder);
    }
    for (const other of authors.of(at)) {
      if (other < at && ended.has(other)) continue;
      found.add(other, EDGE);
      ended.wait(other);
    }
    found.close(at);
  }
  const dependencies = found.done();
  if (authors.forward) requireNoCircle(instructions, track, dependencies);
  return dependencies;
}

function latest(last: Int32Array): number {
  let most = -1;
  for (const at of last) if (at > most) most = at;
  return most;
}

function keepLater(last: Int32Array, track: Uint8Array, at: number): void {
  const on = track[at] ?? 0;
  if ((last[on] ?? -1) < at) last[on] = at;
}

/** Dependencies as they are found, instruction by instruction. */
class Found {
  readonly #offsets: Int32Array;
  readonly #indices = new Numbers();
  readonly #kinds = new Numbers();

  constructor(count: number) {
    this.#offsets = new Int32Array(count + 1);
  }

  add(before: number, kind: number): void {
    this.#indices.push(before);
    this.#kinds.push(kind);
  }

  close(at: number): void {
    this.#offsets[at + 1] = this.#indices.length;
  }

  done(): Dependencies {
    const { length } = this.#indices;
    return {
      offsets: this.#offsets,
      indices: this.#indices.values.slice(0, length),
      kinds: Uint8Array.from(this.#kinds.values.subarray(0, length)),
    };
  }
}
