/** Draws what of a timeline is in sight on a canvas. */
import { scaleLinear } from 'd3-scale';
import type { Colours } from './colours';
import type { Pieces } from './lane';
import { peakBetween } from './peaks';
import { timeUnit } from './quantities';
import { AXIS, trackRows, type Row, type Scene, type TrackRow } from './scene';
import type { Sight } from './sight';
import { placeOf, timeAt } from './window';

/** Pixels from which an instruction has an edge, and from which its name may stand in it; and of a character of that name. */
const EDGED = 3;
const NAMED = 34;
const CHARACTER = 6.7;
const FONT = '11px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace';
const NAME_FONT = '600 12px system-ui, "Segoe UI", Roboto, Arial, sans-serif';
const AXIS_FONT = '11px system-ui, "Segoe UI", Roboto, Arial, sans-serif';

export interface Frame {
  readonly context: CanvasRenderingContext2D;
  readonly scene: Scene;
  readonly sight: Sight;
  readonly colours: Colours;
  /** Pixels of the canvas, and of them those at the left that have the names of rows. */
  readonly width: number;
  readonly gutter: number;
  /** The instruction under the pointer, or -1. */
  readonly hovered: number;
  /** What the selected instruction depends on, and what it waited for last, or -1. */
  readonly dependencies: readonly number[];
  readonly blocker: number;
  /** What an instruction is called in at most so many characters; empty where that is not known yet. */
  readonly label: (at: number, most: number) => string;
  readonly pieces: Pieces;
}

/** How many rectangles stand for instructions. */
export function draw(frame: Frame): number {
  const { context, scene, width, gutter, colours } = frame;
  context.clearRect(0, 0, width, scene.height);
  context.textBaseline = 'middle';
  drawNames(frame);
  context.save();
  context.beginPath();
  context.rect(gutter, 0, width - gutter, scene.height);
  context.clip();
  context.translate(gutter, 0);
  drawAxis(frame);
  let rectangles = 0;
  for (const row of scene.rows) {
    if (row.kind === 'series') drawSeries(frame, row);
    else rectangles += drawLane(frame, row);
  }
  outline(frame, frame.hovered, 1, colours.selected);
  if (frame.sight.selected >= 0) outline(frame, frame.blocker, 2, colours.bad);
  outline(frame, frame.sight.selected, 2, colours.selected);
  drawArrows(frame);
  drawCursor(frame);
  context.restore();
  return rectangles;
}

const plotWidth = ({ width, gutter }: Frame): number => width - gutter;
const x = (frame: Frame, time: number): number => placeOf(frame.sight.view, plotWidth(frame), time);
/** Far outside is as good as just outside, and canvases do not draw what is too far. */
const near = (frame: Frame, time: number): number =>
  Math.max(-50, Math.min(plotWidth(frame) + 50, x(frame, time)));

function drawNames({ context, scene, sight, colours, gutter }: Frame): void {
  context.textAlign = 'left';
  for (const row of scene.rows) {
    const middle = row.top + row.height / 2;
    const current = row.kind === 'track' && row.track === sight.track;
    if (current) {
      context.fillStyle = colours.accent;
      context.fillRect(0, row.top, 3, row.height);
    }
    context.font = row.kind === 'weights' ? AXIS_FONT : NAME_FONT;
    context.fillStyle = current ? colours.accent : row.kind === 'track' ? colours.text : colours.muted;
    if (row.kind !== 'series') {
      context.fillText(row.name, 8, middle, gutter - 12);
      continue;
    }
    context.fillText(row.name, 8, middle - 8, gutter - 12);
    context.font = AXIS_FONT;
    context.fillText(`to ${row.peak}`, 8, middle + 8, gutter - 12);
  }
}

function drawAxis(frame: Frame): void {
  const { context, scene, sight, colours } = frame;
  const width = plotWidth(frame);
  const { ns, symbol } = timeUnit(sight.view.to);
  const scale = scaleLinear()
    .domain([sight.view.from / ns, sight.view.to / ns])
    .range([0, width]);
  const count = Math.max(2, Math.floor(width / 110));
  const text = scale.tickFormat(count);
  context.font = AXIS_FONT;
  context.fillStyle = colours.muted;
  context.strokeStyle = colours.grid;
  context.lineWidth = 1;
  for (const tick of scale.ticks(count)) {
    const at = Math.round(scale(tick)) + 0.5;
    context.beginPath();
    context.moveTo(at, AXIS - 4);
    context.lineTo(at, scene.height);
    context.stroke();
    const words = `${text(tick)} ${symbol}`;
    const half = context.measureText(words).width / 2;
    context.textAlign = at < half ? 'left' : at > width - half ? 'right' : 'center';
    context.fillText(words, at, AXIS / 2);
  }
}

function drawLane(frame: Frame, row: Exclude<Row, { kind: 'series' }>): number {
  const { context, sight, colours, pieces } = frame;
  const { view } = sight;
  const { lane, top, height } = row;
  context.fillStyle = colours.surface;
  context.fillRect(0, top, plotWidth(frame), height);
  context.fillStyle = colours[row.paint];
  pieces.cut(lane, view.from, view.to);
  for (let at = 0; at < pieces.count; at++) {
    const left = x(frame, pieces.from[at] ?? 0);
    const wide = x(frame, pieces.to[at] ?? 0) - left;
    const tall = Math.max(1, (pieces.share[at] ?? 0) * height);
    context.fillRect(left, top + height - tall, wide < EDGED ? wide : wide - 1, tall);
  }
  if (row.kind === 'track') inscribe(frame, row);
  return pieces.count;
}

function inscribe(frame: Frame, { lane, top, height, paint }: TrackRow): void {
  const { context, colours, pieces, label } = frame;
  context.font = FONT;
  context.textAlign = 'left';
  context.fillStyle = colours.on(paint);
  for (let at = 0; at < pieces.count; at++) {
    const place = pieces.place[at] ?? -1;
    if (place < 0) continue;
    const left = Math.max(0, x(frame, pieces.from[at] ?? 0));
    const room = x(frame, pieces.to[at] ?? 0) - left - 8;
    if (room < NAMED) continue;
    const words = label(lane.ids[place] ?? -1, Math.floor(room / CHARACTER));
    context.fillText(words, left + 4, top + height / 2 + 0.5);
  }
}

function drawSeries(frame: Frame, row: Extract<Row, { kind: 'series' }>): void {
  const { context, sight, colours } = frame;
  const { peaks, top, height } = row;
  const width = plotWidth(frame);
  const bottom = top + height;
  context.fillStyle = colours.surface;
  context.fillRect(0, top, width, height);
  context.fillStyle = colours[row.paint];
  context.beginPath();
  context.moveTo(0, bottom);
  for (let column = 0; column < width; column++) {
    const [from, to] = [timeAt(sight.view, width, column), timeAt(sight.view, width, column + 1)];
    const tall = (peakBetween(peaks, from, to) / (peaks.most || 1)) * height;
    context.lineTo(column, bottom - tall);
    context.lineTo(column + 1, bottom - tall);
  }
  context.lineTo(width, bottom);
  context.fill();
}

function rowOf({ rows }: Scene, track: number | undefined): TrackRow | undefined {
  return rows.find((row): row is TrackRow => row.kind === 'track' && row.track === track);
}

function outline(frame: Frame, id: number, weight: number, colour: string): void {
  const { context, scene } = frame;
  const { start } = scene;
  const { until, track } = scene.timeline;
  const row = rowOf(scene, track[id]);
  if (row === undefined) return;
  const left = near(frame, start[id] ?? 0);
  const right = Math.max(left + 1, near(frame, until[id] ?? 0));
  context.strokeStyle = colour;
  context.lineWidth = weight;
  context.strokeRect(left - 0.5, row.top - 1, right - left + 1, row.height + 2);
}

function drawArrows(frame: Frame): void {
  const { sight, dependencies, blocker, colours } = frame;
  if (sight.selected < 0) return;
  for (const from of dependencies) if (from !== blocker) drawArrow(frame, from, 1.25, colours.selected, []);
  if (blocker >= 0) drawArrow(frame, blocker, 2.5, colours.bad, [6, 3]);
}

/** From the end of an instruction to the start of the selected one. */
function drawArrow(frame: Frame, from: number, weight: number, colour: string, dash: number[]): void {
  const { context, scene, sight } = frame;
  const { start } = scene;
  const { until, track } = scene.timeline;
  const [source, target] = [rowOf(scene, track[from]), rowOf(scene, track[sight.selected])];
  if (source === undefined || target === undefined) return;
  const middle = ({ top, height }: TrackRow): number => top + height / 2;
  const [x0, y0] = [near(frame, Math.min(until[from] ?? 0, start[sight.selected] ?? 0)), middle(source)];
  const [x1, y1] = [near(frame, start[sight.selected] ?? 0), middle(target)];
  const bend = Math.max(16, Math.min(60, Math.abs(x1 - x0) / 2));
  const lift = source === target ? 0.9 * source.height : 0; // over the instructions between
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = weight;
  context.setLineDash(dash);
  context.beginPath();
  context.moveTo(x0, y0);
  context.bezierCurveTo(x0 + bend, y0 - lift, x1 - bend, y1 - lift, x1 - 5, y1);
  context.stroke();
  context.setLineDash([]);
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x1 - 8, y1 - 4);
  context.lineTo(x1 - 8, y1 + 4);
  context.fill();
}

function drawCursor(frame: Frame): void {
  const { context, scene, sight, colours } = frame;
  const at = Math.round(near(frame, sight.cursor)) + 0.5;
  context.strokeStyle = colours.accent;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(at, AXIS - 6);
  context.lineTo(at, scene.height);
  context.stroke();
  context.fillStyle = colours.accent;
  context.beginPath();
  context.moveTo(at - 5, AXIS - 8);
  context.lineTo(at + 5, AXIS - 8);
  context.lineTo(at, AXIS);
  context.fill();
}

/** The row of a track at a height, or the only thing that is nearest. */
export function trackAt(scene: Scene, y: number): TrackRow | undefined {
  return trackRows(scene).find(({ top, height }) => y >= top - 2 && y < top + height + 3);
}
