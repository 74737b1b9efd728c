/**
 * Optimisers: of parameters, their gradients and a state, new parameters and a new state, all of them arrays in lists and objects.
 * Nothing is changed in place; a step that is compiled is a few dispatches. Steps are computed in float32, and each parameter is
 * rounded once to its format, as `Storage` says.
 */
import { UserError } from '../../numerics';
import type { NDArray } from '../array/ndarray';
import { flatten } from '../array/tree';
import { divide, sqrt } from '../compose';
import { sameShape, make, type Node } from '../graph';
import { checkStorage, kept, type Storage } from '../precision/rounding';
import { fitting, parametersOf, type OptimiserState } from './fitting';
import { requireLeast, scheduleOf, type Schedule } from './schedule';

export interface Optimiser {
  /** The state before the first step. */
  init(parameters: unknown): OptimiserState;
  /** Parameters in the form that they have, and the state after the step. @throws UserError where gradients or the state do not fit the parameters. */
  update<P>(parameters: P, gradients: unknown, state: OptimiserState): readonly [P, OptimiserState];
}

export interface OptimiserOptions extends Storage {
  readonly learningRate?: number | Schedule;
}

/** What one parameter's step is computed from, in float32. */
interface Point {
  readonly value: Node;
  readonly gradient: Node;
  readonly slots: readonly Node[];
  /** Of this step, of shape []; and its number, the first being 1. */
  readonly rate: Node;
  readonly count: Node;
}

/** An optimiser's rule: the new value, and what is remembered. */
interface Rule {
  readonly slots: number;
  readonly step: (point: Point) => { readonly value: Node; readonly slots: readonly Node[] };
}

const f32 = 'float32' as const;
const like = (x: Node, value: number | Node): Node =>
  typeof value === 'number'
    ? make.fill(x.shape, f32, Math.fround(value))
    : make.broadcast(
        make.reshape(
          value,
          x.shape.map(() => 1),
        ),
        x.shape,
      );
const multiply = (x: Node, y: number | Node): Node =>
  make.map('multiply', [x, typeof y === 'number' || !sameShape(x.shape, y.shape) ? like(x, y) : y], f32);
const add = (x: Node, y: Node): Node => make.map('add', [x, y], f32);
const subtract = (x: Node, y: Node): Node => make.map('subtract', [x, y], f32);

/** old b + new (1 - b). */
const mixed = (old: Node, fresh: Node, b: number): Node => add(multiply(old, b), multiply(fresh, 1 - b));

export interface SgdOptions extends OptimiserOptions {
  readonly momentum?: number;
  /** Looks ahead along the momentum. */
  readonly nesterov?: boolean;
  /** Added to the gradient, times the parameter. */
  readonly weightDecay?: number;
}

export function sgd({
  momentum = 0,
  nesterov = false,
  weightDecay = 0,
  ...options
}: SgdOptions = {}): Optimiser {
  requireShare('momentum', momentum);
  requireLeast('weightDecay', weightDecay, 0);
  const rule: Rule = {
    slots: momentum === 0 ? 0 : 1,
    step: ({ value, gradient, slots: [before], rate }) => {
      const g = weightDecay === 0 ? gradient : add(gradient, multiply(value, weightDecay));
      if (before === undefined) return { value: subtract(value, multiply(g, rate)), slots: [] };
      const velocity = add(multiply(before, momentum), g);
      const direction = nesterov ? add(g, multiply(velocity, momentum)) : velocity;
      return { value: subtract(value, multiply(direction, rate)), slots: [velocity] };
    },
  };
  return optimiser('sgd', rule, { learningRate: 0.01, ...options });
}

export interface AdamOptions extends OptimiserOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/** Kingma and Ba, "Adam: a method for stochastic optimization" (ICLR 2015), with its correction of both moments. */
export function adam(options: AdamOptions = {}): Optimiser {
  return adamRule('adam', options, 0);
}

export interface AdamwOptions extends AdamOptions {
  readonly weightDecay?: number;
}

/** Loshchilov and Hutter, "Decoupled weight decay regularization" (ICLR 2019): the decay is a step of its own. */
export function adamw({ weightDecay = 0.01, ...options }: AdamwOptions = {}): Optimiser {
  return adamRule('adamw', options, weightDecay);
}

function adamRule(
  name: string,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, ...options }: AdamOptions,
  weightDecay: number,
): Optimiser {
  requireShare('beta1', beta1);
  requireShare('beta2', beta2);
  requireLeast('epsilon', epsilon, 0);
  requireLeast('weightDecay', weightDecay, 0);
  const correction = (beta: number, count: Node): Node => {
    const power = make.map('power', [make.fill([], f32, Math.fround(beta)), count], f32);
    return make.map('reciprocal', [subtract(make.fill([], f32, 1), power)], f32);
  };
  const rule: Rule = {
    slots: 2,
    step: ({ value, gradient, slots: [first = gradient, second = gradient], rate, count }) => {
      const m = mixed(first, gradient, beta1);
      const v = mixed(second, make.map('square', [gradient], f32), beta2);
      const root = sqrt(multiply(v, correction(beta2, count)), f32);
      const direction = divide(multiply(m, correction(beta1, count)), add(root, like(root, epsilon)), f32);
      const decayed = weightDecay === 0 ? direction : add(direction, multiply(value, weightDecay));
      return { value: subtract(value, multiply(decayed, rate)), slots: [m, v] };
    },
  };
  return optimiser(name, rule, { learningRate: 1e-3, ...options });
}

function requireShare(name: string, value: number): void {
  if (typeof value !== 'number' || !(value >= 0 && value < 1))
    throw new UserError(`${name} must be from 0 to below 1; received ${value}.`);
}

function optimiser(name: string, rule: Rule, { learningRate = 0, ...storage }: OptimiserOptions): Optimiser {
  const schedule = scheduleOf(learningRate);
  checkStorage(name, storage);

  const { master = false } = storage;

  const init = (parameters: unknown): OptimiserState => {
    const { arrays, first } = parametersOf(name, parameters);
    const adopt = (node: Node): NDArray => first.arrays.adopt(node);
    const zeros = ({ shape }: NDArray): NDArray => adopt(make.fill(shape, f32, 0));
    return {
      step: adopt(make.fill([], 'int32', 0)),
      slots: arrays.map((array) => Array.from({ length: rule.slots }, () => zeros(array))),
      master: master ? arrays.map((array) => adopt(make.cast(array.node, f32))) : [],
    };
  };

  const update = <P>(
    parameters: P,
    gradients: unknown,
    state: OptimiserState,
  ): readonly [P, OptimiserState] => {
    const given = parametersOf(name, parameters);
    const before = fitting(name, given, flatten(gradients), state, { slots: rule.slots, master });
    const adopt = (node: Node): NDArray => given.first.arrays.adopt(node);
    const step = make.map('add', [before.step, make.fill([], 'int32', 1)], 'int32');
    const rate = schedule(make.cast(before.step, f32));
    const count = make.cast(step, f32);
    const points = given.arrays.map((parameter, i) => {
      const value = before.master[i] ?? make.cast(parameter.nodeFor(name), f32);
      const gradient = make.cast(before.gradients[i] ?? value, f32);
      const next = rule.step({ value, gradient, slots: before.slots[i] ?? [], rate, count });
      return { ...next, parameter: kept(next.value, parameter.dtype, storage, i, step) };
    });
    const next: OptimiserState = {
      step: adopt(step),
      slots: points.map(({ slots }) => slots.map(adopt)),
      master: master ? points.map(({ value }) => adopt(value)) : [],
    };
    return [given.rebuild(points.map(({ parameter }) => adopt(parameter))), next];
  };
  return { init, update };
}
