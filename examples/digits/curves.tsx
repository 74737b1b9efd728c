/** Curves of several runs on one pair of axes, as SVG. */
import { scaleLinear } from 'd3-scale';
import type { VNode } from 'preact';
import type { Precision } from './model';

export interface Point {
  readonly x: number;
  readonly y: number;
}
export type Curves = Readonly<Partial<Record<Precision, readonly Point[]>>>;

export interface CurvesProps {
  readonly title: string;
  readonly curves: Curves;
  readonly end: number;
  /** The least and the largest y that is shown. */
  readonly range: readonly [number, number];
  readonly format: (y: number) => string;
}

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [520, 260, 56, 28, 10];

export function CurvesChart({ title, curves, end, range, format }: CurvesProps): VNode {
  const x = scaleLinear([0, Math.max(end, 1)], [LEFT, WIDTH - 10]);
  const y = scaleLinear(range, [HEIGHT - BOTTOM, TOP]).clamp(true);
  const drawn = Object.entries(curves);
  const last = drawn.map(
    ([name, points]) => `${name} ${points.length === 0 ? 'none yet' : format(points.at(-1)?.y ?? NaN)}`,
  );
  return (
    <figure>
      <figcaption>{title}</figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img">
        <title>{title}</title>
        <desc>{`Last values: ${last.join(', ')}.`}</desc>
        {y.ticks(5).map((tick) => (
          <g key={tick}>
            <line class="grid" x1={LEFT} x2={WIDTH - 10} y1={y(tick)} y2={y(tick)} />
            <text x={LEFT - 6} y={y(tick) + 4} text-anchor="end">
              {format(tick)}
            </text>
          </g>
        ))}
        {x.ticks(5).map((tick) => (
          <text key={tick} x={x(tick)} y={HEIGHT - 8} text-anchor="middle">
            {tick}
          </text>
        ))}
        {drawn.map(([name, points]) => (
          <g key={name} class={`curve ${name}`}>
            <polyline
              points={points.map((point) => `${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`).join(' ')}
            />
            {points.length < 20 &&
              points.map((point) => <circle key={point.x} cx={x(point.x)} cy={y(point.y)} r="3" />)}
          </g>
        ))}
      </svg>
    </figure>
  );
}
