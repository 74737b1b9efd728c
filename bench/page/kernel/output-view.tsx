/** An output of a run: a picture of all values, and a table of some of them, from whichever element is asked for. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { counted } from '../../report/html/format';
import { TextField } from '../fields';
import type { WrongElement } from './comparison';
import { extremesOf, gridOf, pictureOf } from './heat-map';
import type { OutputArray } from './judge';
import { shapeText } from './settings';

/** Rows and columns of the table. */
const SHOWN = 8;

interface OutputViewProps {
  readonly output: OutputArray;
  /** The first wrong element, where it is one of this output. */
  readonly wrong: WrongElement | undefined;
}

export function OutputView({ output: { name, dtype, shape, values }, wrong }: OutputViewProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const grid = gridOf(shape);
  const extremes = useMemo(() => extremesOf(values), [values]);
  const [at, setAt] = useState({ row: '0', column: '0' });
  const mark = wrong && placeOf(wrong.index, shape);
  useEffect(() => {
    if (mark) setAt({ row: before(mark.row), column: before(mark.column) });
  }, [wrong]);
  useEffect(() => {
    const picture = pictureOf(values, grid, extremes);
    const surface = canvas.current;
    if (surface === null) return;
    surface.width = picture.width;
    surface.height = picture.height;
    surface
      .getContext('2d')
      ?.putImageData(new ImageData(picture.pixels, picture.width, picture.height), 0, 0);
  }, [values]);
  const { least, most, mean, notFinite } = extremes;
  const summary = `least ${digits(least)}, most ${digits(most)}, mean ${digits(mean)}${notFinite > 0 ? `, ${counted(notFinite, 'element')} not finite` : ''}`;
  const row = clamped(at.row, grid.rows);
  const column = clamped(at.column, grid.columns);
  return (
    <figure class="output">
      <figcaption>
        <b>{name}</b> {dtype} {shapeText(shape)}: {summary}
      </figcaption>
      <div class="output-parts">
        <canvas
          ref={canvas}
          role="img"
          aria-label={`${name} as a picture, ${grid.rows} rows by ${grid.columns} columns: ${summary}`}
          onClick={({ currentTarget, offsetX, offsetY }) => {
            setAt({
              row: String(Math.floor((offsetY / currentTarget.clientHeight) * grid.rows)),
              column: String(Math.floor((offsetX / currentTarget.clientWidth) * grid.columns)),
            });
          }}
        />
        <div>
          <div class="output-from">
            {(['row', 'column'] as const).map((axis) => (
              <TextField
                key={axis}
                id={`output-${name}-${axis}`}
                label={`From ${axis}`}
                problem={undefined}
                value={at[axis]}
                numeric
                onInput={(value) => {
                  setAt({ ...at, [axis]: value });
                }}
              />
            ))}
          </div>
          <div class="wide" tabIndex={0} role="region" aria-label={`Values of ${name}`}>
            <table>
              <thead>
                <tr>
                  <th scope="col">row</th>
                  {range(column, grid.columns).map((each) => (
                    <th key={each} scope="col">
                      {each}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {range(row, grid.rows).map((each) => (
                  <tr key={each}>
                    <th scope="row">{each}</th>
                    {range(column, grid.columns).map((of) => (
                      <td key={of} class={mark?.row === each && mark.column === of ? 'bad' : undefined}>
                        {digits(values[each * grid.columns + of] ?? NaN)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </div>
      </div>
    </figure>
  );
}

/** Where the table begins, so that an element stands among its neighbours. */
const before = (place: number): string => String(Math.max(0, place - 2));

function placeOf(index: readonly number[], shape: readonly number[]): { row: number; column: number } {
  const row = index.slice(0, -1).reduce((sum, each, axis) => sum * (shape[axis] ?? 1) + each, 0);
  return { row, column: index.at(-1) ?? 0 };
}

function clamped(text: string, extent: number): number {
  const value = /^\d+$/.test(text.trim()) ? Number(text) : 0;
  return Math.min(value, extent - 1);
}

function range(from: number, extent: number): readonly number[] {
  return Array.from({ length: Math.min(SHOWN, extent - from) }, (_, index) => from + index);
}

/** Five digits, in few characters. */
export function digits(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const size = Math.abs(value);
  return size === 0 || (size >= 1e-3 && size < 1e6) || !Number.isFinite(value)
    ? String(Number(value.toPrecision(5)))
    : value.toExponential(3);
}
