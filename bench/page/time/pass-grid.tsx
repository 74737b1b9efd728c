/** The tiles of the output at the cursor's time: each is filled from below as its passes are done; the one on the array has a frame. */
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { counted } from '../../report/html/format';
import { useColours, type Colours } from './colours';
import { progressAt, tallyOf, tileOnArray, type Progress } from './passes';
import type { ShownTimeline, TileGrid } from './protocol';
import { durationText } from './quantities';

interface PassGridProps {
  readonly grid: TileGrid;
  readonly timeline: ShownTimeline;
  readonly time: number;
  /** Of an instruction. */
  readonly onSelect: (at: number) => void;
}

/** Pixels: of the picture at most, and of a tile. */
const WIDTH = 420;
const HEIGHT = 300;
const SIDE = 56;

export function PassGrid({ grid, timeline, time, onSelect }: PassGridProps) {
  const { colours, probe } = useColours();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [shown, setShown] = useState(0);
  const progress = useMemo(() => progressAt(grid, timeline, time), [grid, timeline, time]);
  const { done, begun, toCome } = tallyOf(progress);
  const { rows, columns, name } = grid;
  const cell = Math.min(SIDE, WIDTH / columns, HEIGHT / rows);
  // Long and thin grids: tiles are no squares then.
  const cells = {
    across: Math.min(WIDTH / columns, 3 * cell),
    down: Math.min(HEIGHT / rows, 3 * cell),
  };
  const [width, height] = [Math.ceil(cells.across * columns), Math.ceil(cells.down * rows)];
  useLayoutEffect(() => {
    const surface = canvas.current;
    const context = surface?.getContext('2d');
    if (!surface || !context || colours === undefined) return;
    surface.width = Math.round(width * devicePixelRatio);
    surface.height = Math.round(height * devicePixelRatio);
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    drawTiles(context, progress, columns, cells, colours);
  }, [progress, width, height, colours]);
  const now = tileOnArray(progress);
  const words = `At ${momentText(time)}: ${counted(done, 'tile')} done, ${begun} begun, ${toCome} to come`;
  const describe = (tile: number): string =>
    `row ${Math.floor(tile / columns)}, column ${tile % columns}: ${progress.done[tile] ?? 0} of ${counted(progress.passes[tile] ?? 0, 'pass', 'passes')} done`;
  const goToFirst = (): void => {
    const first = grid.instruction[grid.tile.indexOf(shown)];
    if (first !== undefined) onSelect(first);
  };
  const onArray = now < 0 ? 'no tile is on the array' : `on the array: ${describe(now)}`;
  return (
    <figure class="pass-grid">
      {probe}
      <figcaption>
        <b>{name}</b> in {rows} × {columns} tiles. {words}; {onArray}.
      </figcaption>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`Tiles of ${name}. ${words}; ${onArray}`}
        style={{ width: `${width}px`, height: `${height}px` }}
        onClick={goToFirst}
        onPointerMove={({ offsetX, offsetY }) => {
          const [column, row] = [Math.floor(offsetX / cells.across), Math.floor(offsetY / cells.down)];
          if (column < columns && row < rows) setShown(Math.max(0, row) * columns + Math.max(0, column));
        }}
      />
      <p class="hint">
        Each tile is filled from below as its passes are done; the framed one is on the array.
      </p>
      <div class="pass-grid-tile">
        <label>
          Tile{' '}
          <input
            type="range"
            min={0}
            max={rows * columns - 1}
            value={shown}
            aria-valuetext={describe(shown)}
            onInput={({ currentTarget: { value } }) => {
              setShown(Number(value));
            }}
          />
        </label>
        <span>{describe(shown)}</span>
        <button type="button" onClick={goToFirst}>
          Go to its first pass
        </button>
      </div>
    </figure>
  );
}

export const momentText = (ns: number): string => (ns === 0 ? '0 ns' : durationText(ns));

function drawTiles(
  context: CanvasRenderingContext2D,
  { passes, done, running }: Progress,
  columns: number,
  { across, down }: { readonly across: number; readonly down: number },
  colours: Colours,
): void {
  const gap = Math.min(across, down) > 5 ? 1 : 0;
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  passes.forEach((count, tile) => {
    const [left, top] = [(tile % columns) * across, Math.floor(tile / columns) * down];
    const [wide, high] = [across - gap, down - gap];
    context.fillStyle = count === 0 ? colours.background : colours.tile;
    context.fillRect(left, top, wide, high);
    const share = count === 0 ? 0 : (done[tile] ?? 0) / count;
    context.fillStyle = share === 1 ? colours.tensor : colours.loads;
    context.fillRect(left, top + high * (1 - share), wide, high * share);
  });
  context.strokeStyle = colours.bad;
  context.lineWidth = gap === 0 ? 2 : 3;
  running.forEach((now, tile) => {
    if (now !== 1) return;
    const [left, top] = [(tile % columns) * across, Math.floor(tile / columns) * down];
    context.strokeRect(left + 1, top + 1, Math.max(2, across - gap - 2), Math.max(2, down - gap - 2));
  });
}
