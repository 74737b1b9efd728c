/** Numbers of a cost: what they may be, and how they are written. */
import { UserError } from '../../numerics';

export const NS_PER_HOUR = 3.6e12;

const received = (value: unknown): string =>
  typeof value === 'string' ? `"${value}"` : typeof value === 'number' ? String(value) : typeof value;

/** What is less, or more, is a slip of the hand, and products of several such would leave what a double holds. */
const LEAST = 1e-12;
const MOST = 1e21;
/** Of USD per hour: beyond any price of a core, a chip, an instance or a GPU. */
export const MOST_PRICE = 1e6;
const MOST_COUNT = 1e9;

/** @throws UserError for what is not a finite number above 0, or beyond what is sensible. */
export function requireAbove0(what: string, value: unknown, most = MOST): void {
  if (typeof value !== 'number' || !(value > 0 && value < Infinity)) {
    throw new UserError(`${what} must be a number above 0, received ${received(value)}.`);
  }
  requireRange(what, LEAST, most, value);
}

function requireRange(what: string, least: number, most: number, value: number): void {
  if (value >= least && value <= most) return;
  throw new UserError(`${what} must be a number from ${least} to ${most}, received ${value}.`);
}

/** @throws UserError for what is not a finite number of at least 0, or beyond what is sensible. */
export function requireAmount(what: string, value: unknown): void {
  if (typeof value !== 'number' || !(value >= 0 && value < Infinity)) {
    throw new UserError(`${what} must be a number of at least 0, received ${received(value)}.`);
  }
  requireRange(what, 0, MOST, value);
}

/** @throws UserError for what is no share of 1, which is above 0. */
export function requireShare(what: string, value: unknown): void {
  if (typeof value !== 'number' || !(value > 0 && value <= 1)) {
    throw new UserError(`${what} must be a number above 0 and at most 1, received ${received(value)}.`);
  }
  requireRange(what, LEAST, 1, value);
}

/** @throws UserError for what is not a whole number of at least 1 and at most `most`. */
export function requireCount(what: string, value: unknown, most = MOST_COUNT): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= most) return;
  const bound = most === MOST_COUNT && !(Number(value) > most) ? 'of at least 1' : `of 1..${most}`;
  throw new UserError(`${what} must be a whole number ${bound}, received ${received(value)}.`);
}

/** To four digits, with commas between thousands, as in 1,234 and 0.01235; in powers of ten where that would be long. */
export function numberText(value: number): string {
  if (value !== 0 && (value >= 1e15 || value < 1e-6)) return value.toExponential(3);
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
}

/** `2 cores`, `1 core`. */
export const countText = (count: number, what: string): string =>
  `${numberText(count)} ${what}${count === 1 ? '' : 's'}`;

export const percentText = (share: number): string => `${numberText(share * 100)} %`;

const DURATIONS = [
  ['h', NS_PER_HOUR],
  ['s', 1e9],
  ['ms', 1e6],
  ['µs', 1e3],
  ['ns', 1],
] as const;

export function durationText(ns: number): string {
  const [name, length] = DURATIONS.find(([, least]) => ns >= least) ?? (['ns', 1] as const);
  return `${numberText(ns / length)} ${name}`;
}

/** `$0.0123 for a product`; of what costs little, as many as cost a cent: `$0.0456 for 1,000,000 products`. */
export function moneyText(usd: number, unit: string): string {
  let count = 1;
  while (usd * count < 0.01 && count < 1e12) count *= 1000;
  return `$${numberText(usd * count)} for ${count === 1 ? `a ${unit}` : countText(count, unit)}`;
}
