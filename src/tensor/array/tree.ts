/** Arrays within lists and plain objects, as functions take and give them: parameters of a model, say. */
import { NDArray } from './ndarray';

/** The arrays of a tree, in its order, and what makes a tree of the same form of others. */
export interface Flat<T> {
  readonly arrays: readonly NDArray[];
  /** Stands for the form of the tree and for what in it is no array. */
  readonly form: string;
  readonly rebuild: (arrays: readonly NDArray[]) => T;
}

/** What is neither array, list nor plain object is carried along as it is. */
export function flatten<T>(tree: T): Flat<T> {
  const arrays: NDArray[] = [];
  const form: string[] = [];
  const rebuild = visit(tree, arrays, form);
  return { arrays, form: form.join(''), rebuild: (others) => rebuild(others) as T };
}

type Rebuild = (arrays: readonly NDArray[]) => unknown;

function visit(tree: unknown, arrays: NDArray[], form: string[]): Rebuild {
  if (tree instanceof NDArray) {
    const place = arrays.push(tree) - 1;
    form.push('*');
    return (others) => others[place];
  }
  if (Array.isArray(tree)) {
    form.push('[');
    const parts = (tree as readonly unknown[]).map((each) => visit(each, arrays, form));
    form.push(']');
    return (others) => parts.map((part) => part(others));
  }
  if (isPlain(tree)) {
    form.push('{');
    const parts = Object.entries(tree).map(([name, each]): readonly [string, Rebuild] => {
      form.push(JSON.stringify(name), ':');
      return [name, visit(each, arrays, form)];
    });
    form.push('}');
    return (others) => Object.fromEntries(parts.map(([name, part]) => [name, part(others)]));
  }
  form.push(typeof tree === 'string' ? JSON.stringify(tree) : String(tree), ',');
  return () => tree;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
