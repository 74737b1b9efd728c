/**
 * The frame of every chart: a figure with its caption, its legend and two drawings of the same data, wide and narrow, of
 * which the style sheet shows the one that fits. So text keeps its size on a phone, and no script is needed.
 */
import type { ComponentChildren, VNode } from 'preact';
import type { CaseResult } from '../../result';
import { Legend } from './marks';

/** In pixels. Text is set in 12 pixels; `CHARACTER` is the width of one in the monospaced font, rounded up. */
export interface Canvas {
  readonly name: 'wide' | 'narrow';
  readonly width: number;
}
export const CHARACTER = 7.4;

const NARROW: Canvas = { name: 'narrow', width: 350 };
/** For the width of the page, and for half of it. */
const WIDE = {
  full: { name: 'wide', width: 960 },
  half: { name: 'wide', width: 520 },
} as const satisfies Record<string, Canvas>;

export interface Drawing {
  readonly height: number;
  readonly marks: ComponentChildren;
}

export interface ChartProps {
  readonly title: string;
  /** What the reader should know beside the title. */
  readonly caption: ComponentChildren;
  /** The gist, for those who do not see the drawing; the table holds the data. */
  readonly description: string;
  /** Whose dtypes the legend names. */
  readonly legend?: readonly Pick<CaseResult, 'dtypes'>[];
  readonly breadth: keyof typeof WIDE;
  readonly draw: (canvas: Canvas) => Drawing;
}

export function Chart({ title, caption, description, legend = [], breadth, draw }: ChartProps): VNode {
  return (
    <figure class={`chart ${breadth}`}>
      <figcaption>
        <b>{title}</b> {caption}
      </figcaption>
      {legend.length > 0 && <Legend cases={legend} />}
      {[WIDE[breadth], NARROW].map((canvas) => {
        const { height, marks } = draw(canvas);
        return (
          <svg
            key={canvas.name}
            class={`drawing ${canvas.name}`}
            viewBox={`0 0 ${canvas.width} ${height}`}
            role="img"
          >
            <title>{title}</title>
            <desc>{description}</desc>
            {marks}
          </svg>
        );
      })}
    </figure>
  );
}

/** A figure that has nothing to draw yet says so in place of the drawing. */
export function EmptyChart({ title, children }: { title: string; children: ComponentChildren }): VNode {
  return (
    <figure class="chart">
      <figcaption>
        <b>{title}</b>
      </figcaption>
      <p class="empty">{children}</p>
    </figure>
  );
}
