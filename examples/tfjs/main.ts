/**
 * A program of tfjs, as it is written for any backend: two layers learn a curve. What moves it to the emulated chip is the one line that
 * registers systole; `?backend=cpu` in the address runs the same program on tfjs's own backend.
 */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { registerSystole } from '../../src/tfjs';

const output = document.querySelector('output');
const say = (text: string): void => {
  output?.append(`${text}\n`);
};

registerSystole(); // the one line

async function learn(): Promise<void> {
  await tf.setBackend(new URLSearchParams(location.search).get('backend') ?? 'systole');
  say(`Backend: ${tf.getBackend()}`);
  const x = tf.linspace(-1, 1, 64).reshape([64, 1]);
  const y = x.mul(3).sin();
  const weights = [
    tf.randomNormal([1, 16], 0, 1, 'float32', 1),
    tf.randomNormal([16], 0, 1, 'float32', 2),
    tf.randomNormal([16, 1], 0, 0.3, 'float32', 3),
  ].map((value) => tf.variable(value));
  const [first, shift, second] = weights as [tf.Variable, tf.Variable, tf.Variable];
  const predict = (): tf.Tensor => tf.tanh(x.matMul(first as tf.Tensor2D).add(shift)).matMul(second);
  const optimizer = tf.train.adam(0.03);
  for (let step = 0; step <= 100; step++) {
    const loss = optimizer.minimize(() => tf.losses.meanSquaredError(y, predict()), true);
    if (step % 20 === 0)
      say(`step ${String(step).padStart(3)}  loss ${((await loss?.data())?.[0] ?? NaN).toFixed(5)}`);
    loss?.dispose();
  }
}

learn().then(
  () => {
    document.body.dataset['state'] = 'done';
  },
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    document.body.dataset['state'] = 'failed';
  },
);
