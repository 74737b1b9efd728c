/** What of a timeline is in sight, where the cursor is, and what is selected; and what keys and pointers make of it. */
import { hitAt, firstBeyond } from './lane';
import { trackRows, type Scene } from './scene';
import { fitting, panned, showing, zoomed, type Window } from './window';

export interface Sight {
  readonly view: Window;
  /** Index in TRACKS. */
  readonly track: number;
  /** ns. */
  readonly cursor: number;
  /** An instruction, or -1. */
  readonly selected: number;
}

const ZOOM = 1.5;
const PAN = 0.2;
/** Of what is in sight. */
const CURSOR_STEP = 0.02;
/** How far from an instruction it is still meant, as a share of what is in sight. */
const SLACK = 0.01;

export function firstSight(scene: Scene): Sight {
  const first = trackRows(scene)[0];
  return { view: fitting(scene.timeline.total), track: first?.track ?? 0, cursor: 0, selected: -1 };
}

/** Selects an instruction and brings it into sight. */
export function selecting(sight: Sight, { timeline, start }: Scene, at: number): Sight {
  const { until, track, total } = timeline;
  const from = start[at];
  if (from === undefined) return { ...sight, selected: -1 };
  const to = until[at] ?? from;
  const inside = sight.cursor >= from && sight.cursor < to;
  return {
    view: showing(sight.view, from, to, total),
    track: track[at] ?? sight.track,
    cursor: inside ? sight.cursor : from,
    selected: at,
  };
}

/** The instruction of the track that is at the cursor or near it. */
function selectingAtCursor(sight: Sight, scene: Scene): Sight {
  const { view, cursor, track } = sight;
  const lane = scene.lanes[track];
  const at = lane === undefined ? -1 : hitAt(lane, cursor, Infinity);
  const { start, timeline } = scene;
  const away = Math.max((start[at] ?? Infinity) - cursor, cursor - (timeline.until[at] ?? Infinity));
  return away > SLACK * (view.to - view.from) ? { ...sight, selected: -1 } : selecting(sight, scene, at);
}

/** The next or the one before on the same track: of what is selected, or else of the cursor. */
function stepping(sight: Sight, scene: Scene, by: 1 | -1): Sight {
  const lane = scene.lanes[sight.track];
  if (lane === undefined || lane.ids.length === 0) return sight;
  const { start, timeline } = scene;
  const mine = sight.selected >= 0 && timeline.track[sight.selected] === sight.track;
  const time = mine ? (start[sight.selected] ?? 0) : sight.cursor;
  const after = firstBeyond(lane.starts, time);
  let place = by === 1 ? after : after - 1;
  if (mine) {
    // Several may start at the same time.
    place = after - 1;
    while (place > 0 && lane.ids[place] !== sight.selected) place--;
    place += by;
  }
  const at = lane.ids[Math.max(0, Math.min(lane.ids.length - 1, place))];
  return at === undefined ? sight : selecting({ ...sight, cursor: start[at] ?? 0 }, scene, at);
}

function changingTrack(sight: Sight, scene: Scene, by: 1 | -1): Sight {
  const rows = trackRows(scene);
  const at = rows.findIndex(({ track }) => track === sight.track);
  const to = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
  return to === undefined ? sight : { ...sight, track: to.track };
}

function movingCursor(sight: Sight, scene: Scene, by: number): Sight {
  const { total } = scene.timeline;
  const { view } = sight;
  return atTime(sight, scene, Math.max(0, Math.min(total, sight.cursor + by * (view.to - view.from))));
}

/** The cursor at a time, which is brought into sight. */
export function atTime(sight: Sight, { timeline: { total } }: Scene, cursor: number): Sight {
  return { ...sight, cursor, view: showing(sight.view, cursor, cursor, total) };
}

/** About the cursor where it is in sight, or else about the middle. */
export function zooming(sight: Sight, { timeline: { total } }: Scene, factor: number): Sight {
  const { view, cursor } = sight;
  const about = cursor >= view.from && cursor <= view.to ? cursor : (view.from + view.to) / 2;
  return { ...sight, view: zoomed(view, about, factor, total) };
}

export function panning(sight: Sight, { timeline: { total } }: Scene, share: number): Sight {
  return { ...sight, view: panned(sight.view, share, total) };
}

export function fittingAll(sight: Sight, { timeline: { total } }: Scene): Sight {
  return { ...sight, view: fitting(total) };
}

type Press = (sight: Sight, scene: Scene) => Sight;

/** What keys do, by their names; those with Shift begin with it. */
const PRESSES: ReadonlyMap<string, Press> = new Map<string, Press>([
  ['+', (sight, scene) => zooming(sight, scene, ZOOM)],
  ['=', (sight, scene) => zooming(sight, scene, ZOOM)],
  ['-', (sight, scene) => zooming(sight, scene, 1 / ZOOM)],
  ['0', fittingAll],
  ['Home', fittingAll],
  ['ArrowLeft', (sight, scene) => panning(sight, scene, -PAN)],
  ['ArrowRight', (sight, scene) => panning(sight, scene, PAN)],
  ['Shift+ArrowLeft', (sight, scene) => movingCursor(sight, scene, -CURSOR_STEP)],
  ['Shift+ArrowRight', (sight, scene) => movingCursor(sight, scene, CURSOR_STEP)],
  ['ArrowUp', (sight, scene) => changingTrack(sight, scene, -1)],
  ['ArrowDown', (sight, scene) => changingTrack(sight, scene, 1)],
  [',', (sight, scene) => stepping(sight, scene, -1)],
  ['PageUp', (sight, scene) => stepping(sight, scene, -1)],
  ['.', (sight, scene) => stepping(sight, scene, 1)],
  ['PageDown', (sight, scene) => stepping(sight, scene, 1)],
  ['Enter', selectingAtCursor],
  ['Escape', (sight) => ({ ...sight, selected: -1 })],
]);

/** Undefined for keys that mean nothing here, which are the browser's. */
export function pressed(key: string, shift: boolean, sight: Sight, scene: Scene): Sight | undefined {
  const press = PRESSES.get(shift && key.startsWith('Arrow') ? `Shift+${key}` : key);
  return press?.(sight, scene);
}
