/**
 * Where elements lie, as a kernel computes it: sums of digits of its variables, each with its range, so that most of what views do
 * to coordinates cancels out. Splitting a variable into the coordinates of a shape and joining them again gives the variable.
 */
import type { Shape } from '../graph';

/** A variable of a kernel: a whole number of 0 to extent - 1. */
export interface Variable {
  readonly name: string;
  readonly extent: number;
  /** How many loops it is inside of. */
  readonly depth: number;
}

/** (variable / divisor) % modulus, of modulus 0 the whole quotient: some of the variable's digits in a mixed radix. */
interface Digit {
  readonly variable: Variable;
  readonly divisor: number;
  readonly modulus: number;
}

interface Term extends Digit {
  readonly factor: number;
}

/** constant + the sum of factor x digit. */
export interface Affine {
  readonly constant: number;
  readonly terms: readonly Term[];
}

export const constant = (value: number): Affine => ({ constant: value, terms: [] });

const extentOf = ({ variable, divisor, modulus }: Digit): number => {
  const quotients = Math.ceil(variable.extent / divisor);
  return modulus === 0 ? quotients : Math.min(modulus, quotients);
};

/** The digit in its only form, as a term; nothing where it is always 0. */
function term(variable: Variable, divisor: number, modulus: number, factor: number): readonly Term[] {
  const top = modulus === 0 || divisor * modulus >= variable.extent;
  const digit = { variable, divisor, modulus: top ? 0 : modulus, factor };
  return extentOf(digit) <= 1 || factor === 0 ? [] : [digit];
}

export const of = (variable: Variable): Affine => ({ constant: 0, terms: term(variable, 1, 0, 1) });

const sameDigit = (a: Digit, b: Digit): boolean =>
  a.variable === b.variable && a.divisor === b.divisor && a.modulus === b.modulus;

/** Digits that stand next to each other are one, and so are equal ones. */
function joined(terms: readonly Term[]): readonly Term[] {
  const kept = [...terms];
  for (let i = 0; i < kept.length; i++) {
    for (let j = 0; j < kept.length; j++) {
      const [low, high] = [kept[i], kept[j]];
      if (i === j || low === undefined || high === undefined || low.variable !== high.variable) continue;
      const merged = sameDigit(low, high)
        ? term(low.variable, low.divisor, low.modulus, low.factor + high.factor)
        : low.modulus > 0 &&
            high.divisor === low.divisor * low.modulus &&
            high.factor === low.factor * low.modulus
          ? term(low.variable, low.divisor, low.modulus * high.modulus, low.factor)
          : undefined;
      if (merged === undefined) continue;
      return joined([...kept.filter((_, at) => at !== i && at !== j), ...merged]);
    }
  }
  return kept;
}

export const add = (a: Affine, b: Affine): Affine => ({
  constant: a.constant + b.constant,
  terms: a.terms.length === 0 ? b.terms : b.terms.length === 0 ? a.terms : joined([...a.terms, ...b.terms]),
});

export const scale = ({ constant: value, terms }: Affine, factor: number): Affine =>
  factor === 0
    ? constant(0)
    : { constant: value * factor, terms: terms.map((each) => ({ ...each, factor: each.factor * factor })) };

export const plus = (a: Affine, value: number): Affine => ({ ...a, constant: a.constant + value });

/** The least and the greatest value. */
export function rangeOf({ constant: value, terms }: Affine): readonly [number, number] {
  let [low, high] = [value, value];
  for (const each of terms) {
    const reach = each.factor * (extentOf(each) - 1);
    low += Math.min(reach, 0);
    high += Math.max(reach, 0);
  }
  return [low, high];
}

export const depthOf = ({ terms }: Affine): number =>
  terms.reduce((depth, { variable }) => Math.max(depth, variable.depth), 0);

export const keyOf = ({ constant: value, terms }: Affine): string =>
  terms
    .map(
      ({ variable, divisor, modulus, factor }) =>
        `${factor}*${variable.name}${divisor === 1 ? '' : `/${divisor}`}${modulus === 0 ? '' : `%${modulus}`}`,
    )
    .toSorted()
    .concat(String(value))
    .join('+');

const word = (value: number): string => `${value >>> 0}u`;

/** Its text in WGSL, modulo 2^32. `nameOf` gives the name of a digit's value. */
export function textOf(
  { constant: value, terms }: Affine,
  nameOf: (text: string, depth: number) => string,
): string {
  const parts = terms.map((each) => {
    const { variable, divisor, modulus, factor } = each;
    const quotient = divisor === 1 ? variable.name : `${variable.name} / ${word(divisor)}`;
    const dividend = divisor === 1 ? quotient : `(${quotient})`;
    const digit = modulus === 0 ? quotient : `${dividend} % ${word(modulus)}`;
    const name = divisor === 1 && modulus === 0 ? variable.name : nameOf(digit, variable.depth);
    return factor === 1 ? name : `${name} * ${word(factor)}`;
  });
  if (value !== 0 || parts.length === 0) parts.push(word(value));
  return parts.join(' + ');
}

/** Makes a variable of a sum that is not negative. */
export type Settle = (sum: Affine, extent: number) => Variable;

/** Quotient and remainder by a positive whole number. */
export function divide(sum: Affine, divisor: number, settle: Settle): readonly [Affine, Affine] {
  if (divisor === 1) return [sum, constant(0)];
  const low: Term[] = [];
  const high: Term[] = [];
  for (const each of sum.terms) {
    const { variable, divisor: below, modulus, factor } = each;
    const cut = divisor / factor;
    if (factor % divisor === 0) high.push({ ...each, factor: factor / divisor });
    else if (
      Number.isInteger(cut) &&
      cut > 0 &&
      cut < extentOf(each) &&
      (modulus === 0 || modulus % cut === 0)
    ) {
      low.push(...term(variable, below, cut, factor));
      high.push(...term(variable, below * cut, modulus === 0 ? 0 : modulus / cut, 1));
    } else low.push(each);
  }
  const whole = Math.floor(sum.constant / divisor);
  const rest: Affine = { constant: sum.constant - whole * divisor, terms: joined(low) };
  const [least, most] = rangeOf(rest);
  if (least >= 0 && most < divisor) return [{ constant: whole, terms: joined(high) }, rest];
  const variable = settle(sum, rangeOf(sum)[1] + 1);
  return [
    { constant: 0, terms: term(variable, divisor, 0, 1) },
    { constant: 0, terms: term(variable, 1, divisor, 1) },
  ];
}

/** The coordinates in a shape of an element of this place, row-major. */
export function coordinatesOf(place: Affine, shape: Shape, settle: Settle): readonly Affine[] {
  const coordinates: Affine[] = [];
  let rest = place;
  for (let axis = shape.length - 1; axis > 0; axis--) {
    const [quotient, remainder] = divide(rest, shape[axis] ?? 1, settle);
    coordinates.unshift(remainder);
    rest = quotient;
  }
  return shape.length === 0 ? [] : [shape[0] === 1 ? constant(0) : rest, ...coordinates];
}

/** The place of an element of these coordinates, row-major. */
export function placeOf(coordinates: readonly Affine[], shape: Shape): Affine {
  let [place, stride] = [constant(0), 1];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place = add(place, scale(coordinates[axis] ?? constant(0), stride));
    stride *= shape[axis] ?? 1;
  }
  return place;
}
