/**
 * A function of the Scalar engine: its definition for finite numbers, what it tends to, and for which inputs the chip has it.
 *
 * Outside its range a function is no longer itself. What the vendor says of one input, "sin(9.0) gives about 27.65" (nki.isa.activation),
 * is the cubic Taylor polynomial of the sine at pi: so each goes on as that polynomial at the nearest end of its range.
 */
import { multiply, polynomial, subtract, withSign } from './float32';

/** Inputs for which a function is valid, ends included. */
export interface ValidRange {
  readonly low: number;
  readonly high: number;
  /** The range is that of |x|, and the function odd: inputs of both signs are valid. */
  readonly odd: boolean;
}

export interface Activation {
  /** What it is, in one line. */
  readonly summary: string;
  /** null: every number. */
  readonly valid: ValidRange | null;
  /** Of a float32 value, a float32 value; NaN of NaN. */
  readonly apply: (x: number) => number;
  /** What it tends to. */
  readonly limits: Limits;
  /** null: it is the same function for every finite number. */
  readonly domain: Domain | null;
}

/** c0 + c1 t + c2 t^2 + c3 t^3 of t = (x - at) unit. */
export interface Cubic {
  readonly at: number;
  readonly unit: number;
  readonly coefficients: readonly [number, number, number, number];
}

/** A valid range, and what there is outside it. NaN of negative numbers, where the function is not odd. */
export interface Domain extends ValidRange {
  /** Of -0 and +0, where they are outside. */
  readonly zeros?: readonly [number, number];
  readonly below?: Cubic;
  readonly above: Cubic;
}

export type Limits = readonly [atMinusInfinity: number, atInfinity: number];

const limit = ([low, high]: Limits, x: number): number => (x > 0 ? high : x < 0 ? low : NaN);

/** A function of every number, defined for finite ones. */
export function everywhere(summary: string, limits: Limits, finite: (x: number) => number): Activation {
  const apply = (x: number) => (Number.isFinite(x) ? finite(x) : limit(limits, x));
  return { summary, valid: null, apply, limits, domain: null };
}

/** A function that the chip has for some numbers only. */
export function within(
  summary: string,
  limits: Limits,
  domain: Domain,
  inside: (x: number) => number,
): Activation {
  const { low, high, odd, zeros, below, above } = domain;
  const apply = (x: number): number => {
    if (!Number.isFinite(x)) return limit(limits, x);
    if (x === 0 && zeros !== undefined) return zeros[Object.is(x, -0) ? 0 : 1];
    if (x < 0 && !odd) return NaN;
    const size = Math.abs(x);
    if (size >= low && size <= high) return inside(x);
    const { at, unit, coefficients } = size < low && below !== undefined ? below : above;
    return withSign(polynomial(coefficients, multiply(subtract(size, at), unit)), x);
  };
  return { summary, valid: { low, high, odd }, apply, limits, domain };
}

/** Whether an input is one that the function is valid for. NaN is: it is no matter of ranges. */
export function isValid({ valid }: Activation, x: number): boolean {
  if (valid === null || Number.isNaN(x)) return true;
  const size = valid.odd ? Math.abs(x) : x;
  return size >= valid.low && size <= valid.high;
}

const POWERS = new Map(Array.from({ length: 277 }, (_, i) => [2 ** (i - 149), `2^${i - 149}`]));

const boundText = (bound: number): string => POWERS.get(bound) ?? String(Number(bound.toPrecision(8)));

/** A valid range in words: [2^-64, 2^64], [-3.1415927, 3.1415927], ±[2^-42, 2^42]. */
export function rangeText({ low, high, odd }: ValidRange): string {
  if (odd && low === 0) return `[-${boundText(high)}, ${boundText(high)}]`;
  return `${odd ? '±' : ''}[${boundText(low)}, ${boundText(high)}]`;
}
