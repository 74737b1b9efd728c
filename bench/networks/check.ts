/**
 * The check of what a contestant computes, against the same network in float64 (truth/). No worst-case bound survives eight layers, so what
 * is allowed is measured: the network is computed once more with every stored value and every running sum rounded to the contestant's format, and
 * 16 times the largest error of that is allowed, for each tensor by itself. The four bits are for other orders of additions and for exponentials
 * and roots, which WGSL lets be wrong by some units in the last place.
 */
import type { Dtype } from '../../src/numerics';
import type { Results } from './contestant';
import { outcomes, type Outcome } from './truth/networks';
import { at, BFLOAT16, FLOAT32, FLOAT64, largestOf, type Arithmetic, type Values } from './truth/tape';
import { drawAdds, WORKLOADS, type Sizes, type WorkloadName } from './workloads';

export interface NetworkCheck {
  readonly passed: boolean;
  /** The largest error of an output or a loss; null where a result is not finite, is missing or has the wrong size. */
  readonly maxError: number | null;
  /** The largest share that any result's error takes of what is allowed; null likewise. */
  readonly worstShareOfBound: number | null;
  /** The result of which that is so. */
  readonly worst: string | null;
}

interface Expected {
  readonly values: Values;
  /** Of the largest error. */
  readonly allowed: number;
}

const FACTOR = 16;
const UNIT = { float32: 2 ** -24, bfloat16: 2 ** -9 } as const;
const ROUNDED = { float32: FLOAT32, bfloat16: BFLOAT16 } as const satisfies Record<string, Arithmetic>;
type Format = keyof typeof ROUNDED;

/** The truth of one workload, computed when it is first asked for. */
export class NetworkTruth {
  readonly #workload: WorkloadName;
  readonly #sizes: Sizes;
  readonly #seed: number;
  readonly #expected = new Map<Format, readonly Readonly<Record<string, Expected>>[]>();
  #exact: readonly Outcome[] | undefined;

  constructor(workload: WorkloadName, sizes: Sizes, seed: number) {
    this.#workload = workload;
    this.#sizes = sizes;
    this.#seed = seed;
  }

  /** How many runs, one by one, are compared: the first steps of training. */
  get compared(): number {
    return this.#workload.endsWith('-step') ? 2 : 1;
  }

  /** @param run counts from 0. Results beyond those of this run are left alone. */
  compare(results: Results, dtype: Dtype, run: number): NetworkCheck {
    const expected = this.#of(dtype === 'float32' ? 'float32' : 'bfloat16')[run] ?? {};
    let [maxError, share, worst] = [0, 0, ''];
    for (const [name, { values, allowed }] of Object.entries(expected)) {
      const error = largestError(results[name], values);
      if (name === 'output' || name === 'loss') maxError = error;
      if (!(error / allowed <= share)) [share, worst] = [error / allowed, name]; // NaN wins
      if (Number.isNaN(share)) break;
    }
    const finite = Number.isFinite(share);
    return {
      passed: share <= 1,
      maxError: finite ? maxError : null,
      worstShareOfBound: finite ? share : null,
      worst: worst === '' ? null : worst,
    };
  }

  #of(format: Format): readonly Readonly<Record<string, Expected>>[] {
    const known = this.#expected.get(format);
    if (known !== undefined) return known;
    const compute = (arithmetic: Arithmetic): readonly Outcome[] =>
      outcomes(this.#workload, this.#sizes, this.#seed, arithmetic);
    this.#exact ??= compute(FLOAT64);
    const { network } = WORKLOADS[this.#workload];
    const rounded = compute(ROUNDED[format]);
    // A ReLU or a maximum that is close to its kink may go the other way: once more, with all of those gone there.
    const kinks = network === 'digits' && format === 'float32' && this.compared > 1;
    const turned = kinks ? compute({ ...FLOAT64, kink: FACTOR * UNIT[format] }) : this.#exact;
    const expected = this.#exact.map((exact, i) =>
      exact.loss === undefined
        ? { output: this.#output(exact, rounded[i] ?? exact, format) }
        : {
            loss: lossOf(exact, rounded[i] ?? exact, this.#slope(exact.loss), format),
            ...(i === 0 ? momentsOf(exact, rounded[i] ?? exact, turned[i] ?? exact, format) : {}),
          },
    );
    this.#expected.set(format, expected);
    return expected;
  }

  /** How much the loss moves with the root mean square of what the outputs move: both by the inequality of Cauchy and Schwarz. */
  #slope(loss: number): number {
    const { network } = WORKLOADS[this.#workload];
    return network === 'transformer' ? 2 * Math.sqrt(loss) : Math.sqrt(2 * this.#sizes.digits.classes);
  }

  #output(exact: Outcome, rounded: Outcome, format: Format): Expected {
    const values = exact.output;
    if (WORKLOADS[this.#workload].network !== 'adds')
      return { values, allowed: allowedOf(values, rounded.output, format) };
    // Each add is wrong by half a unit of its result, at most: a bound that needs no measuring.
    const { x, step, shape } = drawAdds(this.#sizes.adds, this.#seed);
    const largest = x.values.reduce(
      (most, value, i) => Math.max(most, Math.abs(value) + shape.count * Math.abs(step.values[i] ?? 0)),
      0,
    );
    return { values, allowed: shape.count * UNIT[format] * largest };
  }
}

/** Where rounding happened to change nothing, the format's own unit is allowed. */
const allowedOf = (exact: Values, rounded: Values, format: Format): number =>
  FACTOR * Math.max(largestError(rounded, exact), UNIT[format] * largestOf(exact));

/**
 * A loss moves with the outputs by no more than its slope, and its own sum of n terms is wrong by some sqrt(n) units (Higham and Mary, "A new
 * approach to probabilistic rounding error analysis", SIAM J. Sci. Comput. 41(5), 2019).
 */
function lossOf(exact: Outcome, rounded: Outcome, slope: number, format: Format): Expected {
  const { loss = NaN, output } = exact;
  let sum = 0;
  for (let i = 0; i < output.length; i++) sum += (at(rounded.output, i) - at(output, i)) ** 2;
  const moved = slope * Math.sqrt(sum / output.length);
  const summed = Math.sqrt(output.length) * UNIT.float32 * loss;
  const stored = UNIT[format] * loss;
  return { values: Float64Array.of(loss), allowed: FACTOR * (moved + stored) + 4 * summed };
}

function momentsOf(
  exact: Outcome,
  rounded: Outcome,
  turned: Outcome,
  format: Format,
): Readonly<Record<string, Expected>> {
  const entries = Object.entries(exact.moments ?? {}).map(([name, values]) => {
    const allowed =
      allowedOf(values, rounded.moments?.[name] ?? values, format) +
      largestError(turned.moments?.[name], values);
    return [name, { values, allowed }] as const;
  });
  return Object.fromEntries(entries);
}

/** NaN where something is missing or not finite. */
function largestError(values: ArrayLike<number> | undefined, exact: Values): number {
  if (values?.length !== exact.length) return NaN;
  let most = 0;
  for (let i = 0; i < exact.length; i++) most = Math.max(most, Math.abs((values[i] ?? NaN) - at(exact, i)));
  return most;
}
