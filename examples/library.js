// The library from a plain page: no build step, only the bundle that `npm run build` leaves in dist/, and any static host.
// Serve dist/index.js and dist/numerics.js, which it imports, from one folder.
import { open } from '../dist/index.js';

const output = document.querySelector('output');
const say = (text) => output.append(`${text}\n`);
const m = 256;
const random = () => Float32Array.from({ length: m * m }, () => Math.random() * 2 - 1);

/** One line about a product: how long it took, where its values begin, and whether every bit is proved. */
async function multiply(core, what, options) {
  const started = performance.now();
  const result = await core.matmul(random(), random(), { m, n: m, k: m, ...options });
  const ms = performance.now() - started;
  const [first] = await result.data();
  const { passed, compared, mismatches } = await result.verify();
  say(`${what.padEnd(28)} ${ms.toFixed(0).padStart(4)} ms, out[0, 0] = ${first}`);
  say(
    passed ? `  verified: ${compared} outputs, every bit` : `  REFUTED: ${mismatches} of ${compared} outputs`,
  );
  return result;
}

try {
  const core = await open({ chip: 'trn2' });
  const hidden = await multiply(core, 'bf16', { dtype: 'bfloat16', out: 'bfloat16' });
  hidden.release();
  const rounded = await multiply(core, 'fp8, rounded stochastically', {
    dtype: { a: 'float8_e4m3', b: 'float8_e5m2' },
    out: 'bfloat16',
    rounding: 'stochastic',
    seed: 7,
  });
  // The result of one product is an operand of the next: it never leaves the device.
  const identity = Float32Array.from({ length: m * m }, (_, i) => (i % (m + 1) === 0 ? 1 : 0));
  const again = await core.matmul(rounded, identity, { m, n: m, k: m, dtype: 'bfloat16', out: 'bfloat16' });
  const [before, after] = [await rounded.codes(), await again.codes()];
  say(
    `times the identity            ${before.every((code, i) => code === after[i]) ? 'the same codes' : 'OTHER CODES'}`,
  );
  again.release();
  rounded.release();
  say(`left on the device            ${core.memory} bytes`);
  core.close();
  document.body.dataset.state = 'done';
} catch (error) {
  say(error.message);
  document.body.dataset.state = 'failed';
}
