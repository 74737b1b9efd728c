/**
 * Draws the tiles of an output, each filled from below as its passes are done. There may be tens of thousands: what is drawn is kept on
 * a canvas of its own, where a frame changes only the tiles that changed, and frames of those on the array come on top of a copy.
 */
import type { Colours } from './colours';
import type { Progress } from './passes';

export interface TileGeometry {
  readonly rows: number;
  readonly columns: number;
  /** Pixels of a tile, of which devices may have several. */
  readonly across: number;
  readonly down: number;
  readonly sharp: number;
}

/** Pixels from which a tile has a gap at its right and below. */
const APART = 5;
/** What stands for a tile without passes, among the shares of the others. */
const NONE = -1;

export class TilePicture {
  readonly width: number;
  readonly height: number;
  readonly #geometry: TileGeometry;
  readonly #colours: Colours;
  readonly #canvas = document.createElement('canvas');
  /** Of each tile, the share that is drawn as done; NaN before the first. */
  readonly #drawn: Float32Array;

  constructor(geometry: TileGeometry, colours: Colours) {
    const { rows, columns, across, down, sharp } = geometry;
    this.#geometry = geometry;
    this.#colours = colours;
    this.#drawn = new Float32Array(rows * columns).fill(NaN);
    this.width = Math.round(across * columns * sharp);
    this.height = Math.round(down * rows * sharp);
    this.#canvas.width = this.width;
    this.#canvas.height = this.height;
  }

  /** How many tiles were drawn for it. `chosen` is the one that is told of. */
  draw(context: CanvasRenderingContext2D, { passes, done, running }: Progress, chosen: number): number {
    const tiles = this.#canvas.getContext('2d');
    if (tiles === null) return 0;
    let count = 0;
    for (let tile = 0; tile < this.#drawn.length; tile++) {
      const all = passes[tile] ?? 0;
      const share = Math.fround(all === 0 ? NONE : (done[tile] ?? 0) / all);
      if (share === this.#drawn[tile]) continue;
      this.#drawn[tile] = share;
      this.#fill(tiles, tile, share);
      count++;
    }
    context.clearRect(0, 0, this.width, this.height);
    context.drawImage(this.#canvas, 0, 0);
    const { bad, selected } = this.#colours;
    for (let tile = running.indexOf(1); tile >= 0; tile = running.indexOf(1, tile + 1))
      this.#frame(context, tile, bad, this.#gap === 0 ? 2 : 3);
    this.#frame(context, chosen, selected, 1);
    return count;
  }

  get #gap(): number {
    const { across, down, sharp } = this.#geometry;
    return Math.min(across, down) > APART ? sharp : 0;
  }

  /** On whole pixels, so that nothing of what was there shines through. */
  #placeOf(tile: number): readonly [left: number, top: number, wide: number, high: number] {
    const { columns, across, down, sharp } = this.#geometry;
    const [column, row] = [tile % columns, Math.floor(tile / columns)];
    const [left, top] = [Math.round(column * across * sharp), Math.round(row * down * sharp)];
    const right = Math.round((column + 1) * across * sharp) - this.#gap;
    const bottom = Math.round((row + 1) * down * sharp) - this.#gap;
    return [left, top, right - left, bottom - top];
  }

  #fill(context: CanvasRenderingContext2D, tile: number, share: number): void {
    const { background, tile: toCome, tensor, loads } = this.#colours;
    const [left, top, wide, high] = this.#placeOf(tile);
    context.fillStyle = share === NONE ? background : share === 1 ? tensor : toCome;
    context.fillRect(left, top, wide, high);
    if (share <= 0 || share === 1) return;
    context.fillStyle = loads;
    context.fillRect(left, top + high * (1 - share), wide, high * share);
  }

  #frame(context: CanvasRenderingContext2D, tile: number, colour: string, weight: number): void {
    const { sharp } = this.#geometry;
    context.strokeStyle = colour;
    context.lineWidth = weight * sharp;
    const [left, top, wide, high] = this.#placeOf(tile);
    const least = 2 * sharp;
    context.strokeRect(
      left + sharp,
      top + sharp,
      Math.max(least, wide - 2 * sharp),
      Math.max(least, high - 2 * sharp),
    );
  }
}
