/**
 * The roofline (Williams, Waterman, Patterson, 2009): GFLOP/s against arithmetic intensity, both logarithmic, under what
 * the adapter reached in micro-benchmarks of this run.
 */
import { scaleLog } from 'd3-scale';
import { bitsOf } from '../../../src/numerics';
import type { Peaks } from '../../../src/execute/webgpu';
import { flops } from '../../cases';
import type { CaseResult } from '../../result';
import { logTicks } from './axis';
import { Chart, EmptyChart, type Canvas } from './chart';
import { counted, extents, percent, significant } from './format';
import { Marker, tenths } from './marks';
import { isMeasured, type MeasuredCase } from './view';

export interface RooflinePoint {
  /** FLOP per byte. */
  readonly intensity: number;
  readonly gflops: number;
  readonly result: MeasuredCase;
}

/** FLOP per byte where A, B and the result cross the memory once each, packed: the highest a shape and its dtypes allow. */
export function arithmeticIntensity({ shape, dtypes }: Pick<CaseResult, 'shape' | 'dtypes'>): number {
  const { m, n, k } = shape;
  const bits = m * k * bitsOf(dtypes.a) + k * n * bitsOf(dtypes.b) + m * n * bitsOf(dtypes.out);
  return flops(shape) / (bits / 8);
}

export function rooflinePoints(cases: readonly CaseResult[]): RooflinePoint[] {
  return cases
    .filter(isMeasured)
    .map((result) => ({ intensity: arithmeticIntensity(result), gflops: result.gflops, result }));
}

/** GFLOP/s that the peaks allow at an intensity in FLOP per byte. */
export function roof(intensity: number, { fmaGflops, readGigabytes }: Peaks): number {
  return Math.min(fmaGflops, intensity * readGigabytes);
}

const TITLE = 'Roofline.';
const MARGIN = { top: 26, right: 14, bottom: 40, left: 44 };

interface RooflineProps {
  readonly cases: readonly CaseResult[];
  /** Null until they are measured: the roofs are left out. */
  readonly peaks: Peaks | null;
}

export function Roofline({ cases, peaks }: RooflineProps) {
  const points = rooflinePoints(cases);
  if (points.length === 0) return <EmptyChart title={TITLE}>No case has a number to show.</EmptyChart>;
  const above = peaks ? points.filter(({ intensity, gflops }) => gflops > roof(intensity, peaks)).length : 0;
  const roofs = peaks
    ? `The roofs are ${significant(peaks.fmaGflops)} GFLOP/s of multiply-adds and ${significant(peaks.readGigabytes)} GB/s of reads.`
    : 'The roofs are not measured yet.';
  return (
    <Chart
      title={TITLE}
      caption={`What limits a case: under the slope it is reading memory, under the flat roof it is arithmetic.${
        above > 0 ? ' Above the slope, caches help.' : ''
      }`}
      description={`${counted(points.length, 'case')}. ${roofs}`}
      legend={points.map(({ result }) => result)}
      breadth="half"
      draw={(canvas) => draw(canvas, points, peaks)}
    />
  );
}

function draw(canvas: Canvas, points: readonly RooflinePoint[], peaks: Peaks | null) {
  const height = canvas.name === 'wide' ? 380 : 320;
  const [right, bottom] = [canvas.width - MARGIN.right, height - MARGIN.bottom];
  // a part of the slope long enough for its label
  const ridge = peaks ? [0.25, 1].map((share) => (share * peaks.fmaGflops) / peaks.readGigabytes) : [];
  const [low, high] = widened([...points.map(({ intensity }) => intensity), ...ridge]);
  const x = scaleLog([low, high], [MARGIN.left, right]);
  const lowest = peaks ? [roof(low, peaks), peaks.fmaGflops] : [];
  const y = scaleLog(widened([...points.map(({ gflops }) => gflops), ...lowest]), [bottom, MARGIN.top]);
  const marks = (
    <>
      <g class="axis">
        {logTicks(x.domain(), (right - MARGIN.left) / 45).map((value) => (
          <g key={value}>
            <line x1={tenths(x(value))} x2={tenths(x(value))} y1={MARGIN.top} y2={bottom} />
            <text x={tenths(x(value))} y={bottom + 16} text-anchor="middle">
              {String(value)}
            </text>
          </g>
        ))}
        {logTicks(y.domain(), (bottom - MARGIN.top) / 30).map((value) => (
          <g key={value}>
            <line x1={MARGIN.left} x2={right} y1={tenths(y(value))} y2={tenths(y(value))} />
            <text x={MARGIN.left - 6} y={tenths(y(value) + 4)} text-anchor="end">
              {String(value)}
            </text>
          </g>
        ))}
        <text x={right} y={height - 6} text-anchor="end">
          FLOP per byte of packed operands and result
        </text>
        <text x={8} y={MARGIN.top - 12}>
          GFLOP/s
        </text>
      </g>
      {peaks && <Roofs peaks={peaks} x={x} y={y} />}
      {points.map(({ intensity, gflops, result }) => (
        <Marker
          key={result.name}
          {...result.dtypes}
          x={x(intensity)}
          y={y(gflops)}
          label={labelOf({ intensity, gflops, result }, peaks)}
        />
      ))}
    </>
  );
  return { height, marks };
}

interface LogScale {
  (value: number): number;
  domain(): number[];
}

function Roofs({ peaks, x, y }: { peaks: Peaks; x: LogScale; y: LogScale }) {
  const { fmaGflops, readGigabytes } = peaks;
  const [low = 1, high = 1] = x.domain();
  const ridge = fmaGflops / readGigabytes;
  const [x0, y0, x1, y1] = [
    tenths(x(low)),
    tenths(y(roof(low, peaks))),
    tenths(x(ridge)),
    tenths(y(fmaGflops)),
  ];
  const angle = (Math.atan2(y1 - y0, x1 - x0) * 180) / Math.PI;
  const along = { x: x0 + (x1 - x0) * 0.5, y: y0 + (y1 - y0) * 0.5 };
  return (
    <g class="roof">
      <polyline points={`${x0},${y0} ${x1},${y1} ${tenths(x(high))},${y1}`} />
      <text x={tenths(x(high)) - 2} y={y1 - 6} text-anchor="end">
        {significant(fmaGflops)} GFLOP/s multiply-add
      </text>
      <text
        text-anchor="middle"
        transform={`translate(${tenths(along.x)} ${tenths(along.y)}) rotate(${tenths(angle)}) translate(0 -6)`}
      >
        {significant(readGigabytes)} GB/s read
      </text>
    </g>
  );
}

function labelOf({ intensity, gflops, result }: RooflinePoint, peaks: Peaks | null): string {
  const share = peaks ? `, ${percent(gflops / roof(intensity, peaks))} of the roof there` : '';
  return `${result.name} (${extents(result.shape)}): ${significant(gflops)} GFLOP/s at ${significant(intensity)} FLOP per byte${share}`;
}

/** The range of the values with room for a marker at either end. */
function widened(values: readonly number[]): [number, number] {
  return [Math.min(...values) / 1.4, Math.max(...values) * 1.5];
}
