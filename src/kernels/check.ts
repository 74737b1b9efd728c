/** An output of a run against the float64 reference: every element within its bound, or where the first one is not. */
import { exactElements, UserError, type CodeArray, type Dtype } from '../numerics';
import type { Expected } from './entry';

export interface WrongElement {
  /** Row-major. */
  readonly index: number;
  readonly received: number;
  readonly expected: number;
  readonly bound: number;
}

export interface OutputCheck {
  readonly elements: number;
  /** Elements further from the reference than their bound. */
  readonly wrong: number;
  /** Elements received that are NaN or an infinity, right or wrong. */
  readonly notFinite: number;
  readonly first: WrongElement | undefined;
  /** The largest error, and the largest part of its bound that an error took: over 1 where something is wrong. */
  readonly largestError: number;
  readonly largestShare: number;
}

/** @throws UserError where the output has not as many elements as the reference. */
export function checkOutput(dtype: Dtype, codes: CodeArray, { values, bounds }: Expected): OutputCheck {
  if (codes.length !== values.length) {
    throw new UserError(`The output has ${codes.length} elements, its reference ${values.length}.`);
  }
  const received = exactElements(dtype, codes);
  let [wrong, notFinite, largestError, largestShare] = [0, 0, 0, 0];
  let first: WrongElement | undefined;
  for (let index = 0; index < values.length; index++) {
    const [got, value, bound] = [received[index] ?? NaN, values[index] ?? NaN, bounds[index] ?? NaN];
    const error = errorOf(got, value);
    if (!Number.isFinite(got)) notFinite++;
    // Written so that a bound of NaN is met by equality alone.
    if (error !== 0 && !(error <= bound)) {
      wrong++;
      first ??= { index, received: got, expected: value, bound };
    }
    largestError = Math.max(largestError, error);
    largestShare = Math.max(largestShare, error === 0 ? 0 : error / bound);
  }
  return { elements: values.length, wrong, notFinite, first, largestError, largestShare };
}

/** NaN equals NaN, and an infinity itself. */
function errorOf(received: number, expected: number): number {
  if (received === expected || (Number.isNaN(received) && Number.isNaN(expected))) return 0;
  const error = Math.abs(received - expected);
  return Number.isNaN(error) ? Infinity : error;
}
