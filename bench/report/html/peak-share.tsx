/** What each dtype pair reaches of the adapter's measured peak: its best case as a bar, and where the others lie. */
import { scaleLinear } from 'd3-scale';
import type { CaseResult } from '../../result';
import { Axis } from './axis';
import { CHARACTER, Chart, EmptyChart, type Canvas } from './chart';
import { percent, shortened } from './format';
import { hueClass, Marker, tenths } from './marks';
import { groupBy, groupName, isMeasured, pairOf, type MeasuredCase } from './view';

const TITLE = 'Share of the measured peak.';
const ROW = 34;
const MARGIN = { top: 4, right: 22, bottom: 24, left: 14 };

interface Shared extends MeasuredCase {
  readonly shareOfPeak: number;
}

export function PeakShareChart({ cases }: { cases: readonly CaseResult[] }) {
  const measured = cases.filter((each): each is Shared => isMeasured(each) && each.shareOfPeak !== null);
  const rows = [...groupBy(measured, pairOf)].flatMap(([pair, members]) => {
    const [best, ...others] = members.sort((a, b) => b.shareOfPeak - a.shareOfPeak);
    return best === undefined ? [] : [{ pair, best, others }];
  });
  rows.sort((a, b) => b.best.shareOfPeak - a.best.shareOfPeak);
  const [first] = rows;
  if (first === undefined) return <EmptyChart title={TITLE}>No case has a number to show.</EmptyChart>;
  return (
    <Chart
      title={TITLE}
      caption="GFLOP/s against the multiply-add micro-benchmark on the same adapter in the same run. The bar is the best shape, a tick each other one."
      description={`The best is ${first.best.name} with ${percent(first.best.shareOfPeak)} of the peak.`}
      breadth="half"
      draw={(canvas) => draw(canvas, rows)}
    />
  );
}

interface Row {
  readonly pair: string;
  readonly best: Shared;
  readonly others: readonly Shared[];
}

function draw(canvas: Canvas, rows: readonly Row[]) {
  const right = canvas.width - MARGIN.right;
  const most = Math.max(1, ...rows.map(({ best }) => best.shareOfPeak));
  const x = scaleLinear([0, most], [MARGIN.left, right]);
  const bottom = MARGIN.top + rows.length * ROW;
  const marks = (
    <>
      <Axis
        scale={x}
        ticks={x.ticks(5)}
        top={MARGIN.top}
        bottom={bottom}
        label={(value) => `${Math.round(100 * value)} %`}
      />
      {rows.map(({ pair, best, others }, index) => {
        const top = MARGIN.top + index * ROW;
        const room = Math.floor((right - MARGIN.left - 18) / CHARACTER) - pair.length - 10;
        return (
          <g key={pair} class={hueClass(best.dtypes.a)}>
            <Marker {...best.dtypes} x={MARGIN.left + 6} y={top + 12} />
            <text class="label" x={MARGIN.left + 18} y={top + 16}>
              <tspan class="strong">{pair}</tspan> {percent(best.shareOfPeak)}{' '}
              <tspan class="muted">
                <title>{best.name}</title>
                {shortened(groupName(best), Math.max(8, room))}
              </tspan>
            </text>
            <line class="track" x1={MARGIN.left} x2={right} y1={top + 26} y2={top + 26} />
            <rect
              class="bar"
              x={MARGIN.left}
              y={top + 22}
              width={tenths(x(best.shareOfPeak) - MARGIN.left)}
              height="8"
            />
            {others.map(({ name, shareOfPeak }) => (
              <line
                key={name}
                class="tick"
                x1={tenths(x(shareOfPeak))}
                x2={tenths(x(shareOfPeak))}
                y1={top + 21}
                y2={top + 31}
              >
                <title>{`${name}: ${percent(shareOfPeak)} of peak`}</title>
              </line>
            ))}
          </g>
        );
      })}
    </>
  );
  return { height: bottom + MARGIN.bottom, marks };
}
