/** Gradients of functions of arrays: a function is recorded, and its tape gone through backwards. Both are lazy as everything is. */
import { UserError } from '../../numerics';
import { Arrays } from '../array/arrays';
import { describe, NDArray } from '../array/ndarray';
import { optionsOf } from '../array/options';
import { flatten, type Flat } from '../array/tree';
import { make, Node, withRecorder } from '../graph';
import { backward } from './backward';
import { gradientDtype } from './rules';
import { Tape, withPullback, type Entry } from './tape';

export interface GradOptions<I = number | readonly number[]> {
  /** Which argument, or arguments, to derive with respect to: the first when left out. */
  readonly argument?: I;
}

/** In the form of the argument, or of a list of the arguments. */
export type Gradient<A extends readonly unknown[], I> = I extends number
  ? A[I]
  : I extends readonly number[]
    ? { readonly [K in keyof I]: A[I[K] & number] }
    : never;

/** What a function gives that is derived: a number, or a number and whatever else is of interest. */
type Loss = NDArray | readonly [NDArray, unknown];

/**
 * The value of a function and its gradient with respect to an argument: an array, or arrays in lists and objects, of which the
 * gradient has the form. The function gives a float of shape [], or a list of that and anything else, which is handed through.
 * Arrays that it makes and does not return are freed.
 *
 * @throws UserError where the value is no single float, or an argument holds no array of floats.
 */
export function valueAndGrad<
  A extends readonly unknown[],
  L extends Loss,
  const I extends number | readonly number[] = 0,
>(fn: (...args: A) => L, options: GradOptions<I> = {}): (...args: A) => [value: L, gradient: Gradient<A, I>] {
  return derived('valueAndGrad', fn, options);
}

/** @param op as messages call it. */
function derived<A extends readonly unknown[], L extends Loss, I extends number | readonly number[]>(
  op: string,
  fn: (...args: A) => L,
  options: GradOptions<I>,
): (...args: A) => [value: L, gradient: Gradient<A, I>] {
  const { argument = 0 }: GradOptions = optionsOf(op, options, ['argument']);
  return (...args) => {
    const wanted = argumentsOf(op, args, argument);
    const context = contextOf(op, wanted);
    return context.scope(() => {
      const tape = new Tape();
      try {
        const value = tape.record(() => context.whileRecording(op, () => fn(...args)));
        const loss = lossOf(op, value);
        const seed = make.fill([], loss.dtype, 1);
        const gradients = gradientsOf(op, tape.entries, new Map([[loss, seed]]), wanted);
        return [value, gradients as Gradient<A, I>];
      } finally {
        tape.end();
      }
    });
  };
}

/** The gradient alone. */
export function grad<A extends readonly unknown[], const I extends number | readonly number[] = 0>(
  fn: (...args: A) => Loss,
  options: GradOptions<I> = {},
): (...args: A) => Gradient<A, I> {
  const both = derived('grad', fn, options);
  return (...args) => both(...args)[1];
}

/**
 * The same function, of which nothing is kept for the gradient: what it computes on the way is computed once more when it is gone
 * through backwards. Its arguments' arrays are what is kept.
 */
export function checkpoint<A extends readonly unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    const given = flatten(args);
    const context = contextOf('checkpoint', [given]);
    const inputs = given.arrays.map((array) => context.nodeOf('checkpoint', array));
    let results: Flat<R> | undefined;
    withPullback(inputs, () => {
      const flat = flatten(context.scope(() => fn(...args)));
      results = flat;
      return {
        outputs: flat.arrays.map((array) => array.node),
        pullback: (gradients) =>
          again(() => {
            const repeated = given.rebuild(inputs.map((input) => context.adopt(separate(input))));
            return { leaves: flatten(repeated).arrays, results: flatten(fn(...repeated)).arrays };
          }, gradients),
      };
    });
    if (results === undefined) throw new Error('Invariant violation: a checkpoint computed nothing');
    return results.rebuild(results.arrays);
  };
}

/** The same values, through which no gradient passes. */
export function stopGradient(x: NDArray): NDArray {
  const node = x.arrays.nodeOf('stopGradient', x);
  return x.arrays.adopt(withRecorder(undefined, () => separate(node)));
}

/** A node of its own with the same values. */
const separate = (x: Node): Node => new Node({ kind: 'reshape' }, [x], x.shape, x.dtype);

/** Computes it on a tape of its own, and goes through that backwards. */
function again(
  compute: () => { readonly leaves: readonly NDArray[]; readonly results: readonly NDArray[] },
  gradients: readonly (Node | undefined)[],
): readonly (Node | undefined)[] {
  const tape = new Tape();
  try {
    const { leaves, results } = tape.record(compute);
    const seeds = new Map<Node, Node>();
    for (const [i, { node }] of results.entries()) {
      const g = gradients[i];
      if (g !== undefined) seeds.set(node, g);
    }
    const found = backward(
      tape.entries,
      seeds,
      leaves.map(({ node }) => node),
    );
    for (const array of [...leaves, ...results]) array.dispose();
    return found;
  } finally {
    tape.end();
  }
}

function contextOf(op: string, trees: readonly Flat<unknown>[]): Arrays {
  const [first] = trees.flatMap(({ arrays }) => arrays);
  if (first === undefined)
    throw new UserError(`${op}: the argument holds no array to derive with respect to.`);
  if (!(first.arrays instanceof Arrays)) throw new Error('Invariant violation: an array of no context');
  return first.arrays;
}

function argumentsOf(
  op: string,
  args: readonly unknown[],
  argument: number | readonly number[],
): readonly Flat<unknown>[] {
  const places = typeof argument === 'number' ? [argument] : argument;
  const trees = places.map((place) => {
    if (!Number.isInteger(place) || place < 0 || place >= args.length)
      throw new UserError(`${op}: argument ${place} is not among the ${args.length} that were given.`);
    return flatten(args[place]);
  });
  for (const array of trees.flatMap(({ arrays }) => arrays)) {
    if (gradientDtype(array.dtype) === undefined)
      throw new UserError(`${op}: ${describe(array)} is of integers, which have no gradient.`);
  }
  return typeof argument === 'number' ? trees : [flatten(places.map((place) => args[place]))];
}

/** The node that is derived. */
function lossOf(op: string, value: unknown): Node {
  const [loss] = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  if (
    !(loss instanceof NDArray) ||
    loss.size !== 1 ||
    loss.ndim !== 0 ||
    gradientDtype(loss.dtype) === undefined
  )
    throw new UserError(
      `${op}: the function must give one float, of shape []; received ${loss instanceof NDArray ? describe(loss) : typeof loss}.`,
    );
  return loss.arrays.nodeOf(op, loss);
}

/** In the form of the argument; zeros for what has no part in the loss. */
function gradientsOf(
  op: string,
  entries: readonly Entry[],
  seeds: ReadonlyMap<Node, Node>,
  wanted: readonly Flat<unknown>[],
): unknown {
  const [tree] = wanted;
  if (tree === undefined) return undefined;
  const nodes = tree.arrays.map((array) => array.arrays.nodeOf(op, array));
  const found = backward(entries, seeds, nodes);
  return tree.rebuild(
    tree.arrays.map((array, i) => {
      const dtype = gradientDtype(array.dtype) ?? 'float32';
      return array.arrays.adopt(found[i] ?? make.fill(array.shape, dtype, 0));
    }),
  );
}
