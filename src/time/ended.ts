/**
 * What has ended for certain when an instruction starts: of each track the last instruction, and with it all before that. It is what
 * the one before it on its track started after, and what it waits for itself, with all that those started after.
 */
import { TRACKS } from './types';

const WIDTH = TRACKS.length;

export class Ended {
  readonly #track: Uint8Array;
  /** Of each instruction, for each track. */
  readonly #last: Int32Array;
  readonly #before = new Int32Array(WIDTH).fill(-1);
  #own = 0;

  /** `track` has the index in TRACKS of each instruction. */
  constructor(track: Uint8Array) {
    this.#track = track;
    this.#last = new Int32Array(track.length * WIDTH).fill(-1);
  }

  /** The instruction that is asked about from now on: each once, in the order of the stream. */
  start(at: number): void {
    const on = this.#track[at] ?? 0;
    const before = this.#before[on] ?? -1;
    this.#before[on] = at;
    this.#own = at * WIDTH;
    if (before >= 0) this.#last.copyWithin(this.#own, before * WIDTH, (before + 1) * WIDTH);
  }

  /** Whether another has ended by then. */
  has(other: number): boolean {
    return (this.#last[this.#own + (this.#track[other] ?? 0)] ?? -1) >= other;
  }

  /** It waits until another has ended; of later ones nothing is known. */
  wait(other: number): void {
    const theirs = other * WIDTH;
    if (theirs >= this.#own) return;
    const last = this.#last;
    for (let on = 0; on < WIDTH; on++) {
      const ended = last[theirs + on] ?? -1;
      if ((last[this.#own + on] ?? -1) < ended) last[this.#own + on] = ended;
    }
    const itself = this.#own + (this.#track[other] ?? 0);
    if ((last[itself] ?? -1) < other) last[itself] = other;
  }
}
