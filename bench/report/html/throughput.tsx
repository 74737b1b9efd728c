/** GFLOP/s of every measured case: a row for each shape, on one scale, a marker for each dtype pair. */
import { scaleLinear, scaleLog } from 'd3-scale';
import { flops } from '../../cases';
import type { CaseResult } from '../../result';
import { Axis, logTicks } from './axis';
import { CHARACTER, Chart, EmptyChart, type Canvas } from './chart';
import { counted, percent, shortened, significant } from './format';
import { Marker, MARKER, tenths } from './marks';
import { gflopsQuartiles, groupBy, groupName, isMeasured, pairOf, type MeasuredCase } from './view';

const TITLE = 'Throughput by shape and dtype.';
const LANE = 12;
const ROW_PADDING = 8;
const MARGIN = { top: 22, right: 24, bottom: 24 };
/** From the slowest to the fastest case; beyond it a scale from zero would show the slow ones as one. */
const LINEAR_RANGE = 20;

export function ThroughputChart({ cases }: { cases: readonly CaseResult[] }) {
  const measured = cases.filter(isMeasured);
  const scale = rangeOf(measured);
  const fastest = measured.reduce<MeasuredCase | undefined>(
    (best, each) => (best && best.gflops >= each.gflops ? best : each),
    undefined,
  );
  if (fastest === undefined) return <EmptyChart title={TITLE}>No case has a number to show.</EmptyChart>;
  return (
    <Chart
      title={TITLE}
      caption={`GFLOP/s${scale.logarithmic ? ', logarithmic' : ''}, more is better. The line through a marker spans the middle half of its samples.`}
      description={`${counted(measured.length, 'case')}; the fastest is ${fastest.name} with ${significant(fastest.gflops)} GFLOP/s.`}
      legend={cases}
      breadth="full"
      draw={(canvas) => draw(canvas, cases, scale)}
    />
  );
}

interface Range {
  readonly logarithmic: boolean;
  readonly least: number;
  readonly most: number;
}

function rangeOf(cases: readonly MeasuredCase[]): Range {
  const rates = cases.flatMap((each) => [...gflopsQuartiles(each), each.gflops]);
  const [least, most] = [Math.min(...rates), Math.max(...rates)];
  return { logarithmic: most > LINEAR_RANGE * least, least, most };
}

function draw(canvas: Canvas, cases: readonly CaseResult[], { logarithmic, least, most }: Range) {
  const beside = canvas.name === 'wide'; // else above its row, where the labels have room
  const left = beside ? 212 : 8;
  const right = canvas.width - MARGIN.right;
  const x = logarithmic
    ? scaleLog([least / 1.1, most * 1.1], [left, right])
    : scaleLinear([0, most], [left, right]).nice(5);
  const ticks = logarithmic ? logTicks(x.domain(), (right - left) / 40) : x.ticks(beside ? 8 : 5);
  const room = Math.floor((beside ? left - 16 : right - left) / CHARACTER);
  let y = MARGIN.top;
  const rows = shapesOf(cases).map(([name, members]) => {
    const lanes = lanesOf(members.filter(isMeasured), x);
    const failed = members.filter(({ check }) => !check.passed);
    const label = beside ? 0 : 15;
    const height = label + Math.max(1, lanes.length + Math.sign(failed.length)) * LANE + ROW_PADDING;
    const top = y;
    y += height;
    return { name, lanes, failed, top, height, centre: top + label + ROW_PADDING / 2 + LANE / 2 };
  });
  const marks = (
    <>
      {rows.map(({ top, height }, index) =>
        index % 2 === 0 ? (
          <rect key={top} class="band" x="0" y={top} width={canvas.width} height={height} />
        ) : null,
      )}
      <Axis scale={x} ticks={ticks} top={MARGIN.top} bottom={y} both={rows.length > 8} />
      {rows.map(({ name, lanes, failed, top, centre }) => (
        <g key={name}>
          <text
            class="label"
            {...(beside ? { x: left - 10, y: centre + 4, 'text-anchor': 'end' } : { x: left, y: top + 14 })}
          >
            <title>{name}</title>
            {shortened(name, room)}
          </text>
          {lanes.flatMap((lane, index) =>
            lane.map((each) => <Point key={each.name} result={each} x={x} y={centre + index * LANE} />),
          )}
          {failed.length > 0 && (
            <text class="failed" x={left + 6} y={centre + lanes.length * LANE + 4}>
              {shortened(
                `${failed.map(pairOf).join(', ')}: withheld, check failed`,
                Math.floor((right - left) / 6.5),
              )}
            </text>
          )}
        </g>
      ))}
    </>
  );
  return { height: y + MARGIN.bottom, marks };
}

/** The cases of each shape; shapes of one model together, the smallest first. */
function shapesOf(cases: readonly CaseResult[]): [name: string, members: CaseResult[]][] {
  const models = groupBy(cases, ({ name }) => name.split('/', 1).join());
  return [...models.values()].flatMap((members) => [
    ...groupBy(
      members.toSorted((a, b) => flops(a.shape) - flops(b.shape)),
      groupName,
    ),
  ]);
}

type Position = (gflops: number) => number;

function Point({ result, x, y }: { result: MeasuredCase; x: Position; y: number }) {
  const { name, dtypes, gflops, shareOfPeak } = result;
  const [slow, fast] = gflopsQuartiles(result);
  const share = shareOfPeak === null ? '' : `, ${percent(shareOfPeak)} of peak`;
  const range = `middle half of the samples ${significant(slow)} to ${significant(fast)}`;
  return (
    <>
      <line class="spread" x1={tenths(x(slow))} x2={tenths(x(fast))} y1={y} y2={y} />
      <Marker
        {...dtypes}
        x={x(gflops)}
        y={y}
        label={`${name}: ${significant(gflops)} GFLOP/s${share}; ${range}`}
      />
    </>
  );
}

/** Markers that would touch on one line go to the first line below that has room. */
function lanesOf(cases: readonly MeasuredCase[], x: Position): MeasuredCase[][] {
  const lanes: { end: number; members: MeasuredCase[] }[] = [];
  const placed = cases
    .map((each) => {
      const [slow, fast] = gflopsQuartiles(each);
      const centre = x(each.gflops);
      return { each, from: Math.min(x(slow), centre - MARKER), to: Math.max(x(fast), centre + MARKER) };
    })
    .sort((a, b) => a.from - b.from);
  for (const { each, from, to } of placed) {
    const lane = lanes.find(({ end }) => end + 2 <= from);
    if (lane) {
      lane.members.push(each);
      lane.end = to;
    } else lanes.push({ end: to, members: [each] });
  }
  return lanes.map(({ members }) => members);
}
