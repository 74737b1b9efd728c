// A few steps of training with the built bundle: the bits of the losses, and which executor gave them.
import { grad, matmul, mean, normal, openArrays, square, subtract, multiply } from '../../../dist/arrays.js';

export async function train(options) {
  const arrays = await openArrays(options);
  const x = normal(arrays.key(1), [8, 4], { dtype: 'bfloat16' });
  const loss = (w) => mean(square(subtract(matmul(x, w, { dtype: 'float32' }), 1)));
  const step = arrays.compile((w) => [subtract(w, multiply(grad(loss)(w), 0.1)), loss(w)]);
  let w = normal(arrays.key(2), [4, 2]);
  const losses = [];
  for (let i = 0; i < 3; i++) {
    const [next, value] = await step(w);
    w = next;
    losses.push(await value.item());
  }
  const { name } = arrays.executor;
  arrays.close();
  return { name, losses };
}
