/** Learning rates that change with the step: functions of its number, a float32 of shape [], the first being 0. */
import { UserError } from '../../numerics';
import { exp, minimum, sin } from '../compose';
import { make, type Node } from '../graph';

/** The learning rate of a step. */
export type Schedule = (step: Node) => Node;

const f32 = 'float32' as const;
const number = (value: number): Node => make.fill([], f32, Math.fround(value));
const multiply = (x: Node, y: Node): Node => make.map('multiply', [x, y], f32);
const add = (x: Node, y: Node): Node => make.map('add', [x, y], f32);

/** @throws UserError unless it is a finite number, and not below the least. */
export function requireLeast(name: string, value: number, least: number): void {
  if (!Number.isFinite(value) || value < least)
    throw new UserError(`${name} must be a number from ${least} on; received ${value}.`);
}

export function constant(rate: number): Schedule {
  requireLeast('learningRate', rate, 0);
  return () => number(rate);
}

/** From one rate to another in so many steps, and then that. */
export function linear(from: number, to: number, steps: number): Schedule {
  requireLeast('from', from, 0);
  requireLeast('to', to, 0);
  requireLeast('steps', steps, 1);
  return (step) => add(number(from), multiply(share(step, steps), number(to - from)));
}

/** Half a cosine from one rate to another in so many steps, and then that. */
export function cosine(from: number, to: number, steps: number): Schedule {
  requireLeast('from', from, 0);
  requireLeast('to', to, 0);
  requireLeast('steps', steps, 1);
  return (step) => {
    // (1 + cos(pi t)) / 2, the cosine as a sine within its range.
    const angle = add(number(Math.PI / 2), multiply(share(step, steps), number(-Math.PI)));
    const part = multiply(add(sin(angle), number(1)), number(0.5));
    return add(number(to), multiply(part, number(from - to)));
  };
}

/** From `rate` on by a factor for every `steps` steps, smoothly. */
export function exponential(rate: number, factor: number, steps: number): Schedule {
  requireLeast('learningRate', rate, 0);
  requireLeast('factor', factor, Number.MIN_VALUE);
  requireLeast('steps', steps, 1);
  return (step) => multiply(number(rate), exp(multiply(step, number(Math.log(factor) / steps))));
}

/** Rises from 0 in so many steps, and then follows a schedule from its beginning. */
export function warmup(steps: number, then: Schedule): Schedule {
  requireLeast('steps', steps, 1);
  return (step) => {
    const after = make.map('maximum', [add(step, number(-steps)), number(0)], f32);
    return multiply(share(add(step, number(1)), steps), then(after));
  };
}

/** How much of so many steps is over: 1 at the most. */
const share = (step: Node, steps: number): Node => minimum(multiply(step, number(1 / steps)), number(1), f32);

export const scheduleOf = (rate: number | Schedule): Schedule =>
  typeof rate === 'function' ? rate : constant(rate);
