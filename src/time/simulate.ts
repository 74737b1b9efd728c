/**
 * The event simulation: tracks execute in order, each instruction as soon as what it depends on is there. Compute engines work
 * instruction by instruction; a DMA is triggered in the order of its queue, and then moved by up to 16 DMA engines, each of which
 * takes transfers one after the other, queues in turn. Everything is in order of time, and of equal times in order of becoming
 * ready, so that a Program has one timeline. The constants are src/chip/timing.ts, and what each means is said there.
 */
import type { Timing } from '../chip';
import type { Instruction, Pattern } from '../program';
import { DmaEngines } from './dma-engines';
import { EventQueue } from './heap';
import { KIND, PORTS, type Tasks } from './tasks';
import { trackIndex } from './tracks';
import { CAUSE, DATA, DEPENDENCY_KINDS, EDGE, TRACKS, type Dependencies, type Timeline } from './types';

/** The cause of each kind of dependency. */
const KIND_CAUSE = DEPENDENCY_KINDS.map((kind) => CAUSE[kind]);

const [TENSOR, VECTOR, SCALAR] = [trackIndex('tensor'), trackIndex('vector'), trackIndex('scalar')];
/** The queues of DMA are the last tracks. */
const LOADS = trackIndex('loads');
/** In `#waiting`: it has begun, or will as soon as its time comes. */
const TAKEN = -1;

/** What the timeline holds of it. */
export type Simulated = Pick<
  Timeline,
  'start' | 'free' | 'end' | 'loading' | 'moving' | 'cause' | 'blocker' | 'busy' | 'dmaBusy'
>;

export interface SimulateRequest {
  readonly instructions: readonly Instruction[];
  readonly tasks: Tasks;
  readonly dependencies: Dependencies;
  readonly timing: Timing;
  /** Bytes per ns of HBM that this core can have. */
  readonly hbmRate: number;
  /** Of each DMA instruction: the operands that it moves to dst. */
  readonly moved: (instruction: Instruction) => readonly Pattern[];
}

export function simulate(request: SimulateRequest): Simulated {
  return new Simulation(request).run();
}

/** Who waits for whom: of instruction i, items[offsets[i]] to items[offsets[i + 1] - 1]. */
interface Followers {
  readonly offsets: Int32Array;
  readonly items: Int32Array;
  readonly kinds: Uint8Array;
}

function followersOf({ offsets, indices, kinds }: Dependencies, count: number): Followers {
  const starts = new Int32Array(count + 1);
  for (const index of indices) starts[index + 1] = (starts[index + 1] ?? 0) + 1;
  for (let at = 0; at < count; at++) starts[at + 1] = (starts[at + 1] ?? 0) + (starts[at] ?? 0);
  const next = starts.slice();
  const items = new Int32Array(indices.length);
  const itemKinds = new Uint8Array(indices.length);
  for (let at = 0; at < count; at++) {
    for (let edge = offsets[at] ?? 0; edge < (offsets[at + 1] ?? 0); edge++) {
      const before = indices[edge] ?? 0;
      const slot = next[before] ?? 0;
      next[before] = slot + 1;
      items[slot] = at;
      itemKinds[slot] = kinds[edge] ?? 0;
    }
  }
  return { offsets: starts, items, kinds: itemKinds };
}

class Simulation implements Simulated {
  readonly start: Float64Array;
  readonly free: Float64Array;
  readonly end: Float64Array;
  readonly loading: Float64Array;
  readonly moving: Float64Array;
  readonly cause: Uint8Array;
  readonly blocker: Int32Array;
  readonly busy = new Float64Array(TRACKS.length);
  readonly dmaBusy: Float64Array;
  readonly #request: SimulateRequest;
  readonly #tasks: Tasks;
  readonly #timing: Timing;
  readonly #followers: Followers;
  /** How many instructions each still waits for, that before it on its track among them. */
  readonly #waiting: Int32Array;
  /** When what it depends on is there, apart from its track. */
  readonly #ready: Float64Array;
  /** The instruction after it on its track, or -1. */
  readonly #nextOnTrack: Int32Array;
  /** For each track: when it can take the next instruction, and which was the last. */
  readonly #trackFree = new Float64Array(TRACKS.length);
  readonly #trackLast = new Int32Array(TRACKS.length).fill(-1);
  /** For each port and side (Vector; Scalar or GpSimd): until when it is held, and by which instruction. */
  readonly #held = new Float64Array(2 * PORTS);
  readonly #holder = new Int32Array(2 * PORTS).fill(-1);
  /** Tensor: when the last weights were loaded, and when its multiplication began. */
  #loadedUntil = 0;
  #multiplying = 0;
  /** The function whose tables Scalar has. */
  #table = 0;
  readonly #engines: DmaEngines;
  /** For each queue, loads and stores: when its last transfer began to move and was done, and until when it counts as busy. */
  readonly #queueMoving = new Float64Array(2);
  readonly #queueEnd = new Float64Array(2);
  /** Instruction i becoming ready is 2 i, its bytes reaching the DMA engines 2 i + 1. */
  readonly #events: EventQueue;
  /** Of DMAs: triggered, and kept from the engines by the one before in its queue. */
  readonly #triggered: Uint8Array;

  constructor(request: SimulateRequest) {
    const count = request.instructions.length;
    this.#request = request;
    this.#tasks = request.tasks;
    this.#timing = request.timing;
    this.#engines = new DmaEngines(request.timing, request.hbmRate);
    this.dmaBusy = this.#engines.busy;
    this.start = new Float64Array(count);
    this.free = new Float64Array(count);
    this.end = new Float64Array(count);
    this.loading = new Float64Array(count).fill(NaN);
    this.moving = new Float64Array(count).fill(NaN);
    this.cause = new Uint8Array(count);
    this.blocker = new Int32Array(count).fill(-1);
    this.#followers = followersOf(request.dependencies, count);
    this.#ready = new Float64Array(count);
    this.#nextOnTrack = new Int32Array(count).fill(-1);
    this.#waiting = new Int32Array(count);
    this.#triggered = new Uint8Array(count);
    this.#events = new EventQueue();
  }

  run(): Simulated {
    this.#prepare();
    const events = this.#events;
    while (events.size > 0) {
      const { time } = events;
      const event = events.pop();
      const at = event >> 1;
      if ((event & 1) === 1) this.#move(at, time);
      else this.#begin(at);
    }
    const left = this.#waiting.findIndex((waits) => waits !== TAKEN);
    if (left >= 0) throw new Error(`Invariant violation: instruction ${left} of the stream waits for ever`);
    return this;
  }

  #prepare(): void {
    const { offsets } = this.#request.dependencies;
    const last = new Int32Array(TRACKS.length).fill(-1);
    const count = this.start.length;
    for (let at = 0; at < count; at++) {
      const track = this.#tasks.track[at] ?? 0;
      const before = last[track] ?? -1;
      this.#waiting[at] = (offsets[at + 1] ?? 0) - (offsets[at] ?? 0) + (before < 0 ? 0 : 1);
      if (before >= 0) this.#nextOnTrack[before] = at;
      last[track] = at;
    }
    for (let at = 0; at < count; at++) if (this.#waiting[at] === 0) this.#schedule(at);
  }

  /** One thing less that it waits for; when nothing is left, it begins as soon as that is there and its track is free. */
  #resolve(at: number): void {
    const left = (this.#waiting[at] ?? 0) - 1;
    this.#waiting[at] = left;
    if (left === 0) this.#schedule(at);
  }

  #schedule(at: number): void {
    this.#waiting[at] = TAKEN;
    const free = this.#trackFree[this.#tasks.track[at] ?? 0] ?? 0;
    this.#events.push(Math.max(this.#ready[at] ?? 0, free), 2 * at);
  }

  #begin(at: number): void {
    const kind = this.#tasks.kind[at];
    if (kind === KIND.array) this.#multiply(at);
    else if (kind === KIND.dma) this.#trigger(at);
    else this.#compute(at);
  }

  #compute(at: number): void {
    const track = this.#tasks.track[at] ?? 0;
    const ready = this.#ready[at] ?? 0;
    const table = this.#tasks.table[at] ?? 0;
    const loads = track === SCALAR && table !== 0 && table !== this.#table;
    const free = this.#trackFree[track] ?? 0;
    // Profiles show the tables loading once the operands are there.
    const start = Math.max(ready, free) + (loads ? this.#timing.tableLoad : 0);
    const ports = this.#tasks.ports[at] ?? 0;
    if (ports !== 0) {
      const port = this.#heldPort(ports, track, start);
      if (port >= 0) {
        // Asked again when it is let go: somebody else may have it by then.
        this.#ready[at] = this.#held[port] ?? 0;
        this.#blame(at, CAUSE.port, this.#holder[port] ?? -1);
        this.#events.push(this.#ready[at] ?? 0, 2 * at);
        return;
      }
    }
    if (loads) {
      this.#table = table;
      this.loading[at] = start - this.#timing.tableLoad;
      this.#addBusy(track, this.#timing.tableLoad);
    }
    if (free >= ready) this.#blameTrack(at, track);
    const occupied = this.#tasks.occupied[at] ?? 0;
    this.start[at] = start;
    this.end[at] = start + (this.#tasks.latency[at] ?? 0);
    this.#addBusy(track, occupied);
    if (ports !== 0) this.#hold(ports, track, at, start + occupied);
    this.#started(at, track, start + occupied);
    this.#finished(at);
  }

  /** The next weights load in the background, once the multiplication before has begun with its own. */
  #multiply(at: number): void {
    const ready = this.#ready[at] ?? 0;
    const before = this.#trackFree[TENSOR] ?? 0;
    const loading = Math.max(ready, this.#loadedUntil, this.#multiplying);
    const loaded = loading + (this.#tasks.loading[at] ?? 0);
    const start = Math.max(loaded, before);
    if (before >= loaded || loading > ready) this.#blameTrack(at, TENSOR);
    const free = start + (this.#tasks.occupied[at] ?? 0);
    this.loading[at] = loading;
    this.start[at] = start;
    this.end[at] = start + (this.#tasks.latency[at] ?? 0);
    this.#loadedUntil = loaded;
    this.#multiplying = start;
    this.#addBusy(TENSOR, free - Math.max(loading, before));
    this.#started(at, TENSOR, free);
    this.#finished(at);
  }

  #trigger(at: number): void {
    const track = this.#tasks.track[at] ?? 0;
    const start = Math.max(this.#ready[at] ?? 0, this.#trackFree[track] ?? 0);
    if ((this.#trackFree[track] ?? 0) >= (this.#ready[at] ?? 0)) this.#blameTrack(at, track);
    this.start[at] = start;
    const before = this.#trackLast[track] ?? -1;
    if (before < 0 || !Number.isNaN(this.moving[before] ?? NaN)) this.#reach(at, track);
    else this.#triggered[at] = 1;
    this.#started(at, track, start + (this.#tasks.occupied[at] ?? 0));
  }

  /** A transfer comes to the engines when the one before it in its queue has begun, so that queues take turns. */
  #reach(at: number, track: number): void {
    const time = (this.start[at] ?? 0) + this.#timing.dmaStart;
    this.#events.push(Math.max(time, this.#queueMoving[track - LOADS] ?? 0), 2 * at + 1);
  }

  #move(at: number, time: number): void {
    const track = this.#tasks.track[at] ?? 0;
    const queue = track - LOADS;
    const instruction = this.#request.instructions[at];
    const engines = this.#engines;
    engines.begin(at, time, this.#tasks.share[at] ?? 1);
    if (instruction?.dst !== undefined) {
      for (const source of this.#request.moved(instruction)) engines.move(source, instruction.dst);
    }
    engines.finish();
    if (engines.cause !== undefined) this.#blame(at, CAUSE[engines.cause], engines.blocker);
    const { first } = engines;
    const before = this.#queueEnd[queue] ?? 0;
    // A wait is for a count of its queue's semaphore, which those before it have raised too.
    const end = Math.max(engines.end, before);
    this.moving[at] = first;
    this.end[at] = end;
    this.#addBusy(track, end - Math.max(first, before));
    this.#queueEnd[queue] = end;
    this.#queueMoving[queue] = first;
    const next = this.#nextOnTrack[at] ?? -1;
    if (next >= 0 && this.#triggered[next] === 1) this.#reach(next, track);
    this.#finished(at);
  }

  #addBusy(track: number, time: number): void {
    if (time > 0) this.busy[track] = (this.busy[track] ?? 0) + time;
  }

  #blame(at: number, cause: number, blocker: number): void {
    this.cause[at] = cause;
    this.blocker[at] = blocker;
  }

  #blameTrack(at: number, track: number): void {
    const last = this.#trackLast[track] ?? -1;
    if (last >= 0) this.#blame(at, CAUSE.track, last);
  }

  /** A port that the other side holds after `time`, or -1. */
  #heldPort(ports: number, track: number, time: number): number {
    const other = track === VECTOR ? 1 : 0;
    for (let port = 0; port < PORTS; port++) {
      if ((ports & (1 << port)) !== 0 && (this.#held[2 * port + other] ?? 0) > time) return 2 * port + other;
    }
    return -1;
  }

  #hold(ports: number, track: number, at: number, until: number): void {
    const side = track === VECTOR ? 0 : 1;
    for (let port = 0; port < PORTS; port++) {
      if ((ports & (1 << port)) === 0) continue;
      this.#held[2 * port + side] = until;
      this.#holder[2 * port + side] = at;
    }
  }

  /** Its track is taken until `free`: the next one on it has to wait for nothing else of it. */
  #started(at: number, track: number, free: number): void {
    this.free[at] = free;
    this.#trackFree[track] = free;
    this.#trackLast[track] = at;
    const next = this.#nextOnTrack[at] ?? -1;
    if (next >= 0) this.#resolve(next);
  }

  /** Its end is known: so is when those that depend on it can begin. */
  #finished(at: number): void {
    const { offsets, items, kinds } = this.#followers;
    const track = this.#tasks.track[at] ?? 0;
    const end = this.end[at] ?? 0;
    for (let slot = offsets[at] ?? 0; slot < (offsets[at + 1] ?? 0); slot++) {
      const follower = items[slot] ?? 0;
      const kind = kinds[slot] ?? 0;
      const ready = this.#readyAfter(track, this.#tasks.track[follower] ?? 0, kind, end);
      if (ready > (this.#ready[follower] ?? 0)) {
        this.#ready[follower] = ready;
        this.#blame(follower, KIND_CAUSE[kind] ?? CAUSE.edge, at);
      }
      this.#resolve(follower);
    }
  }

  /** On one engine only data waits, and not of the Tensor engine, which adds to PSUM in order; whatever else by a semaphore. */
  #readyAfter(from: number, to: number, kind: number, end: number): number {
    if (from !== to || from >= LOADS || kind === EDGE) return end + this.#timing.semaphore;
    return kind === DATA && from !== TENSOR ? end : 0;
  }
}
