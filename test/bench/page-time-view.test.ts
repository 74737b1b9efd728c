/** The timeline's arithmetic: zooming and panning, what of a lane is drawn and hit, the peaks of a step function. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { busyUntil, hitAt, laneOf, ownerAt, Pieces, type Lane } from '../../bench/page/time/lane';
import { peakBetween, peaksOf } from '../../bench/page/time/peaks';
import { momentText } from '../../bench/page/time/quantities';
import { clamped, fitting, panned, placeOf, showing, timeAt, zoomed } from '../../bench/page/time/window';

describe('a time in words', () => {
  it.each([
    [0, 1, '0 ns'],
    [820.4, 1, '820 ns'],
    [12_345_678.9, 1, '12.345679 ms'],
    [12_345_678.9, 20_000, '12.35 ms'],
    [12_345_678.9, 0.001, '12.345678900 ms'],
    [39_450, 100, '39.5 µs'],
    [39_450, 1e6, '39 µs'],
    [2.5e9, 1e3, '2.500000 s'],
  ])('of %d ns in steps of %d is %s', (time, step, words) => {
    expect(momentText(time, step)).toBe(words);
  });

  it('tells one from the next', () => {
    const step = fc.double({ min: 1e-3, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e10, noNaN: true }), step, (time, each) => {
        expect(momentText(time + 1.001 * each, each)).not.toBe(momentText(time, each));
      }),
    );
  });
});

const window = fc
  .record({
    total: fc.integer({ min: 1, max: 1_000_000 }),
    left: fc.double({ min: 0, max: 1, noNaN: true }),
    right: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ total, left, right }) => ({
    total,
    view: clamped({ from: Math.min(left, right) * total, to: Math.max(left, right) * total }, total),
  }));
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('a window', () => {
  it('keeps the time under the pointer where it is when it zooms in', () => {
    fc.assert(
      fc.property(
        window,
        share,
        fc.double({ min: 1, max: 50, noNaN: true }),
        ({ total, view }, at, factor) => {
          const time = timeAt(view, 1, at);
          const closer = zoomed(view, time, factor, total);
          // A pixel of 100,000: what doubles lose at most.
          expect(Math.abs(placeOf(closer, 100_000, time) - at * 100_000)).toBeLessThan(1);
          expect(closer.to - closer.from).toBeLessThanOrEqual((view.to - view.from) * (1 + 1e-9));
        },
      ),
    );
  });

  it('stays inside the timeline, whatever is asked', () => {
    fc.assert(
      fc.property(
        window,
        fc.double({ min: -5, max: 5, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        ({ total, view }, by, factor, start) => {
          const all = fitting(total);
          const asked = [
            panned(view, by, total),
            zoomed(view, timeAt(view, 1, 0.3), factor, total),
            showing(view, start, start + 10, total),
          ];
          for (const { from, to } of asked) {
            expect(from).toBeGreaterThanOrEqual(0);
            expect(to).toBeLessThanOrEqual(all.to * (1 + 1e-9));
            expect(to - from).toBeGreaterThanOrEqual(1 - 1e-6);
          }
        },
      ),
    );
  });

  it('that pans there and back is the same, where no end is near', () => {
    expect(panned(panned({ from: 400, to: 500 }, 0.5, 1000), -0.5, 1000)).toEqual({ from: 400, to: 500 });
  });

  it('moves to what is asked for, and not where it is in sight', () => {
    const view = { from: 100, to: 200 };
    expect(showing(view, 120, 130, 1000)).toBe(view);
    expect(showing(view, 500, 510, 1000)).toEqual({ from: 455, to: 555 });
    expect(showing(view, 500, 900, 1000)).toEqual({ from: 490, to: 590 });
  });
});

/** Whole ns, so that sums are exact: gaps, overlaps, equal starts and instructions of no time. */
const lane = fc
  .array(fc.record({ after: fc.integer({ min: 0, max: 20 }), takes: fc.integer({ min: 0, max: 30 }) }), {
    maxLength: 60,
  })
  .map((steps) => {
    let time = 0;
    const starts = Float64Array.from(steps, ({ after }) => (time += after));
    const ends = starts.map((start, at) => start + (steps[at]?.takes ?? 0));
    return laneOf(
      Int32Array.from(steps, (_, at) => at),
      starts,
      ends,
    );
  });

const underWay = ({ starts, ends }: Lane, time: number): number[] =>
  [...starts.keys()].filter((at) => (starts[at] ?? 0) <= time && (ends[at] ?? 0) > time);

const busyBetween = (of: Lane, from: number, to: number): number => {
  let sum = 0;
  for (let time = from; time < to; time++) sum += underWay(of, time).length > 0 ? 1 : 0;
  return sum;
};

describe('a lane', () => {
  it('knows who has the place at any time', () => {
    fc.assert(
      fc.property(lane, fc.integer({ min: -5, max: 1200 }), (of, time) => {
        const all = underWay(of, time);
        const owner = ownerAt(of, time);
        expect(owner >= 0).toBe(all.length > 0);
        if (owner >= 0) expect(all).toContain(owner);
        if (all.length === 1) expect(owner).toBe(all[0]);
        expect(busyUntil(of, time)).toBe(busyBetween(of, 0, time));
      }),
    );
  });

  it('is hit where a search of all finds something near enough', () => {
    fc.assert(
      fc.property(
        lane,
        fc.integer({ min: -20, max: 1200 }),
        fc.integer({ min: 0, max: 30 }),
        (of, time, slack) => {
          const distance = (at: number): number =>
            underWay(of, time).includes(at)
              ? 0
              : Math.min(Math.abs((of.starts[at] ?? 0) - time), Math.abs((of.ends[at] ?? 0) - time));
          const hit = hitAt(of, time, slack);
          const nearest = Math.min(Infinity, ...[...of.starts.keys()].map(distance));
          if (hit < 0) expect(nearest).toBeGreaterThan(slack);
          else expect(distance(hit)).toBe(nearest);
        },
      ),
    );
  });

  it('is drawn as pieces that hold exactly its busy time, at most one for each column', () => {
    fc.assert(
      fc.property(
        lane,
        fc.integer({ min: 0, max: 900 }),
        fc.integer({ min: 1, max: 900 }),
        fc.integer({ min: 1, max: 64 }),
        (of, first, length, columns) => {
          const pieces = new Pieces(columns);
          pieces.cut(of, first, first + length);
          expect(pieces.count).toBeLessThanOrEqual(columns);
          let [busy, before] = [0, first];
          for (let at = 0; at < pieces.count; at++) {
            const [from, to, part] = [pieces.from[at] ?? 0, pieces.to[at] ?? 0, pieces.share[at] ?? 0];
            expect(from).toBeGreaterThanOrEqual(before);
            expect(to).toBeGreaterThan(from);
            expect(part).toBeGreaterThan(0);
            expect(part).toBeLessThanOrEqual(1 + 1e-9);
            busy += part * (to - from);
            // What is drawn is what is hit.
            const place = pieces.place[at] ?? -1;
            if (place >= 0) expect(ownerAt(of, (from + to) / 2)).toBe(place);
            before = to;
          }
          expect(before).toBeLessThanOrEqual(first + length);
          // Edges of columns are no whole numbers: what doubles lose of 64 sums of at most 900.
          expect(Math.abs(busy - busyBetween(of, first, first + length))).toBeLessThan(1e-9);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('has a column for its end, where rounding puts an edge just behind the end of a piece', () => {
    const of = laneOf(Int32Array.of(0, 1), Float64Array.of(21, 37), Float64Array.of(33, 53));
    const pieces = new Pieces(3);
    pieces.cut(of, 12, 73);
    expect(pieces.to[pieces.count - 1]).toBeGreaterThanOrEqual(53);
  });

  it('shows an instruction of a pixel or more as itself', () => {
    const of = laneOf(Int32Array.of(7, 9), floats(7, 10, 9, 50), floats(7, 40, 9, 52));
    const pieces = new Pieces(100);
    pieces.cut(of, 0, 100);
    expect([...pieces.place.subarray(0, pieces.count)].map((place) => of.ids[place])).toEqual([7, 9]);
    expect([...pieces.from.subarray(0, pieces.count)]).toEqual([10, 50]);
  });

  it('of a million instructions has no more pieces than columns', () => {
    const count = 1_000_000;
    const starts = Float64Array.from({ length: count }, (_, at) => 2 * at);
    const of = laneOf(
      Int32Array.from(starts.keys()),
      starts,
      starts.map((start) => start + 1),
    );
    const pieces = new Pieces(800);
    pieces.cut(of, 0, 2 * count);
    expect(pieces.count).toBe(800);
    expect(pieces.share[400]).toBeCloseTo(0.5, 3);
  });
});

/** Values at places, 0 elsewhere. */
function floats(...pairs: readonly number[]): Float64Array {
  const values = new Float64Array(16);
  for (let at = 0; at < pairs.length; at += 2) values[pairs[at] ?? 0] = pairs[at + 1] ?? 0;
  return values;
}

it('the peak of a step function between two times is what a search of all finds', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 99 })), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 0, max: 200 }),
      fc.integer({ min: 0, max: 100 }),
      (each, from, length) => {
        let time = 0;
        const times = Float64Array.from(each, ([after]) => (time += after));
        const values = Float64Array.from(each, ([, value]) => value);
        const ends = [...times.slice(1), Infinity];
        const inside = [...values].filter(
          (_, at) => (times[at] ?? 0) <= from + length && (ends[at] ?? 0) > from,
        );
        expect(peakBetween(peaksOf({ times, values, most: 99 }), from, from + length)).toBe(
          Math.max(0, ...inside),
        );
      },
    ),
  );
});
