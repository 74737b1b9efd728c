/** Loss scaling: keeps small gradients within a narrow format's range, and skips the steps in which something overflowed. */
import { UserError } from '../../numerics';
import type { ArrayContext, NDArray } from '../array/ndarray';
import { optionsOf } from '../array/options';
import { flatten } from '../array/tree';
import { make, type Node } from '../graph';

export interface LossScalingOptions {
  /** A power of two: 2^15 when left out. */
  readonly initial?: number;
  /** After so many steps without overflow the scale doubles; after each overflow it halves. 0 keeps it. 1000 when left out. */
  readonly interval?: number;
}

/** Arrays, to be saved and given back as they are. */
export interface LossScale {
  /** float32 of shape []. */
  readonly scale: NDArray;
  /** int32 of shape []: steps since the last change. */
  readonly good: NDArray;
}

export interface LossScaling {
  init(arrays: ArrayContext): LossScale;
  /** The loss times the scale: what is derived. */
  scaled(loss: NDArray, state: LossScale): NDArray;
  /**
   * Gradients of the scaled loss in float32 without the scale; uint8 of shape [], whether all of them are finite; and the next state.
   */
  unscaled<G>(
    gradients: G,
    state: LossScale,
  ): { readonly gradients: G; readonly finite: NDArray; readonly state: LossScale };
  /** What a step made where it was finite, else what was before: trees of one form. */
  choose<T>(finite: NDArray, next: T, before: T): T;
}

const f32 = 'float32' as const;
const number = (value: number): Node => make.fill([], f32, value);
const count = (value: number): Node => make.fill([], 'int32', value);
const multiply = (x: Node, y: Node): Node => make.map('multiply', [x, y], f32);
const wide = (scalar: Node, { shape }: Node): Node =>
  make.broadcast(
    make.reshape(
      scalar,
      shape.map(() => 1),
    ),
    shape,
  );

/** The scale stays between these: its reciprocal is exact there. */
const [SMALLEST, LARGEST] = [1, 2 ** 24];

export function lossScaling(options: LossScalingOptions = {}): LossScaling {
  const { initial = 2 ** 15, interval = 1000 } = optionsOf('lossScaling', options, ['initial', 'interval']);
  if (!Number.isInteger(Math.log2(initial)) || initial < SMALLEST || initial > LARGEST)
    throw new UserError(`lossScaling: initial is a power of two of 1 to 2^24; received ${initial}.`);
  if (!Number.isInteger(interval) || interval < 0)
    throw new UserError(`lossScaling: interval is a whole number of steps; received ${interval}.`);

  const next = (scale: Node, good: Node, finite: Node): readonly [Node, Node] => {
    if (interval === 0) return [scale, good];
    const more = make.map('add', [good, count(1)], 'int32');
    const due = make.map('greater_equal', [more, count(interval)], 'uint8');
    const grown = make.map('minimum', [multiply(scale, number(2)), number(LARGEST)], f32);
    const shrunk = make.map('maximum', [multiply(scale, number(0.5)), number(SMALLEST)], f32);
    const onward = make.map('select', [due, grown, scale], f32);
    const since = make.map('select', [due, count(0), more], 'int32');
    return [
      make.map('select', [finite, onward, shrunk], f32),
      make.map('select', [finite, since, count(0)], 'int32'),
    ];
  };

  return {
    init: (arrays) => ({ scale: arrays.adopt(number(initial)), good: arrays.adopt(count(0)) }),
    scaled: (loss, { scale }) => {
      const node = loss.nodeFor('scaled');
      return loss.arrays.adopt(
        multiply(make.cast(node, f32), wide(loss.arrays.nodeOf('scaled', scale), node)),
      );
    },
    unscaled: (gradients, state) => {
      const flat = flatten(gradients);
      const { arrays } = state.scale;
      const scale = state.scale.nodeFor('unscaled');
      const inverse = make.map('reciprocal', [scale], f32);
      const nodes = flat.arrays.map((array) => arrays.nodeOf('unscaled', array));
      const finite = nodes
        .map(allFinite)
        .reduce((all, each) => make.map('minimum', [all, each], 'uint8'), make.fill([], 'uint8', 1));
      const [newScale, good] = next(scale, arrays.nodeOf('unscaled', state.good), finite);
      return {
        gradients: flat.rebuild(
          nodes.map((node) => arrays.adopt(multiply(make.cast(node, f32), wide(inverse, node)))),
        ),
        finite: arrays.adopt(finite),
        state: { scale: arrays.adopt(newScale), good: arrays.adopt(good) },
      };
    },
    choose: (finite, after, before) => {
      const { arrays } = finite;
      const condition = finite.nodeFor('choose');
      const [a, b] = [flatten(after), flatten(before)];
      if (a.form !== b.form) throw new UserError('choose: both trees must have one form.');
      return a.rebuild(
        a.arrays.map((array, i) => {
          const other = b.arrays[i];
          if (other === undefined) throw new UserError('choose: both trees must have the same arrays.');
          const [x, y] = [arrays.nodeOf('choose', array), arrays.nodeOf('choose', other)];
          return arrays.adopt(make.map('select', [wide(condition, x), x, y], x.dtype));
        }),
      );
    },
  };
}

/** uint8 of shape []: whether no element is infinite or NaN. */
function allFinite(x: Node): Node {
  const size = make.map('abs', [make.cast(x, f32)], f32);
  const within = make.map('less', [size, make.fill(x.shape, f32, Infinity)], 'uint8');
  return x.size === 0 ? make.fill([], 'uint8', 1) : make.reduce(within, 'minimum', x.shape.length, 'uint8');
}
