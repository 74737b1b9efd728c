/** What the workloads come to in an arithmetic of tape.ts: the outputs, or losses and first moments of two steps of Adam. */
import { following, isTensor, leaves, sizeOf } from '../trees';
import {
  ADAM,
  digitsOf,
  drawAdds,
  drawDigits,
  drawTransformer,
  NORM_EPSILON,
  transformerOf,
  WORKLOADS,
  type Digits,
  type Norm,
  type Sizes,
  type Tensor,
  type Transformer,
  type WorkloadName,
} from '../workloads';
import { attention } from './attention';
import { convolution, maxPool } from './images';
import { at, Tape, type Arithmetic, type Value, type Values } from './tape';

/** A forward run: the output alone. A training step: what it began with, and Adam's first moments after it. */
export interface Outcome {
  readonly output: Values;
  readonly loss?: number;
  readonly moments?: Readonly<Record<string, Values>>;
}

/** A forward run has one outcome, training those of two steps, a chain that of all its adds. */
export function outcomes(
  workload: WorkloadName,
  sizes: Sizes,
  seed: number,
  arithmetic: Arithmetic,
): readonly Outcome[] {
  return NETWORKS[WORKLOADS[workload].network](sizes, seed, arithmetic, workload.endsWith('-step') ? 2 : 0);
}

type Network = (sizes: Sizes, seed: number, arithmetic: Arithmetic, steps: number) => readonly Outcome[];

const NETWORKS = {
  transformer(sizes, seed, arithmetic, steps) {
    const { shape, parameters, x, target } = drawTransformer(sizes.transformer, seed);
    const run = (tape: Tape, place: (tensor: Tensor) => Value): Value => {
      const { blocks } = transformerOf(shape, following(parameters, place));
      const norm = (each: Value, { scale, shift }: Norm<Value>): Value =>
        tape.norm(each, scale, shift, NORM_EPSILON);
      return blocks.reduce((stream, block) => {
        const seen = norm(stream, block.before);
        const [q, k, v] = [block.query, block.key, block.value].map(({ weight, bias }) =>
          tape.linear(seen, weight, bias),
        ) as [Value, Value, Value];
        const mixed = attention(tape, [q, k, v], shape.tokens, shape.heads);
        const attended = tape.add(stream, tape.linear(mixed, block.output.weight, block.output.bias));
        const inner = tape.gelu(tape.linear(norm(attended, block.between), block.up.weight, block.up.bias));
        return tape.add(attended, tape.linear(inner, block.down.weight, block.down.bias));
      }, tape.value(x.values));
    };
    return trained(arithmetic, parameters, steps, run, (output) => squaredError(output, target.values));
  },
  digits(sizes, seed, arithmetic, steps) {
    const { shape, parameters, images, labels } = drawDigits(sizes.digits, seed);
    const { side, channels } = shape;
    const run = (tape: Tape, place: (tensor: Tensor) => Value): Value => {
      const p: Digits<Value> = digitsOf(shape, following(parameters, place));
      const layer = (
        x: Value,
        { filter, bias }: Digits<Value>['first'],
        extent: number,
        many: number,
      ): Value => maxPool(tape, tape.relu(convolution(tape, x, filter, bias, extent)), extent, many);
      const wide = layer(tape.value(images.values), p.first, side, channels[0]);
      const deep = layer(wide, p.second, side / 2, channels[1]);
      const inner = tape.relu(tape.linear(deep, p.hidden.weight, p.hidden.bias));
      return tape.linear(inner, p.scores.weight, p.scores.bias);
    };
    return trained(arithmetic, parameters, steps, run, (scores) => crossEntropy(scores, labels));
  },
  adds(sizes, seed, { make, round }) {
    const { shape, x, step } = drawAdds(sizes.adds, seed);
    const output = make(shape.length);
    output.set(x.values);
    for (let done = 0; done < shape.count; done++) {
      for (let i = 0; i < output.length; i++) output[i] = at(output, i) + (step.values[i] ?? NaN);
      round(output);
    }
    return [{ output }];
  },
} as const satisfies Record<keyof Sizes, Network>;

/** Steps of Adam; without any, the output alone. Parameters are kept as arithmetic makes them, and rounded where they are used. */
function trained(
  arithmetic: Arithmetic,
  drawn: Transformer<Tensor> | Digits<Tensor>,
  steps: number,
  run: (tape: Tape, place: (tensor: Tensor) => Value) => Value,
  lossOf: (output: Value) => number,
): readonly Outcome[] {
  const { rate, beta1, beta2, epsilon } = ADAM;
  const { make } = arithmetic;
  const parameters = leaves(drawn, isTensor).map(([name, { values, shape }]) => {
    const size = sizeOf(shape);
    const kept = make(size);
    kept.set(values);
    return { name, kept, first: make(size), second: make(size) };
  });
  const result: Outcome[] = [];
  for (let step = 1; step <= Math.max(steps, 1); step++) {
    const tape = new Tape(arithmetic);
    const used: Value[] = [];
    const output = run(tape, () => {
      const value = tape.value(parameters[used.length]?.kept ?? []);
      used.push(value);
      return value;
    });
    if (steps === 0) return [{ output: output.values }];
    const loss = lossOf(output);
    arithmetic.round(output.grad);
    tape.back();
    for (const [index, { kept, first, second }] of parameters.entries()) {
      const grad = used[index]?.grad ?? kept;
      for (let i = 0; i < kept.length; i++) {
        first[i] = beta1 * at(first, i) + (1 - beta1) * at(grad, i);
        second[i] = beta2 * at(second, i) + (1 - beta2) * at(grad, i) ** 2;
        const [mean, square] = [at(first, i) / (1 - beta1 ** step), at(second, i) / (1 - beta2 ** step)];
        kept[i] = at(kept, i) - (rate * mean) / (Math.sqrt(square) + epsilon);
      }
    }
    const moments = Object.fromEntries(parameters.map(({ name, first }) => [name, first.slice()]));
    result.push({ output: output.values, loss, moments });
  }
  return result;
}

/** The mean of squared differences; its derivative goes to the output's. */
function squaredError({ values, grad }: Value, target: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const difference = at(values, i) - (target[i] ?? NaN);
    sum += difference ** 2;
    grad[i] = (2 * difference) / values.length;
  }
  return sum / values.length;
}

/** The mean of -log softmax(scores)[label]; its derivative goes to the scores'. */
function crossEntropy({ values, grad }: Value, labels: Int32Array): number {
  const classes = values.length / labels.length;
  let sum = 0;
  labels.forEach((label, row) => {
    const scores = values.subarray(row * classes, (row + 1) * classes);
    const largest = Math.max(...scores);
    const weights = Array.from(scores, (score) => Math.exp(score - largest));
    const whole = weights.reduce((all, weight) => all + weight, 0);
    sum += Math.log(whole) + largest - at(scores, label);
    weights.forEach((weight, i) => {
      grad[row * classes + i] = (weight / whole - Number(i === label)) / labels.length;
    });
  });
  return sum / labels.length;
}
