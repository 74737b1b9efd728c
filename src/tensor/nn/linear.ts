/** Layers that are products: linear, and the MLP of two or three of them. */
import { UserError, type Dtype } from '../../numerics';
import { gelu, multiply, relu, silu, tanh } from '../array';
import { describe, type NDArray } from '../array/ndarray';
import { optionsOf } from '../array/options';
import { make } from '../graph';
import { fp8Matmul } from '../precision/fp8';
import { layer, requireExtent, type Layer } from './layer';

export interface LinearOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** True when left out. */
  readonly bias?: boolean;
  /** Of the parameters; float32 when left out. */
  readonly dtype?: Dtype;
  /** Multiplies in fp8, with a scale for each tensor. */
  readonly fp8?: boolean;
}

/** weight [inputs, outputs], bias [outputs]. */
export interface LinearParameters {
  readonly weight: NDArray;
  readonly bias?: NDArray;
}

const LINEAR = ['inputs', 'outputs', 'bias', 'dtype', 'fp8'] as const;

/** x [..., inputs] to [..., outputs] in x's format: the bias is added to the float32 sums, and the result rounded once. */
export function linear(options: LinearOptions): Layer<LinearParameters> {
  const {
    inputs,
    outputs,
    bias = true,
    dtype = 'float32',
    fp8 = false,
  } = optionsOf('linear', options, LINEAR);
  requireExtent('linear', 'inputs', inputs);
  requireExtent('linear', 'outputs', outputs);
  return layer(
    (draws) => ({
      weight: draws.uniform([inputs, outputs], 1 / Math.sqrt(inputs), dtype),
      ...(bias && { bias: draws.full([outputs], 0, dtype) }),
    }),
    (parameters, x) => applyLinear(parameters, x, fp8),
  );
}

export function applyLinear({ weight, bias }: LinearParameters, x: NDArray, fp8 = false): NDArray {
  const [inputs = 0, outputs = 0] = weight.shape;
  if (weight.ndim !== 2 || x.shape.at(-1) !== inputs)
    throw new UserError(
      `linear: the weight ${describe(weight)} takes [..., ${inputs}]; received ${describe(x)}.`,
    );
  const node = x.nodeFor('linear');
  const rows = x.arrays.adopt(make.reshape(node, [node.size / inputs, inputs]));
  const sums = fp8 ? fp8Matmul(rows, weight, { dtype: 'float32' }).node : sumsOf(rows, weight);
  const added =
    bias === undefined
      ? sums
      : make.map(
          'add',
          [
            sums,
            make.broadcast(
              make.reshape(make.cast(x.arrays.nodeOf('linear', bias), 'float32'), [1, outputs]),
              sums.shape,
            ),
          ],
          'float32',
        );
  return x.arrays.adopt(make.reshape(make.cast(added, x.dtype), [...x.shape.slice(0, -1), outputs]));
}

/** float32 sums; operands of different formats are multiplied in that of the weight. */
function sumsOf(rows: NDArray, weight: NDArray) {
  const [x, w] = [rows.nodeFor('linear'), rows.arrays.nodeOf('linear', weight)];
  return make.matmul(make.cast(x, w.dtype), w, 'float32');
}

export const ACTIVATIONS = { gelu, relu, silu, tanh } as const;
export type ActivationName = keyof typeof ACTIVATIONS;

export interface MlpOptions {
  readonly width: number;
  readonly hidden: number;
  /** gelu when left out. */
  readonly activation?: ActivationName;
  /** A second product of the input, by which the activation of the first is multiplied. */
  readonly gated?: boolean;
  readonly bias?: boolean;
  readonly dtype?: Dtype;
  readonly fp8?: boolean;
}

export interface MlpParameters {
  readonly up: LinearParameters;
  readonly gate?: LinearParameters;
  readonly down: LinearParameters;
}

const MLP = ['width', 'hidden', 'activation', 'gated', 'bias', 'dtype', 'fp8'] as const;

export function mlp(options: MlpOptions): Layer<MlpParameters> {
  const { width, hidden, activation = 'gelu', gated = false, ...rest } = optionsOf('mlp', options, MLP);
  const up = linear({ inputs: width, outputs: hidden, ...rest });
  const down = linear({ inputs: hidden, outputs: width, ...rest });
  if (!Object.hasOwn(ACTIVATIONS, activation))
    throw new UserError(
      `mlp: activation is one of ${Object.keys(ACTIVATIONS).join(', ')}; received ${activation}.`,
    );
  const act = ACTIVATIONS[activation];
  return layer(
    (draws) => ({ up: up.draw(draws), ...(gated && { gate: up.draw(draws) }), down: down.draw(draws) }),
    (parameters, x) => {
      const { gate } = parameters;
      const first = up.apply(parameters.up, x);
      const inner = gate === undefined ? act(first) : multiply(act(up.apply(gate, x)), first);
      return down.apply(parameters.down, inner);
    },
  );
}
