// Trains the digits example in Node, and says how many held-out digits each precision tells right:
// `node scripts/train-digits.js [part of an adapter's name] [precision ...]`. docs/arrays.md has what was seen.
import { build } from 'esbuild';

process.chdir(new URL('..', import.meta.url).pathname);
const MODULE = 'build/train-digits.mjs';
await build({
  stdin: {
    contents: `
      export { openDevice } from './src/host/node';
      export { openArrays } from './src/tensor/array';
      export { packageDigits } from './examples/digits/package';
      export { splitDigits } from './examples/digits/data';
      export { PRECISIONS } from './examples/digits/model';
      export { train } from './examples/digits/train';`,
    resolveDir: process.cwd(),
    loader: 'ts',
  },
  outfile: MODULE,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  loader: { '.wgsl': 'text', '.wasm': 'binary' },
  logLevel: 'warning',
});
const { openDevice, openArrays, packageDigits, splitDigits, PRECISIONS, train } = await import(
  `../${MODULE}`
);

const [, , adapter, ...wanted] = process.argv;
const host = await openDevice(adapter === undefined ? {} : { adapter });
const arrays = await openArrays({ device: host.device });
await arrays.tune();
const digits = splitDigits(await packageDigits());
console.log(
  `${host.facts.name}: ${digits.train.count} digits to learn from, ${digits.heldOut.count} held out`,
);
for (const precision of wanted.length > 0 ? wanted : PRECISIONS) {
  const started = performance.now();
  let last = NaN;
  const steps = train({ arrays, ...digits, precision });
  for await (const event of steps) {
    if (event.type === 'loss') last = event.loss;
    else {
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      console.log(
        `${precision.padEnd(9)} epoch ${event.epoch + 1}: ${(100 * event.accuracy).toFixed(2)} % right, loss ${last.toFixed(4)}, ${seconds} s`,
      );
    }
  }
}
arrays.close();
host.close();
process.exit(0);
