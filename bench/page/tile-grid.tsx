/**
 * The grid of output tiles as a picture that can be walked: arrow keys, Home and End move from tile to tile, a pointer picks
 * one, and a line under it says which tile it is and what is known of it. Every mark has a look of its own besides its colour.
 */
import { useMemo, useState } from 'preact/hooks';
import { areaText, MARKS, type Mark } from '../../src/verify/tiling';
import { counted } from '../report/html/format';
import { tenths } from '../report/html/marks';
import { MEANINGS, type TilingVerdict, type WrongTile } from '../tiling';

/** Of the picture, in pixels. */
const WIDTH = 640;
const MOST_HEIGHT = 360;
/** Of one tile. */
const MOST_SIDE = 72;
/** Tiles along a side beyond which the picture shows the part around the first wrong one. */
const MOST = 64;

interface TileGridProps {
  readonly grid: TilingVerdict['grid'];
  readonly first: WrongTile | null;
}

export function TileGrid({ grid, first }: TileGridProps) {
  const rows = grid.m.length - 1;
  const columns = grid.n.length - 1;
  const [at, setAt] = useState({ row: first?.row ?? 0, column: first?.column ?? 0 });
  const [part, setPart] = useState({ top: firstShown(rows, at.row), left: firstShown(columns, at.column) });
  const shownRows = Math.min(rows, MOST);
  const shownColumns = Math.min(columns, MOST);
  const side = Math.min(WIDTH / shownColumns, MOST_SIDE);
  const cell = { width: side, height: Math.min(side, MOST_HEIGHT / shownRows) };
  const [width, height] = [cell.width * shownColumns, cell.height * shownRows];
  const drawn = useMemo(
    () =>
      Array.from({ length: shownRows * shownColumns }, (_, index) => {
        const [row, column] = [Math.floor(index / shownColumns), index % shownColumns];
        const mark = grid.marks[(part.top + row) * columns + part.left + column] ?? 'unchecked';
        return <Tile key={index} mark={mark} x={column * cell.width} y={row * cell.height} {...cell} />;
      }),
    [grid, part.top, part.left],
  );
  const move = (row: number, column: number): void => {
    const to = { row: clamped(row, rows), column: clamped(column, columns) };
    setAt(to);
    setPart({ top: followed(part.top, to.row, rows), left: followed(part.left, to.column, columns) });
  };
  const counts = MARKS.map((mark) => ({ mark, count: grid.marks.filter((each) => each === mark).length }));
  const title = `The output in ${rows} × ${columns} ${grid.of}`;
  return (
    <div class="tile-grid">
      <div
        id="tile-grid"
        tabIndex={0}
        role="application"
        aria-roledescription="grid of tiles"
        aria-label={`${title}: ${counts
          .filter(({ count }) => count > 0)
          .map(({ mark, count }) => `${counted(count, grid.of.slice(0, -1))} ${mark}`)
          .join(', ')}`}
        aria-describedby="tile-grid-keys"
        onKeyDown={(event) => {
          const step = STEPS.get(event.key);
          if (step === undefined) return;
          event.preventDefault();
          move(...step(at.row, at.column, rows, columns));
        }}
      >
        <svg
          viewBox={`-2 -2 ${tenths(width) + 4} ${tenths(height) + 4}`}
          width={tenths(width) + 4}
          height={tenths(height) + 4}
          aria-hidden="true"
          onClick={({ currentTarget, clientX, clientY }) => {
            const matrix = currentTarget.getScreenCTM();
            if (matrix === null) return;
            const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(matrix.inverse());
            move(part.top + Math.floor(y / cell.height), part.left + Math.floor(x / cell.width));
          }}
        >
          {drawn}
          <rect
            class="cursor"
            x={tenths((at.column - part.left) * cell.width)}
            y={tenths((at.row - part.top) * cell.height)}
            width={tenths(cell.width)}
            height={tenths(cell.height)}
          />
        </svg>
      </div>
      <p id="tile-grid-at" role="status">
        Row {at.row}, column {at.column}:{' '}
        {areaText({ m: spanOf(grid.m, at.row), n: spanOf(grid.n, at.column) })}:{' '}
        <b>{MEANINGS[grid.marks[at.row * columns + at.column] ?? 'unchecked']}</b>
      </p>
      <p id="tile-grid-keys" class="hint">
        {title}
        {(rows > MOST || columns > MOST) &&
          `, of which the picture shows rows ${part.top} to ${part.top + shownRows - 1}, columns ${part.left} to ${part.left + shownColumns - 1}; it follows the tile that is picked`}
        . Arrow keys, Home and End, or a click, pick a tile.
      </p>
      <ul class="legend">
        {counts
          .filter(({ count }) => count > 0)
          .map(({ mark, count }) => (
            <li key={mark}>
              <svg class="key" viewBox="-1 -1 16 16" aria-hidden="true">
                <Tile mark={mark} x={0} y={0} width={14} height={14} />
              </svg>
              {MEANINGS[mark]} ({count})
            </li>
          ))}
      </ul>
    </div>
  );
}

/** Where the part that is shown begins, so that it holds the tile in question. */
function firstShown(count: number, at: number): number {
  return Math.max(0, Math.min(count - MOST, at - MOST / 2));
}

/** The part stays where it is while the tile is in it. */
function followed(first: number, at: number, count: number): number {
  return at >= first && at < first + MOST ? first : firstShown(count, at);
}

function clamped(index: number, count: number): number {
  return Math.max(0, Math.min(count - 1, index));
}

function spanOf(edges: readonly number[], index: number): readonly [number, number] {
  return [edges[index] ?? NaN, edges[index + 1] ?? NaN];
}

type Step = (
  row: number,
  column: number,
  rows: number,
  columns: number,
) => readonly [row: number, column: number];

const STEPS: ReadonlyMap<string, Step> = new Map<string, Step>([
  ['ArrowUp', (row, column) => [row - 1, column]],
  ['ArrowDown', (row, column) => [row + 1, column]],
  ['ArrowLeft', (row, column) => [row, column - 1]],
  ['ArrowRight', (row, column) => [row, column + 1]],
  ['Home', () => [0, 0]],
  ['End', (_row, _column, rows, columns) => [rows - 1, columns - 1]],
]);

interface TileProps {
  readonly mark: Mark;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Lines over a tile, as shares of its sides: from x, y to x, y. */
const LINES = {
  right: [],
  unchecked: [],
  missing: [[0.25, 0.5, 0.75, 0.5]],
  doubled: [
    [0.25, 0.4, 0.75, 0.4],
    [0.25, 0.6, 0.75, 0.6],
  ],
  outside: [
    [0.25, 0.75, 0.75, 0.75],
    [0.75, 0.25, 0.75, 0.75],
  ],
  illegal: [[0.5, 0.25, 0.5, 0.75]],
  torn: [[0.25, 0.75, 0.75, 0.25]],
  wrong: [
    [0.25, 0.25, 0.75, 0.75],
    [0.25, 0.75, 0.75, 0.25],
  ],
} as const satisfies Record<Mark, readonly (readonly [number, number, number, number])[]>;

function Tile({ mark, x, y, width, height }: TileProps) {
  return (
    <g class={`tile ${mark}`}>
      <rect x={tenths(x)} y={tenths(y)} width={tenths(width)} height={tenths(height)} />
      {LINES[mark].map(([x1, y1, x2, y2], index) => (
        <line
          key={index}
          x1={tenths(x + x1 * width)}
          y1={tenths(y + y1 * height)}
          x2={tenths(x + x2 * width)}
          y2={tenths(y + y2 * height)}
        />
      ))}
    </g>
  );
}
