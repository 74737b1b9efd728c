/** What keys make of what is in sight of a timeline; the lanes that it is drawn from; how far its tiles are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TRACKS } from '../../src/time';
import { progressAt, tallyOf, tileOnArray } from '../../bench/page/time/passes';
import type { Series, ShownTimeline } from '../../bench/page/time/protocol';
import { sceneOf, trackRows } from '../../bench/page/time/scene';
import { atTime, firstSight, pressed, type Sight } from '../../bench/page/time/sight';
import { fitting } from '../../bench/page/time/window';

const none: Series = { times: new Float64Array(), values: new Float64Array(), most: 1 };

interface Made {
  readonly track: (typeof TRACKS)[number];
  readonly start: number;
  readonly until: number;
  readonly begun?: number;
}

function timelineOf(made: readonly Made[]): ShownTimeline {
  const start = Float64Array.from(made, (each) => each.start);
  const track = Uint8Array.from(made, (each) => TRACKS.indexOf(each.track));
  return {
    total: Math.max(0, ...made.map(({ until }) => until)),
    track,
    start,
    until: Float64Array.from(made, ({ until }) => until),
    begun: Float64Array.from(made, ({ begun }) => begun ?? NaN),
    cause: new Uint8Array(made.length),
    blocker: new Int32Array(made.length).fill(-1),
    rows: TRACKS.map((_, index) =>
      Int32Array.from([...made.keys()].filter((at) => track[at] === index)).sort(
        (a, b) => (start[a] ?? 0) - (start[b] ?? 0) || a - b,
      ),
    ),
    sbuf: none,
    psum: none,
    dma: none,
  };
}

/** Two loads that stand in their queue at once, three matmuls, one of which loads its weights early, and a copy. */
const scene = sceneOf(
  timelineOf([
    { track: 'loads', start: 0, begun: 40, until: 100 },
    { track: 'loads', start: 0, begun: 20, until: 60 },
    { track: 'tensor', start: 100, until: 200, begun: 100 },
    { track: 'tensor', start: 200, until: 300, begun: 120 },
    { track: 'tensor', start: 300, until: 400, begun: 300 },
    { track: 'vector', start: 400, until: 500 },
  ]),
);

const walk = (keys: readonly string[], from: Sight = firstSight(scene)): Sight =>
  keys.reduce((sight, key) => pressed(key, false, sight, scene) ?? sight, from);

describe('a scene', () => {
  it('has rows for the tracks that have instructions, and one for weights that are loaded early', () => {
    expect(scene.rows.map(({ name }) => name)).toEqual(['Tensor', 'weights', 'Vector', 'Loads']);
    expect([...(scene.rows[1]?.kind === 'weights' ? scene.rows[1].lane.ids : [])]).toEqual([3]);
  });

  it('shows loads from when their bytes move, in that order', () => {
    const loads = trackRows(scene).at(-1)?.lane;
    expect([...(loads?.ids ?? [])]).toEqual([1, 0]);
    expect([...(loads?.starts ?? [])]).toEqual([20, 40]);
  });
});

describe('keys', () => {
  it('walk through the instructions of a track, and stop at its ends', () => {
    expect(walk(['.']).selected).toBe(2);
    expect(walk(['.', '.']).selected).toBe(3);
    expect(walk(['.', 'PageDown', ',']).selected).toBe(2);
    expect(walk(['.', '.', '.', '.', '.', '.']).selected).toBe(4);
    expect(walk(['.', ',', ',']).selected).toBe(2);
    expect(walk(['.', '.']).cursor).toBe(200);
  });

  it('change the track, and select what the cursor is at', () => {
    expect(TRACKS[walk(['ArrowDown', 'ArrowDown']).track]).toBe('loads');
    expect(TRACKS[walk(['ArrowDown', 'ArrowUp', 'ArrowUp']).track]).toBe('tensor');
    expect(walk(['Enter'], atTime(firstSight(scene), scene, 350)).selected).toBe(4);
    expect(walk(['ArrowDown', 'Enter'], atTime(firstSight(scene), scene, 350)).selected).toBe(-1);
    expect(walk(['.', 'Escape']).selected).toBe(-1);
  });

  it('zoom about the cursor, pan, and show all again', () => {
    const at = atTime(firstSight(scene), scene, 200);
    const closer = walk(['+', '+'], at);
    expect(closer.view.to - closer.view.from).toBeCloseTo(505 / 1.5 ** 2, 9);
    expect(closer.view.from).toBeLessThan(200);
    expect(walk(['ArrowRight'], closer).view.from).toBeGreaterThan(closer.view.from);
    expect(walk(['+', 'ArrowRight', 'Home'], at).view).toEqual(fitting(500));
  });

  it('that mean nothing here are the browser’s', () => {
    for (const key of ['Tab', 'a', 'F5', ' '])
      expect(pressed(key, false, firstSight(scene), scene)).toBeUndefined();
  });

  it('bring what they select into sight, whatever was pressed before', () => {
    const keys = fc.constantFrom(
      '+',
      '-',
      'ArrowLeft',
      'ArrowRight',
      'ArrowUp',
      'ArrowDown',
      ',',
      '.',
      'Enter',
    );
    fc.assert(
      fc.property(fc.array(keys, { maxLength: 30 }), fc.constantFrom('.', ','), (before, last) => {
        const { selected, view, track } = walk([...before, last]);
        expect(scene.timeline.track[selected]).toBe(track);
        const [start, until] = [scene.start[selected] ?? NaN, scene.timeline.until[selected] ?? NaN];
        expect(start).toBeLessThan(view.to);
        expect(until).toBeGreaterThan(view.from);
      }),
    );
  });
});

describe('tiles', () => {
  const grid = {
    name: 'out',
    rows: 1,
    columns: 3,
    instruction: Int32Array.of(2, 3, 4),
    tile: Int32Array.of(0, 0, 1),
  };

  it.each([
    [0, { done: 0, begun: 0, toCome: 2 }, -1],
    [150, { done: 0, begun: 1, toCome: 1 }, 0],
    [300, { done: 1, begun: 1, toCome: 0 }, 1],
    [400, { done: 2, begun: 0, toCome: 0 }, -1],
  ])('at %d ns are done, begun or to come', (time, tally, running) => {
    const progress = progressAt(grid, scene.timeline, time);
    expect(tallyOf(progress)).toEqual(tally);
    expect(tileOnArray(progress)).toBe(running);
    expect([...progress.passes]).toEqual([2, 1, 0]);
  });
});
