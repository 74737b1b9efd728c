/** Names of the arrays of a tree: the way to each, its keys and places joined by points: `layers.0.weight`. */
import { UserError } from '../../numerics';
import { flatten, NDArray } from '../array';

/** The arrays of a tree by name, in its order. @throws UserError for what is neither an array, a list, nor a plain object. */
export function namedArrays(op: string, tree: unknown): ReadonlyMap<string, NDArray> {
  const named = new Map<string, NDArray>();
  const visit = (value: unknown, name: string): void => {
    if (value instanceof NDArray) {
      if (name === '')
        throw new UserError(`${op}: an array is saved under a name: put it in an object, as { value: x }.`);
      if (named.has(name))
        throw new UserError(
          `${op}: two arrays have the name ${JSON.stringify(name)}: a key has a point in it.`,
        );
      named.set(name, value);
      return;
    }
    if (value === undefined) return; // as of a layer without a bias
    for (const [key, each] of entriesOf(op, value, name)) visit(each, name === '' ? key : `${name}.${key}`);
  };
  visit(tree, '');
  return named;
}

function entriesOf(op: string, value: unknown, name: string): readonly [string, unknown][] {
  const { others } = flatten(value);
  // A list or a plain object is gone through; anything else is given back as what it is.
  if (typeof value === 'object' && value !== null && !others.includes(value)) return Object.entries(value);
  const where = name === '' ? 'The tree' : JSON.stringify(name);
  const what =
    value === null ? 'null' : typeof value === 'object' ? 'an object of a class' : `a ${typeof value}`;
  throw new UserError(
    `${op}: ${where} is ${what}: arrays are saved, in lists and plain objects; make an array of a number, and put text in the metadata.`,
  );
}
