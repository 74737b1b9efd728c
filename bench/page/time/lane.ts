/**
 * What one row of the timeline holds, so that it is drawn in time that depends on its pixels and not on its instructions: each
 * column of pixels has at most one piece, which is an instruction of at least a pixel or the busy share of many that are smaller.
 * Instructions may overlap, as DMAs do: then the later one has the place, and after its end the one that lasts longest.
 */

export interface Lane {
  /** Instructions in order of their start. */
  readonly ids: Int32Array;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** Of each and all before it: the latest end, whose it is (a place in this lane), and the ns in which any was under way. */
  readonly reach: Float64Array;
  readonly holder: Int32Array;
  readonly busy: Float64Array;
}

/** `ids` are in order of `start`; both arrays have an element for each instruction of the Program. */
export function laneOf(ids: Int32Array, start: Float64Array, until: Float64Array): Lane {
  const { length } = ids;
  const starts = new Float64Array(length);
  const ends = new Float64Array(length);
  const reach = new Float64Array(length);
  const holder = new Int32Array(length);
  const busy = new Float64Array(length);
  let [latest, longest, sum] = [-Infinity, 0, 0];
  for (let place = 0; place < length; place++) {
    const id = ids[place] ?? 0;
    const from = start[id] ?? 0;
    const to = Math.max(from, until[id] ?? from);
    if (to > latest) {
      sum += to - Math.max(from, latest);
      latest = to;
      longest = place;
    }
    starts[place] = from;
    ends[place] = to;
    reach[place] = latest;
    holder[place] = longest;
    busy[place] = sum;
  }
  return { ids, starts, ends, reach, holder, busy };
}

/** The first place whose value is beyond the time; the values ascend. */
export function firstBeyond(values: Float64Array, time: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) > time) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** ns before the time in which any instruction was under way. */
export function busyUntil({ starts, reach, busy }: Lane, time: number): number {
  const last = firstBeyond(starts, time) - 1;
  return last < 0 ? 0 : (busy[last] ?? 0) - Math.max(0, (reach[last] ?? 0) - time);
}

/** Who has the place at a time: its place in the lane, or -1. */
export function ownerAt({ starts, ends, reach, holder }: Lane, time: number): number {
  const last = firstBeyond(starts, time) - 1;
  if (last < 0) return -1;
  if ((ends[last] ?? 0) > time) return last;
  return (reach[last] ?? 0) > time ? (holder[last] ?? -1) : -1;
}

/** The instruction at a time, or else the nearest that begins or ends at most `slack` ns from it; -1 where there is none. */
export function hitAt(lane: Lane, time: number, slack: number): number {
  const { ids, starts, reach, holder } = lane;
  const owner = ownerAt(lane, time);
  if (owner >= 0) return ids[owner] ?? -1;
  const next = firstBeyond(starts, time);
  const after = (starts[next] ?? Infinity) - time;
  const before = next === 0 ? Infinity : time - (reach[next - 1] ?? 0);
  if (Math.min(after, before) > slack) return -1;
  return ids[after < before ? next : (holder[next - 1] ?? 0)] ?? -1;
}

/** Of a pixel: what is nearer to the edge of a column is at it. */
const ROUNDING = 1e-3;

/** What of a lane is drawn. Used again for each lane and each frame, so that drawing leaves nothing behind. */
export class Pieces {
  readonly from: Float64Array;
  readonly to: Float64Array;
  /** How much of it is busy: 1 of an instruction. */
  readonly share: Float64Array;
  /** Places in the lane, or -1 for many instructions. */
  readonly place: Int32Array;
  count = 0;
  /** Of pixels, which are as many pieces as there can be. */
  readonly columns: number;

  constructor(columns: number) {
    this.columns = columns;
    this.from = new Float64Array(columns);
    this.to = new Float64Array(columns);
    this.share = new Float64Array(columns);
    this.place = new Int32Array(columns);
  }

  /** Cuts what is under way between two times into pieces, from left to right, that do not overlap. */
  cut(lane: Lane, first: number, end: number): void {
    const { starts, ends, busy } = lane;
    const pixel = (end - first) / this.columns;
    this.count = 0;
    let time = first;
    while (time < end && this.count < this.columns) {
      const place = ownerAt(lane, time);
      if (place < 0) {
        // To the next that takes any time.
        time = starts[firstBeyond(busy, busyUntil(lane, time))] ?? end;
        continue;
      }
      const following = starts[firstBeyond(starts, time)] ?? end;
      const to = Math.min(ends[place] ?? end, following, end);
      if (to - time >= pixel || to === end) {
        this.add(time, to, 1, place);
        time = to;
      } else {
        // Rounding may put the edge of the column just behind where the piece begins: a piece of nothing would cost a column.
        const until = Math.min(end, first + (Math.floor((time - first) / pixel + ROUNDING) + 1) * pixel);
        this.add(time, until, (busyUntil(lane, until) - busyUntil(lane, time)) / (until - time), -1);
        time = until;
      }
    }
  }

  private add(from: number, to: number, share: number, place: number): void {
    const at = this.count++;
    this.from[at] = from;
    this.to[at] = to;
    this.share[at] = share;
    this.place[at] = place;
  }
}
