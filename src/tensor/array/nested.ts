/** Lists of lists of numbers: their shape and values, and back, as lists and as text. */
import { UserError } from '../../numerics';
import { sizeOf, type Shape } from '../graph';

export type Nested = number | readonly Nested[];

/** @throws UserError where lists of one depth differ in length, or an element is no number. */
export function flattened(op: string, list: unknown): { readonly shape: Shape; readonly values: number[] } {
  const shape: number[] = [];
  for (let inner: unknown = list; Array.isArray(inner); inner = (inner as readonly unknown[])[0])
    shape.push(inner.length);
  const values: number[] = [];
  const visit = (each: unknown, depth: number): void => {
    if (depth === shape.length) {
      if (typeof each !== 'number' && typeof each !== 'boolean')
        throw new UserError(`${op}: elements must be numbers; received ${kindOf(each)}.`);
      values.push(Number(each));
      return;
    }
    if (!Array.isArray(each) || each.length !== shape[depth])
      throw new UserError(
        `${op}: lists of one depth must be of one length: expected ${shape[depth] ?? 0} at depth ${depth}, received ${Array.isArray(each) ? each.length : kindOf(each)}.`,
      );
    for (const one of each as readonly unknown[]) visit(one, depth + 1);
  };
  visit(list, 0);
  return { shape, values };
}

const kindOf = (value: unknown): string =>
  Array.isArray(value) ? 'a list' : typeof value === 'string' ? `"${value}"` : String(value);

export function nested(shape: Shape, values: ArrayLike<number>): Nested {
  const at = (depth: number, from: number): Nested => {
    const extent = shape[depth];
    if (extent === undefined) return values[from] ?? NaN;
    const stride = sizeOf(shape.slice(depth + 1));
    return Array.from({ length: extent }, (_, i) => at(depth + 1, from + i * stride));
  };
  return at(0, 0);
}

/** Longer axes show their first and last elements. */
const SHOWN = 6;

export function listText(shape: Shape, values: ArrayLike<number>): string {
  const at = (depth: number, from: number): string => {
    const extent = shape[depth];
    if (extent === undefined) return String(values[from] ?? NaN);
    const stride = sizeOf(shape.slice(depth + 1));
    const some = (first: number, last: number): string[] =>
      Array.from({ length: last - first }, (_, i) => at(depth + 1, from + (first + i) * stride));
    const parts =
      extent <= SHOWN ? some(0, extent) : [...some(0, SHOWN / 2), '...', ...some(extent - SHOWN / 2, extent)];
    const between = depth === shape.length - 1 ? ', ' : `,\n${' '.repeat(depth + 1)}`;
    return `[${parts.join(between)}]`;
  };
  return at(0, 0);
}
