/** The values of an output as colours: dark is least, light is most; what is not finite has a colour of its own. */

/** Rows of columns: the last dimension across, all others down. */
export interface Grid {
  readonly rows: number;
  readonly columns: number;
}

export function gridOf(shape: readonly number[]): Grid {
  const columns = shape.at(-1) ?? 1;
  return { columns, rows: shape.slice(0, -1).reduce((product, extent) => product * extent, 1) };
}

export interface Extremes {
  /** Of the finite values; NaN where there are none. */
  readonly least: number;
  readonly most: number;
  readonly mean: number;
  readonly notFinite: number;
}

export function extremesOf(values: ArrayLike<number>): Extremes {
  let [least, most, sum, finite] = [Infinity, -Infinity, 0, 0];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? NaN;
    if (!Number.isFinite(value)) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
    sum += value;
    finite++;
  }
  const notFinite = values.length - finite;
  return finite === 0
    ? { least: NaN, most: NaN, mean: NaN, notFinite }
    : { least, most, mean: sum / finite, notFinite };
}

/** Cividis (Nuñez, Anderton and Renslow, 2018), which eyes that tell few colours apart read as others do, at five places. */
const RAMP = [
  [0, 32, 77],
  [65, 77, 107],
  [124, 123, 120],
  [188, 175, 111],
  [255, 234, 70],
] as const;
const ODD = [214, 40, 40] as const;

/** RGBA of a value. */
export function colourOf(
  value: number,
  { least, most }: Pick<Extremes, 'least' | 'most'>,
): readonly number[] {
  if (!Number.isFinite(value)) return [...ODD, 255];
  const place = most > least ? ((value - least) / (most - least)) * (RAMP.length - 1) : (RAMP.length - 1) / 2;
  const below = Math.min(Math.floor(place), RAMP.length - 2);
  const [from, to] = [RAMP[below] ?? ODD, RAMP[below + 1] ?? ODD];
  const share = place - below;
  return [...from.map((channel, index) => Math.round(channel + share * ((to[index] ?? 0) - channel))), 255];
}

/** Pixels of a side at most. */
const MOST = 512;

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** A pixel for each element, or, of a large output, for one of each block: one that is not finite, if the block has any. */
export function pictureOf(values: ArrayLike<number>, { rows, columns }: Grid, extremes: Extremes): Picture {
  const [width, height] = [Math.min(columns, MOST), Math.min(rows, MOST)];
  const pixels = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.floor((y * rows) / height), Math.floor(((y + 1) * rows) / height)];
    for (let x = 0; x < width; x++) {
      const [left, right] = [Math.floor((x * columns) / width), Math.floor(((x + 1) * columns) / width)];
      pixels.set(
        colourOf(chosen(values, columns, [top, bottom, left, right]), extremes),
        4 * (y * width + x),
      );
    }
  }
  return { width, height, pixels };
}

function chosen(
  values: ArrayLike<number>,
  columns: number,
  [top, bottom, left, right]: readonly [number, number, number, number],
): number {
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const value = values[row * columns + column] ?? NaN;
      if (!Number.isFinite(value)) return value;
    }
  }
  return values[top * columns + left] ?? NaN;
}
