/**
 * How each dtype looks in every chart: a colour and a shape, so that neither is needed alone. A pair of two dtypes is A's
 * shape, hollow, with a dot in B's colour.
 */
import { shortName, type Dtype } from '../../../src/numerics';
import type { CaseResult } from '../../result';
import { groupBy, pairOf } from './view';

/** Reach of a marker from its centre, in pixels. */
export const MARKER = 5;

const CIRCLE = 'M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z';
const SQUARE = 'M-4 -4h8v8h-8z';
const DIAMOND = 'M0 -5.5L5.5 0L0 5.5L-5.5 0z';
const UP = 'M0 -5L5 4H-5z';
const DOWN = 'M0 5L5 -4H-5z';
const RIGHT = 'M5 0L-4 5V-5z';
const LEFT = 'M-5 0L4 5V-5z';
const PLUS = 'M-1.8 -5h3.6v3.2h3.2v3.6h-3.2v3.2h-3.6v-3.2h-3.2v-3.6h3.2z';
const BAR = 'M-2.5 -5h5v10h-5z';
const HEXAGON = 'M0 -5L4.5 -2.5V2.5L0 5L-4.5 2.5V-2.5z';

/** `hue` is that of `report.css`. Formats that no matmul takes share a look. */
const LOOKS = {
  bfloat16: { hue: 1, path: SQUARE },
  float8_e4m3: { hue: 2, path: UP },
  float32: { hue: 3, path: CIRCLE },
  float16: { hue: 4, path: DIAMOND },
  float8_e5m2: { hue: 5, path: DOWN },
  tfloat32: { hue: 6, path: HEXAGON },
  float8_e4m3fn: { hue: 7, path: RIGHT },
  float8_e3m4: { hue: 8, path: LEFT },
  float4_e2m1fn: { hue: 1, path: PLUS },
  float8_e8m0fnu: { hue: 2, path: PLUS },
  int8: { hue: 3, path: BAR },
  uint8: { hue: 3, path: BAR },
  int16: { hue: 3, path: BAR },
  uint16: { hue: 3, path: BAR },
  int32: { hue: 3, path: BAR },
  uint32: { hue: 3, path: BAR },
  float8_e5m2_x4: { hue: 5, path: PLUS },
  float8_e4m3fn_x4: { hue: 7, path: PLUS },
  float4_e2m1fn_x4: { hue: 1, path: PLUS },
} as const satisfies Record<Dtype, { readonly hue: number; readonly path: string }>;

/** The class that sets `--hue` to the dtype's colour. */
export function hueClass(dtype: Dtype): string {
  return `hue-${LOOKS[dtype].hue}`;
}

type Pair = Pick<CaseResult['dtypes'], 'a' | 'b'>;

/** Centred at (x, y) of the drawing; `label` shows while the pointer is over it. */
export function Marker({ a, b, x, y, label }: Pair & { x: number; y: number; label?: string }) {
  return (
    <g transform={`translate(${tenths(x)} ${tenths(y)})`} class={`mark ${hueClass(a)}`}>
      {label !== undefined && <title>{label}</title>}
      <path d={LOOKS[a].path} class={a === b ? 'solid' : 'hollow'} />
      {a !== b && <circle r="2" class={hueClass(b)} />}
    </g>
  );
}

/** The dtype pairs of the cases, in their order. */
export function Legend({ cases }: { cases: readonly Pick<CaseResult, 'dtypes'>[] }) {
  return (
    <ul class="legend">
      {[...groupBy(cases, pairOf)].flatMap(([name, [first]]) =>
        first === undefined
          ? []
          : [
              <li key={name} title={spelled(first.dtypes)}>
                <svg class="key" viewBox="-7 -7 14 14" aria-hidden="true">
                  <Marker {...first.dtypes} x={0} y={0} />
                </svg>
                {name}
              </li>,
            ],
      )}
    </ul>
  );
}

/** A's and B's dtype by NKI's names, and the result's. */
export function spelled({ a, b, out }: CaseResult['dtypes']): string {
  return `A ${a}, B ${b}, result ${out} (${shortName(out)})`;
}

/** Coordinates to a tenth of a pixel: finer ones only make the file larger. */
export function tenths(pixels: number): number {
  return Math.round(10 * pixels) / 10;
}
