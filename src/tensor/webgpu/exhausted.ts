/** A run that the adapter has no room for, in words: what of it is largest, in which function, of which formats and shapes. */
import { bitsOf, UserError } from '../../numerics';
import type { Node } from '../graph';

/** Arrays that a message names. */
const NAMED = 3;

/** @param nodes all of the run; views of what is there take no room. */
export function roomError(why: string, nodes: readonly Node[]): UserError {
  const made = nodes.filter(({ op }) => op.kind !== 'leaf');
  const largest = made.toSorted((a, b) => bytesOf(b) - bytesOf(a)).slice(0, NAMED);
  return new UserError(
    `${why} Of the ${made.length} steps of this run the largest are ${largest.map(text).join('; ')}. Compute in smaller parts, or dispose of arrays that are not needed any more.`,
  );
}

const bytesOf = ({ size, dtype }: Node): number => Math.ceil((size * bitsOf(dtype)) / 8);

const array = ({ dtype, shape }: Node): string => `${dtype}[${shape.join(', ')}]`;

function text(node: Node): string {
  const { op, inputs } = node;
  const name = op.kind === 'map' ? op.fn : op.kind === 'reduce' ? op.reduction : op.kind;
  const of = inputs.length === 0 ? '' : ` of ${inputs.map(array).join(' and ')}`;
  return `${name}${of}, which gives ${array(node)} (${bytesOf(node)} bytes)`;
}
