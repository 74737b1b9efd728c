/** Texts of the command line as values. Each function throws a UserError that quotes the text. */
import { parseDtype, UserError, type Dtype } from '../numerics';
import type { Extent } from '../lower';

export function positiveInteger(name: string): (text: string) => number {
  return integerFrom(1, name);
}

export function integerFrom(least: number, name: string, most = Infinity): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least) {
      throw new UserError(`${name} must be an integer of at least ${least}, got "${text}".`);
    }
    if (!Number.isSafeInteger(value)) {
      throw new UserError(`${name} must be below 2^53, got "${text}".`);
    }
    if (value > most) throw new UserError(`${name} must be at most ${most}, got "${text}".`);
    return value;
  };
}

export function seconds(option: string): (text: string) => number {
  return (text) => secondsOf(option, text);
}

function secondsOf(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0) || !Number.isFinite(value)) {
    throw new UserError(`${option} takes seconds, a number above 0, got "${text}".`);
  }
  return value;
}

/** `bf16`, or `bf16,fp8e5m2` or `bf16xfp8e5m2` for A and B. */
export function dtypePair(text: string): { a: Dtype; b: Dtype } {
  const [a, b = a, ...more] = text.split(/[,x]/);
  if (a === undefined || b === undefined || more.length > 0) {
    throw new UserError(`--dtype takes one dtype, or A's and B's joined by a comma or an x, got "${text}".`);
  }
  return { a: parseDtype(a), b: parseDtype(b) };
}

/** `m,n,k`; an extent left empty is chosen, as in `128,,64`. */
export function extent(option: string): (text: string) => Partial<Extent> {
  return (text) => {
    const parts = text.split(',');
    if (parts.length !== 3) throw new UserError(`${option} takes m,n,k, as in 128,512,128, got "${text}".`);
    const parse = positiveInteger(`Each extent of ${option}`);
    const [m, n, k] = parts.map((part) => (part === '' ? undefined : parse(part)));
    return { ...(m !== undefined && { m }), ...(n !== undefined && { n }), ...(k !== undefined && { k }) };
  };
}

/** Gathers the values of an option that may be given several times. */
export function repeated(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** `1 step`, `2 steps`. */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
