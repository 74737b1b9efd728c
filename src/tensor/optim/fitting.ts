/** What an optimiser is given, checked before anything is computed: parameters, gradients and a state that belong together. */
import { UserError, type Dtype } from '../../numerics';
import { describe, NDArray } from '../array/ndarray';
import { flatten, type Flat } from '../array/tree';
import { isFloat } from '../array/promotion';
import { sameShape, type Node, type Shape } from '../graph';

/** What an optimiser remembers: arrays, to be saved and given back as they are. */
export interface OptimiserState {
  /** How many steps were taken: int32 of shape []. */
  readonly step: NDArray;
  /** Of each parameter, in order: what the rule remembers, in float32. */
  readonly slots: readonly (readonly NDArray[])[];
  /** The copies in float32; empty where none are kept. */
  readonly master: readonly NDArray[];
}

/** What an optimiser needs of a state. */
export interface Needed {
  /** Arrays that the rule remembers of each parameter. */
  readonly slots: number;
  /** Whether there are copies in float32. */
  readonly master: boolean;
}

/** Nodes in the order of the parameters. */
export interface Fitting {
  readonly step: Node;
  readonly gradients: readonly Node[];
  readonly slots: readonly (readonly Node[])[];
  /** Empty where none are kept. */
  readonly master: readonly Node[];
}

/** Parameters with at least one array, all of floats and of one context. */
export function parametersOf<P>(name: string, parameters: P): Flat<P> & { readonly first: NDArray } {
  const flat = flatten(parameters);
  const [first] = flat.arrays;
  if (first === undefined)
    throw new UserError(`${name}: there is no parameter: pass arrays, also in lists and objects.`);
  for (const [i, array] of flat.arrays.entries()) {
    first.arrays.nodeOf(name, array);
    if (!isFloat(array.dtype))
      throw new UserError(`${name}: parameter ${i} is ${describe(array)}: parameters are floats.`);
  }
  return { ...flat, first };
}

/** @throws UserError for gradients, or a state, of other parameters or of another optimiser. */
export function fitting(
  name: string,
  { arrays, first }: { readonly arrays: readonly NDArray[]; readonly first: NDArray },
  { arrays: gradients }: Flat<unknown>,
  state: OptimiserState,
  needed: Needed,
): Fitting {
  requireState(name, state);
  const { step, slots, master } = state;
  const count = arrays.length;
  if (count !== gradients.length || count !== slots.length)
    throw new UserError(
      `${name}: ${count} parameters need as many gradients, and a state of as many; received ${gradients.length} and ${slots.length}.`,
    );
  const copies = needed.master ? count : 0;
  if (master.length !== copies)
    throw new UserError(
      `${name}: ${count} parameters need ${copies} copies in float32 in the state (master: ${needed.master}); received ${master.length}. Begin with init() of this optimiser.`,
    );
  const node = (what: string, array: NDArray, dtype: Dtype, shape: Shape): Node => {
    if (array.dtype !== dtype || !sameShape(array.shape, shape))
      throw new UserError(
        `${name}: ${what} must be ${describe({ dtype, shape })}; received ${describe(array)}.`,
      );
    return first.arrays.nodeOf(name, array);
  };
  const float = (what: string, array: NDArray, i: number): Node =>
    node(what, array, 'float32', arrays[i]?.shape ?? []);
  return {
    step: node('the step', step, 'int32', []),
    gradients: gradients.map((gradient, i) => {
      const parameter = arrays[i];
      if (parameter !== undefined && !sameShape(parameter.shape, gradient.shape))
        throw new UserError(
          `${name}: parameter ${i} is ${describe(parameter)}, and its gradient ${describe(gradient)}: shapes must be equal.`,
        );
      return first.arrays.nodeOf(name, gradient);
    }),
    slots: slots.map((own, i) => {
      if (own.length !== needed.slots)
        throw new UserError(
          `${name}: the state of parameter ${i} has ${own.length} arrays, of which the rule needs ${needed.slots}: pass what init() or the last update() gave.`,
        );
      return own.map((slot) => float(`the state of parameter ${i}`, slot, i));
    }),
    master: master.map((copy, i) => float(`the copy of parameter ${i}`, copy, i)),
  };
}

/** What comes from JavaScript, or from a file, may be anything. */
function requireState(name: string, state: unknown): void {
  const { step, slots, master } = (state ?? {}) as Partial<Record<keyof OptimiserState, unknown>>;
  const isArray = (each: unknown): boolean => each instanceof NDArray;
  const ofArrays = (each: unknown): boolean => Array.isArray(each) && each.every(isArray);
  if (!isArray(step) || !Array.isArray(slots) || !slots.every(ofArrays) || !ofArrays(master))
    throw new UserError(
      `${name}: needs a state { step, slots, master } of arrays: pass what init() or the last update() gave.`,
    );
}
