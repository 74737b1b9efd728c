/**
 * Who wrote and read each place last. What is written over is forgotten: whoever meets it meets its writer, who waited for it. Of
 * readers the last one on each track is kept, since tracks are in order.
 */
import type { Overlaps } from './overlaps';
import { TRACKS } from './types';

const WIDTH = TRACKS.length;

export class History {
  readonly #overlaps: Overlaps;
  readonly #writers: Int32Array;
  readonly #readers: Int32Array;
  /** The last one of both. */
  readonly #latest: Int32Array;
  readonly #track: Uint8Array;

  /** `track` has the index in TRACKS of each instruction. */
  constructor(overlaps: Overlaps, track: Uint8Array) {
    const places = overlaps.place.length;
    this.#overlaps = overlaps;
    this.#writers = new Int32Array(places).fill(-1);
    this.#readers = new Int32Array(places * WIDTH).fill(-1);
    this.#latest = new Int32Array(places).fill(-1);
    this.#track = track;
  }

  /** For each track, the last instruction on it that wrote any of a box, if that was later than `last` has. */
  writersOf(box: number, last: Int32Array): void {
    this.#before(box, last, false);
  }

  /** The same of those that wrote or read it. */
  usersOf(box: number, last: Int32Array): void {
    this.#before(box, last, true);
  }

  read(box: number, by: number): void {
    const place = this.#overlaps.place[box] ?? 0;
    this.#readers[place * WIDTH + (this.#track[by] ?? 0)] = by;
    this.#latest[place] = by;
  }

  write(box: number, by: number): void {
    const { offsets, boxes, place: places } = this.#overlaps;
    const place = places[box] ?? 0;
    const end = offsets[3 * place + 2] ?? 0;
    for (let at = offsets[3 * place + 1] ?? 0; at < end; at++) {
      const other = boxes[at] ?? 0;
      if ((this.#latest[other] ?? 0) >= 0) this.#forget(other);
    }
    this.#forget(place);
    this.#writers[place] = by;
    this.#latest[place] = by;
  }

  #forget(place: number): void {
    this.#writers[place] = -1;
    this.#latest[place] = -1;
    this.#readers.fill(-1, place * WIDTH, (place + 1) * WIDTH);
  }

  #before(box: number, last: Int32Array, readersToo: boolean): void {
    const { offsets, boxes, place: places } = this.#overlaps;
    const [writers, readers, latest] = [this.#writers, this.#readers, this.#latest];
    const place = places[box] ?? 0;
    const begin = offsets[3 * place] ?? 0;
    const [havingIt, end] = [offsets[3 * place + 1] ?? 0, offsets[3 * place + 3] ?? 0];
    // For whatever came before the last one who wrote all of it, that one waited.
    let since = 0;
    for (let at = begin; at < havingIt; at++) since = Math.max(since, writers[boxes[at] ?? 0] ?? 0);
    for (let at = begin; at < end; at++) {
      const other = boxes[at] ?? 0;
      if ((latest[other] ?? 0) < since) continue;
      const writer = writers[other] ?? 0;
      if (writer >= since) {
        const on = this.#track[writer] ?? 0;
        if ((last[on] ?? 0) < writer) last[on] = writer;
      }
      if (!readersToo) continue;
      for (let on = 0; on < WIDTH; on++) {
        const reader = readers[other * WIDTH + on] ?? 0;
        if (reader >= since && (last[on] ?? 0) < reader) last[on] = reader;
      }
    }
  }
}
