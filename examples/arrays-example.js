// Arrays from a plain page: no build step, only arrays.js of the package beside this file.
import { matmul, openArrays, softmax } from './arrays.js';

const arrays = await openArrays();
const x = arrays.array(
  [
    [1, 2],
    [3, 4],
  ],
  { dtype: 'bfloat16' },
);
document.querySelector('output').textContent = await softmax(matmul(x, x)).text();
document.body.dataset.state = 'done';
