/** Arrays within lists and plain objects, as functions take and give them: parameters of a model, say. */
import { NDArray } from './ndarray';

/** The arrays of a tree, in its order, and what makes a tree of the same form of others. */
export interface Flat<T> {
  readonly arrays: readonly NDArray[];
  /** Stands for the form of the tree and for what in it is no array: primitive values, and other objects by what they are. */
  readonly form: string;
  /** What is neither array, list nor plain object. */
  readonly others: readonly unknown[];
  readonly rebuild: (arrays: readonly NDArray[]) => T;
}

/** What is neither array, list nor plain object is carried along as it is. */
export function flatten<T>(tree: T): Flat<T> {
  const found: Found = { arrays: [], form: [], others: [] };
  const rebuild = visit(tree, found);
  const { arrays, form, others } = found;
  return { arrays, others, form: form.join(''), rebuild: (given) => rebuild(given) as T };
}

interface Found {
  readonly arrays: NDArray[];
  readonly form: string[];
  readonly others: unknown[];
}

type Rebuild = (arrays: readonly NDArray[]) => unknown;

function visit(tree: unknown, found: Found): Rebuild {
  const { arrays, form } = found;
  if (tree instanceof NDArray) {
    const place = arrays.push(tree) - 1;
    form.push('*');
    return (others) => others[place];
  }
  if (Array.isArray(tree)) {
    form.push('[');
    const parts = (tree as readonly unknown[]).map((each) => visit(each, found));
    form.push(']');
    return (others) => parts.map((part) => part(others));
  }
  if (isPlain(tree)) {
    form.push('{');
    const parts = Object.entries(tree).map(([name, each]): readonly [string, Rebuild] => {
      form.push(JSON.stringify(name), ':');
      return [name, visit(each, found)];
    });
    form.push('}');
    return (others) => Object.fromEntries(parts.map(([name, part]) => [name, part(others)]));
  }
  found.others.push(tree);
  form.push(nameOf(tree), ',');
  return () => tree;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const identities = new WeakMap<object, number>();
let identified = 0;

function nameOf(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if ((typeof value === 'object' && value !== null) || typeof value === 'function') {
    const identity = identities.get(value) ?? identified++;
    identities.set(value, identity);
    return `#${identity}`;
  }
  return `${typeof value} ${Object.is(value, -0) ? '-0' : String(value)}`;
}
