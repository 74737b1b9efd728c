/**
 * The transfers of a timeline, gone through the DMA engines again. A timeline has of each when its first byte moved and when its last was
 * there; which engine moved what meanwhile would be more than all the rest of it, and follows from these.
 */
import { CHIPS } from '../chip';
import { workOf } from '../isa';
import { bytesOf, elementsOf } from '../program';
import type { Pattern } from '../program';
import { DmaEngines, hbmRateOf } from './dma-engines';
import { trackIndex } from './tracks';
import { movedOf } from './transfers';
import type { Timeline } from './types';

/** Of a transfer, its bytes, and the engines as `finish` left them, until the next one. */
export type Visit = (at: number, bytes: number, engines: DmaEngines) => void;

/** In the order in which they came to the engines. */
export function visitTransfers(timeline: Timeline, visit: Visit): void {
  const { chip, instructions, timing } = timeline;
  const engines = new DmaEngines(timing, hbmRateOf(timeline));
  const move = (at: number, time: number): void => {
    const instruction = instructions[at];
    if (instruction?.dst === undefined) return;
    const { dst } = instruction;
    const work = workOf(instruction, CHIPS[chip]);
    engines.begin(at, time, work.unit === 'dma' ? work.share : 1);
    let bytes = 0;
    for (const source of movedOf(instruction, chip)) {
      engines.move(source, dst);
      bytes += bytesMoved(source, dst);
    }
    engines.finish();
    visit(at, bytes, engines);
  };
  const [loads, stores] = [new Queue(timeline, 'loads'), new Queue(timeline, 'stores')];
  for (;;) {
    const next = loads.isBefore(stores) ? loads : stores;
    if (next.at < 0) return;
    move(next.at, next.reached);
    next.advance();
  }
}

/** Bytes that a DMA moves to dst, of the wider of both formats. */
export function bytesMoved(source: Pattern, dst: Pattern): number {
  return elementsOf(dst) * Math.max(bytesOf(source.dtype), bytesOf(dst.dtype));
}

/** Transfers of a queue in its order. */
class Queue {
  /** The next, and when it reaches the engines; -1 and Infinity behind the last. */
  at = -1;
  reached = 0;
  readonly #timeline: Timeline;
  readonly #track: number;

  constructor(timeline: Timeline, track: 'loads' | 'stores') {
    this.#timeline = timeline;
    this.#track = trackIndex(track);
    this.advance();
  }

  /** A transfer comes to the engines when the one before it in its queue has begun (simulate.ts). */
  advance(): void {
    const { track, start, moving, timing } = this.#timeline;
    const begun = this.at < 0 ? 0 : (moving[this.at] ?? 0);
    const next = track.indexOf(this.#track, this.at + 1);
    this.at = next;
    this.reached = next < 0 ? Infinity : Math.max((start[next] ?? 0) + timing.dmaStart, begun);
  }

  /** Of two that reach the engines together, the one that came first begins first, or else ends first. */
  isBefore({ at, reached }: Queue): boolean {
    if (this.reached !== reached) return this.reached < reached;
    const { moving, end } = this.#timeline;
    const [own, other] = [moving[this.at] ?? 0, moving[at] ?? 0];
    return own === other ? (end[this.at] ?? 0) <= (end[at] ?? 0) : own < other;
  }
}
