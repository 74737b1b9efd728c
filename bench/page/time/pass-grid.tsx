/** The tiles of the output at the cursor's time: each is filled from below as its passes are done; the one on the array has a frame. */
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { counted } from '../../report/html/format';
import { useColours } from './colours';
import { progressAt, tallyOf, tileOnArray } from './passes';
import type { ShownTimeline, TileGrid } from './protocol';
import { TilePicture } from './tile-picture';

interface PassGridProps {
  readonly grid: TileGrid;
  readonly timeline: ShownTimeline;
  readonly time: number;
  /** The time in words. */
  readonly moment: string;
  /** Of an instruction. */
  readonly onSelect: (at: number) => void;
}

/** Pixels: of the picture at most, and of a tile. */
const WIDTH = 420;
const HEIGHT = 300;
const SIDE = 56;

export function PassGrid({ grid, timeline, time, moment, onSelect }: PassGridProps) {
  const { colours, probe } = useColours();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [chosen, setChosen] = useState(0);
  const progress = useMemo(() => progressAt(grid, timeline, time), [grid, timeline, time]);
  const { done, begun, toCome } = tallyOf(progress);
  const { rows, columns, name } = grid;
  const shown = Math.min(chosen, rows * columns - 1); // of another grid before
  const cell = Math.min(SIDE, WIDTH / columns, HEIGHT / rows);
  // Long and thin grids: tiles are no squares then.
  const across = Math.min(WIDTH / columns, 3 * cell);
  const down = Math.min(HEIGHT / rows, 3 * cell);
  const picture = useMemo(
    () => colours && new TilePicture({ rows, columns, across, down, sharp: devicePixelRatio }, colours),
    [grid, colours],
  );
  useLayoutEffect(() => {
    const surface = canvas.current;
    const context = surface?.getContext('2d');
    if (!surface || !context || picture === undefined) return;
    if (surface.width !== picture.width) surface.width = picture.width;
    if (surface.height !== picture.height) surface.height = picture.height;
    surface.dataset['drawn'] = String(picture.draw(context, progress, shown));
  }, [progress, picture, shown]);
  const now = tileOnArray(progress);
  const words = `At ${moment}: ${counted(done, 'tile')} done, ${begun} begun, ${toCome} to come`;
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
        style={{ width: `${across * columns}px` }}
        onClick={goToFirst}
        onPointerMove={({ offsetX, offsetY, currentTarget: { clientWidth, clientHeight } }) => {
          const place = (offset: number, length: number, count: number): number =>
            Math.max(0, Math.min(count - 1, Math.floor((offset / length) * count)));
          setChosen(place(offsetY, clientHeight, rows) * columns + place(offsetX, clientWidth, columns));
        }}
      />
      <p class="hint">
        Each tile is filled from below as its passes are done; the framed one is on the array, the thinly
        framed one is told below.
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
              setChosen(Number(value));
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
