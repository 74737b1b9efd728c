/** Parameters in lists and objects, and what stands at the place of each. */
import type { Results } from './contestant';
import type { Make, Tensor } from './workloads';

/** Every leaf with its place, as `blocks.0.query.weight`, in the order of the tree. */
export function leaves<T>(tree: unknown, isLeaf: (value: unknown) => value is T, place = ''): [string, T][] {
  if (isLeaf(tree)) return [[place, tree]];
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([name, each]) =>
    leaves(each, isLeaf, place === '' ? name : `${place}.${name}`),
  );
}

/** Reads all leaves of a tree. */
export async function readAll<T>(
  tree: unknown,
  isLeaf: (value: unknown) => value is T,
  read: (leaf: T, place: string) => Promise<Float32Array>,
): Promise<Results> {
  const entries: [string, Float32Array][] = [];
  for (const [place, leaf] of leaves(tree, isLeaf)) entries.push([place, await read(leaf, place)]);
  return Object.fromEntries(entries);
}

/** The tensor with its axes in another order: axis i of the result is axis `order[i]`. */
export function permuted({ values, shape }: Tensor, order: readonly number[]): Tensor {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const extents = order.map((axis) => shape[axis] ?? 1);
  const steps = order.map((axis) => strides[axis] ?? 1);
  const result = new Float32Array(values.length);
  let place = 0;
  const walk = (axis: number, from: number): void => {
    if (axis === extents.length) result[place++] = values[from] ?? NaN;
    else for (let i = 0; i < (extents[axis] ?? 0); i++) walk(axis + 1, from + i * (steps[axis] ?? 0));
  };
  walk(0, 0);
  return { shape: extents, values: result };
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, extent) => size * extent, 1);

export const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && 'values' in value && value.values instanceof Float32Array;

/** For `transformerOf` and `digitsOf`: what a library makes of the drawn parameters, one after the other. */
export function following<T>(drawn: unknown, place: (tensor: Tensor, name: string) => T): Make<T> {
  const tensors = leaves(drawn, isTensor);
  let next = 0;
  return () => {
    const found = tensors[next++];
    if (found === undefined)
      throw new Error('Invariant violation: fewer parameters were drawn than are made');
    return place(found[1], found[0]);
  };
}
