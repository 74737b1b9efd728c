/** Reverse-mode gradients. */
export { checkpoint, grad, stopGradient, valueAndGrad, type GradOptions } from './grad';
export { backward } from './backward';
export { gradientDtype } from './rules';
export { Tape, withPullback, type Pullback } from './tape';
