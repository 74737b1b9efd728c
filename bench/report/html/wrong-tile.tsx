/**
 * The first wrong tile as a picture: where it lies in the output's grid of tiles, and where in it the first wrong element
 * is; beside it what was expected and what came.
 */
import type { ComponentChildren } from 'preact';
import type { WrongTile } from '../../check';
import type { CaseResult } from '../../result';
import { Fact } from './fact';
import { counted, extents } from './format';
import { tenths } from './marks';

/** Of each picture, in pixels. */
const WIDTH = 300;
const HEIGHT = 200;
/** Lines of a grid beyond which it would be a grey area. */
const LINES = 64;

export function WrongTileView({ result }: { result: CaseResult }) {
  const { name, check, accuracy } = result;
  if (check.passed) return null;
  const tile = check.firstWrongTile;
  return (
    <figure class="wrong-tile">
      <figcaption>
        <b>{name}: check failed, numbers withheld.</b>{' '}
        {tile === undefined
          ? `${accuracy?.mismatches ?? 0} of ${accuracy?.elementsCompared ?? 0} outputs on the weights differ from the CPU checker's.`
          : `The first wrong tile is at row ${tile.row}, column ${tile.column} of the tiles.`}
      </figcaption>
      {tile && (
        <div class="pictures">
          <Output result={result} tile={tile} />
          <Inside tile={tile} />
          <Numbers result={result} tile={tile} />
        </div>
      )}
    </figure>
  );
}

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Rows by columns of the output, as large as the picture has room for, neither side thinner than can be seen. */
function fitted(rows: number, columns: number): { width: number; height: number } {
  const scale = Math.min(WIDTH / columns, HEIGHT / rows);
  return { width: Math.max(24, columns * scale), height: Math.max(24, rows * scale) };
}

/** The whole output, the wrong tile filled. */
function Output({
  result: { shape, plan },
  tile: { row, column, window },
}: {
  result: CaseResult;
  tile: WrongTile;
}) {
  const { m, n } = shape;
  const { width, height } = fitted(m, n);
  const [x, y] = [(at: number) => (at / n) * width, (at: number) => (at / m) * height];
  const wrong = {
    x: x(window.n0),
    y: y(window.m0),
    width: x(window.n1 - window.n0),
    height: y(window.m1 - window.m0),
  };
  const lines = (extent: number, step: number): number[] =>
    extent / step > LINES
      ? []
      : Array.from({ length: Math.ceil(extent / step) - 1 }, (_, index) => (index + 1) * step);
  return (
    <Picture
      title={`The output, ${m} × ${n}, in tiles of ${plan.tile.m} × ${plan.tile.n}`}
      description={`The wrong tile, at row ${row} and column ${column}, is marked.`}
      frame={{ x: 0, y: 0, width, height }}
    >
      {lines(n, plan.tile.n).map((at) => (
        <line key={`n${at}`} x1={tenths(x(at))} x2={tenths(x(at))} y1="0" y2={height} />
      ))}
      {lines(m, plan.tile.m).map((at) => (
        <line key={`m${at}`} x1="0" x2={width} y1={tenths(y(at))} y2={tenths(y(at))} />
      ))}
      <rect class="wrong" {...visible(wrong, { width, height })} />
    </Picture>
  );
}

/** What of a wrong tile its picture shows. */
interface Part extends Pick<WrongTile, 'window' | 'mismatches'> {
  readonly firstWrong: Pick<WrongTile['firstWrong'], 'm' | 'n'>;
  /** Rectangles in which all wrong elements lie, where they are known. */
  readonly regions?: readonly {
    readonly m: readonly [number, number];
    readonly n: readonly [number, number];
  }[];
}

/** The wrong tile alone: wrong elements shaded, with a cross through the first. */
export function Inside({ tile: { window, firstWrong, mismatches, regions = [] } }: { tile: Part }) {
  const [rows, columns] = [window.m1 - window.m0, window.n1 - window.n0];
  const { width, height } = fitted(rows, columns);
  const [unitX, unitY] = [width / columns, height / rows];
  const x = ((firstWrong.n - window.n0) / columns) * width;
  const y = ((firstWrong.m - window.m0) / rows) * height;
  const element = visible({ x, y, width: width / columns, height: height / rows }, { width, height });
  const [centreX, centreY] = [element.x + element.width / 2, element.y + element.height / 2];
  return (
    <Picture
      title={`The tile: m ${window.m0} to ${window.m1 - 1}, n ${window.n0} to ${window.n1 - 1}`}
      description={`${counted(mismatches, 'wrong element')} in it, the first at m ${firstWrong.m}, n ${firstWrong.n}.`}
      frame={{ x: 0, y: 0, width, height }}
    >
      {regions.map(({ m, n }) => {
        const [left, top] = [(n[0] - window.n0) * unitX, (m[0] - window.m0) * unitY];
        const size = { width: (n[1] - n[0]) * unitX, height: (m[1] - m[0]) * unitY };
        const place = visible({ x: left, y: top, ...size }, { width, height });
        return <rect key={`${m[0]},${n[0]}`} class="wrong-region" {...place} />;
      })}
      <line class="cross" x1={centreX} x2={centreX} y1="0" y2={height} />
      <line class="cross" x1="0" x2={width} y1={centreY} y2={centreY} />
      <rect class="wrong" {...element} />
    </Picture>
  );
}

/** At least four pixels each way, within the frame. */
function visible(part: Rectangle, frame: Pick<Rectangle, 'width' | 'height'>): Rectangle {
  const [width, height] = [Math.max(4, part.width), Math.max(4, part.height)];
  const [x, y] = [Math.min(part.x, frame.width - width), Math.min(part.y, frame.height - height)];
  return { x: tenths(x), y: tenths(y), width: tenths(width), height: tenths(height) };
}

interface PictureProps {
  readonly title: string;
  readonly description: string;
  readonly frame: Rectangle;
  readonly children: ComponentChildren;
}

function Picture({ title, description, frame, children }: PictureProps) {
  return (
    <div class="picture">
      <svg viewBox={`-2 -2 ${WIDTH + 4} ${tenths(frame.height) + 4}`} role="img">
        <title>{title}</title>
        <desc>{description}</desc>
        <rect class="frame" {...frame} />
        {children}
      </svg>
      <p>{title}</p>
    </div>
  );
}

function Numbers({
  result,
  tile: { check, mismatches, firstWrong },
}: {
  result: CaseResult;
  tile: WrongTile;
}) {
  const { m, n, expected, actual } = firstWrong;
  return (
    <dl class="facts">
      <Fact name="product">{extents(result.shape)}</Fact>
      <Fact name="wrong in the tile">{counted(mismatches, 'element')}</Fact>
      <Fact name="first wrong element">{`m ${m}, n ${n}`}</Fact>
      <Fact name="expected">
        {expected.value} <code>{expected.code}</code>
      </Fact>
      <Fact name="got">
        <span class="bad">{actual.value}</span> <code>{actual.code}</code>
      </Fact>
      <Fact name="check">{check}</Fact>
    </dl>
  );
}
